"""Legs in order and cut into runs: snapshots, expiries of a snapshot, strikes of an expiry. Pure index arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Runs:
    """Neighbouring rows that belong together.

    Args:
        start: First row of each run, shape (g,).
        of_row: Run of each row, shape (n,), ascending from 0.
    """

    start: NDArray[np.intp]
    of_row: NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class LegGroups:
    """The three levels of a sorted session; each run of a finer level lies in one run of the coarser.

    Args:
        snapshots: Rows of one underlying with one received_at and observed_at.
        chains: Rows of one snapshot and expiry.
        strikes: Rows of one chain and strike: a call, a put, or both.
    """

    snapshots: Runs
    chains: Runs
    strikes: Runs


def leg_order(keys: Sequence[NDArray[np.generic]]) -> NDArray[np.intp] | None:
    """Return the stable order of rows by `keys`, the first the most significant; None when they are in order.

    Recordings mostly are, and looking costs a tenth of sorting.
    """
    sorted_so_far = np.ones(max(len(keys[0]) - 1, 0), dtype=np.bool_)
    undecided = sorted_so_far.copy()
    for key in keys:
        sorted_so_far &= ~undecided | np.greater_equal(key[1:], key[:-1])
        undecided &= key[1:] == key[:-1]
    return None if sorted_so_far.all() else np.lexsort(tuple(reversed(keys)))


def runs(keys: Sequence[NDArray[np.generic]]) -> Runs:
    """Cut sorted rows wherever any of `keys` changes; n = 0 gives no runs."""
    changes = np.zeros(len(keys[0]), dtype=np.bool_)
    changes[:1] = True
    for key in keys:
        changes[1:] |= key[1:] != key[:-1]
    return Runs(np.flatnonzero(changes), np.cumsum(changes) - 1)
