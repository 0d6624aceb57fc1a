"""Risk limits of the desk: how large a position may be, how many may be open, what may be lost, how long to wait."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.trades.entries import COOL_DOWN, DAILY_LOSS_LIMIT, MAX_OPEN_POSITIONS, TAKEN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be open and lost.

    Args:
        max_open: Positions open at once.
        max_loss_paise: No entry once at least this much is lost, paise.
        cool_down: No entry of a strategy this long after it closed a position at a loss, microseconds.
    """

    max_open: int
    max_loss_paise: int
    cool_down: int


@dataclass(frozen=True, slots=True)
class RoundTripTimes:
    """Candidate legs, arrays of shape (n,), legs of one position side by side and positions in order of entry.

    Args:
        position: Number of the position a leg belongs to.
        strategy: Number of its strategy.
        entry: Entry time, microseconds.
        exit: Exit time, microseconds.
        net_paise: Net P&L, paise.
    """

    position: NDArray[np.intp]
    strategy: NDArray[np.intp]
    entry: Codes
    exit: Codes
    net_paise: Codes


def apply_limits(legs: RoundTripTimes, limits: Limits) -> Codes:
    """Reject positions that break a limit at the moment they would be entered.

    A position counts from its first entry until its last leg is closed; what closes on a snapshot is closed before
    anything is opened on it. Loss is net P&L realised so far in the session.

    Args:
        legs: Candidates.
        limits: What to hold them to.

    Returns:
        0 or the reason (`entries.REASONS`) per leg, shape (n,).
    """
    if not len(legs.position):
        return np.empty(0, dtype=np.int64)
    starts = np.flatnonzero(np.concatenate(([True], legs.position[1:] != legs.position[:-1])))
    if _never_binds(legs, starts, limits):
        return np.full(len(legs.position), TAKEN, dtype=np.int64)
    sizes = np.diff(np.append(starts, len(legs.position)))
    return np.repeat(_walk(legs, starts.tolist(), limits), sizes)


def lots_within(position: NDArray[np.intp], risk: NDArray[np.float64], most: int, budget_paise: int) -> Codes:
    """Size positions by what they may lose.

    Args:
        position: Number of the position a leg belongs to, shape (n,).
        risk: What one lot of the leg may lose, paise, NaN when nothing bounds it, shape (n,).
        most: Lots at most.
        budget_paise: What a position of all its legs may lose, paise.

    Returns:
        Lots per leg, shape (n,), the same for all legs of a position; 0 when one lot is too many.
    """
    whole = np.bincount(position, np.where(np.isnan(risk), np.inf, risk))[position]
    return np.asarray(np.minimum(budget_paise // np.maximum(whole, 1.0), most), dtype=np.int64)


def _never_binds(legs: RoundTripTimes, starts: NDArray[np.intp], limits: Limits) -> bool:
    """Tell, in array operations, that taking everything breaks no limit: the common case costs nothing."""
    entry = legs.entry[starts]
    closed = np.sort(np.maximum(np.maximum.reduceat(legs.exit, starts), entry + 1))
    open_before = np.arange(len(starts)) - np.searchsorted(closed, entry, side="right")
    lost = -int(np.minimum(legs.net_paise, 0).sum())
    cools = bool(limits.cool_down) and lost > 0
    return bool(open_before.max() < limits.max_open) and lost < limits.max_loss_paise and not cools


def _walk(legs: RoundTripTimes, starts: list[int], limits: Limits) -> Codes:
    """Decide position by position, in order of entry: what is open and lost depends on what was let in before."""
    ends = [*starts[1:], len(legs.position)]
    entry, leave, net = legs.entry.tolist(), legs.exit.tolist(), legs.net_paise.tolist()
    strategy = legs.strategy.tolist()
    closing: list[tuple[int, int, int]] = []
    realising: list[tuple[int, int]] = []
    cool_until: dict[int, int] = {}
    realised = 0
    found = []
    for first, end in zip(starts, ends, strict=True):
        now = entry[first]
        while closing and closing[0][0] <= now:
            closed, opened, result = heapq.heappop(closing)
            if result < 0:
                cool_until[strategy[opened]] = closed + limits.cool_down
        while realising and realising[0][0] <= now:
            realised += heapq.heappop(realising)[1]
        if -realised >= limits.max_loss_paise:
            found.append(DAILY_LOSS_LIMIT)
        elif len(closing) >= limits.max_open:
            found.append(MAX_OPEN_POSITIONS)
        elif cool_until.get(strategy[first], now) > now:
            found.append(COOL_DOWN)
        else:
            found.append(TAKEN)
            heapq.heappush(closing, (max(*leave[first:end], now + 1), first, sum(net[first:end])))
            for leg in range(first, end):
                heapq.heappush(realising, (leave[leg], net[leg]))
    return np.array(found, dtype=np.int64)
