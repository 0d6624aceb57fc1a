"""Walk-forward splits that keep sessions whole and forget labels that were not known yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.errors import ModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Rows = NDArray[np.intp]
    Times = NDArray[np.datetime64]


@dataclass(frozen=True, eq=False)
class Split:
    """One step of the walk: learn from `train`, be judged on `test`.

    Args:
        number: Counted from 1, in time.
        train: Row indices, all of sessions before the test block, shape (n,).
        test: Row indices of the test block, shape (m,).
        first_test: First session of the test block.
    """

    number: int
    train: Rows
    test: Rows
    first_test: np.datetime64


def walk_forward(sessions: Times, decided: Times, labelled: Times, folds: int, embargo: int = 0) -> tuple[Split, ...]:
    """Cut rows into expanding walk-forward splits.

    The sessions are cut into `folds + 1` blocks of nearly equal length; each block after the first is tested once,
    by what was learnt before it. A training row is purged when its label was known only at or after the first
    decision of the test block; the last `embargo` sessions before the block are left out besides.

    Args:
        sessions: Session of each row, datetime64[D], shape (n,), n ≥ 0.
        decided: When each row's features were known, datetime64[us], shape (n,).
        labelled: When each row's label was known, datetime64[us], shape (n,).
        folds: How many test blocks to make at most, ≥ 1; with fewer sessions there are fewer.
        embargo: Sessions left out before each test block, ≥ 0.

    Returns:
        The splits in time order; splits without a training row are left out, so it may be empty.

    Raises:
        ModelError: The arrays differ in length, or `folds` or `embargo` is out of range.

    Source: López de Prado, Advances in Financial Machine Learning (2018), chapter 7 (purging and embargo).
    """
    if not len(sessions) == len(decided) == len(labelled) or folds < 1 or embargo < 0:
        lengths = f"{len(sessions)}, {len(decided)}, {len(labelled)}"
        msg = f"walk_forward: {lengths} rows, folds {folds}, embargo {embargo}; hand in equal lengths, ≥ 1 and ≥ 0."
        raise ModelError(msg)
    days = np.unique(sessions)
    blocks = np.array_split(days, min(folds + 1, len(days)))[1:] if len(days) else []
    splits = (_split(number, block, days, embargo) for number, block in enumerate(blocks, start=1))
    made = (_rows(split, sessions, decided, labelled) for split in splits)
    return tuple(split for split in made if len(split.train))


def _split(number: int, block: Times, days: Times, embargo: int) -> tuple[int, Times, Times]:
    before = days[days < block[0]]
    return number, before[: max(0, len(before) - embargo)], block


def _rows(parts: tuple[int, Times, Times], sessions: Times, decided: Times, labelled: Times) -> Split:
    number, learnt, block = parts
    test = np.flatnonzero((sessions >= block[0]) & (sessions <= block[-1]))
    known = labelled < decided[test].min()
    train = np.flatnonzero(np.isin(sessions, learnt) & known)
    return Split(number, train, test, block[0])
