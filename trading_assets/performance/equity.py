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
_RATIOS = tuple(
    f"{ratio}_ratio{window}" for window in ("", *(f"_{days}" for days in WINDOWS)) for ratio in ("sharpe", "sortino")
)


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
    curves = {DESK: (days, paise(ordered["net_pnl"])), **_of_strategies(by_strategy, days)}
    known = np.unique(np.concatenate([dates for dates, _ in curves.values()]))
    capital = _capital_paise(known, trading)
    scopes = sorted(curves)
    parts = [_curve(*curves[scope], capital[np.searchsorted(known, curves[scope][0])], performance) for scope in scopes]
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    reasons = {name: joined.pop(f"{name}_reason") for name in _RATIOS}
    scope = pd.array(scopes, dtype="str").repeat([len(curves[scope][0]) for scope in scopes])
    return CONTRACT.frame({**joined, "scope": scope, "trade_source": source, "undefined_reasons": _written(reasons)})


def _capital_paise(days: NDArray[np.datetime64], trading: TradingSettings) -> NDArray[np.int64]:
    known = (trading.capital_on(day) for day in days.astype("datetime64[D]").tolist())
    return np.array([int(capital * 100) for capital in known], dtype=np.int64)


def _one_source(daily: pd.DataFrame, by_strategy: pd.DataFrame) -> str:
    """Return whose trades the sessions count: equity made of both would be nobody's."""
    sources = {source for frame in (daily, by_strategy) for source in frame["trade_source"].unique()}
    if len(sources) == 1 and isinstance(source := sources.pop(), str):
        return source
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


def _of_strategies(
    by_strategy: pd.DataFrame, days: NDArray[np.datetime64]
) -> dict[str, tuple[NDArray[np.datetime64], NDArray[np.int64]]]:
    """Days and net P&L in paise of each strategy: its own sessions, and those of the desk since its first."""
    place, names = pd.factorize(by_strategy["strategy_name"])
    dates, amounts = by_strategy["date"].to_numpy(dtype="datetime64[s]"), paise(by_strategy["total_pnl"])
    ends = np.cumsum(np.bincount(place, minlength=len(names)))
    curves = {}
    for name, rows in zip(names, np.split(np.argsort(place, kind="stable"), ends)[:-1], strict=True):
        own = dates[rows]
        since = np.unique(np.concatenate((days[days >= own.min()], own)))
        sums = np.zeros(len(since), dtype=np.int64)
        np.add.at(sums, np.searchsorted(since, own), amounts[rows])
        curves[str(name)] = since, sums
    return curves


def _curve(
    days: NDArray[np.datetime64],
    net_paise: NDArray[np.int64],
    base: NDArray[np.int64],
    performance: PerformanceSettings,
) -> dict[str, NDArray[np.generic]]:
    """Columns of one curve but the scope, and why each of `_RATIOS` is undefined, all of shape (n,)."""
    equity = base[0] + np.concatenate(([0], np.cumsum(net_paise)))
    peak = np.maximum.accumulate(equity)[1:]
    drawdown = fall_from_peak(equity.astype(np.float64))[1:].astype(np.int64)
    drawdown_pct = drawdown / peak * 100.0
    returns = net_paise / base
    ratios = _ratios(returns, performance)
    return {
        "date": days,
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
        **{f"{name}_reason": ratio.reasons for name, ratio in ratios.items()},
    }


def _ratios(returns: NDArray[np.float64], performance: PerformanceSettings) -> dict[str, Trailing]:
    found = [ratio for window in (None, *WINDOWS) for ratio in trailing_ratios(returns, window, performance)]
    return dict(zip(_RATIOS, found, strict=True))


def _written(reasons: dict[str, NDArray[np.generic]]) -> list[str]:
    rows = list(zip(*(given.tolist() for given in reasons.values()), strict=True))
    written = {row: as_json({name: why for name, why in zip(reasons, row, strict=True) if why}) for row in set(rows)}
    return [written[row] for row in rows]
