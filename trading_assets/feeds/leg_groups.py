"""Legs cut into runs: snapshots, expiries of a snapshot, strikes of an expiry. Pure index arithmetic."""

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


def runs(keys: Sequence[NDArray[np.generic]]) -> Runs:
    """Cut sorted rows wherever any of `keys` changes; n = 0 gives no runs."""
    changes = np.zeros(len(keys[0]), dtype=np.bool_)
    changes[:1] = True
    for key in keys:
        changes[1:] |= key[1:] != key[:-1]
    return Runs(np.flatnonzero(changes), np.cumsum(changes) - 1)
