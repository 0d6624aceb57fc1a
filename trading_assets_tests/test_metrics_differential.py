"""1,000 random return series: our metrics against formulas written a second time, in plain Python."""

import math
import statistics
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest

from trading_assets.metrics import RETURN_METRICS
from trading_assets.return_series import ReturnSeries, session_rate
from trading_assets_tests.random_returns import RATES, random_series

YEAR = 252
METRICS = {metric.name: metric for metric in RETURN_METRICS}


def excess(returns: list[float], rate: float) -> list[float]:
    return [value - session_rate(rate, YEAR) for value in returns]


def plain_sharpe(returns: list[float], rate: float) -> float | None:
    over = [Fraction(value) for value in excess(returns, rate)]
    spread = statistics.stdev(over)
    return float(statistics.mean(over)) / float(spread) * math.sqrt(YEAR) if spread else None


def plain_sortino(returns: list[float], rate: float) -> float | None:
    over = excess(returns, rate)
    downside = math.sqrt(math.fsum(min(value, 0.0) ** 2 for value in over) / len(over))
    return math.fsum(over) / len(over) / downside * math.sqrt(YEAR) if downside else None


def plain_growth(returns: list[float], _: float) -> float:
    return math.exp(math.fsum(math.log1p(value) for value in returns)) - 1.0


def plain_cagr(returns: list[float], _: float) -> float:
    return math.exp(math.fsum(math.log1p(value) for value in returns) * YEAR / len(returns)) - 1.0


def depths(returns: list[float]) -> list[float]:
    equity = peak = 1.0
    found = []
    for value in returns:
        equity *= 1.0 + value
        peak = max(peak, equity)
        found.append(1.0 - equity / peak)
    return found


def plain_drawdown(returns: list[float], _: float) -> float:
    return max(depths(returns))


def plain_ulcer(returns: list[float], _: float) -> float:
    return math.sqrt(math.fsum(depth**2 for depth in depths(returns)) / len(returns))


def plain_omega(returns: list[float], _: float) -> float | None:
    losses = -math.fsum(value for value in returns if value < 0)
    return math.fsum(value for value in returns if value > 0) / losses if losses else None


def plain_skewness(returns: list[float], _: float) -> float:
    mean = math.fsum(returns) / len(returns)
    moments = [math.fsum((value - mean) ** order for value in returns) / len(returns) for order in (2, 3)]
    return moments[1] / moments[0] ** 1.5


PLAIN: dict[str, Callable[[list[float], float], float | None]] = {
    "sharpe_ratio": plain_sharpe,
    "sortino_ratio": plain_sortino,
    "cumulative_return": plain_growth,
    "cagr": plain_cagr,
    "max_drawdown_fraction": plain_drawdown,
    "ulcer_index": plain_ulcer,
    "omega": plain_omega,
    "skewness": plain_skewness,
}


@pytest.mark.parametrize("name", PLAIN)
def test_metrics_equal_plain_formulas(name: str) -> None:
    for number, returns in enumerate(random_series()):
        rate = RATES[number % 2]
        measured = METRICS[name].function(ReturnSeries(np.array(returns), rate)).value
        expected = PLAIN[name](returns, rate)
        assert measured == (expected if expected is None else pytest.approx(expected, rel=1e-10, abs=1e-10)), number
