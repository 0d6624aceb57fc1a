"""Sharpe and Sortino of every session over trailing windows and since inception, in one pass over a return series.

Equal to `return_metrics.sharpe` and `sortino` of each slice. A window's value depends on nothing outside the window,
so appending sessions changes no earlier digit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.return_series import RESOLUTION, session_rate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trading_assets.settings import PerformanceSettings

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

ZERO_VARIANCE = "zero_variance"
NO_DOWNSIDE = "no_downside"


@dataclass(frozen=True, slots=True)
class Trailing:
    """A ratio per session, shape (n,), NaN where undefined, and the reason there, "" where defined."""

    ratio: NDArray[np.float64]
    reasons: NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class _Moments:
    """Mean excess return, its spread (ddof 1) and its downside, each (n,); garbage before `first` sessions."""

    mean: Floats
    spread: Floats
    downside: Floats
    flat: Flags


def trailing_ratios(returns: Floats, window: int | None, conventions: PerformanceSettings) -> tuple[Trailing, Trailing]:
    """Compute Sharpe and Sortino for every session.

    Args:
        returns: Daily returns, fractions, shape (n,), n ≥ 0.
        window: Sessions per window; None for all sessions since inception.
        conventions: Risk-free rate, sessions per year and the least number of sessions that is shown.

    Returns:
        Sharpe and Sortino, annualised.
    """
    least = max(window or 0, conventions.min_sessions, 2)
    if len(returns) < least:
        none = Trailing(np.full(len(returns), np.nan), np.full(len(returns), _fewer_than(least), dtype=object))
        return none, none
    excess = returns - session_rate(conventions.risk_free_rate, conventions.sessions_per_year)
    moments = _windowed(returns, excess, window) if window is not None else _expanding(returns, excess)
    early = np.arange(1, len(returns) + 1) < least
    annual = np.sqrt(conventions.sessions_per_year)
    return (
        _ratio(moments.mean, moments.spread, annual, (early, least, moments.flat, ZERO_VARIANCE)),
        _ratio(moments.mean, moments.downside, annual, (early, least, moments.downside <= RESOLUTION, NO_DOWNSIDE)),
    )


def _fewer_than(least: int) -> str:
    return f"fewer_than_{least}_sessions"


def _ratio(mean: Floats, base: Floats, annual: float, undefined: tuple[Flags, int, Flags, str]) -> Trailing:
    early, least, degenerate, name = undefined
    reasons = np.full(len(mean), "", dtype=object)
    reasons[degenerate] = name
    reasons[early] = _fewer_than(least)
    known = ~(early | degenerate)
    ratio = np.full(len(mean), np.nan)
    ratio[known] = mean[known] / base[known] * annual
    return Trailing(ratio, reasons)


def _windowed(returns: Floats, excess: Floats, window: int) -> _Moments:
    size = len(returns)
    mean, spread, downside = (np.full(size, np.nan) for _ in range(3))
    # rolling by cumulated sums would make digits depend on where the series starts; windows do not
    view = np.lib.stride_tricks.sliding_window_view(excess, window)
    shortfall = np.lib.stride_tricks.sliding_window_view(np.minimum(excess, 0.0) ** 2, window)
    mean[window - 1 :] = view.mean(axis=1)
    spread[window - 1 :] = view.std(axis=1, ddof=1, mean=mean[window - 1 :, np.newaxis])
    downside[window - 1 :] = np.sqrt(shortfall.mean(axis=1))
    changes = _changes(returns)
    flat = np.zeros(size, dtype=bool)
    flat[window - 1 :] = changes[window - 1 :] == changes[: size - window + 1]
    return _Moments(mean, spread, downside, flat)


def _changes(returns: Floats) -> NDArray[np.int64]:
    return np.concatenate(([0], np.cumsum(np.abs(np.diff(returns)) > RESOLUTION))).astype(np.int64)[: len(returns)]


def _expanding(returns: Floats, excess: Floats) -> _Moments:
    means, squares = np.zeros(len(returns)), np.zeros(len(returns))
    mean = square = 0.0
    # Welford's update: cumulated squares lose half the digits when the first return is large
    for i, value in enumerate(excess.tolist()):
        delta = value - mean
        mean += delta / (i + 1)
        square += delta * (value - mean)
        means[i], squares[i] = mean, square
    counts = np.arange(1, len(returns) + 1)
    spread = np.sqrt(squares / np.maximum(counts - 1, 1))
    downside = np.sqrt(np.cumsum(np.minimum(excess, 0.0) ** 2) / counts)
    return _Moments(means, spread, downside, _changes(returns) == 0)
