"""Formulas on a `ReturnSeries`, each a `Measured`; what fills a column, and from how many sessions on: `metrics.py`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.measured import Measured, defined, finite, undefined

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LEAST_FOR_SPREAD = 2
_LEAST_FOR_SHAPE = 4
#: Returns closer than this are equal: it is a paisa on a capital of ten trillion rupees.
RESOLUTION = 1e-15


@dataclass(frozen=True)
class ReturnSeries:
    """Daily returns of consecutive sessions, sessions without a trade included as 0.

    Args:
        returns: Net P&L over the capital allocated at the start of the session, fractions, shape (n,), n ≥ 0.
        risk_free_rate: Annual, a fraction; spread over sessions geometrically.
        sessions_per_year: Sessions that make a year.
    """

    returns: NDArray[np.float64]
    risk_free_rate: float = 0.0
    sessions_per_year: int = 252

    def __post_init__(self) -> None:
        object.__setattr__(self, "returns", finite(self.returns, "daily returns"))

    @cached_property
    def excess(self) -> NDArray[np.float64]:
        """Returns above the risk-free rate of one session, shape (n,)."""
        return self.returns - session_rate(self.risk_free_rate, self.sessions_per_year)

    @cached_property
    def growth(self) -> NDArray[np.float64]:
        """Compounded equity per unit of capital, starting with 1, shape (n + 1,)."""
        return np.concatenate(([1.0], np.cumprod(1.0 + self.returns)))

    @cached_property
    def deviation(self) -> float:
        """Standard deviation of returns (ddof 1), also of those above a rate; NaN below 2."""
        return float(self.returns.std(ddof=1))

    @cached_property
    def depths(self) -> NDArray[np.float64]:
        """Fall of compounded equity below its peak so far, a fraction of the peak ≥ 0, shape (n + 1,)."""
        return np.asarray(-(self.growth / np.maximum.accumulate(self.growth) - 1.0), dtype=np.float64)

    @cached_property
    def shape(self) -> tuple[float, float]:
        """Third and fourth standardised moment of returns that are not all equal, biased estimators."""
        away = self.returns - self.returns.mean()
        square = away * away  # products: a power of floats costs twenty times as much
        variance = square.mean()
        return float((square * away).mean() / variance**1.5), float((square * square).mean() / variance**2)

    @cached_property
    def flat(self) -> bool:
        """Whether all returns are equal."""
        return len(self.returns) == 0 or float(np.ptp(self.returns)) <= RESOLUTION


def session_rate(annual: float, sessions_per_year: int) -> float:
    """Risk-free return of one session from an annual rate, compounding."""
    return float((1.0 + annual) ** (1.0 / sessions_per_year) - 1.0)


def fall_from_peak(equity: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance of each point (n,) below the highest so far, ≥ 0; put the start first, or a first loss goes missing."""
    return np.asarray(np.maximum.accumulate(equity) - equity, dtype=np.float64) if len(equity) else equity


def _spread_reason(series: ReturnSeries) -> str | None:
    spread = "zero_variance" if series.flat else None
    return "fewer_than_2_sessions" if len(series.returns) < _LEAST_FOR_SPREAD else spread


def _shape_reason(series: ReturnSeries) -> str | None:
    return "fewer_than_4_sessions" if len(series.returns) < _LEAST_FOR_SHAPE else _spread_reason(series)


def sharpe(series: ReturnSeries) -> Measured:
    """Mean excess return over its standard deviation (ddof 1), annualised by the root of the sessions per year.

    Source: Sharpe (1994), The Sharpe Ratio, Journal of Portfolio Management 21(1).
    """
    if reason := _spread_reason(series):
        return undefined(reason)
    return defined(series.excess.mean() / series.deviation * math.sqrt(series.sessions_per_year))


def sortino(series: ReturnSeries) -> Measured:
    """Mean excess return over the root mean square of its negative part, over all n sessions, annualised."""
    if len(series.returns) < _LEAST_FOR_SPREAD:
        return undefined("fewer_than_2_sessions")
    downside = math.sqrt(np.mean(np.minimum(series.excess, 0.0) ** 2))
    if downside <= RESOLUTION:
        return undefined("no_downside")
    return defined(series.excess.mean() / downside * math.sqrt(series.sessions_per_year))


def annual_volatility(series: ReturnSeries) -> Measured:
    """Return the standard deviation (ddof 1) of daily returns, annualised; exactly 0 when all are equal."""
    if len(series.returns) < _LEAST_FOR_SPREAD:
        return undefined("fewer_than_2_sessions")
    return defined(0.0 if series.flat else series.deviation * math.sqrt(series.sessions_per_year))


def cumulative_return(series: ReturnSeries) -> Measured:
    """Compounded return over all sessions, a fraction."""
    return defined(series.growth[-1] - 1.0) if len(series.returns) else undefined("no_sessions")


def cagr(series: ReturnSeries) -> Measured:
    """Compound annual growth rate, a fraction; n counts sessions, not calendar days."""
    if len(series.returns) == 0:
        return undefined("no_sessions")
    if series.growth.min() < 0.0:
        return undefined("equity_negative")
    return defined(series.growth[-1] ** (series.sessions_per_year / len(series.returns)) - 1.0)


def max_drawdown_fraction(series: ReturnSeries) -> Measured:
    """Largest fall of compounded equity from its peak, a fraction of the peak, ≥ 0; the start is a peak."""
    if len(series.returns) == 0:
        return undefined("no_sessions")
    if series.growth.min() < 0.0:
        return undefined("equity_negative")
    return defined(float(series.depths.max()))


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
    ordered = np.sort(series.returns)
    low, high = np.abs(np.interp(np.array((0.05, 0.95)) * (len(ordered) - 1), np.arange(len(ordered)), ordered))
    return undefined("fifth_percentile_is_zero") if low <= RESOLUTION else defined(high / low)


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
    """Probability that the true Sharpe ratio of one session exceeds `benchmark` (not annualised), 0 to 1."""
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
