"""Candidate round trips: one per signal leg that found an entry. How they are made is `legs`."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Codes = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Indices = NDArray[np.intp]

#: What is not counted in whole numbers: flags, amounts that may be missing, texts.
_NOT_WHOLE = {
    "long": np.bool_,
    **dict.fromkeys(("stop", "target", "trail", "risk", "worst", "best"), np.float64),
    **dict.fromkeys(("exchange", "entry_snapshot", "exit_snapshot"), np.object_),
}


@dataclass(frozen=True, slots=True)
class RoundTripLegs:
    """Legs of round trips, arrays of shape (n,): times in microseconds since 1970 UTC, amounts in paise per unit.

    Args:
        row: The signal's place among all signals.
        position: Number of the position it is a leg of.
        exchange: NSE or BSE.
        long: Whether it was bought first.
        entry_time: Exchange time of the snapshot it was opened on.
        exit_time: Likewise, closed on.
        entry_price: Price of the entry.
        exit_price: Price of the exit.
        stop: Stop of a position of one leg, NaN for none.
        target: Its target, likewise.
        trail: Distance of its trailing stop, NaN for none.
        risk: What a unit may lose until the stop, a leg's share by its price where a position has several; without a
            stop the premium of a bought option, NaN for a sold one.
        lot_size: Units per lot.
        lots: How many; 0 until sized.
        exit_reason: Number of `closings.REASONS`.
        entry_basis: Number of `exits.BASES`.
        exit_basis: Likewise.
        worst: Lowest open P&L.
        best: Highest open P&L.
        marks: On how many snapshots.
        entry_snapshot: Snapshot it was opened on.
        exit_snapshot: Snapshot it was closed on.
    """

    row: Codes
    position: Codes
    exchange: NDArray[np.object_]
    long: NDArray[np.bool_]
    entry_time: Codes
    exit_time: Codes
    entry_price: Codes
    exit_price: Codes
    stop: Floats
    target: Floats
    trail: Floats
    risk: Floats
    lot_size: Codes
    lots: Codes
    exit_reason: Codes
    entry_basis: Codes
    exit_basis: Codes
    worst: Floats
    best: Floats
    marks: Codes
    entry_snapshot: NDArray[np.object_]
    exit_snapshot: NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.row)

    @property
    def quantity(self) -> Codes:
        """Units, shape (n,)."""
        return self.lots * self.lot_size

    def pick(self, rows: Indices | NDArray[np.bool_]) -> RoundTripLegs:
        """Return some of them."""
        return RoundTripLegs(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    @classmethod
    def joined(cls, parts: list[RoundTripLegs]) -> RoundTripLegs:
        """Return those of several underlyings one after the other, none of none."""
        names = [field.name for field in fields(cls)]
        if not parts:
            return cls(**{name: np.empty(0, dtype=_NOT_WHOLE.get(name, np.int64)) for name in names})
        if len(parts) == 1:
            return parts[0]
        return cls(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})
