"""Walk-forward splits: sessions stay whole, training never sees the future, labels known late are forgotten."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.errors import ModelError
from trading_assets.models.splits import walk_forward

DAY = np.timedelta64(1, "D")
START = np.datetime64("2024-01-01", "D")


def times(sessions: list[int], minutes: int) -> np.ndarray:
    days = START + np.array(sessions, dtype="timedelta64[D]")
    return days.astype("datetime64[us]") + np.timedelta64(240 + minutes, "m")


def days_of(sessions: list[int]) -> np.ndarray:
    return START + np.array(sessions, dtype="timedelta64[D]")


@given(st.lists(st.integers(0, 20), min_size=0, max_size=80), st.integers(1, 6), st.integers(0, 3))
def test_every_split_learns_from_earlier_sessions_and_known_labels_only(
    sessions: list[int], folds: int, embargo: int
) -> None:
    day, decided, labelled = days_of(sessions), times(sessions, 0), times(sessions, 30)
    splits = walk_forward(day, decided, labelled, folds, embargo)
    assert len(splits) <= folds
    for split in splits:
        assert len(split.train)
        assert len(split.test)
        assert day[split.train].max() < day[split.test].min()
        assert labelled[split.train].max() < decided[split.test].min()
        assert set(day[split.train]).isdisjoint(day[split.test])
        skipped = {d for d in day if day[split.train].max() < d < split.first_test}
        assert len(skipped) == min(embargo, len({d for d in day if d < split.first_test}))


@given(st.lists(st.integers(0, 20), min_size=1, max_size=80), st.integers(1, 6))
def test_no_row_is_tested_twice_and_only_the_first_block_is_never_tested(sessions: list[int], folds: int) -> None:
    day = days_of(sessions)
    splits = walk_forward(day, times(sessions, 0), times(sessions, 30), folds)
    tested = np.concatenate([split.test for split in splits]) if splits else np.empty(0, dtype=np.intp)
    assert len(set(tested.tolist())) == len(tested)
    first = np.array_split(np.unique(day), min(folds + 1, len(np.unique(day))))[0]
    assert set(np.flatnonzero(~np.isin(np.arange(len(day)), tested))) == set(np.flatnonzero(np.isin(day, first)))


def test_a_label_that_is_known_only_after_the_test_block_began_is_purged() -> None:
    sessions = [0, 0, 1, 1]
    labelled = times(sessions, 30)
    labelled[1] = times([1], 10)[0]
    (split,) = walk_forward(days_of(sessions), times(sessions, 0), labelled, folds=1)
    assert split.train.tolist() == [0]
    assert split.test.tolist() == [2, 3]


def test_a_label_known_in_the_very_moment_of_the_first_decision_is_purged_too() -> None:
    sessions = [0, 0, 1]
    labelled = times(sessions, 30)
    labelled[1] = times([1], 0)[0]
    (split,) = walk_forward(days_of(sessions), times(sessions, 0), labelled, folds=1)
    assert split.train.tolist() == [0]


def test_one_session_cannot_be_split() -> None:
    assert walk_forward(days_of([3, 3]), times([3, 3], 0), times([3, 3], 5), folds=5) == ()


def test_it_is_numbered_in_time_and_names_its_first_session() -> None:
    sessions = list(range(6))
    splits = walk_forward(days_of(sessions), times(sessions, 0), times(sessions, 5), folds=2)
    assert [(split.number, str(split.first_test)) for split in splits] == [(1, "2024-01-03"), (2, "2024-01-05")]


@pytest.mark.parametrize(("folds", "embargo", "rows"), [(0, 0, 2), (1, -1, 2), (1, 0, 1)])
def test_nonsense_is_refused(folds: int, embargo: int, rows: int) -> None:
    with pytest.raises(ModelError, match="walk_forward"):
        walk_forward(days_of([0, 1]), times([0, 1], 0), times([0, 1][:rows], 5), folds, embargo)
