"""Windows of minutes: what lies in them, when they are whole, and their statistics against the plain definitions."""

from __future__ import annotations

import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_assets.market.option_chain import OptionChain
from trading_assets.market.trailing import deviation, first_present, last_where, lowest, median, trailing
from trading_assets_tests.market.chain_builder import chain, flat_frame, session, snapshot

VIX = 12.0


def day(*clocks: str) -> OptionChain:
    return OptionChain.from_frame(flat_frame(dict.fromkeys(clocks, (25000.0, VIX))), session())


def rows(window: np.ndarray) -> list[list[float]]:
    """The present values of each row, oldest first."""
    return [row[np.isfinite(row)].tolist() for row in window]


def test_a_window_holds_both_ends_and_nothing_before() -> None:
    found = trailing(day("09:15", "09:20", "09:25", "09:31"), np.array([1.0, 2.0, 3.0, 4.0]), 10.0)
    assert rows(found) == [[], [], [1.0, 2.0, 3.0], [3.0, 4.0]]


def test_until_the_session_is_as_old_as_the_window_there_is_none() -> None:
    values = np.array([1.0, 2.0, 3.0])
    assert rows(trailing(day("09:15", "09:20", "09:24:59"), values, 10.0)) == [[], [], []]
    assert rows(trailing(day("09:15", "09:20", "09:25"), values, 10.0)) == [[], [], [1.0, 2.0, 3.0]]


def test_the_newest_stands_last_and_gaps_lead() -> None:
    found = trailing(day("09:15", "09:16", "09:17", "09:27"), np.array([1.0, 2.0, 3.0, 4.0]), 2.0)
    assert found.shape == (4, 3)
    np.testing.assert_array_equal(found[2], [1.0, 2.0, 3.0])
    np.testing.assert_array_equal(found[3], [np.nan, np.nan, 4.0])


def test_a_missing_value_keeps_its_place() -> None:
    found = trailing(day("09:15", "09:16", "09:17"), np.array([1.0, np.nan, 3.0]), 2.0)
    np.testing.assert_array_equal(found[2], [1.0, np.nan, 3.0])


@settings(max_examples=25)
@given(st.lists(st.integers(0, 360), min_size=1, max_size=12, unique=True), st.integers(1, 90))
def test_windows_are_those_of_the_plain_definition_and_know_nothing_later(minutes: list[int], length: int) -> None:
    ordered = sorted(minutes)
    clocks = [f"{9 + (15 + minute) // 60:02d}:{(15 + minute) % 60:02d}" for minute in ordered]
    values = np.array([float(minute) for minute in ordered])
    found = rows(trailing(day(*clocks), values, float(length)))
    for at, minute in enumerate(ordered):
        whole = minute - ordered[0] >= length
        assert found[at] == ([float(other) for other in ordered[: at + 1] if other >= minute - length] if whole else [])


numbers = st.lists(st.none() | st.floats(-1e6, 1e6), min_size=1, max_size=9)


@given(numbers)
def test_statistics_are_those_of_the_present_values(values: list[float | None]) -> None:
    window = np.array([[np.nan if value is None else value for value in values]])
    present = [value for value in values if value is not None]
    if not present:
        for found in (median(window), lowest(window), deviation(window)):
            assert np.isnan(found).all()
        return
    assert median(window)[0] == pytest.approx(statistics.median(present))
    assert lowest(window)[0] == min(present)
    if len(present) > 1:
        assert deviation(window)[0] == pytest.approx(statistics.pstdev(present), rel=1e-9, abs=1e-6)
    else:
        assert np.isnan(deviation(window)[0]), "one value has no deviation"


@given(numbers, st.integers(1, 5))
def test_leading_gaps_change_no_bit(values: list[float | None], gaps: int) -> None:
    window = np.array([[np.nan if value is None else value for value in values]])
    padded = np.concatenate([np.full((1, gaps), np.nan), window], axis=1)
    for statistic in (median, lowest, deviation):
        np.testing.assert_array_equal(statistic(window), statistic(padded))


@pytest.mark.parametrize(
    ("values", "first"),
    [
        ([np.nan, 2.0, np.nan, 3.0], [np.nan, 2.0, 2.0, 2.0]),
        ([1.0, 2.0], [1.0, 1.0]),
        ([np.nan, np.nan], [np.nan, np.nan]),
        ([], []),
    ],
)
def test_the_first_present_value_holds_from_then_on(values: list[float], first: list[float]) -> None:
    np.testing.assert_array_equal(first_present(np.array(values)), first)


def test_the_last_value_a_mask_held_at_stays_until_the_next() -> None:
    mask = np.array([False, True, False, False, True])
    np.testing.assert_array_equal(last_where(np.arange(5.0), mask), [np.nan, 1.0, 1.0, 1.0, 4.0])
    assert last_where(np.empty(0), np.empty(0, dtype=bool)).shape == (0,)
    assert np.isnan(last_where(np.ones(2), np.zeros(2, dtype=bool))).all()


def test_windows_of_a_chain_with_legs_are_those_of_its_times() -> None:
    found = chain(snapshot("09:15", {25_000.0: (1.0, 1.0)}), snapshot("09:20", {25_000.0: (2.0, 2.0)}))
    assert rows(trailing(found, np.array([1.0, 2.0]), 5.0)) == [[], [1.0, 2.0]]
