"""What a glance at the numbers of many legs tells: ends of each column, and how far prices contradict each other.

Enough to see that most rules cannot be broken, at a fraction of what measuring them costs; see `Rule.ceiling`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trading_assets.quality.leg_layout import CONTENT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from trading_assets.quality.leg_layout import LegLayout

    Floats = NDArray[np.float64]

#: Columns of a leg that are numbers, as in the contract of market_snapshots; those of the content first.
NUMBERS = (
    *CONTENT,
    "spot",
    "forward",
    "strike",
    "implied_vol",
    "vendor_implied_vol",
    "open_interest_units",
    "lot_size",
    "india_vix",
    "bid_quantity",
    "ask_quantity",
)
_FORWARD, _STRIKE, _ASK = NUMBERS.index("forward"), NUMBERS.index("strike"), NUMBERS.index("ask")
#: What prices are compared with, in points of price: the own ask, that of the dearer neighbour, put-call parity from
#: above and from below, the intrinsic value.
GAPS = ("crossed", "not_monotone", "above_parity", "below_parity", "below_intrinsic")


_AT = {name: place for place, name in enumerate(NUMBERS)}
_SPOT = _AT["spot"]
_GAP_AT = {name: place for place, name in enumerate(GAPS)}


class Extremes:
    """Ends of columns of n legs; names are those of `NUMBERS`.

    Args:
        low: Smallest value of each column, length 15; NaN where all are missing.
        high: Largest value of each; NaN where all are missing.
        sums: Sum of each, NaN where a value is missing.
        gaps: At most how far a price lies on the wrong side, ₹, as `GAPS`; NaN where none can be compared. None where
            several snapshots are looked at together, of which less is certain.
        layout: The legs where they are of one snapshot.
    """

    __slots__ = ("_gaps", "_high", "_low", "_sums", "calls", "of_one_snapshot", "one_spot", "puts", "spot")

    def __init__(
        self,
        low: Sequence[float],
        high: Sequence[float],
        sums: Sequence[float],
        gaps: Sequence[float] | None = None,
        layout: LegLayout | None = None,
    ) -> None:
        self._low, self._high, self._sums, self._gaps = low, high, sums, gaps
        self.of_one_snapshot = layout is not None
        self.calls, self.puts = (False, False) if layout is None else (layout.has_calls, layout.has_puts)
        self.spot = low[_SPOT]
        self.one_spot = self.spot > 0 and self.spot == high[_SPOT] and self.whole("spot")

    def whole(self, name: str) -> bool:
        """Whether no value of a column is missing; False where it is not certain."""
        return _known(self._sums[_AT[name]])

    def any_of(self, *names: str) -> bool:
        """Whether one of some columns has a value in every snapshot; False where it is not certain."""
        return any(self.whole(name) or (self.of_one_snapshot and _known(self._low[_AT[name]])) for name in names)

    def within(self, lowest: Sequence[float], required: Sequence[str]) -> bool:
        """Whether every column is finite and no lower than allowed, and some miss no value.

        Args:
            lowest: Lowest value allowed in each column of `NUMBERS`, length 15.
            required: Columns in which no value may be missing.
        """
        if np.inf in self._high or -np.inf in self._low:
            return False
        if any(low < allowed for low, allowed in zip(self._low, lowest, strict=True)):
            return False
        return all(self.whole(name) for name in required)

    def highest(self, *names: str) -> float:
        """Return the largest value of several columns; minus infinity where all are missing."""
        return max((high for name in names if _known(high := self._high[_AT[name]])), default=-np.inf)

    def lowest(self, *names: str) -> float:
        """Return the smallest value of several columns; infinity where all are missing."""
        return min((low for name in names if _known(low := self._low[_AT[name]])), default=np.inf)

    def gap_in_percent(self, *names: str) -> float:
        """Return the widest of some gaps in % of the lowest spot; infinite where it is not certain."""
        if self._gaps is None or not self.spot > 0:
            return np.inf
        widest = 0.0
        for name in names:
            gap = self._gaps[_GAP_AT[name]]
            widest = max(widest, gap)
        return 100.0 * widest / self.spot


def of_columns(numbers: Mapping[str, Floats]) -> Extremes:
    """Return the ends of columns of any number of snapshots, each of shape (n,), n ≥ 0."""
    columns = [numbers[name] for name in NUMBERS]
    return Extremes(
        low=[float(np.fmin.reduce(values, initial=np.nan)) for values in columns],
        high=[float(np.fmax.reduce(values, initial=np.nan)) for values in columns],
        sums=[np.nan if np.isnan(values).any() else 0.0 for values in columns],
    )


def of_snapshot(flat: Floats, layout: LegLayout) -> Extremes:
    """Return the ends of one snapshot's columns.

    Args:
        flat: The columns of `NUMBERS` one after the other and a NaN, shape (15 n + 1,), n ≥ 1.
        layout: Its legs.
    """
    matrix = flat[:-1].reshape(len(NUMBERS), -1)
    left, right = layout.price_pairs
    gaps = np.empty((len(GAPS), layout.size))
    np.subtract(flat.take(left), flat.take(right), out=gaps[:4])
    above = matrix[_FORWARD] - matrix[_STRIKE]
    gaps[2] -= above
    gaps[3] += above
    np.subtract(above * layout.direction, matrix[_ASK], out=gaps[4])
    return Extremes(
        np.fmin.reduce(matrix, axis=1).tolist(),
        np.fmax.reduce(matrix, axis=1).tolist(),
        np.add.reduce(matrix, axis=1).tolist(),  # NaN where one is missing, or where both infinities are there
        np.fmax.reduce(gaps, axis=1).tolist(),
        layout,
    )


def _known(value: float) -> bool:
    return value == value  # noqa: PLR0124 - NaN differs from itself; ten times faster than asking numpy
