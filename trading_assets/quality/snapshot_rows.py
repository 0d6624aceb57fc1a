"""Option legs as plain arrays, grouped by snapshot: the one shape that the live gate and the batch verdict judge."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from trading_assets.quality.extremes import of_columns, of_snapshot
from trading_assets.quality.leg_layout import CONTENT, fingerprint, weighed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from trading_assets.quality.extremes import Extremes
    from trading_assets.quality.leg_layout import LegLayout

    Floats = NDArray[np.float64]
    Times = NDArray[np.datetime64]

Item = TypeVar("Item", bound=np.generic)


@dataclass(frozen=True, eq=False)
class SnapshotRows:
    """Legs of S snapshots, n rows in all; rows of a snapshot are adjacent, snapshots in order of receipt.

    Args:
        layouts: Legs of each snapshot, length S, none of them empty; equal ones are best the same object.
        underlying: Index of each snapshot, length S; empty text where it is missing.
        snapshot_id: Id of each snapshot, length S.
        observed: Exchange time in UTC per snapshot, datetime64[us], shape (S,), NaT where missing; of the only one as
            well a time without a zone, or None.
        received: Capture time likewise.
        numbers: Float arrays by the names of `NUMBERS`, each shape (n,).
        flat: Of one snapshot, the same in what `extremes.room_for` gave.
    """

    layouts: Sequence[LegLayout]
    underlying: tuple[str, ...]
    snapshot_id: tuple[str, ...]
    observed: Times | datetime | None
    received: Times | datetime | None
    numbers: Mapping[str, Floats]
    flat: Floats | None = None

    @cached_property
    def observed_at(self) -> Times:
        """Exchange time in UTC per snapshot, datetime64[us], shape (S,), NaT where missing."""
        return _times(self.observed)

    @cached_property
    def received_at(self) -> Times:
        """Capture time in UTC per snapshot, datetime64[us], shape (S,), NaT where missing."""
        return _times(self.received)

    @property
    def count(self) -> int:
        """Number of snapshots."""
        return len(self.layouts)

    @property
    def size(self) -> int:
        """Number of rows n."""
        return len(self.numbers["strike"])

    @cached_property
    def lengths(self) -> NDArray[np.intp]:
        """Rows of each snapshot, shape (S,)."""
        return np.array([layout.size for layout in self.layouts], dtype=np.intp)

    @cached_property
    def starts(self) -> NDArray[np.intp]:
        """First row of each snapshot, shape (S,), ascending from 0."""
        return np.cumsum(self.lengths) - self.lengths

    @cached_property
    def snapshot_of_row(self) -> NDArray[np.intp]:
        """Position of each row's snapshot, shape (n,)."""
        return np.repeat(np.arange(self.count), self.lengths)

    @property
    def side(self) -> NDArray[np.int8]:
        """Per row 1 for a call, 0 for a put, 2 for neither, shape (n,)."""
        return joined([layout.side for layout in self.layouts], np.int8)

    @property
    def is_call(self) -> NDArray[np.bool_]:
        """Whether each row is a call, shape (n,)."""
        return joined([layout.is_call for layout in self.layouts], np.bool_)

    @property
    def repeats(self) -> Floats:
        """How many earlier rows of the same snapshot are the same leg, shape (n,)."""
        return joined([layout.repeats for layout in self.layouts], np.float64)

    def number(self, name: str) -> Floats:
        """Return one float column, shape (n,)."""
        return self.numbers[name]

    def total(self, mask: NDArray[np.bool_]) -> Floats:
        """Count the marked rows of each snapshot, shape (S,)."""
        if self.count == 1:
            return np.array([np.count_nonzero(mask)], dtype=np.float64)
        return np.add.reduceat(mask, self.starts, dtype=np.float64) if self.count else np.zeros(0)

    def largest(self, values: Floats) -> Floats:
        """Largest value of each snapshot that is not missing, shape (S,)."""
        return np.fmax.reduceat(values, self.starts) if self.count else np.zeros(0)

    def smallest(self, values: Floats) -> Floats:
        """Smallest value of each snapshot that is not missing, shape (S,)."""
        return np.fmin.reduceat(values, self.starts) if self.count else np.zeros(0)

    def neighbours(self, values: Floats, place: str) -> Floats:
        """Return the value of each row's neighbour, shape (n,); NaN where it has none.

        Args:
            values: One per row, shape (n,).
            place: `dearer` or `twin`, see `LegLayout`.
        """
        at = joined([getattr(layout, place) for layout in self.layouts], np.intp)
        found: Floats = values[at if self.count == 1 else at + np.repeat(self.starts, self.lengths)]
        found[at < 0] = np.nan
        return found

    @cached_property
    def fingerprint(self) -> NDArray[np.uint64]:
        """Hash of the content of each snapshot, whatever the order of its rows, shape (S,)."""
        if not self.count:
            return np.zeros(0, dtype=np.uint64)
        if self.flat is not None:
            return np.array([self.content_of_one(self.flat)], dtype=np.uint64)
        content = np.stack([self.numbers[name] for name in CONTENT])
        weights = np.concatenate([layout.weights for layout in self.layouts], axis=1)
        return np.asarray(np.add.reduceat(weighed(content, weights), self.starts))

    def content_of_one(self, flat: Floats) -> int:
        """Return the fingerprint of the only snapshot, whose numbers are `flat`."""
        content, ends = flat[: len(CONTENT) * self.size], self.extremes
        return fingerprint(content, self.layouts[0], whole=ends.content_whole)

    @cached_property
    def extremes(self) -> Extremes:
        """What the ends of the columns tell."""
        return of_columns(self.numbers) if self.flat is None else of_snapshot(self.flat, self.layouts[0])


def _times(given: Times | datetime | None) -> Times:
    return given if isinstance(given, np.ndarray) else np.array([given], dtype="datetime64[us]")


def joined(parts: Sequence[NDArray[Item]], kind: type[Item]) -> NDArray[Item]:
    """Concatenate arrays; the only one stays itself, and none are an empty one of the kind."""
    if len(parts) == 1:
        return parts[0]
    return np.concatenate(parts) if parts else np.zeros(0, dtype=kind)
