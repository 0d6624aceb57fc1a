"""The inversion without units, against a bracketing root finder on an independent form of the formula."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import erf

from trading_assets.market.normalised_black import total_volatility


def value(x: float, s: float) -> float:
    """b(x, s) written with the error function, not with the normal distribution the code uses."""
    h, t = x / s, s / 2
    upper, lower = (0.5 * (1 + erf((h + sign * t) / np.sqrt(2))) for sign in (1, -1))
    return float(np.exp(x / 2) * upper - np.exp(-x / 2) * lower)


@given(st.floats(-2, -1e-3), st.floats(0.05, 4))
def test_it_agrees_with_a_bracketing_root_finder(x: float, s: float) -> None:
    beta = value(x, s)
    if 1e-8 < beta < np.exp(x / 2) * (1 - 1e-6):
        bracketed = brentq(lambda guess: value(x, guess) - beta, s / 3, s * 3, xtol=1e-14)
        found = float(total_volatility(np.array([beta]), np.array([x]))[0])
        assert found == pytest.approx(bracketed, rel=1e-6)
        assert value(x, found) == pytest.approx(beta, rel=1e-8)


@given(st.floats(0.001, 5))
def test_at_the_money_it_is_the_inverse_error_function(s: float) -> None:
    beta = float(erf(s / np.sqrt(8)))
    found = total_volatility(np.array([beta]), np.array([0.0]))
    assert found == pytest.approx([s], rel=1e-9)


@pytest.mark.parametrize("depth", [5, 10, 20, 30])
def test_options_worth_next_to_nothing_converge(depth: int) -> None:
    """Far below the smallest tick: b as an integral of the density, which cannot cancel."""
    x, s = -0.2, 0.2 / depth

    def density(z: float) -> float:
        return (np.exp(x / 2 + s * z - s * s / 2) - np.exp(-x / 2)) * np.exp(-z * z / 2) / np.sqrt(2 * np.pi)

    edge = -x / s + s / 2
    beta = quad(density, edge, edge + 12, epsabs=0, epsrel=1e-12)[0]
    assert 0 < beta < 1e-6
    assert total_volatility(np.array([beta]), np.array([x])) == pytest.approx([s], rel=1e-9)


@given(st.lists(st.tuples(st.floats(-0.5, 0), st.floats(0.01, 1)), max_size=30))
def test_any_number_of_rows_in_any_order(pairs: list[tuple[float, float]]) -> None:
    x = np.array([pair[0] for pair in pairs])
    s = np.array([pair[1] for pair in pairs])
    beta = np.array([value(*pair) for pair in pairs])
    solvable = beta > 1e-10
    found = total_volatility(beta[solvable], x[solvable])
    assert found == pytest.approx(s[solvable], rel=1e-4)
    assert np.array_equal(found[::-1], total_volatility(beta[solvable][::-1], x[solvable][::-1]))


def test_more_rows_than_one_piece() -> None:
    s = np.linspace(0.01, 0.5, 20_001)
    beta = np.array([value(-0.01, one) for one in s])
    assert total_volatility(beta, np.full(len(s), -0.01)) == pytest.approx(s, rel=1e-8)
