"""The table of strategies: what each earned, how steadily, and how many of its signals became trades."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.report.cells import Cell, money, number, share
from trading_assets.report.charts import WIDTH, Axis, columns
from trading_assets.report.numbers import NULL, count, counted, shortened
from trading_assets.report.sparkline import thinned_positions
from trading_assets.report.totals import largest_fall, running_total
from trading_assets.tables.money import total

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

#: Box of a sparkline in the table.
SPARK_WIDTH, SPARK_HEIGHT = 120, 28
_SPARK_POINTS = 60
_MOST_ROWS = 40
_NAME_LIMIT = 60


@dataclass(frozen=True)
class StrategyRow:
    """One strategy over the range; `spark` is the SVG path of its running net P&L, `zero` the picture row of 0.

    Where nothing was `traded`, one cell says so for the three figures that need a trade.
    """

    name: str
    net: Cell
    spark: str
    zero: float
    traded: bool
    trades: Cell
    win_rate: Cell
    profit_factor: Cell
    average: Cell
    max_drawdown: Cell
    signals: str
    scored: str
    rejected: str


@dataclass(frozen=True)
class StrategyTable:
    """The strategies by net P&L, best first, and a sentence about those that did not fit."""

    rows: tuple[StrategyRow, ...]
    left_out: str


def strategy_table(by_strategy: pd.DataFrame, trades: pd.DataFrame) -> StrategyTable | None:
    """Sum `strategy_performance` over the range; None when it has no row.

    Args:
        by_strategy: `strategy_performance` of the range.
        trades: Trades of the range, for the profit factor.
    """
    if by_strategy.empty:
        return None
    ordered = by_strategy.sort_values(["strategy_name", "date"])
    groups = {str(name): rows for name, rows in ordered.groupby("strategy_name", sort=True)}
    factors = _profit_factors(trades)
    net = {name: total(rows["total_pnl"]) for name, rows in groups.items()}
    ranked = sorted(groups, key=lambda name: (-net[name], name))
    # the best and the worst tell more than the middle
    half = _MOST_ROWS // 2
    shown = ranked if len(ranked) <= _MOST_ROWS else ranked[:half] + ranked[-half:]
    hidden = [name for name in ranked if name not in set(shown)]
    rows = tuple(_row(name, groups[name], net[name], factors.get(name)) for name in shown)
    return StrategyTable(rows, _left_out(len(hidden), total([net[name] for name in hidden])))


def _left_out(hidden: int, net: float) -> str:
    if not hidden:
        return ""
    return f"{counted(hidden, 'strategy', 'strategies')} in the middle are not listed; together {money(net).text}."


def _profit_factors(trades: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Return net P&L won and lost by strategy, ₹, the latter at most 0."""
    sums = trades.assign(won=trades["net_pnl"].clip(lower=0), lost=trades["net_pnl"].clip(upper=0))
    grouped = sums.groupby("strategy_name", sort=True)[["won", "lost"]].sum()
    amounts = zip(grouped["won"].tolist(), grouped["lost"].tolist(), strict=True)
    return {str(name): pair for name, pair in zip(grouped.index, amounts, strict=True)}


def _row(name: str, rows: pd.DataFrame, net: float, won_lost: tuple[float, float] | None) -> StrategyRow:
    taken, wins = int(rows["trades_taken"].sum()), int(rows["winning_trades"].sum())
    running = running_total(rows["total_pnl"], 0.0)
    spark, zero = _spark(running)
    fall = largest_fall(running).amount
    return StrategyRow(
        name=shortened(name, _NAME_LIMIT) or NULL,
        net=money(net),
        spark=spark,
        zero=zero,
        traded=taken > 0,
        trades=Cell(count(taken)),
        win_rate=share(wins / taken if taken else None, "no_trades"),
        profit_factor=_profit_factor(taken, won_lost),
        average=money(net / taken if taken else None, "no_trades"),
        max_drawdown=money(-fall) if fall else Cell("none"),
        signals=count(int(rows["signals_generated"].sum())),
        scored=count(int(rows["signals_scored"].sum())),
        rejected=count(int(rows["signals_rejected"].sum())),
    )


def _profit_factor(taken: int, won_lost: tuple[float, float] | None) -> Cell:
    if not taken:
        return number(None, "no_trades")
    if won_lost is None:
        return number(None, "its trades are not in the range")
    won, lost = won_lost
    return number(won / -lost if lost else None, "no_losing_trade")


def _spark(running: NDArray[np.float64]) -> tuple[str, float]:
    kept = thinned_positions(running, _SPARK_POINTS)
    axis = Axis.around(running, 0.0)
    across = columns(len(running))[kept] / WIDTH * SPARK_WIDTH
    down = (1 - axis.share(running[kept])) * SPARK_HEIGHT
    points = "L".join(f"{x:.0f},{y:.0f}" for x, y in zip(across, down, strict=True))
    return f"M{points}", round(float(1 - axis.share(np.array(0.0))) * SPARK_HEIGHT, 1)
