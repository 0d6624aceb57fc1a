"""Walls of open interest: where they stand, what they were, and how they grew; against a search by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_assets.market.asof import window_start
from trading_assets.market.leg_sums import CALL, PUT
from trading_assets.market.option_chain import OptionChain
from trading_assets.market.walls import wall_before, wall_now
from trading_assets_tests.market.chain_builder import chain, random_day, session, snapshot

MINUTES = 30.0
STEADY = {24_900.0: (10.0, 300.0), 25_000.0: (200.0, 200.0), 25_100.0: (500.0, 10.0)}


def listed(values: np.ndarray) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in values]


def test_the_call_wall_is_at_or_above_the_index_and_the_put_wall_at_or_below() -> None:
    found = chain(snapshot("09:20", STEADY))
    assert listed(wall_now(found, CALL, MINUTES).strike) == [25_100.0]
    assert listed(wall_now(found, PUT, MINUTES).strike) == [24_900.0]


def test_the_strike_at_the_index_belongs_to_both_sides() -> None:
    legs = {24_900.0: (9_999.0, 1.0), 25_000.0: (200.0, 200.0), 25_100.0: (1.0, 9_999.0)}
    found = chain(snapshot("09:20", legs))
    assert listed(wall_now(found, CALL, MINUTES).strike) == listed(wall_now(found, PUT, MINUTES).strike) == [25_000.0]


@pytest.mark.parametrize(("side", "strike"), [(CALL, 25_100.0), (PUT, 24_800.0)])
def test_of_two_equal_walls_the_lower_is_taken(side: int, strike: float) -> None:
    legs = {24_800.0: (1.0, 70.0), 24_900.0: (1.0, 70.0), 25_100.0: (70.0, 1.0), 25_200.0: (70.0, 1.0)}
    assert listed(wall_now(chain(snapshot("09:20", legs)), side, MINUTES).strike) == [strike]


@pytest.mark.parametrize("oi", [0.0, None])
def test_without_open_interest_beyond_the_index_there_is_no_wall(oi: float | None) -> None:
    legs = {24_900.0: (5.0, 5.0), 25_100.0: (oi, 5.0)}
    found = wall_now(chain(snapshot("09:20", legs)), CALL, MINUTES)
    assert (listed(found.strike), listed(found.change)) == ([None], [None])


def test_a_missing_spot_stands_before_no_wall() -> None:
    found = chain(snapshot("09:20", STEADY, spot=np.nan))
    for side in (CALL, PUT):
        assert listed(wall_now(found, side, MINUTES).strike) == [None]


def test_growth_is_that_of_the_wall_of_now() -> None:
    later = STEADY | {25_100.0: (600.0, 10.0)}
    found = wall_now(chain(snapshot("09:20", STEADY), snapshot("09:50", later)), CALL, MINUTES)
    assert listed(found.strike) == [25_100.0, 25_100.0]
    assert listed(found.change) == [None, pytest.approx(20.0)], "the first has nothing to be compared with"


def test_a_wall_that_moved_is_judged_where_it_stands_now_and_where_it_stood() -> None:
    """Writers left 25,100 for 25,200: the new wall grew from 100 to 700, the old one lost 80 %."""
    first = {25_100.0: (500.0, 1.0), 25_200.0: (100.0, 1.0)}
    second = {25_100.0: (100.0, 1.0), 25_200.0: (700.0, 1.0)}
    found = chain(snapshot("09:20", first), snapshot("09:50", second))
    now, was = wall_now(found, CALL, MINUTES), wall_before(found, CALL, MINUTES)
    assert (listed(now.strike)[1], listed(now.change)[1]) == (25_200.0, pytest.approx(600.0))
    assert (listed(was.strike)[1], listed(was.change)[1]) == (25_100.0, pytest.approx(-80.0))
    assert listed(was.strike)[0] is None, "nothing stood before the first snapshot"


def test_a_wall_that_was_empty_before_has_no_growth() -> None:
    found = wall_now(
        chain(snapshot("09:20", STEADY | {25_200.0: (0.0, 1.0)}), snapshot("09:50", STEADY | {25_200.0: (900.0, 1.0)})),
        CALL,
        MINUTES,
    )
    assert (listed(found.strike)[1], listed(found.change)[1]) == (25_200.0, None)


@settings(max_examples=8)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.3]))
def test_a_random_day_has_the_walls_that_a_search_by_hand_finds(seed: int, holes: float) -> None:
    day = OptionChain.from_frame(
        random_day(np.random.default_rng(seed), snapshots=12, strikes=5, holes=holes), session()
    )
    start, near = window_start(day, MINUTES), day.near()
    for side in (CALL, PUT):
        now = wall_now(day, side, MINUTES)
        for at in range(len(day.spot)):
            heights = {
                float(strike): float(day.open_interest_lots[at, near[at], position, side])
                for position, strike in enumerate(day.strikes)
                if (strike >= day.spot[at]) == (side == CALL) or strike == day.spot[at]
            }
            standing = {strike: oi for strike, oi in heights.items() if oi > 0.0}
            if not standing:
                assert np.isnan(now.strike[at])
                continue
            expected = min(standing, key=lambda strike: (-standing[strike], strike))
            assert now.strike[at] == expected
            if start[at] >= 0:
                position = int(np.flatnonzero(day.strikes == expected)[0])
                then = float(day.open_interest_lots[start[at], near[at], position, side])
                growth = 100.0 * (standing[expected] / then - 1.0) if then > 0.0 else np.nan
                np.testing.assert_allclose(now.change[at], growth, rtol=1e-9, atol=1e-9)
