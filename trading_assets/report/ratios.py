"""Every registered metric of daily returns, the deflated Sharpe ratio, exposure, and how long trades were held."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.holding_times import (
    avg_holding_seconds,
    avg_loser_seconds,
    avg_winner_seconds,
    median_holding_seconds,
    median_loser_seconds,
    median_winner_seconds,
)
from trading_assets.metrics import RETURN_METRICS
from trading_assets.performance.books import trade_book
from trading_assets.report.cells import Cell, number, share, whole
from trading_assets.report.headline import definition_of
from trading_assets.report.numbers import count, counted, duration, rupees
from trading_assets.return_metrics import deflated_sharpe
from trading_assets.return_series import ReturnSeries

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from trading_assets.measured import Measured
    from trading_assets.settings import PerformanceSettings

_NAMES = {"cagr": "Growth a year (CAGR)", "probabilistic_sharpe": "Probabilistic Sharpe ratio"}
_SHOWN = {"": number, "sessions": whole}
_LEAST_STRATEGIES = 2
_PSR = next(metric for metric in RETURN_METRICS if metric.name == "probabilistic_sharpe")


@dataclass(frozen=True)
class RatioRow:
    """A ratio: its name, its value or why there is none, and its definition."""

    name: str
    value: Cell
    definition: str


@dataclass(frozen=True)
class HeldRow:
    """How long some trades were held: which, how many, mean and median."""

    name: str
    trades: str
    mean: str
    median: str


def ratio_rows(
    returns: NDArray[np.float64], by_strategy: pd.DataFrame, capital: float, conventions: PerformanceSettings
) -> tuple[RatioRow, ...]:
    """Measure the daily returns of a range; none without sessions.

    Args:
        returns: By session, fractions, shape (n,): `growth.daily_returns`.
        by_strategy: `strategy_performance` of the range.
        capital: What those of the strategies are on, ₹.
        conventions: Risk-free rate, sessions a year, least sessions of a ratio, variants tried.
    """
    if not len(returns):
        return ()
    series = ReturnSeries(returns, conventions.risk_free_rate, conventions.sessions_per_year)
    found = {metric.name: _shown(metric.function(series), len(returns), metric.least) for metric in RETURN_METRICS}
    rows = [
        RatioRow(_name(metric.name), _cell(*found[metric.name], metric.unit), metric.definition)
        for metric in RETURN_METRICS
    ]
    return (*rows, _deflated(series, _each(by_strategy, capital, conventions), conventions.trials))


def _shown(measured: Measured, sessions: int, least: int) -> tuple[float | None, str]:
    if sessions < least:
        return None, f"{counted(sessions, 'session')}, needs {least}"
    return measured.value, measured.reason or ""


def _name(metric: str) -> str:
    return _NAMES.get(metric, metric.replace("_", " ").capitalize().replace("sharpe", "Sharpe"))


def _cell(value: float | None, reason: str, unit: str) -> Cell:
    return _SHOWN.get(unit, share)(value, reason)


def _each(by_strategy: pd.DataFrame, capital: float, conventions: PerformanceSettings) -> NDArray[np.float64]:
    """Return the Sharpe ratio of one session of every strategy that traded and did not always earn the same."""
    found = []
    for _, rows in by_strategy.sort_values("date").groupby("strategy_name", sort=True):
        series = ReturnSeries(
            rows["total_pnl"].to_numpy(dtype=np.float64) / capital, 0.0, conventions.sessions_per_year
        )
        if rows["trades_taken"].sum() and not series.flat:
            found.append(series.mean_excess / series.deviation)
    return np.array(found, dtype=np.float64)


def _deflated(series: ReturnSeries, each: NDArray[np.float64], trials: int | None) -> RatioRow:
    """Deflate by the variants of the settings, or the strategies that traded; how they spread is theirs in both."""
    tried = trials or len(each)
    told = counted(tried, "variant")
    name = "Deflated Sharpe ratio"
    definition = (
        f"{(deflated_sharpe.__doc__ or '').splitlines()[0].replace('`trials` variants', told)} "
        f"Their spread is that of the {counted(len(each), 'strategy', 'strategies')} that traded."
    )
    if len(each) < _LEAST_STRATEGIES:
        return RatioRow(name, number(None, "fewer than 2 strategies traded"), definition)
    measured = deflated_sharpe(series, tried, float(each.var(ddof=1)))
    return RatioRow(name, number(*_shown(measured, len(series.returns), _PSR.least)), definition)


def exposure_rows(daily: pd.DataFrame, capital: float) -> tuple[RatioRow, ...]:
    """Say how long and with how much of the capital positions were open, on average of a session; none without one.

    Args:
        daily: `daily_performance` of the range.
        capital: Capital allocated, ₹.
    """
    if daily.empty:
        return ()
    on_capital = f"{definition_of('mean_margin')} Over the capital of {rupees(capital)}, mean of the sessions."
    return (
        RatioRow("Exposure", _mean(daily["exposure"], 1.0), f"{definition_of('exposure')} Mean of the sessions."),
        RatioRow("Capital exposure", _mean(daily["mean_margin"], capital), on_capital),
    )


def _mean(by_session: pd.Series, whole: float) -> Cell:
    """Return the mean as a share of the whole; undefined with a session in which it is."""
    missing = int(by_session.isna().sum())
    return share(None if missing else by_session.mean() / whole, f"not known in {counted(missing, 'session')}")


def held_rows(trades: pd.DataFrame) -> tuple[HeldRow, ...]:
    """Time all trades, the winning and the losing ones; none without trades."""
    if trades.empty:
        return ()
    book = trade_book(trades)
    kinds = (
        ("all", len(book.outcome), avg_holding_seconds, median_holding_seconds),
        ("winners", int((book.outcome > 0).sum()), avg_winner_seconds, median_winner_seconds),
        ("losers", int((book.outcome < 0).sum()), avg_loser_seconds, median_loser_seconds),
    )
    return tuple(
        HeldRow(name, count(size), duration(mean(book).value), duration(median(book).value))
        for name, size, mean, median in kinds
    )
