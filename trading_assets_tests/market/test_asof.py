"""Windows start where the definition says, on any cadence, and never ahead."""

from itertools import pairwise
from statistics import median

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.market.asof import at_start, elapsed_minutes, median_gap, slope, window_start
from trading_assets.market.option_chain import OptionChain
from trading_assets_tests.market import plain
from trading_assets_tests.market.chain_builder import chain, random_day, session, snapshot

TIMES = st.lists(st.integers(0, 400), min_size=1, max_size=12, unique=True).map(sorted)


def day_of(*clocks: str) -> OptionChain:
    return chain(*(snapshot(clock, {25000: (1, 1)}) for clock in clocks))


@given(times=TIMES)
def test_median_of_the_gaps_so_far(times: list[int]) -> None:
    found = median_gap(np.array(times, dtype=float))
    for at in range(len(times)):
        gaps = [b - a for a, b in pairwise(times[: at + 1])]
        assert found[at] == (median(gaps) if gaps else 0.0)


def test_the_start_is_the_latest_snapshot_at_or_before() -> None:
    built = day_of("10:00", "10:05", "10:10", "10:15", "10:20:30")
    assert window_start(built, 15).tolist() == [-1, -1, -1, 0, 1]


@pytest.mark.parametrize(("last", "accepted"), [("10:22:00", True), ("10:24:00", True), ("10:25:01", False)])
def test_a_start_older_than_the_tolerance_is_refused(last: str, accepted: bool) -> None:  # noqa: FBT001
    # gaps 1, 1, 1, long: the median stays 1, so the tolerance is the floor of 5 minutes
    built = day_of("10:00", "10:01", "10:02", "10:03", "10:04", "10:05", last)
    found = window_start(built, 15)[-1]
    assert (found >= 0) == accepted
    # wanting 15 minutes back from 10:25:01 is 10:10:01, and 10:05 is more than 5 minutes older
    assert found in (-1, 5)


def test_a_slow_feed_widens_its_own_tolerance() -> None:
    built = day_of("09:15", "09:37", "09:59", "10:21", "10:43")
    # 10:43 - 60 = 09:43: 09:37 is 6 minutes older, within 1.5 gaps of 22 minutes
    assert window_start(built, 60).tolist() == [-1, -1, -1, 0, 1]
    assert window_start(day_of("09:15", "09:16", "09:17", "09:18", "09:19", "10:25"), 60)[-1] == -1


@pytest.mark.parametrize("gap", [1.0, 6.0, 22.0])
@pytest.mark.parametrize("minutes", [15.0, 30.0])
def test_starts_equal_plain_python(gap: float, minutes: float) -> None:
    day = random_day(np.random.default_rng(int(gap) + 7), snapshots=25, strikes=1, gap_minutes=gap)
    by_snapshot = plain.snapshots(day)
    expected = [plain.start(by_snapshot, i, minutes) for i in range(len(by_snapshot))]
    found = window_start(OptionChain.from_frame(day, session()), minutes)
    assert found.tolist() == [-1 if one is None else one for one in expected]


@given(times=TIMES, minutes=st.integers(1, 90))
def test_a_start_lies_in_the_past_and_does_not_change_later(times: list[int], minutes: int) -> None:
    built = day_of(*(f"{(555 + t) // 60:02d}:{(555 + t) % 60:02d}" for t in times))
    whole = window_start(built, float(minutes))
    elapsed = elapsed_minutes(built)
    for at, start in enumerate(whole.tolist()):
        assert start < at
        assert start < 0 or elapsed[at] - elapsed[start] >= minutes
        assert window_start(built.select(slice(0, at + 1)), float(minutes))[-1] == start


def test_values_without_a_start_are_missing() -> None:
    assert at_start(np.array([1.0, 2.0]), np.array([-1, 0])).tolist()[1] == 1.0
    assert np.isnan(at_start(np.array([1.0, 2.0]), np.array([-1, 0]))[0])


def test_slope_is_per_elapsed_minute() -> None:
    built = day_of("10:00", "10:20", "10:40")
    found = slope(built, np.array([1.0, 2.0, 5.0]), 30)
    # 10:40 - 30 = 10:10, so the window starts at 10:00: 4 in 40 minutes
    assert np.isnan(found[:2]).all()
    assert found[2] == pytest.approx(0.1)


def test_a_missing_end_makes_the_slope_missing() -> None:
    built = day_of("10:00", "10:30")
    assert np.isnan(slope(built, np.array([np.nan, 2.0]), 30)).all()
    assert np.isnan(slope(built, np.array([1.0, np.nan]), 30)).all()
