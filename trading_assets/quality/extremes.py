"""What a glance at the numbers of many legs tells: ends of each column, and how far prices contradict each other.

Enough to see that most rules cannot be broken, at a fraction of what measuring them costs; see `Rule.ceiling`.
"""

from __future__ import annotations

from collections.abc import Mapping
from operator import lt
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.quality.leg_layout import CONTENT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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
#: What prices are compared with, in points of price: the own ask, that of the dearer neighbour, put-call parity from
#: above and from below, the intrinsic value. And how far open interest lies off whole lots.
GAPS = ("crossed", "not_monotone", "above_parity", "below_parity", "below_intrinsic", "off_whole_lots")

_NAMES = (*NUMBERS, *GAPS)
_AT = {name: place for place, name in enumerate(_NAMES)}
_FORWARD, _STRIKE, _ASK, _LOTS = (_AT[name] for name in ("forward", "strike", "ask", "open_interest_lots"))
_SPOT = _AT["spot"]
_COLUMNS, _SPARE = len(NUMBERS), 2
#: Last price, bid and ask come first.
_PRICES = 3
_UNCERTAIN_GAPS = (np.inf,) * len(GAPS)


class Columns(Mapping[str, "Floats"]):
    """Columns of one snapshot by the names of `NUMBERS`, cut out when they are asked for.

    Args:
        matrix: One column after the other, shape (15, n).
    """

    def __init__(self, matrix: Floats) -> None:
        self._matrix = matrix

    def __getitem__(self, name: str) -> Floats:
        """Return a column, shape (n,)."""
        column: Floats = self._matrix[_AT[name]]
        return column

    def __iter__(self) -> Iterator[str]:
        """Go through the names."""
        return iter(NUMBERS)

    def __len__(self) -> int:
        """Count the columns."""
        return len(NUMBERS)


class Extremes:
    """Ends of columns of n legs; names are those of `NUMBERS`, and of `GAPS` where the legs are of one snapshot.

    Args:
        lows: Smallest value of each column, of one snapshot also of the first of `GAPS`; infinite where all are
            missing.
        highs: Largest value of each; minus infinite where all are missing.
        sums: Sum of each, NaN where a value is missing.
        layout: The legs where they are of one snapshot; of several together less is certain.
        prices: Prices of that snapshot, any shape; None of several.
    """

    __slots__ = ("_prices", "_sums", "calls", "highs", "lows", "of_one_snapshot", "one_spot", "puts", "spot")

    def __init__(
        self,
        lows: Sequence[float],
        highs: Sequence[float],
        sums: Sequence[float],
        layout: LegLayout | None = None,
        prices: Floats | None = None,
    ) -> None:
        self.lows, self.highs, self._sums, self._prices = lows, highs, sums, prices
        self.of_one_snapshot = layout is not None
        self.calls, self.puts = (False, False) if layout is None else (layout.has_calls, layout.has_puts)
        self.spot = lows[_SPOT]
        self.one_spot = 0 < self.spot == highs[_SPOT] < np.inf and sums[_SPOT] == sums[_SPOT]

    @property
    def content_whole(self) -> bool:
        """Whether no value of `CONTENT` is missing; False where it is not certain."""
        total = sum(self._sums[: len(CONTENT)])
        return total == total  # noqa: PLR0124 - as in `whole`

    def low(self, name: str) -> float:
        """Return the smallest value of a column."""
        return self.lows[_AT[name]]

    def high(self, name: str) -> float:
        """Return the largest value of a column."""
        return self.highs[_AT[name]]

    def whole(self, name: str) -> bool:
        """Whether no value of a column is missing; False where it is not certain."""
        total = self._sums[_AT[name]]
        return total == total  # noqa: PLR0124 - NaN differs from itself; ten times faster than asking numpy

    def any_of(self, *names: str) -> bool:
        """Whether one of some columns has a value in every snapshot; False where it is not certain."""
        return any(self.whole(name) or (self.of_one_snapshot and self.low(name) < np.inf) for name in names)

    def within(self, lowest: Sequence[float], required: Sequence[int]) -> bool:
        """Whether every column is finite and no lower than allowed, and some miss no value.

        Args:
            lowest: Lowest value allowed in each column of `NUMBERS`, length 15; above minus infinity.
            required: Places in `NUMBERS` of columns in which no value may be missing.
        """
        if any(map(lt, self.lows, lowest)) or np.inf in self.highs:
            return False
        total = sum([self._sums[place] for place in required])
        return total == total  # noqa: PLR0124 - as in `whole`

    def widest_spread(self) -> float:
        """Return the largest ask above its bid, minus infinite without a quote of both; infinite if not certain."""
        return -self.lows[_COLUMNS] if self.of_one_snapshot else np.inf

    def off_tick(self, tick_size: float) -> float:
        """Return how far a price lies off the tick at most, ₹; infinite or NaN if not certain."""
        return np.inf if self._prices is None else float(np.fmax.reduce(off_tick(self._prices, tick_size)))

    def gaps(self) -> Sequence[float]:
        """Return the widest of each of `GAPS`, minus infinite where none can be compared; infinite if not certain."""
        return self.highs[_COLUMNS:] if self.of_one_snapshot else _UNCERTAIN_GAPS


def off_tick(prices: Floats, tick_size: Floats | float) -> Floats:
    """Return the distance of prices from the nearest multiple of the tick, ₹, in the shape of the prices."""
    return np.abs(prices - np.rint(prices / tick_size) * tick_size)


def of_columns(numbers: Mapping[str, Floats]) -> Extremes:
    """Return the ends of columns of any number of snapshots, each of shape (n,), n ≥ 0."""
    columns = [numbers[name] for name in NUMBERS]
    return Extremes(
        lows=[float(np.fmin.reduce(values, initial=np.inf)) for values in columns],
        highs=[float(np.fmax.reduce(values, initial=-np.inf)) for values in columns],
        sums=[np.nan if np.isnan(values).any() else 0.0 for values in columns],
    )


def of_snapshot(flat: Floats, layout: LegLayout) -> Extremes:
    """Return the ends of one snapshot's columns.

    Args:
        flat: The columns of `NUMBERS` one after the other, room for those of `GAPS`, which are written into it, a 0
            and a NaN, shape (21 n + 2,), n ≥ 1.
        layout: Its legs.
    """
    matrix = flat[:-_SPARE].reshape(len(_NAMES), -1)
    columns, gaps = matrix[:_COLUMNS], matrix[_COLUMNS:]
    left, right = flat.take(layout.price_pairs)
    np.subtract(left, right, out=gaps[:5])
    gaps[2:5] += layout.tilt * (matrix[_FORWARD] - matrix[_STRIKE])
    lots, off = matrix[_LOTS], gaps[5]
    np.abs(np.subtract(lots, np.rint(lots, out=off), out=off), out=off)
    return Extremes(
        np.fmin.reduce(matrix[: _COLUMNS + 1], axis=1, initial=np.inf).tolist(),  # and of bid above ask, the first gap
        np.fmax.reduce(matrix, axis=1, initial=-np.inf).tolist(),
        columns.dot(layout.ones).tolist(),  # NaN where one is missing, or where both infinities are there
        layout,
        flat[: _PRICES * layout.size],
    )


def room_for(legs: int) -> Floats:
    """Return what `of_snapshot` takes: the columns are yet to be filled in, what stands behind them is there."""
    flat = np.empty(len(_NAMES) * legs + _SPARE)
    flat[-2], flat[-1] = 0.0, np.nan
    return flat
