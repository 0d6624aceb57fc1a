"""Which legs a snapshot has, apart from what they cost: found out once, because it rarely changes between snapshots."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Places = NDArray[np.intp]

#: What a fingerprint is made of: if time moves and none of these does, the feed is stuck. Spot is left out on purpose:
#: a page whose header ticks above a frozen chain is stuck too.
CONTENT = ("last_price", "bid", "ask", "volume_units", "open_interest_lots")

CALL, PUT, NEITHER = 1, 0, 2

_HALF = np.uint64(32)
_ODD = (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB, 0xD6E8FEB86659FD93, 0xA5A5A5A5A5A5A5A7)


@dataclass(frozen=True, eq=False)
class LegLayout:
    """The legs of one snapshot, n ≥ 0 in the order they came.

    Args:
        expiry: Expiry, datetime64[D], shape (n,), NaT where missing.
        strike: Strike, index points, shape (n,).
        side: `CALL`, `PUT` or `NEITHER`, int8, shape (n,).
    """

    expiry: NDArray[np.datetime64]
    strike: Floats
    side: NDArray[np.int8]

    @property
    def size(self) -> int:
        """Number of legs n."""
        return len(self.side)

    @cached_property
    def is_call(self) -> NDArray[np.bool_]:
        """Whether each leg is a call, shape (n,)."""
        return np.asarray(self.side == CALL)

    @cached_property
    def is_put(self) -> NDArray[np.bool_]:
        """Whether each leg is a put, shape (n,)."""
        return np.asarray(self.side == PUT)

    @cached_property
    def direction(self) -> Floats:
        """1 for a call, else -1, shape (n,)."""
        return np.where(self.is_call, 1.0, -1.0)

    @cached_property
    def ones(self) -> Floats:
        """1 for each leg, shape (n,)."""
        return np.ones(self.size)

    @cached_property
    def has_calls(self) -> bool:
        """Whether there is a call."""
        return bool(self.is_call.any())

    @cached_property
    def has_puts(self) -> bool:
        """Whether there is a put."""
        return bool(self.is_put.any())

    @cached_property
    def named(self) -> NDArray[np.bool_]:
        """Whether each leg says what it is: a side and an expiry, shape (n,)."""
        return np.asarray((self.side != NEITHER) & ~np.isnat(self.expiry))

    @cached_property
    def all_named(self) -> bool:
        """Whether every leg says what it is."""
        return bool(self.named.all())

    @cached_property
    def leg_hash(self) -> NDArray[np.uint64]:
        """Hash of expiry, strike and side, shape (n,)."""
        days = self.expiry.astype("datetime64[D]").view(np.int64).view(np.uint64)
        return mixed(bits(self.strike) * np.uint64(_ODD[0]) ^ days * np.uint64(_ODD[1]) + self.side.astype(np.uint64))

    @cached_property
    def weights(self) -> NDArray[np.uint64]:
        """Odd weight of each leg's content in the fingerprint, shape (5, n)."""
        return np.stack([mixed(self.leg_hash + np.uint64(odd)) for odd in _ODD]) | np.uint64(1)

    @cached_property
    def repeats(self) -> Floats:
        """How many earlier legs are the same one, shape (n,)."""
        if not self.size:
            return np.zeros(0)
        order = np.argsort(self.leg_hash, kind="stable")
        positions = np.arange(self.size)
        ordered = self.leg_hash[order]
        first = np.append(True, ordered[1:] != ordered[:-1])
        repeats = np.empty(self.size)
        repeats[order] = positions - np.maximum.accumulate(np.where(first, positions, 0))
        return repeats

    @cached_property
    def dearer(self) -> Places:
        """Place of the neighbour that may not cost less, shape (n,); -1 where there is none.

        It is the next lower strike of a call and the next higher one of a put, of the same expiry.
        """
        order, same = self._sorted((self.strike, self.side, self.expiry), 2)
        found = np.full(self.size, -1, dtype=np.intp)
        lower, higher = order[:-1][same], order[1:][same]
        calls = self.is_call[higher]
        found[higher[calls]] = lower[calls]
        found[lower[~calls]] = higher[~calls]
        return found

    @cached_property
    def twin(self) -> Places:
        """Place of the put of the same strike and expiry for each call, shape (n,); -1 for puts and lonely calls."""
        order, same = self._sorted((self.side, self.strike, self.expiry), 2)
        found = np.full(self.size, -1, dtype=np.intp)
        found[order[1:][same]] = order[:-1][same]  # a put sorts before the call of its strike
        return found

    @cached_property
    def price_pairs(self) -> Places:
        """Places of prices that limit each other, shape (2, 5, n), in columns of n as `CONTENT`; -1 where none is.

        No price of the first may lie above its partner by more than the rules say: bid and ask, bid and the dearer
        neighbour's ask, and, to be compared with the forward as `tilt` says, for a call its bid and the put's ask, the
        put's bid and its ask, and for each leg nothing (-2) and its ask.
        """
        own, bid, ask = np.arange(self.size), CONTENT.index("bid") * self.size, CONTENT.index("ask") * self.size
        dearer, bid_of_twin, ask_of_twin = (
            np.where(places < 0, -1, column + places)
            for column, places in ((ask, self.dearer), (bid, self.twin), (ask, self.twin))
        )
        left = [bid + own, bid + own, bid + own, bid_of_twin, np.full(self.size, -2)]
        return np.stack([np.stack(left), np.stack([ask + own, dearer, ask_of_twin, ask + own, ask + own])])

    @cached_property
    def tilt(self) -> Floats:
        """How often forward less strike is added to the last three of `price_pairs`, shape (3, n)."""
        return np.stack([-self.ones, self.ones, self.direction])

    def _sorted(self, keys: tuple[NDArray[np.generic], ...], alike: int) -> tuple[Places, NDArray[np.bool_]]:
        """Sort the usable legs by keys, the last first; say which successive ones share the last `alike` keys."""
        usable = np.flatnonzero(self.named & np.isfinite(self.strike) & (self.repeats == 0))
        order = usable[np.lexsort([key[usable] for key in keys])]
        same = np.ones(max(len(order) - 1, 0), dtype=np.bool_)
        for key in keys[-alike:]:
            same &= key[order][1:] == key[order][:-1]
        return order, same


def bits(values: Floats) -> NDArray[np.uint64]:
    """Bit patterns: one for every NaN, and +0.0 for -0.0, or equal content would hash apart; shape of `values`."""
    return (np.where(np.isnan(values), -1.5e300, values) + 0.0).view(np.uint64)


def mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Spread the bits (the finaliser of splitmix64, so that sums of weights do not cancel); shape of `values`."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(_ODD[1])
    values = (values ^ (values >> np.uint64(27))) * np.uint64(_ODD[2])
    return np.asarray(values ^ (values >> np.uint64(31)))


def weighed(content: Floats, weights: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Contribution of every leg to the fingerprint of its snapshot, shape (n,), modulo 2^64.

    Args:
        content: The columns of `CONTENT`, shape (5, n).
        weights: See `LegLayout.weights`, shape (5, n).
    """
    return np.asarray(np.add.reduce(_folded(bits(content)) * weights, axis=0))


def fingerprint(content: Floats, layout: LegLayout, *, whole: bool) -> int:
    """Return the fingerprint of one snapshot, the sum of `weighed`.

    Args:
        content: The columns of `CONTENT` one after the other, shape (5 n,).
        layout: Its legs.
        whole: Whether it is known that no value is missing, which saves looking.
    """
    patterns = _folded((content + 0.0).view(np.uint64) if whole else bits(content))
    return int(np.dot(patterns, layout.weights.reshape(-1)))


def _folded(patterns: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Mix the halves: whole numbers have only high bits, which would be lost in a product."""
    patterns ^= patterns >> _HALF
    return patterns
