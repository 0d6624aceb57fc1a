"""Exits: at what price every leg is closed, and what was seen on the way. When and why is `closings`.

A long leg is marked and closed on the bid, a short one on the ask. A stop is a market order: it fills at the price
observed, however far through the stop that is. The target of a single leg is a resting limit order: it fills at the
target; nobody rests one on the sum of several legs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.trades.closings import DATA_GAP, EXPIRY, TARGET, Legs, Plans, find_closings
from trading_assets.trades.mark_ranges import MarkRanges

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trading_assets.trades.entries import Clock
    from trading_assets.trades.tape import Tape

    Floats = NDArray[np.float64]
    Indices = NDArray[np.intp]
    Flags = NDArray[np.bool_]

#: Index settlement is the average of the last half hour: a tape that ends earlier does not know it.
SETTLEMENT_MICROS = 30 * 60 * 1_000_000
#: What a price is made of, by number.
BASES = np.array(["bid", "ask", "target", "intrinsic"], dtype=object)
BID, ASK, RESTING, INTRINSIC = range(len(BASES))


@dataclass(frozen=True, slots=True)
class OpenLegs:
    """Legs of open positions, arrays of shape (n,).

    Args:
        position: Number of the position, 0 to P - 1.
        contract: Row of the tape.
        entry: Snapshot of the entry.
        sign: 1 long, -1 short.
        price: Entry price, paise.
        limit: Price of the resting target, paise, NaN for none.
        expires: Whether the contract expires in this session.
        strike: Strike, index points.
        put: Whether it is a put.
    """

    position: Indices
    contract: Indices
    entry: Indices
    sign: Floats
    price: Floats
    limit: Floats
    expires: Flags
    strike: Floats
    put: Flags


@dataclass(frozen=True, slots=True)
class Exits:
    """Exits and what was seen on the way, arrays of shape (n,).

    `at` is the snapshot, `time` microseconds since 1970 UTC, `price` paise, `reason` (`closings.REASONS`) and `basis`
    (`BASES`) numbers, `worst` and `best` the extremes of open P&L per unit in paise on `marks` snapshots, entry and
    exit included.
    """

    at: Indices
    time: NDArray[np.int64]
    price: Floats
    reason: NDArray[np.int64]
    basis: NDArray[np.int64]
    worst: Floats
    best: Floats
    marks: NDArray[np.int64]


def find_exits(legs: OpenLegs, plans: Plans, tape: Tape, clock: Clock) -> Exits:
    """Close every leg.

    Args:
        legs: Legs on this tape, n ≥ 1, each with a usable mark on its entry snapshot.
        plans: When to close their positions.
        tape: Quotes.
        clock: Limits of the session.
    """
    bids, asks = tape.marks(clock.max_quote_age)
    # a short position is a long one in the negative ask: one set of rules serves both
    ranges = MarkRanges(np.concatenate((bids, -asks)), falls=plans.trailing)
    line = legs.contract + np.where(legs.sign > 0, 0, len(bids))
    closed = find_closings(plans, Legs(legs.position, line, ranges), tape, clock)
    at, reason = closed.at[legs.position], closed.reason[legs.position]
    low, high = ranges.extremes(line, legs.entry, at)
    marks = ranges.known(line, legs.entry, at)
    settles = (reason == DATA_GAP) & legs.expires & (tape.observed[-1] >= clock.close - SETTLEMENT_MICROS)
    reason, at = np.where(settles, EXPIRY, reason), np.where(settles, len(tape.observed) - 1, at)
    paid = legs.sign * legs.price
    return _priced(legs, (at, reason), (low - paid, high - paid, marks), tape, clock)


def _priced(
    legs: OpenLegs,
    closed: tuple[Indices, NDArray[np.int64]],
    seen: tuple[Floats, Floats, NDArray[np.int64]],
    tape: Tape,
    clock: Clock,
) -> Exits:
    at, reason = closed
    long = legs.sign > 0
    quote = np.where(long, tape.bid[legs.contract, at], tape.ask[legs.contract, at])
    price = np.maximum(quote - legs.sign * clock.slippage, clock.tick)
    settled, limited = reason == EXPIRY, (reason == TARGET) & ~np.isnan(legs.limit)
    moneyness = np.where(legs.put, -1.0, 1.0) * (tape.spot[at] - legs.strike)
    price[limited] = legs.limit[limited]
    price[settled] = np.rint(np.maximum(moneyness[settled], 0.0) * 100.0)
    basis = np.select([settled, limited, long], [INTRINSIC, RESTING, BID], default=ASK)
    time = np.where(settled, clock.close, tape.observed[at])
    return Exits(at, time, price, reason, basis, *seen)
