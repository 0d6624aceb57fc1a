"""Sums over strikes: missing is not zero, scope is kept, and strikes that appear later change no bit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.market.asof import window_start
from trading_assets.market.leg_sums import (
    CALL,
    PUT,
    forward_or_spot,
    leg_change,
    mean_of_sides,
    strikes_listed,
    sum_over_strikes,
)
from trading_assets_tests.market.chain_builder import chain, leg, snapshot

NAN = float("nan")
VALUES = st.lists(st.one_of(st.floats(0, 1e6), st.just(NAN)), min_size=1, max_size=20)


def sides(*strikes: tuple[float, float]) -> np.ndarray:
    return np.array([strikes], dtype=float)


def everywhere(values: np.ndarray) -> np.ndarray:
    return np.ones(values.shape[:2], dtype=bool)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (sides((1, 2), (3, 4)), (4, 6)),
        (sides((1, NAN), (3, 4)), (4, 4)),
        (sides((NAN, NAN), (NAN, 4)), (NAN, 4)),
        (sides((0, 0)), (0, 0)),
    ],
)
def test_sum_of_what_is_present(values: np.ndarray, expected: tuple[float, float]) -> None:
    np.testing.assert_array_equal(sum_over_strikes(values, everywhere(values))[0], expected)


def test_strikes_out_of_scope_count_as_absent() -> None:
    values = sides((1, 2), (3, 4))
    assert sum_over_strikes(values, np.array([[True, False]])).tolist() == [[1, 2]]
    assert np.isnan(sum_over_strikes(values, np.array([[False, False]]))).all()


@given(column=VALUES, at=st.integers(0, 20))
def test_a_strike_seen_only_later_changes_no_bit(column: list[float], at: int) -> None:
    known = np.array([[[value, value] for value in column]])
    wider = np.insert(known, min(at, len(column)), NAN, axis=1)
    narrow, wide = sum_over_strikes(known, everywhere(known)), sum_over_strikes(wider, everywhere(wider))
    assert narrow.tobytes() == wide.tobytes()


@pytest.mark.parametrize(
    ("pair", "mean"),
    [((10, 14), 12), ((10, NAN), 10), ((NAN, 14), 14), ((NAN, NAN), NAN), ((np.inf, 14), 14), ((NAN, -np.inf), NAN)],
)
def test_mean_of_the_sides_that_are_there(pair: tuple[float, float], mean: float) -> None:
    np.testing.assert_array_equal(mean_of_sides(sides(pair)), [[mean]])


def test_a_strike_is_listed_by_either_leg_with_interest_or_a_price() -> None:
    nothing = {"bid": NAN, "ask": NAN, "last_price": NAN}
    rows = [
        leg("10:00", 24950, "CE", 5, **nothing),
        leg("10:00", 25000, "PE", NAN, bid=1.0, ask=2.0, last_price=NAN),
        leg("10:00", 25050, "CE", NAN, **nothing),
    ]
    assert strikes_listed(chain(rows)).tolist() == [[True, True, False]]


def test_the_forward_falls_back_to_spot() -> None:
    rows = [snapshot("10:00", {25000: (1, 1)}, forward=25010.0), snapshot("10:05", {25000: (1, 1)}, forward=NAN)]
    assert forward_or_spot(chain(*rows)).tolist() == [25010.0, 25000.0]


def test_the_change_of_a_leg_needs_both_ends() -> None:
    built = chain(snapshot("10:00", {25000: (10, None)}), snapshot("10:15", {25000: (14, 9)}))
    change = leg_change(built, built.open_interest_lots, window_start(built, 15))
    assert change[1, 0, CALL] == 4
    assert np.isnan(change[1, 0, PUT])
    assert np.isnan(change[0]).all()
