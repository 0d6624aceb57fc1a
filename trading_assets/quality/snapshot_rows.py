"""Option legs as plain arrays, grouped by snapshot: the one shape that the live gate and the batch verdict judge."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Times = NDArray[np.datetime64]

#: Columns of a leg that are numbers, as in the contract of market_snapshots.
NUMBERS = (
    "spot",
    "forward",
    "india_vix",
    "strike",
    "last_price",
    "bid",
    "ask",
    "bid_quantity",
    "ask_quantity",
    "volume_units",
    "open_interest_lots",
    "open_interest_units",
    "implied_vol",
    "vendor_implied_vol",
    "lot_size",
)
#: What a fingerprint is made of: if time moves and none of these does, the feed is stuck. Spot is left out on purpose:
#: a page whose header ticks above a frozen chain is stuck too.
CONTENT = ("last_price", "bid", "ask", "volume_units", "open_interest_lots")

_ODD = (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB, 0xD6E8FEB86659FD93, 0xA5A5A5A5A5A5A5A7)


@dataclass(frozen=True)
class SnapshotRows:
    """Legs of S snapshots, n rows in all; rows of a snapshot are adjacent, snapshots in order of receipt.

    Args:
        starts: First row of each snapshot, shape (S,), ascending from 0.
        size: Number of rows n.
        underlying: Index of each snapshot, length S; empty text where it is missing.
        snapshot_id: Id of each snapshot, length S.
        observed_at: Exchange time in UTC per snapshot, datetime64[us], shape (S,), NaT where missing.
        received_at: Capture time in UTC per snapshot, shape (S,).
        expiry: Expiry per row, datetime64[D], shape (n,).
        side: Per row 1 for a call, 0 for a put, 2 for neither, int8, shape (n,).
        numbers: Float arrays by the names of `NUMBERS`, each shape (n,).
    """

    starts: NDArray[np.intp]
    size: int
    underlying: tuple[str, ...]
    snapshot_id: tuple[str, ...]
    observed_at: Times
    received_at: Times
    expiry: Times
    side: NDArray[np.int8]
    numbers: dict[str, Floats]

    @property
    def count(self) -> int:
        """Number of snapshots."""
        return len(self.starts)

    @cached_property
    def lengths(self) -> NDArray[np.intp]:
        """Rows of each snapshot, shape (S,)."""
        return np.diff(np.append(self.starts, self.size))

    @cached_property
    def snapshot_of_row(self) -> NDArray[np.intp]:
        """Position of each row's snapshot, shape (n,)."""
        return np.repeat(np.arange(self.count), self.lengths)

    @cached_property
    def is_call(self) -> NDArray[np.bool_]:
        """Whether each row is a call, shape (n,)."""
        return np.asarray(self.side == 1)

    def number(self, name: str) -> Floats:
        """Return one float column, shape (n,)."""
        return self.numbers[name]

    def total(self, mask: NDArray[np.bool_]) -> Floats:
        """Count the marked rows of each snapshot, shape (S,)."""
        if not self.count:
            return np.zeros(0)
        return np.add.reduceat(mask, self.starts, dtype=np.float64)

    def largest(self, values: Floats) -> Floats:
        """Largest value of each snapshot that is not missing, shape (S,)."""
        return np.fmax.reduceat(values, self.starts) if self.count else np.zeros(0)

    def smallest(self, values: Floats) -> Floats:
        """Smallest value of each snapshot that is not missing, shape (S,)."""
        return np.fmin.reduceat(values, self.starts) if self.count else np.zeros(0)

    @cached_property
    def leg_hash(self) -> NDArray[np.uint64]:
        """Hash of expiry, strike and side per row, shape (n,)."""
        days = self.expiry.astype("datetime64[D]").view(np.int64).view(np.uint64)
        return _mixed(
            _bits(self.number("strike")) * np.uint64(_ODD[0]) ^ days * np.uint64(_ODD[1]) + self.side.astype(np.uint64)
        )

    @cached_property
    def fingerprint(self) -> NDArray[np.uint64]:
        """Hash of the content of each snapshot, whatever the order of its rows, shape (S,)."""
        hashed = self.leg_hash
        for name, odd in zip(CONTENT, _ODD, strict=True):
            hashed = _mixed(hashed ^ _bits(self.number(name)) * np.uint64(odd))
        return np.add.reduceat(hashed, self.starts) if self.count else hashed

    @cached_property
    def repeats(self) -> Floats:
        """How many earlier rows of the same snapshot are the same leg, shape (n,)."""
        if not self.size:
            return np.zeros(0)
        leg = _mixed(self.leg_hash + self.snapshot_of_row.astype(np.uint64) * np.uint64(_ODD[3]))
        order = np.argsort(leg, kind="stable")
        positions = np.arange(self.size)
        first = np.append(True, leg[order][1:] != leg[order][:-1])
        repeats = np.empty(self.size)
        repeats[order] = positions - np.maximum.accumulate(np.where(first, positions, 0))
        return repeats


def _bits(values: Floats) -> NDArray[np.uint64]:
    # one pattern for every NaN, and +0.0 for -0.0, or equal content would hash apart
    return np.where(np.isnan(values), -1.5e300, values + 0.0).view(np.uint64)


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Spread the bits (the finaliser of splitmix64, so that a sum over rows does not cancel)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(_ODD[1])
    values = (values ^ (values >> np.uint64(27))) * np.uint64(_ODD[2])
    return np.asarray(values ^ (values >> np.uint64(31)))
