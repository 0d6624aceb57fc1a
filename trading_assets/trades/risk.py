"""Risk limits of the desk: how many positions may be open, and how much may be lost in a session."""

from __future__ import annotations

import heapq
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.trades.entries import DAILY_LOSS_LIMIT, MAX_OPEN_POSITIONS

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class RoundTripTimes:
    """Candidate legs, arrays of shape (n,), legs of one position side by side and positions in order of entry.

    Args:
        position: Number of the position a leg belongs to.
        entry: Entry time, microseconds.
        exit: Exit time, microseconds.
        net_paise: Net P&L, paise.
    """

    position: NDArray[np.intp]
    entry: NDArray[np.int64]
    exit: NDArray[np.int64]
    net_paise: NDArray[np.int64]


def apply_limits(legs: RoundTripTimes, max_open: int, max_loss_paise: int) -> NDArray[np.object_]:
    """Reject positions that break a limit at the moment they would be entered.

    A position counts from its first entry until its last leg is closed; what closes on a snapshot is closed before
    anything is opened on it. Loss is net P&L realised so far in the session.

    Args:
        legs: Candidates.
        max_open: Positions open at once.
        max_loss_paise: No entry once at least this much is lost, paise.

    Returns:
        "" or the reason per leg, shape (n,).
    """
    reason = np.full(len(legs.position), "", dtype=object)
    if len(reason) and not _never_binds(legs, max_open, max_loss_paise):
        _walk(legs, max_open, max_loss_paise, reason)
    return reason


def _starts(legs: RoundTripTimes) -> NDArray[np.intp]:
    return np.flatnonzero(np.concatenate(([True], legs.position[1:] != legs.position[:-1])))


def _never_binds(legs: RoundTripTimes, max_open: int, max_loss_paise: int) -> bool:
    """Tell, in array operations, that taking everything breaks no limit: the common case costs nothing."""
    starts = _starts(legs)
    entry = legs.entry[starts]
    closed = np.sort(np.maximum(np.maximum.reduceat(legs.exit, starts), entry + 1))
    open_before = np.arange(len(starts)) - np.searchsorted(closed, entry, side="right")
    order = np.argsort(legs.exit, kind="stable")
    realised = np.concatenate(([0], np.cumsum(np.minimum(legs.net_paise[order], 0))))
    return bool(open_before.max() < max_open and -realised[-1] < max_loss_paise)


def _walk(legs: RoundTripTimes, max_open: int, max_loss_paise: int, reason: NDArray[np.object_]) -> None:
    starts = [*_starts(legs).tolist(), len(reason)]
    entry, leave, net = legs.entry.tolist(), legs.exit.tolist(), legs.net_paise.tolist()
    closing: list[tuple[int, int]] = []
    realising: list[tuple[int, int]] = []
    realised = 0
    for first, end in itertools.pairwise(starts):
        now = entry[first]
        while closing and closing[0][0] <= now:
            heapq.heappop(closing)
        while realising and realising[0][0] <= now:
            realised += heapq.heappop(realising)[1]
        if -realised >= max_loss_paise:
            reason[first:end] = DAILY_LOSS_LIMIT
        elif len(closing) >= max_open:
            reason[first:end] = MAX_OPEN_POSITIONS
        else:
            heapq.heappush(closing, (max(*leave[first:end], now + 1), first))
            for leg in range(first, end):
                heapq.heappush(realising, (leave[leg], net[leg]))
