import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.errors import MetricInputError
from trading_assets.metrics import RETURN_METRICS
from trading_assets.return_metrics import (
    SharpeSample,
    annual_volatility,
    cagr,
    calmar,
    deflated_sharpe,
    expected_best_sharpe,
    fall_from_peak,
    longest_drawdown,
    max_drawdown_fraction,
    probabilistic_sharpe,
    sessions_below_peak,
    sharpe,
    tail_ratio,
)
from trading_assets.return_series import ReturnSeries, session_rate

CASES = json.loads((Path(__file__).parent / "metrics_cases.json").read_text(encoding="utf-8"))
METRICS = {metric.name: metric for metric in RETURN_METRICS}
RETURNS = st.lists(st.floats(-0.2, 0.2), max_size=40)


def series(values: list[float], rate: float = 0.0) -> ReturnSeries:
    return ReturnSeries(np.array(values, dtype=np.float64), rate)


@pytest.mark.parametrize("name", CASES["returns"])
@pytest.mark.parametrize("metric", CASES["returns"]["mixed10"]["expected"])
def test_values_equal_the_reference(name: str, metric: str) -> None:
    case = CASES["returns"][name]
    measured = METRICS[metric].function(series(case["returns"]))
    expected = case["expected"][metric]
    if expected is None:
        assert measured.value is None
        assert measured.reason in METRICS[metric].reasons
    else:
        assert measured.value == pytest.approx(expected, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("name", CASES["returns"])
def test_sharpe_above_a_risk_free_rate_equals_the_reference(name: str) -> None:
    case = CASES["returns"][name]
    measured = sharpe(series(case["returns"], 0.065))
    expected = case["sharpe_at_6.5_percent"]
    assert measured.value == (expected if expected is None else pytest.approx(expected, rel=1e-12))


def test_deflated_sharpe_equals_the_reference() -> None:
    case = CASES["deflated_sharpe"]
    best = expected_best_sharpe(case["n_trials"], case["var_trial_sr_daily"])
    assert best == pytest.approx(case["sr0"], rel=1e-12)
    sample = SharpeSample(case["sr_daily"], case["n"], case["skew"], case["kurtosis_nonexcess"])
    assert sample.probability_above(best).value == pytest.approx(case["dsr"], rel=1e-12)


def test_trying_more_variants_lowers_the_probability() -> None:
    one = series([0.01, -0.004, 0.007, 0.002, -0.001, 0.006])
    few, many = deflated_sharpe(one, 2, 0.01).value, deflated_sharpe(one, 200, 0.01).value
    assert few is not None
    assert many is not None
    assert many < few < (probabilistic_sharpe(one).value or 0.0)


@pytest.mark.parametrize("sessions", [1, 2, 21, 1_250, 4_000])
def test_the_tails_are_quantiles_of_however_many_sessions(sessions: int) -> None:
    returns = np.random.default_rng(sessions).normal(0.001, 0.01, sessions)
    low, high = np.abs(np.quantile(returns, (0.05, 0.95)))
    assert tail_ratio(ReturnSeries(returns)).value == pytest.approx(high / low, rel=1e-12)


def test_equity_below_zero_has_no_growth_rate() -> None:
    ruined = series([0.1, -1.5, 0.2])
    for metric in (cagr, calmar, max_drawdown_fraction):
        assert metric(ruined).reason == "equity_negative"


def test_two_point_returns_with_a_degenerate_error_have_no_probability() -> None:
    assert SharpeSample(1.0, 10, 2.0, 5.0).probability_above(0.0).reason == "degenerate_distribution"


def test_a_missing_return_is_not_zero() -> None:
    with pytest.raises(MetricInputError, match="daily returns holds 1"):
        series([0.1, float("nan")])


def test_the_session_rate_compounds_to_the_annual_one() -> None:
    assert (1 + session_rate(0.065, 252)) ** 252 - 1 == pytest.approx(0.065, rel=1e-12)


@given(RETURNS)
def test_every_metric_is_finite_or_says_a_registered_reason(values: list[float]) -> None:
    for metric in RETURN_METRICS:
        measured = metric.function(series(values))
        assert measured.reason is None or measured.reason in metric.reasons
        assert measured.value is None or math.isfinite(measured.value)


@given(RETURNS)
def test_drawdown_equals_brute_force(values: list[float]) -> None:
    growth = series(values).growth.tolist()
    worst = max(1 - later / peak for i, peak in enumerate(growth) for later in growth[i:])
    measured = max_drawdown_fraction(series(values)).value
    assert (measured or 0.0) == pytest.approx(worst, abs=1e-12)


@given(st.lists(st.integers(-10_000, 10_000), max_size=40))
def test_fall_from_peak_equals_brute_force(steps: list[int]) -> None:
    equity = np.cumsum(np.array(steps, dtype=np.float64))
    expected = [max(equity[: i + 1]) - value for i, value in enumerate(equity)]
    np.testing.assert_array_equal(fall_from_peak(equity), expected)


@given(st.lists(st.integers(-3, 3), max_size=40))
def test_the_length_of_a_drawdown_equals_brute_force(steps: list[int]) -> None:
    equity = np.cumsum(np.array(steps, dtype=np.float64))
    expected = [i - max(j for j in range(i + 1) if equity[j] == max(equity[: i + 1])) for i in range(len(equity))]
    assert sessions_below_peak(equity).tolist() == expected


def test_the_longest_drawdown_counts_from_the_start_and_one_that_goes_on() -> None:
    assert longest_drawdown(series([-0.1, 0.05, 0.2])).value == 2
    assert longest_drawdown(series([0.1, -0.1, 0.2, -0.1, 0.01, 0.01])).value == 3
    assert longest_drawdown(series([0.1, 0.0, 0.1])).value == 0
    assert longest_drawdown(series([])).reason == "no_sessions"
    assert longest_drawdown(series([0.1, -1.5])).reason == "equity_negative"


@given(st.floats(-0.1, 0.1), st.integers(2, 30))
def test_equal_returns_have_no_spread_whatever_rounding_does(value: float, count: int) -> None:
    assert sharpe(series([value] * count)).reason == "zero_variance"
    assert annual_volatility(series([value] * count)).value == 0.0


@given(RETURNS.filter(lambda v: len(v) > 1 and float(np.ptp(v)) > 1e-6))
def test_sharpe_of_the_mirrored_series_is_the_negative(values: list[float]) -> None:
    one, other = sharpe(series(values)).value, sharpe(series([-v for v in values])).value
    assert one == pytest.approx(-(other or 0.0), abs=1e-9)
