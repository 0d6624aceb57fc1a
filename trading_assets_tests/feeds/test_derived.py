from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.feeds.derived import mid_prices, otm_implied_vol, parity_spot, snapshot_ids, stand_in_mids
from trading_assets.feeds.leg_groups import LegGroups, Runs, runs
from trading_assets.market.black76 import implied_vol

PRICES = st.floats(-1.0, 10.0) | st.just(np.nan)


@given(st.lists(st.tuples(PRICES, PRICES), max_size=20))
def test_mid_is_the_middle_of_a_quote_that_stands(quotes: list[tuple[float, float]]) -> None:
    bid, ask = (np.array([quote[side] for quote in quotes]) for side in (0, 1))
    expected = [(b + a) / 2 if 0 < b <= a else np.nan for b, a in quotes]
    np.testing.assert_array_equal(mid_prices(bid, ask), expected)


def cut(*lengths: int) -> Runs:
    return runs([np.repeat(np.arange(len(lengths)), lengths)])


def test_last_prices_stand_in_only_where_a_snapshot_has_no_quote_at_all() -> None:
    mid = np.array([1.0, np.nan, np.nan, np.nan, np.nan])
    quoted = np.array([True, False, False, False, False])
    last = np.array([9.0, 9.0, 9.0, 0.0, np.nan])
    np.testing.assert_array_equal(stand_in_mids(cut(2, 3), mid, quoted, last), [1.0, np.nan, 9.0, np.nan, np.nan])


def test_spot_comes_from_the_nearest_expiry_that_has_a_forward() -> None:
    snapshots, chains = cut(6, 4), cut(2, 2, 2, 2, 2)
    forward = np.array([np.nan, 102.0, 103.0, 201.0, 202.0])
    years = np.array([0.1, 0.2, 0.3, 0.1, 0.2])
    found = parity_spot(chains, snapshots, forward, years, 0.05)
    np.testing.assert_allclose(found, [102.0 * np.exp(-0.01), 201.0 * np.exp(-0.005)])


def test_an_expired_chain_says_nothing_about_spot() -> None:
    found = parity_spot(cut(2), cut(2), np.array([100.0]), np.array([np.nan]), 0.05)
    np.testing.assert_array_equal(found, [np.nan])


def strikes_of(strike: list[float], is_call: list[bool], mid: list[float]) -> np.ndarray:
    n = len(strike)
    groups = LegGroups(cut(n), cut(n), runs([np.array(strike)]))
    legs = {
        "strike": np.array(strike),
        "mid": np.array(mid),
        "forward": np.full(n, 100.0),
        "years": np.full(n, 0.1),
    }
    return otm_implied_vol(groups, legs, np.array(is_call), 0.05, 0.05)


def test_the_out_of_the_money_side_gives_both_legs_their_volatility() -> None:
    found = strikes_of([90, 90, 100, 100, 110, 110], [True, False] * 3, [10.9, 0.4, 2.5, 2.6, 0.3, 10.2])
    expected = [
        100 * float(implied_vol(price, 100.0, strike, 0.1, 0.05, call))
        for strike, price, call in ((90, 0.4, False), (100, 2.5, True), (110, 0.3, True))
    ]
    np.testing.assert_array_equal(found, np.repeat(expected, 2))


def test_one_tick_or_an_absent_side_says_nothing() -> None:
    found = strikes_of([90, 90, 95, 110, 110], [True, False, True, True, False], [10.0, 0.05, 6.0, np.nan, 10.2])
    assert np.isnan(found).all()


def test_of_a_leg_quoted_twice_the_first_row_counts() -> None:
    once = strikes_of([110, 110], [True, False], [0.3, 10.2])
    twice = strikes_of([110, 110, 110], [True, True, False], [0.3, 0.9, 10.2])
    assert set(twice) == set(once)


def test_a_snapshot_id_is_the_hash_of_name_and_numbers() -> None:
    content = np.array([[1.0, 2.0, 3.0], [4.0, np.nan, -0.0]])
    found = snapshot_ids(cut(2, 1), ["a|", "b|"], content.copy())
    first = np.array([[1.0, 2.0], [4.0, np.nan]]).tobytes()
    last = np.array([[3.0], [0.0]]).tobytes()
    assert found == [
        hashlib.sha256(b"a|" + first).hexdigest()[:16],
        hashlib.sha256(b"b|" + last).hexdigest()[:16],
    ]


@pytest.mark.parametrize("bits", [0x7FF8000000000001, 0xFFF8000000000000])
def test_every_missing_number_has_the_same_id(bits: int) -> None:
    strange = np.array([[bits]], dtype=np.uint64).view(np.float64)
    assert snapshot_ids(cut(1), [""], strange.copy()) == snapshot_ids(cut(1), [""], np.array([[np.nan]]))
