"""Questions about stretches of marks, each against the answer of a plain loop."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.trades.mark_ranges import Band, MarkRanges

NAN = float("nan")
VALUES = st.one_of(st.just(NAN), st.integers(-6, 6).map(float))
LEVELS = st.one_of(st.just(NAN), st.integers(-7, 7).map(float))
LINES = st.integers(1, 20).flatmap(
    lambda size: st.lists(st.lists(VALUES, min_size=size, max_size=size), min_size=1, max_size=3)
)


def first_end(line: list[float], start: int, low: float, high: float, fall: float) -> int:
    peak = line[start] if not math.isnan(line[start]) else -math.inf
    for at in range(start + 1, len(line)):
        value = line[at]
        if value <= low or value >= high or peak - value >= fall:
            return at
        peak = peak if math.isnan(value) else max(peak, value)
    return len(line)


def one(ranges: MarkRanges, line: int, start: int, band: tuple[float, float, float]) -> int:
    levels = Band(*(np.array([level]) for level in band))
    return int(ranges.first_end(np.array([line]), np.array([start]), levels)[0])


@given(LINES, LEVELS, LEVELS, st.one_of(st.just(NAN), st.integers(1, 9).map(float)))
def test_the_first_end_is_that_of_a_walk(lines: list[list[float]], low: float, high: float, fall: float) -> None:
    ranges = MarkRanges(np.array(lines), falls=True)
    starts = range(len(lines[0]))
    expected = [first_end(line, start, low, high, fall) for line in lines for start in starts]
    assert [one(ranges, n, start, (low, high, fall)) for n in range(len(lines)) for start in starts] == expected


@given(LINES, LEVELS, LEVELS)
def test_without_falls_the_other_ends_stay(lines: list[list[float]], low: float, high: float) -> None:
    with_falls, without = (MarkRanges(np.array(lines), falls=falls) for falls in (True, False))
    for start in range(len(lines[0])):
        assert one(without, 0, start, (low, high, NAN)) == one(with_falls, 0, start, (low, high, NAN))


@given(LINES, st.data())
def test_extremes_and_counts_are_those_of_the_slice(lines: list[list[float]], data: st.DataObject) -> None:
    ranges = MarkRanges(np.array(lines), falls=False)
    first = data.draw(st.integers(0, len(lines[0]) - 1))
    last = data.draw(st.integers(first, len(lines[0]) - 1))
    for number, line in enumerate(lines):
        known = [value for value in line[first : last + 1] if not math.isnan(value)]
        where = np.array([number]), np.array([first]), np.array([last])
        low, high = ranges.extremes(*where)
        assert (low[0], high[0]) == (min(known, default=math.inf), max(known, default=-math.inf))
        assert ranges.known(*where)[0] == len(known)


@given(LINES)
def test_the_next_and_the_last_known_value_are_found(lines: list[list[float]]) -> None:
    ranges, size = MarkRanges(np.array(lines), falls=False), len(lines[0])
    for number, line in enumerate(lines):
        known = [at for at, value in enumerate(line) if not math.isnan(value)]
        after = [min((at for at in known if at >= start), default=size) for start in range(size + 1)]
        own = np.full(size + 1, number)
        assert ranges.next_known(own, np.arange(size + 1)).tolist() == after
        assert ranges.last_known(own[:1])[0] == max(known, default=size)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 7, 8, 9, 375])
def test_what_happens_on_the_very_last_snapshot_is_seen(size: int) -> None:
    marks = np.zeros((1, size + 1))
    marks[0, -1] = -1.0
    assert one(MarkRanges(marks, falls=False), 0, 0, (-1.0, NAN, NAN)) == size


def test_a_fall_is_counted_from_the_start_and_not_from_before() -> None:
    ranges = MarkRanges(np.array([[9.0, 3.0, 4.0, 2.0, 1.0]]), falls=True)
    assert one(ranges, 0, 0, (NAN, NAN, 6.0)) == 1
    assert one(ranges, 0, 1, (NAN, NAN, 2.0)) == 3
    assert one(ranges, 0, 1, (NAN, NAN, 3.0)) == 4
    assert one(ranges, 0, 1, (NAN, NAN, 3.5)) == 5


def test_a_fall_is_counted_over_a_gap_without_marks() -> None:
    ranges = MarkRanges(np.array([[5.0, NAN, NAN, 2.0]]), falls=True)
    assert one(ranges, 0, 0, (NAN, NAN, 3.0)) == 3


def test_many_stretches_do_not_influence_each_other() -> None:
    rng = np.random.default_rng(3)
    marks = rng.integers(0, 50, (5, 60)).astype(float)
    line, start = rng.integers(0, 5, 400), rng.integers(0, 60, 400)
    band = Band(*(rng.integers(0, 50, (3, 400)).astype(float) + np.array([[-20.0], [20.0], [1.0]])))
    ranges = MarkRanges(marks, falls=True)
    found = ranges.first_end(line, start, band).tolist()
    levels = zip(band.low.tolist(), band.high.tolist(), band.fall.tolist(), strict=True)
    expected = [
        first_end(marks[n].tolist(), at, *own) for n, at, own in zip(line.tolist(), start.tolist(), levels, strict=True)
    ]
    assert found == expected


def test_no_snapshots_and_no_stretches_are_no_trouble() -> None:
    nothing = np.empty(0, dtype=np.intp)
    empty = MarkRanges(np.empty((2, 0)), falls=True)
    none = np.empty(0)
    assert empty.first_end(nothing, nothing, Band(none, none, none)).tolist() == []
    assert empty.last_known(np.array([0, 1])).tolist() == [0, 0]
