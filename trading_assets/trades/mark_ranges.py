"""Questions about stretches of marks, for many positions at once: when is a level first touched, how low did it get.

A line is a row of values over the session's snapshots, NaN where there is none. Every answer takes log2(snapshots)
steps for all positions together, however long they were held: doubling tables hold the lowest and highest value and
the deepest fall of each block of 1, 2, 4 … snapshots. Comparing every position with every snapshot took 18 times as
long for 200,000 positions on a day of 375 snapshots.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Indices = NDArray[np.intp]
    Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Band:
    """What ends a stretch, arrays of shape (n,), NaN for what does not.

    Args:
        low: A value at or below it.
        high: A value at or above it.
        fall: A value this much or more below the highest since the start of the stretch.
    """

    low: Floats
    high: Floats
    fall: Floats


class MarkRanges:
    """Lines of marks arranged for questions over stretches of them.

    Args:
        marks: Values per line and snapshot, NaN for none, shape (L, S).
        falls: Whether any band ends with a fall; without, a third of the memory is saved.
    """

    def __init__(self, marks: Floats, *, falls: bool) -> None:
        self.marks = marks
        lines, self._size = marks.shape
        known = np.pad(~np.isnan(marks), ((0, 0), (0, 1)))
        depth = max(self._size.bit_length(), 1)
        # one column more than snapshots: what lies beyond the last one touches nothing
        self._low = np.full((depth, *known.shape), np.inf)
        self._high = np.full((depth, *known.shape), -np.inf)
        self._fall = np.full((depth if falls else 0, *known.shape), -np.inf)
        self._low[0][known] = self._high[0][known] = marks[known[:, :-1]]
        self._fall[:1, known] = 0.0
        for level in range(1, depth):
            self._double(level)
        self._before = np.zeros((lines, self._size + 1), dtype=np.int64)
        np.cumsum(known[:, :-1], axis=1, out=self._before[:, 1:])
        place = np.where(known, np.arange(self._size + 1), self._size)
        self._next = np.minimum.accumulate(place[:, ::-1], axis=1)[:, ::-1]
        self._last = self._size - known[:, ::-1].argmax(axis=1)

    def _double(self, level: int) -> None:
        """Fill a level from the one below it: a block is its first half and, where there is one, its second half."""
        half = 1 << (level - 1)
        low, high, fall = self._low[level - 1], self._high[level - 1], self._fall[level - 1 : level]
        self._low[level], self._high[level], self._fall[level : level + 1] = low, high, fall
        np.minimum(low[:, :-half], low[:, half:], out=self._low[level, :, :-half])
        np.maximum(high[:, :-half], high[:, half:], out=self._high[level, :, :-half])
        deepest = np.maximum(fall[..., :-half], fall[..., half:])
        self._fall[level : level + 1, :, :-half] = np.maximum(deepest, high[:, :-half] - low[:, half:])

    def first_end(self, line: Indices, start: Indices, band: Band) -> Indices:
        """Find the first snapshot after `start` whose value ends the stretch.

        Args:
            line: Line of each stretch, shape (n,).
            start: Snapshot a stretch starts on; its value is the first highest and ends nothing, shape (n,).
            band: What ends them.

        Returns:
            Snapshots, shape (n,); S where nothing ends it.
        """
        begin = line * (self._size + 1)
        beyond = begin + self._size
        at = begin + start
        peak = self._high[0].ravel().take(at)
        at += 1
        for level in reversed(range(len(self._low))):
            block = np.minimum(at, beyond)
            low, high = self._low[level].ravel().take(block), self._high[level].ravel().take(block)
            ends = (low <= band.low) | (high >= band.high)
            if len(self._fall):
                fall = np.maximum(self._fall[level].ravel().take(block), peak - low)
                ends |= fall >= band.fall
                peak = np.where(ends, peak, np.maximum(peak, high))
            at += ~ends * np.int64(1 << level)
        return np.asarray(np.minimum(at, beyond) - begin, dtype=np.intp)

    def extremes(self, line: Indices, first: Indices, last: Indices) -> tuple[Floats, Floats]:
        """Return the lowest and the highest value from `first` to `last`, both included; infinite for none."""
        level = np.frexp(last - first + 1)[1] - 1
        begin = (level * len(self.marks) + line) * (self._size + 1)
        blocks = begin + first, begin + last + 1 - (1 << level)
        low, high = ([table.ravel().take(block) for block in blocks] for table in (self._low, self._high))
        return np.minimum(*low), np.maximum(*high)

    def known(self, line: Indices, first: Indices, last: Indices) -> Counts:
        """Count the values from `first` to `last`, both included."""
        return np.asarray(self._before[line, last + 1] - self._before[line, first], dtype=np.int64)

    def next_known(self, line: Indices, at: Indices) -> Indices:
        """Return the first snapshot at or after `at` with a value, S where there is none."""
        return np.asarray(self._next[line, at], dtype=np.intp)

    def last_known(self, line: Indices) -> Indices:
        """Return the last snapshot with a value, S where there is none."""
        return np.asarray(self._last[line], dtype=np.intp)
