"""Axes hold their values, labels are round and lie where they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.report.charts import (
    HEIGHT,
    WIDTH,
    Axis,
    area,
    columns,
    line,
    round_values,
    slot_labels,
    spread_labels,
)


@given(st.floats(-1e9, 1e9), st.floats(1e-3, 1e9), st.integers(2, 6))
def test_round_values_are_few_ascending_and_within(low: float, span: float, most: int) -> None:
    found = round_values(low, low + span, most)
    assert len(found) <= most + 1
    assert found == sorted(found)
    slack = abs(low) * 1e-9 + span * 1e-9
    assert all(low - slack <= value <= low + span + slack for value in found)


def test_round_values_are_round() -> None:
    assert round_values(-1_140, 3_200, 4) == [0.0, 2_000.0]
    assert round_values(0, 10, 5) == [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]


@given(st.lists(st.floats(-1e9, 1e9), max_size=30), st.floats(-1e9, 1e9))
def test_an_axis_holds_all_values_and_those_named(values: list[float], also: float) -> None:
    numbers = np.array([*values, np.nan])
    axis = Axis.around(numbers, also)
    assert axis.low < axis.high
    rows = axis.rows(np.array([*values, also]))
    assert (rows >= 0).all()
    assert (rows <= HEIGHT).all()


def test_an_axis_of_nothing_is_drawable() -> None:
    assert Axis.around(np.array([np.nan])) == Axis(0.0, 1.0)


def test_higher_values_stand_higher() -> None:
    axis = Axis(0.0, 10.0)
    assert axis.rows(np.array([10.0, 0.0])).tolist() == [0.0, HEIGHT]
    assert [(tick.place, tick.label) for tick in axis.ticks(2, str)] == [(100.0, "0.0"), (50.0, "5.0"), (0.0, "10.0")]


def test_lines_and_areas() -> None:
    across, down = np.array([0.0, 500.4, 1000.0]), np.array([1.0, 2.6, 3.0])
    assert line(across, down) == "M0,1L500,3L1000,3"
    assert area(across, down, 400.0) == "M0,1L500,3L1000,3V400H0Z"
    assert line(np.array([]), np.array([])) == ""
    assert area(np.array([]), np.array([]), 0.0) == ""


def test_columns_reach_from_edge_to_edge_and_one_stands_in_the_middle() -> None:
    assert columns(3).tolist() == [0.0, WIDTH / 2, WIDTH]
    assert columns(1).tolist() == [WIDTH / 2]
    assert columns(0).tolist() == []


@pytest.mark.parametrize(("size", "shown"), [(1, 1), (2, 2), (5, 5), (6, 6), (7, 7), (8, 5), (100, 5)])
def test_labels_hold_the_first_and_the_last_and_leave_out_none_of_few(size: int, shown: int) -> None:
    names = [str(n) for n in range(size)]
    for chosen in (spread_labels(names, 5), slot_labels(names, 5)):
        assert len(chosen) == shown
        assert (chosen[0].label, chosen[-1].label) == ("0", str(size - 1))
        assert all(0 <= tick.place <= 100 for tick in chosen)


def test_labels_of_bars_stand_in_the_middle_of_their_slots() -> None:
    assert [(tick.place, tick.label) for tick in slot_labels(["a", "b"], 5)] == [(25.0, "a"), (75.0, "b")]
    assert spread_labels([], 5) == []
    assert slot_labels([], 5) == []
