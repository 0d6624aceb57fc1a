import numpy as np
import pytest

from trading_assets.performance.trailing import trailing_ratios
from trading_assets.settings import PerformanceSettings

CONVENTIONS = PerformanceSettings(risk_free_rate=0.0, min_sessions=2)


def test_a_window_worked_out_by_hand() -> None:
    # last two of 1 %, 3 %: mean 2 %, deviation sqrt(2) %; sqrt(252) a year
    sharpe, sortino = trailing_ratios(np.array([-0.02, 0.01, 0.03]), 2, CONVENTIONS)
    assert sharpe.ratio[2] == pytest.approx(0.02 / (0.02 / np.sqrt(2)) * np.sqrt(252))
    assert sortino.ratio[1] == pytest.approx(-0.005 / np.sqrt(0.0004 / 2) * np.sqrt(252))
    assert sortino.reasons.tolist() == ["fewer_than_2_sessions", "", "no_downside"]
    assert sharpe.reasons.tolist() == ["fewer_than_2_sessions", "", ""]


@pytest.mark.parametrize("window", [None, 2, 20])
def test_no_sessions_have_no_ratios(window: int | None) -> None:
    for trailing in trailing_ratios(np.empty(0), window, CONVENTIONS):
        assert (trailing.ratio.shape, trailing.reasons.shape) == ((0,), (0,))


@pytest.mark.parametrize("window", [4, 20])
def test_a_window_longer_than_the_history_is_not_filled(window: int) -> None:
    for found in trailing_ratios(np.array([0.01, -0.01, 0.02]), window, CONVENTIONS):
        assert np.isnan(found.ratio).all()
        assert found.reasons.tolist() == [f"fewer_than_{window}_sessions"] * 3


def test_the_least_number_of_sessions_is_a_setting() -> None:
    returns = np.array([0.01, -0.01, 0.02, 0.01])
    shown = PerformanceSettings(risk_free_rate=0.0, min_sessions=4)
    sharpe, _ = trailing_ratios(returns, 2, shown)
    assert np.isfinite(sharpe.ratio).tolist() == [False, False, False, True]


def test_a_flat_stretch_has_no_variance_wherever_it_lies() -> None:
    returns = np.array([0.01, 0.02, 0.02, 0.02, -0.01])
    sharpe, _ = trailing_ratios(returns, 3, CONVENTIONS)
    assert sharpe.reasons.tolist()[2:] == ["", "zero_variance", ""]
    constant, _ = trailing_ratios(np.full(5, 0.01), None, CONVENTIONS)
    assert constant.reasons.tolist()[1:] == ["zero_variance"] * 4


def test_a_window_does_not_depend_on_what_came_before_it() -> None:
    tail = np.array([0.013, -0.007, 0.0021, 0.0179, -0.0033])
    alone, _ = trailing_ratios(tail, 5, CONVENTIONS)
    late, _ = trailing_ratios(np.concatenate((np.linspace(-0.3, 0.9, 40), tail)), 5, CONVENTIONS)
    assert alone.ratio[-1] == late.ratio[-1]


def test_a_risk_free_rate_lowers_every_ratio() -> None:
    returns = np.array([0.01, -0.02, 0.03, 0.005])
    plain, _ = trailing_ratios(returns, None, CONVENTIONS)
    above, _ = trailing_ratios(returns, None, PerformanceSettings(risk_free_rate=0.065, min_sessions=2))
    assert (above.ratio[1:] < plain.ratio[1:]).all()
