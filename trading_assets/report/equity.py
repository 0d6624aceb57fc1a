"""The equity and drawdown pictures: by session, or by trade when the range is a single session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.report.charts import WIDTH, Axis, Tick, area, columns, line, spread_labels
from trading_assets.report.numbers import counted, percent, rupees, short_rupees
from trading_assets.report.sparkline import thinned_positions
from trading_assets.report.totals import Fall, largest_fall, running_total
from trading_assets.return_metrics import sessions_below_peak

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

_MOST_POINTS = 360
_IST = "Asia/Kolkata"


@dataclass(frozen=True)
class EquityPicture:
    """Paths and labels of equity above and drawdown below, on one axis of time.

    `fall_left` and `fall_width` place the largest fall in percent; a width of 0 means there was none.
    """

    sentence: str
    equity_line: str
    start_row: float
    equity_ticks: list[Tick]
    drawdown_area: str
    drawdown_line: str
    drawdown_ticks: list[Tick]
    time_ticks: list[Tick]
    fall_left: float
    fall_width: float
    fall_text: str


def equity_picture(daily: pd.DataFrame, trades: pd.DataFrame, start: float) -> EquityPicture | None:
    """Draw equity from `start` ₹ on; None when there is no session, or a single one without a trade.

    Args:
        daily: `daily_performance` of the range.
        trades: Trades of the range; used when there is a single session.
        start: Equity before the first session, ₹.
    """
    amounts, labels = _steps(daily, trades)
    if not len(amounts):
        return None
    equity = running_total(amounts, start)
    gained = running_total(amounts, 0.0)
    fall = largest_fall(equity)
    drawdown = equity - np.maximum.accumulate(equity)
    across = columns(len(equity))
    kept = np.union1d(thinned_positions(equity, _MOST_POINTS), [fall.peak, fall.trough])
    axis, depth = Axis.around(gained), Axis(min(float(drawdown.min()) * 1.06, -1.0), 0.0)
    unit = "trade" if len(daily) == 1 else "session"
    under = depth.rows(drawdown)
    return EquityPicture(
        sentence=_sentence(equity, unit),
        equity_line=line(across[kept], axis.rows(gained)[kept]),
        start_row=float(axis.rows(gained[:1])[0]),
        equity_ticks=axis.ticks(4, lambda value: short_rupees(value, plus=True)),
        drawdown_area=area(across[kept], under[kept], 0.0),
        drawdown_line=line(across[kept], under[kept]),
        drawdown_ticks=depth.ticks(2, short_rupees),
        time_ticks=spread_labels(["start", *labels], 5),
        fall_left=round(100 * float(across[fall.peak]) / WIDTH, 2),
        fall_width=round(100 * float(across[fall.trough] - across[fall.peak]) / WIDTH, 2),
        fall_text=_fall_text(fall, sessions_below_peak(equity), ["start", *labels], unit),
    )


def _steps(daily: pd.DataFrame, trades: pd.DataFrame) -> tuple[pd.Series, list[str]]:
    """Return what equity moves by, in order, and when."""
    if len(daily) == 1:
        closed = trades.sort_values(["exit_time", "trade_id"])
        return closed["net_pnl"], closed["exit_time"].dt.tz_convert(_IST).dt.strftime("%H:%M").tolist()
    ordered = daily.sort_values("date")
    return ordered["net_pnl"], ordered["date"].dt.strftime("%Y-%m-%d").tolist()


def _sentence(equity: NDArray[np.float64], unit: str) -> str:
    steps = counted(len(equity) - 1, unit)
    return (
        f"Equity after each of {steps}, from {rupees(float(equity[0]))} to {rupees(float(equity[-1]))}; "
        f"highest {rupees(float(equity.max()))}, lowest {rupees(float(equity.min()))}."
    )


def _fall_text(fall: Fall, below: NDArray[np.int64], labels: list[str], unit: str) -> str:
    if not fall.amount:
        return "No drawdown: equity never closed below an earlier peak."
    longest = int(below.argmax())
    made_up = "not made up since"
    if fall.recovered is not None:
        made_up = f"made up by {labels[fall.recovered]}, {counted(fall.recovered - fall.peak, unit)} after its peak"
    return (
        f"Shaded: the largest fall, {rupees(fall.amount)} ({percent(fall.fraction, 2)}), from {labels[fall.peak]} to "
        f"{labels[fall.trough]}, {made_up}. Longest below a peak: {counted(int(below[longest]), unit)}, from "
        f"{labels[longest - int(below[longest])]} to {labels[longest]}."
    )
