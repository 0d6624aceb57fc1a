"""Formulas on a `ReturnSeries`, each a `Measured`; what fills a column, and from how many sessions on: `metrics.py`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.measured import Measured, defined, undefined
from trading_assets.return_series import RESOLUTION

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trading_assets.return_series import ReturnSeries

_LEAST_FOR_SPREAD = 2
_LEAST_FOR_SHAPE = 4


def fall_from_peak(equity: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance of each point (n,) below the highest so far, ≥ 0; put the start first, or a first loss goes missing."""
    return np.asarray(np.maximum.accumulate(equity) - equity, dtype=np.float64) if len(equity) else equity


def sessions_below_peak(equity: NDArray[np.float64]) -> NDArray[np.int64]:
    """Points since equity (n,) last stood at its highest so far, 0 where it does; put the start first, as above."""
    if not len(equity):
        return np.zeros(0, dtype=np.int64)
    place = np.arange(len(equity))
    return np.asarray(place - np.maximum.accumulate(np.where(fall_from_peak(equity) > 0, 0, place)), dtype=np.int64)


def _spread_reason(series: ReturnSeries) -> str | None:
    spread = "zero_variance" if series.flat else None
    return "fewer_than_2_sessions" if len(series.returns) < _LEAST_FOR_SPREAD else spread


def _growth_reason(series: ReturnSeries) -> str | None:
    if not len(series.returns):
        return "no_sessions"
    return "equity_negative" if series.ruined else None


def _shape_reason(series: ReturnSeries) -> str | None:
    return "fewer_than_4_sessions" if len(series.returns) < _LEAST_FOR_SHAPE else _spread_reason(series)


def sharpe(series: ReturnSeries) -> Measured:
    """Mean excess return over its standard deviation (ddof 1), annualised by the root of the sessions per year.

    Source: Sharpe (1994), The Sharpe Ratio, Journal of Portfolio Management 21(1).
    """
    if reason := _spread_reason(series):
        return undefined(reason)
    return defined(series.mean_excess / series.deviation * math.sqrt(series.sessions_per_year))


def sortino(series: ReturnSeries) -> Measured:
    """Mean excess return over the root mean square of its negative part, over all n sessions, annualised."""
    if len(series.returns) < _LEAST_FOR_SPREAD:
        return undefined("fewer_than_2_sessions")
    shortfall = np.minimum(series.excess, 0.0)
    downside = math.sqrt((shortfall * shortfall).sum() / len(shortfall))
    if downside <= RESOLUTION:
        return undefined("no_downside")
    return defined(series.mean_excess / downside * math.sqrt(series.sessions_per_year))


def annual_volatility(series: ReturnSeries) -> Measured:
    """Standard deviation (ddof 1) of daily returns, annualised; exactly 0 when all are equal."""
    if len(series.returns) < _LEAST_FOR_SPREAD:
        return undefined("fewer_than_2_sessions")
    return defined(0.0 if series.flat else series.deviation * math.sqrt(series.sessions_per_year))


def cumulative_return(series: ReturnSeries) -> Measured:
    """Compounded return over all sessions, a fraction."""
    return defined(series.growth[-1] - 1.0) if len(series.returns) else undefined("no_sessions")


def cagr(series: ReturnSeries) -> Measured:
    """Compound annual growth rate, a fraction; n counts sessions, not calendar days."""
    if reason := _growth_reason(series):
        return undefined(reason)
    return defined(series.growth[-1] ** (series.sessions_per_year / len(series.returns)) - 1.0)


def max_drawdown_fraction(series: ReturnSeries) -> Measured:
    """Largest fall of compounded equity from its peak, a fraction of the peak, ≥ 0; the start is a peak."""
    if reason := _growth_reason(series):
        return undefined(reason)
    return defined(series.deepest)


def longest_drawdown(series: ReturnSeries) -> Measured:
    """Longest stretch of sessions that compounded equity stayed below an earlier peak; one that goes on counts."""
    if reason := _growth_reason(series):
        return undefined(reason)
    return defined(int(sessions_below_peak(series.growth).max()))


def calmar(series: ReturnSeries) -> Measured:
    """Compound annual growth over the largest drawdown of the whole history, a ratio."""
    growth, depth = cagr(series), max_drawdown_fraction(series)
    if growth.value is None or depth.value is None:
        return Measured(None, growth.reason or depth.reason)
    return undefined("no_drawdown") if depth.value <= RESOLUTION else defined(growth.value / depth.value)


def ulcer_index(series: ReturnSeries) -> Measured:
    """Root mean square of the drawdown per session, a fraction, ≥ 0.

    Source: Martin and McCann (1989), The Investor's Guide to Fidelity Funds: divided by n.
    """
    worst, depths = max_drawdown_fraction(series), series.depths[1:]
    return worst if worst.value is None else defined(math.sqrt(depths @ depths / len(depths)))


def tail_ratio(series: ReturnSeries) -> Measured:
    """Absolute 95th over absolute 5th percentile of returns (linear quantiles), a ratio."""
    if len(series.returns) == 0:
        return undefined("no_sessions")
    low, high = (abs(tail) for tail in _tails(series.returns))
    return undefined("fifth_percentile_is_zero") if low <= RESOLUTION else defined(high / low)


def _tails(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the 5th and 95th percentile, linear between the two values around each.

    Only these four values are put in their places: to sort all takes four times as long.
    """
    place = np.array((0.05, 0.95)) * (len(values) - 1)
    below = place.astype(np.intp)
    above = np.minimum(below + 1, len(values) - 1)
    placed = np.partition(values, np.concatenate((below, above)))
    low, high = placed[below] + (place - below) * (placed[above] - placed[below])
    return float(low), float(high)


def omega(series: ReturnSeries) -> Measured:
    """Sum of the gains over the absolute sum of the losses (threshold 0), a ratio ≥ 0."""
    losses = -np.minimum(series.returns, 0.0).sum()
    if losses <= RESOLUTION:
        return undefined("no_losing_session" if len(series.returns) else "no_sessions")
    return defined(np.maximum(series.returns, 0.0).sum() / losses)


def gain_to_pain(series: ReturnSeries) -> Measured:
    """Sum of all returns over the absolute sum of the losses, a ratio of at least -1 (Schwager)."""
    ratio = omega(series)
    return ratio if ratio.value is None else defined(series.returns.sum() / -np.minimum(series.returns, 0.0).sum())


def skewness(series: ReturnSeries) -> Measured:
    """Third standardised moment of returns, biased estimator."""
    if reason := _shape_reason(series):
        return undefined(reason)
    return defined(series.shape[0])


def excess_kurtosis(series: ReturnSeries) -> Measured:
    """Fourth standardised moment of returns minus 3, biased estimator."""
    if reason := _shape_reason(series):
        return undefined(reason)
    return defined(series.shape[1] - 3.0)


@dataclass(frozen=True, slots=True)
class SharpeSample:
    """A Sharpe ratio of one session (not annualised) with what its sampling error depends on.

    Args:
        ratio: Mean over standard deviation of n returns.
        sessions: n.
        skew: Third standardised moment.
        kurtosis: Fourth standardised moment, 3 for a normal distribution.
    """

    ratio: float
    sessions: int
    skew: float
    kurtosis: float

    def probability_above(self, benchmark: float) -> Measured:
        """Probability that the true ratio exceeds `benchmark` (of one session), 0 to 1.

        Source: Bailey and López de Prado (2012), The Sharpe Ratio Efficient Frontier, Journal of Risk 15(2).
        """
        variance = 1.0 - self.skew * self.ratio + (self.kurtosis - 1.0) / 4.0 * self.ratio**2
        if variance <= 0.0:
            return undefined("degenerate_distribution")
        score = (self.ratio - benchmark) * math.sqrt((self.sessions - 1) / variance)
        return defined(0.5 * math.erfc(-score / math.sqrt(2.0)))


def probabilistic_sharpe(series: ReturnSeries, benchmark: float = 0.0) -> Measured:
    """Probability that the true Sharpe ratio of one session exceeds a benchmark (0, not annualised), 0 to 1."""
    if reason := _shape_reason(series):
        return undefined(reason)
    sample = SharpeSample(float(series.excess.mean() / series.deviation), len(series.returns), *series.shape)
    return sample.probability_above(benchmark)


def expected_best_sharpe(trials: int, variance: float) -> float:
    """Sharpe ratio of one session that the best of `trials` worthless variants is expected to show.

    Args:
        trials: Strategy variants tried, ≥ 2.
        variance: Variance of their per-session Sharpe ratios, ≥ 0.

    Source: Bailey and López de Prado (2014), The Deflated Sharpe Ratio, Journal of Portfolio Management 40(5).
    """
    quantile = NormalDist().inv_cdf
    weighted = (1.0 - np.euler_gamma) * quantile(1.0 - 1.0 / trials)
    return float(math.sqrt(variance) * (weighted + np.euler_gamma * quantile(1.0 - 1.0 / (trials * math.e))))


def deflated_sharpe(series: ReturnSeries, trials: int, variance: float) -> Measured:
    """Probability that the Sharpe ratio beats the luck of having tried `trials` variants, 0 to 1."""
    return probabilistic_sharpe(series, expected_best_sharpe(trials, variance))
