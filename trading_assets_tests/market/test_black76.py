"""Black-76 against an independent library, and the laws every price and every inversion keeps."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.market.black76 import forward_delta, forward_gamma, greeks, implied_vol, price
from trading_assets.market.normalised_black import total_volatility
from trading_assets_tests.market.facts import fact

CASES = fact("black76")["cases"]

FORWARDS = st.floats(5_000, 100_000)
MONEYNESS = st.floats(-0.3, 0.3)
YEARS = st.floats(1 / 525_600, 2)
RATES = st.floats(0, 0.12)
SIGMAS = st.floats(0.03, 3)
CONTRACTS = st.tuples(FORWARDS, MONEYNESS, YEARS, RATES, SIGMAS, st.booleans())


def inputs(case: dict[str, Any]) -> tuple[float, float, float, float]:
    return case["forward"], case["strike"], case["years"], case["rate"]


@pytest.mark.parametrize("case", CASES)
def test_prices_equal_the_library(case: dict[str, Any]) -> None:
    assert float(price(*inputs(case), case["sigma"], case["is_call"])) == pytest.approx(case["price"], rel=1e-10)


@pytest.mark.parametrize("case", CASES)
def test_implied_volatility_comes_back(case: dict[str, Any]) -> None:
    found = implied_vol(case["price"], *inputs(case), case["is_call"])
    assert float(found) == pytest.approx(case["iv"], rel=1e-10)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", ["delta", "gamma", "theta", "vega", "rho"])
def test_greeks_equal_the_library(case: dict[str, Any], name: str) -> None:
    found = getattr(greeks(*inputs(case), case["sigma"], case["is_call"]), name)
    assert float(found) == pytest.approx(case[name], rel=1e-10)


@given(CONTRACTS)
def test_undiscounted_delta_and_gamma_are_those_of_the_greeks(
    contract: tuple[float, float, float, float, float, bool],
) -> None:
    forward, moneyness, years, _, sigma, is_call = contract
    strike = forward * np.exp(moneyness)
    expected = greeks(forward, strike, years, 0.0, sigma, is_call)
    assert float(forward_delta(forward, strike, years, sigma, is_call)) == pytest.approx(
        float(expected.delta), abs=1e-15
    )
    assert float(forward_gamma(forward, strike, years, sigma)) == pytest.approx(float(expected.gamma), rel=1e-12)


@pytest.mark.parametrize(("forward", "years", "sigma"), [(np.nan, 0.1, 0.2), (100.0, 0.0, 0.2), (100.0, 0.1, 0.0)])
def test_undiscounted_delta_and_gamma_without_uncertainty_are_missing(
    forward: float, years: float, sigma: float
) -> None:
    strikes = np.array([[90.0, 100.0], [110.0, 120.0]])
    for found in (forward_delta(forward, strikes, years, sigma, True), forward_gamma(forward, strikes, years, sigma)):  # noqa: FBT003
        assert found.shape == strikes.shape
        assert np.isnan(found).all()


@given(CONTRACTS)
def test_put_call_parity_and_bounds(contract: tuple[float, float, float, float, float, bool]) -> None:
    forward, moneyness, years, rate, sigma, _ = contract
    strike, discount = forward * np.exp(moneyness), np.exp(-rate * years)
    call, put = (float(price(forward, strike, years, rate, sigma, side)) for side in (True, False))
    assert call - put == pytest.approx(discount * (forward - strike), abs=1e-9 * forward)
    assert -1e-9 <= call <= discount * forward * (1 + 1e-12)
    assert -1e-9 <= put <= discount * strike * (1 + 1e-12)


@given(CONTRACTS)
def test_more_volatility_never_costs_less(contract: tuple[float, float, float, float, float, bool]) -> None:
    forward, moneyness, years, rate, sigma, is_call = contract
    strike = forward * np.exp(moneyness)
    low, high = price(forward, strike, years, rate, np.array([sigma, sigma * 1.1]), is_call)
    assert high >= low - 1e-9 * forward


@given(CONTRACTS)
def test_the_out_of_the_money_price_gives_its_volatility_back(
    contract: tuple[float, float, float, float, float, bool],
) -> None:
    forward, moneyness, years, rate, sigma, _ = contract
    strike = forward * np.exp(moneyness)
    is_call = strike >= forward
    worth = float(price(forward, strike, years, rate, sigma, is_call))
    found = float(implied_vol(worth, forward, strike, years, rate, is_call))
    if worth > 1e-12 * forward:
        assert found == pytest.approx(sigma, rel=1e-7)
        assert float(price(forward, strike, years, rate, found, is_call)) == pytest.approx(worth, rel=1e-9)


@given(CONTRACTS)
def test_sensitivities_are_the_slopes_of_the_price(
    contract: tuple[float, float, float, float, float, bool],
) -> None:
    forward, moneyness, _, rate, sigma, is_call = contract
    strike, years = forward * np.exp(moneyness / 4), 0.1
    found = greeks(forward, strike, years, rate, sigma, is_call)

    def slope(width: float, low: float, high: float) -> float:
        return (high - low) / (2 * width)

    bump = forward * 1e-4
    by_forward = [float(price(forward + sign * bump, strike, years, rate, sigma, is_call)) for sign in (-1, 1)]
    assert slope(bump, *by_forward) == pytest.approx(float(found.delta), abs=1e-4)
    by_sigma = [float(price(forward, strike, years, rate, sigma + sign * 1e-5, is_call)) for sign in (-1, 1)]
    assert slope(1e-5, *by_sigma) / 100 == pytest.approx(float(found.vega), rel=1e-3, abs=1e-5)
    by_rate = [float(price(forward, strike, years, rate + sign * 1e-5, sigma, is_call)) for sign in (-1, 1)]
    assert slope(1e-5, *by_rate) / 100 == pytest.approx(float(found.rho), rel=1e-3, abs=1e-5)
    by_years = [float(price(forward, strike, years - sign * 1e-6, rate, sigma, is_call)) for sign in (-1, 1)]
    assert slope(1e-6, *by_years) / 365 == pytest.approx(float(found.theta), rel=1e-3, abs=1e-3)
    deltas = [float(greeks(forward + sign * bump, strike, years, rate, sigma, is_call).delta) for sign in (-1, 1)]
    assert slope(bump, *deltas) == pytest.approx(float(found.gamma), rel=1e-2, abs=1e-9)


@pytest.mark.parametrize(
    ("paid", "is_call", "why"),
    [
        (0.0, True, "nothing"),
        (-1.0, True, "negative"),
        (np.nan, True, "missing"),
        (np.inf, True, "infinite"),
        (990.0, True, "below the discounted intrinsic value of 993.5"),
        (1000.0 * np.exp(-0.0065), True, "exactly the intrinsic value"),
        (23_000.0, True, "above the discounted forward"),
        (22_000.0, False, "above the discounted strike"),
    ],
)
def test_a_price_outside_the_bounds_implies_nothing(paid: float, is_call: bool, why: str) -> None:  # noqa: FBT001
    assert np.isnan(implied_vol(paid, 23_000, 22_000, 0.1, 0.065, is_call)), why


@pytest.mark.parametrize(
    ("forward", "strike", "years"),
    [
        (np.nan, 22000, 0.1),
        (0, 22000, 0.1),
        (-1, 22000, 0.1),
        (23000, 0, 0.1),
        (23000, 22000, 0),
        (23000, 22000, np.nan),
        (23000, 22000, -0.1),
    ],
)
def test_impossible_inputs_imply_nothing(forward: float, strike: float, years: float) -> None:
    assert np.isnan(implied_vol(1_100, forward, strike, years, 0.065, True))  # noqa: FBT003
    assert np.isnan(greeks(forward, strike, years, 0.065, 0.14, True).gamma)  # noqa: FBT003
    if years != 0:
        assert np.isnan(price(forward, strike, years, 0.065, 0.14, True))  # noqa: FBT003


def test_without_time_or_volatility_the_price_is_intrinsic() -> None:
    strikes = np.array([22_000.0, 23_000.0, 24_000.0])
    assert price(23_000, strikes, 0, 0.065, 0.14, is_call=True).tolist() == [1000, 0, 0]
    assert price(23_000, strikes, 0, 0.065, 0.14, is_call=False).tolist() == [0, 0, 1000]
    assert price(23_000, strikes, 1, 0, 0, is_call=True).tolist() == [1000, 0, 0]


def test_everything_broadcasts_and_empty_stays_empty() -> None:
    strikes = np.arange(22_000, 24_000, 500.0)
    both = price(23_000, strikes[:, None], 0.02, 0.065, 0.14, np.array([True, False]))
    assert both.shape == (4, 2)
    assert implied_vol(both, 23_000, strikes[:, None], 0.02, 0.065, np.array([True, False])) == pytest.approx(0.14)
    assert greeks(23_000, strikes[:, None], 0.02, 0.065, 0.14, np.array([True, False])).vega.shape == (4, 2)
    none = np.array([])
    assert implied_vol(none, none, none, none, 0.065, none.astype(bool)).shape == (0,)
    assert price(none, none, none, 0.065, none, none.astype(bool)).shape == (0,)


def test_a_row_does_not_depend_on_its_neighbours_to_the_bit() -> None:
    random = np.random.default_rng(3)
    strikes = 23_000 * np.exp(random.normal(0, 0.1, 20_000))
    sigmas = random.uniform(0.05, 2, 20_000)
    paid = price(23_000, strikes, 0.05, 0.065, sigmas, strikes >= 23_000)
    together = implied_vol(paid, 23_000, strikes, 0.05, 0.065, strikes >= 23_000)
    rows = random.choice(20_000, 300, replace=False)
    alone = np.array([implied_vol(paid[i], 23_000, strikes[i], 0.05, 0.065, strikes[i] >= 23_000) for i in rows])
    assert np.array_equal(together[rows], alone, equal_nan=True)


@pytest.mark.parametrize("sigma", [1e-4, 0.02, 0.14, 1.0, 5.0, 9.0])
@pytest.mark.parametrize("strike", [1_000, 20_000, 22_999.999999, 23_000, 23_001, 40_000, 400_000])
def test_the_inversion_reaches_the_extremes(strike: float, sigma: float) -> None:
    is_call = strike >= 23_000
    worth = float(price(23_000, strike, 1.0, 0.0, sigma, is_call))
    found = float(implied_vol(worth, 23_000, strike, 1.0, 0.0, is_call))
    upper = 23_000 if is_call else strike
    if 1e-280 < worth < upper * (1 - 1e-6):
        assert found == pytest.approx(sigma, rel=1e-6)
    elif worth == 0.0:
        assert np.isnan(found)


def test_what_no_volatility_gives_is_nan() -> None:
    assert np.isnan(total_volatility(np.array([1.0 - 1e-16]), np.array([-1e-17]))).all()


def test_every_volatility_of_many_rows_comes_back_however_they_are_cut_into_chunks() -> None:
    random, rows = np.random.default_rng(1), 100_000
    strikes = 23_000 * np.exp(random.normal(0, 0.03, rows))
    sigmas = random.uniform(0.08, 0.5, rows)
    paid = price(23_000, strikes, 5 / 365, 0.065, sigmas, strikes >= 23_000)
    found = implied_vol(paid, 23_000, strikes, 5 / 365, 0.065, strikes >= 23_000)
    assert np.max(np.abs(found - sigmas)) < 1e-10
