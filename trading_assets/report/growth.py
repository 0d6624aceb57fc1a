"""Compound growth at the top of the tear sheet, and what it rests on: a trade says what it earned, not of how much."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trading_assets.metrics import RETURN_METRICS
from trading_assets.report.cells import Cell, share
from trading_assets.report.figure import Figure
from trading_assets.report.numbers import counted, percent, rupees
from trading_assets.return_series import ReturnSeries

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from trading_assets.report.totals import Totals

_GROWTH = next(metric for metric in RETURN_METRICS if metric.name == "cagr")
_RUINED = "a session cost more than all that was left"


def tells_growth(daily: pd.DataFrame) -> bool:
    """Whether growth is worth a place: there are sessions enough for it, or a broker's book that may state its own."""
    return len(daily) >= _GROWTH.least or _imported(daily)


def daily_returns(daily: pd.DataFrame, desk: pd.DataFrame, capital: float) -> NDArray[np.float64]:
    """Return the returns of a range by session, fractions, shape (n,), n ≥ 0.

    Args:
        daily: `daily_performance` of the range, in order of date.
        desk: Rows of `equity_curve` of the desk, in order of date: they know the capital of each day.
        capital: Capital allocated, ₹, of all days where the curve is not that of these sessions.
    """
    stored: NDArray[np.float64] = desk["daily_return"].to_numpy(dtype=np.float64)
    if np.array_equal(desk["date"], daily["date"]) and np.isfinite(stored).all():
        return stored
    return np.asarray(daily["net_pnl"].to_numpy(dtype=np.float64) / capital, dtype=np.float64)


def growth(daily: pd.DataFrame, sums: Totals, capital: float, returns: NDArray[np.float64]) -> Figure:
    """Return the compound growth a year of the sessions of a range, on the capital allocated.

    Of imported trades the detail says whether all can be lost at all: with losing trades that cost less than the
    capital, no session has a return of -1, and nothing that compounds reaches it.

    Args:
        daily: `daily_performance` of the range, in order of date.
        sums: Its totals.
        capital: Capital allocated, ₹.
        returns: Their `daily_returns`.
    """
    definition = (
        f"{_GROWTH.definition} Returns are net P&L over the capital of the settings: trades alone have no growth, for "
        f"they do not say of how much. The growth of staking everything on each trade is not that of these trades. Not "
        f"shown below {_GROWTH.least} sessions, nor once a session cost more than was left."
    )
    return Figure("Growth a year", _value(returns), _detail(daily, sums, capital), definition)


def _value(returns: NDArray[np.float64]) -> Cell:
    if len(returns) < _GROWTH.least:
        return share(None, f"{counted(len(returns), 'session')}, needs {_GROWTH.least}")
    found = _GROWTH.function(ReturnSeries(returns))
    return share(found.value, _RUINED if found.reason == "equity_negative" else found.reason or "")


def _imported(daily: pd.DataFrame) -> bool:
    return bool((daily["trade_source"] == "imported").any())


def _detail(daily: pd.DataFrame, sums: Totals, capital: float) -> str:
    if not _imported(daily):
        return ""
    lost = f"all losing trades together cost {percent(-sums.sum_losses / capital)} of {rupees(capital)}"
    return f"{lost}; a growth or drawdown of {percent(-1.0, 0)} takes all of it" if -sums.sum_losses < capital else lost


def base_caution(daily: pd.DataFrame, capital: float) -> str | None:
    """Return what to know of ratios of imported trades; None where simulated ones count."""
    if not _imported(daily):
        return None
    return (
        f"Imported trades state no capital: growth, Sharpe ratio and drawdown in percent stand on trading.capital, "
        f"{rupees(capital)}. Set it to what was allocated."
    )
