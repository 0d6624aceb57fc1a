"""`equity_curve`: equity, drawdown and trailing ratios of the desk and of every strategy, over the whole history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trading_assets.errors import ContractError
from trading_assets.performance.books import as_json
from trading_assets.performance.trailing import Trailing, trailing_ratios
from trading_assets.return_metrics import fall_from_peak, sessions_below_peak
from trading_assets.tables.equity_curve import CONTRACT, WINDOWS
from trading_assets.tables.money import paise, rupees

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trading_assets.settings import PerformanceSettings, TradingSettings

DESK = "all"


def equity_curve(
    daily: pd.DataFrame, by_strategy: pd.DataFrame, trading: TradingSettings, performance: PerformanceSettings
) -> pd.DataFrame:
    """Compute the curve of the desk and of every strategy.

    A strategy's curve starts with its first session; a later session of the desk without a row of it counts as 0.

    Args:
        daily: Rows of `daily_performance`, one per session, any order, n ≥ 0: date, net_pnl and trade_source.
        by_strategy: Rows of `strategy_performance` of the same sessions: those, total_pnl for net_pnl, strategy_name.
        trading: The capital that returns are measured on by day; equity starts with that of its first, ₹.
        performance: Conventions of the ratios.

    Returns:
        Rows of `equity_curve`, ordered by scope and date; empty without sessions.

    Raises:
        ContractError: Some sessions were rolled up from simulated trades and others from imported ones.
    """
    if daily.empty:
        return CONTRACT.empty()
    source = _one_source(daily, by_strategy)
    ordered = daily.sort_values("date", ignore_index=True)
    days = ordered["date"].to_numpy(dtype="datetime64[s]")
    curves = {DESK: (days, paise(ordered["net_pnl"]))}
    for name, rows in by_strategy.groupby("strategy_name"):
        curves[str(name)] = _aligned(rows, days)
    known = np.unique(np.concatenate([dates for dates, _ in curves.values()]))
    capital = _capital_paise(known, trading)
    frames = [
        _curve(scope, *curve, capital[np.searchsorted(known, curve[0])], performance)
        for scope, curve in sorted(curves.items())
    ]
    return CONTRACT.frame(pd.concat(frames, ignore_index=True).assign(trade_source=source))


def _capital_paise(days: NDArray[np.datetime64], trading: TradingSettings) -> NDArray[np.int64]:
    known = (trading.capital_on(day) for day in days.astype("datetime64[D]").tolist())
    return np.array([int(capital * 100) for capital in known], dtype=np.int64)


def _one_source(daily: pd.DataFrame, by_strategy: pd.DataFrame) -> str:
    """Return whose trades the sessions count: equity made of both would be nobody's."""
    rows = pd.concat([daily[["date", "trade_source"]], by_strategy[["date", "trade_source"]]]).fillna("unnamed")
    found = rows.groupby("trade_source")["date"].agg(sessions="nunique", first="min", last="max")
    if len(found) == 1:
        return str(found.index[0])
    spans = [
        f"{row.sessions} of {row.Index} ({row.first:%Y-%m-%d} to {row.last:%Y-%m-%d})" for row in found.itertuples()
    ]
    msg = (
        f"the sessions are rolled up from different trades: {', '.join(spans)}; expected one of them throughout. "
        f"Materialize daily_performance, strategy_performance and equity_curve of all of them again."
    )
    raise ContractError(msg)


def _aligned(rows: pd.DataFrame, days: NDArray[np.datetime64]) -> tuple[NDArray[np.datetime64], NDArray[np.int64]]:
    own = rows["date"].to_numpy(dtype="datetime64[s]")
    since = np.unique(np.concatenate((days[days >= own.min()], own)))
    amounts = np.zeros(len(since), dtype=np.int64)
    np.add.at(amounts, np.searchsorted(since, own), paise(rows["total_pnl"]))
    return since, amounts


def _curve(
    scope: str,
    days: NDArray[np.datetime64],
    net_paise: NDArray[np.int64],
    base: NDArray[np.int64],
    performance: PerformanceSettings,
) -> pd.DataFrame:
    equity = base[0] + np.concatenate(([0], np.cumsum(net_paise)))
    peak = np.maximum.accumulate(equity)[1:]
    drawdown = fall_from_peak(equity.astype(np.float64))[1:].astype(np.int64)
    drawdown_pct = drawdown / peak * 100.0
    returns = net_paise / base
    ratios = _ratios(returns, performance)
    return pd.DataFrame(
        {
            "date": days,
            "scope": scope,
            "net_pnl": rupees(net_paise),
            "equity": rupees(equity[1:]),
            "peak_equity": rupees(peak),
            "drawdown": rupees(drawdown),
            "drawdown_pct": drawdown_pct,
            "drawdown_sessions": sessions_below_peak(equity.astype(np.float64))[1:],
            "max_drawdown": rupees(np.maximum.accumulate(drawdown)),
            "max_drawdown_pct": np.maximum.accumulate(drawdown_pct),
            "daily_return": returns,
            **{name: ratio.ratio for name, ratio in ratios.items()},
            "undefined_reasons": _reasons(ratios),
        }
    )


def _ratios(returns: NDArray[np.float64], performance: PerformanceSettings) -> dict[str, Trailing]:
    found: dict[str, Trailing] = {}
    for window in (None, *WINDOWS):
        suffix = "" if window is None else f"_{window}"
        sharpe, sortino = trailing_ratios(returns, window, performance)
        found[f"sharpe_ratio{suffix}"], found[f"sortino_ratio{suffix}"] = sharpe, sortino
    return found


def _reasons(ratios: dict[str, Trailing]) -> list[str]:
    names = list(ratios)
    written: dict[tuple[str, ...], str] = {}
    rows = list(zip(*(ratio.reasons.tolist() for ratio in ratios.values()), strict=True))
    for row in set(rows):
        written[row] = as_json({name: reason for name, reason in zip(names, row, strict=True) if reason})
    return [written[row] for row in rows]
