"""Exits: when and at what price an open position is closed, found for all positions of an underlying at once.

On each later snapshot, in this order: stop, target, then the time stop or the square-off. A long position is marked
and closed on the bid, a short one on the ask. A stop is a market order: it fills at the price observed, however far
through the stop that is. A target is a resting limit order: it fills at the target.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trading_assets.trades.entries import Clock
    from trading_assets.trades.tape import Tape

    Floats = NDArray[np.float64]
    Indices = NDArray[np.intp]
    Flags = NDArray[np.bool_]

NEVER = np.iinfo(np.int64).max
#: Index settlement is the average of the last half hour: a tape that ends earlier does not know it.
SETTLEMENT_MICROS = 30 * 60 * 1_000_000
_CHUNK = 1024


@dataclass(frozen=True, slots=True)
class Positions:
    """Open positions, arrays of shape (n,).

    Args:
        contract: Row of the tape.
        entry: Snapshot of the entry.
        sign: 1 long, -1 short.
        price: Entry price, paise.
        stop: Stop, paise, NaN for none.
        target: Target, paise, NaN for none.
        deadline: Time stop, microseconds since 1970 UTC, `NEVER` for none.
        expires: Whether the contract expires in this session.
        strike: Strike, index points.
        put: Whether it is a put.
    """

    contract: Indices
    entry: Indices
    sign: Floats
    price: Floats
    stop: Floats
    target: Floats
    deadline: NDArray[np.int64]
    expires: Flags
    strike: Floats
    put: Flags


@dataclass(frozen=True, slots=True)
class Exits:
    """Exits and what was seen on the way, arrays of shape (n,).

    `at` is the snapshot, `time` microseconds since 1970 UTC, `price` paise, `basis` what the price is made of, `worst`
    and `best` the extremes of open P&L per unit in paise on `marks` snapshots, entry and exit included.
    """

    at: Indices
    time: NDArray[np.int64]
    price: Floats
    reason: NDArray[np.object_]
    basis: NDArray[np.object_]
    worst: Floats
    best: Floats
    marks: NDArray[np.int64]


def find_exits(positions: Positions, tape: Tape, clock: Clock) -> Exits:
    """Close every position.

    Args:
        positions: Positions on this tape, n ≥ 0, each with a usable mark on its entry snapshot.
        tape: Quotes.
        clock: Limits of the session.
    """
    bids, asks = tape.marks()
    size = len(positions.contract)
    at, marks = np.zeros(size, dtype=np.intp), np.zeros(size, dtype=np.int64)
    worst, best = np.full(size, np.nan), np.full(size, np.nan)
    reason = np.full(size, "", dtype=object)
    # chunks keep the (positions, snapshots) block in the processor's cache
    for start in range(0, size, _CHUNK):
        part = slice(start, start + _CHUNK)
        sign = positions.sign[part, None]
        quote = np.where(sign > 0, bids[positions.contract[part]], asks[positions.contract[part]])
        at[part], reason[part] = _first_exit(positions, part, quote, tape.observed, clock)
        _settle_or_gap(positions, part, (at, reason), tape, clock)
        column = np.arange(quote.shape[1])
        held = (column >= positions.entry[part, None]) & (column <= at[part, None]) & ~np.isnan(quote)
        open_pnl = np.where(held, sign * (quote - positions.price[part, None]), np.nan)
        worst[part], best[part] = np.nanmin(open_pnl, axis=1), np.nanmax(open_pnl, axis=1)
        marks[part] = held.sum(axis=1)
    return _priced(positions, (at, reason), (worst, best, marks), tape, clock)


def _first_exit(
    positions: Positions, part: slice, quote: Floats, observed: NDArray[np.int64], clock: Clock
) -> tuple[Indices, NDArray[np.object_]]:
    sign = positions.sign[part]
    signed = sign[:, None] * quote
    live = (np.arange(quote.shape[1]) > positions.entry[part, None]) & ~np.isnan(quote)
    stopped = signed <= (sign * positions.stop[part])[:, None]
    reached = signed >= (sign * positions.target[part])[:, None]
    limit = np.minimum(positions.deadline[part], clock.square_off)
    leaving = live & (stopped | reached | (observed >= limit[:, None]))
    rows = np.arange(len(quote))
    found = leaving.any(axis=1)
    last_mark = quote.shape[1] - 1 - np.argmax(~np.isnan(quote)[:, ::-1], axis=1)
    at = np.where(found, leaving.argmax(axis=1), last_mark)
    timed = np.where(positions.deadline[part] <= clock.square_off, "time", "square_off")
    reason = np.where(stopped[rows, at], "stop", np.where(reached[rows, at], "target", timed))
    return at, np.where(found, reason, "data_gap").astype(object)


def _settle_or_gap(
    positions: Positions, part: slice, found: tuple[Indices, NDArray[np.object_]], tape: Tape, clock: Clock
) -> None:
    at, reason = found
    last = len(tape.observed) - 1
    settles = (reason[part] == "data_gap") & positions.expires[part]
    if settles.any() and tape.observed[last] >= clock.close - SETTLEMENT_MICROS:
        at[part] = np.where(settles, last, at[part])
        reason[part] = np.where(settles, "expiry", reason[part])


def _priced(
    positions: Positions,
    found: tuple[Indices, NDArray[np.object_]],
    seen: tuple[Floats, Floats, NDArray[np.int64]],
    tape: Tape,
    clock: Clock,
) -> Exits:
    at, reason = found
    long = positions.sign > 0
    quote = np.where(long, tape.bid[positions.contract, at], tape.ask[positions.contract, at])
    market = np.maximum(quote - positions.sign * clock.slippage, clock.tick)
    settled = reason == "expiry"
    moneyness = np.where(positions.put, -1.0, 1.0) * (tape.spot[at] - positions.strike)
    intrinsic = np.rint(np.maximum(moneyness, 0.0) * 100.0)
    price = np.select([settled, reason == "target"], [intrinsic, positions.target], default=market)
    basis = np.select([settled, reason == "target", long], ["intrinsic", "target", "bid"], default="ask")
    time = np.where(settled, clock.close, tape.observed[at])
    return Exits(at, time, price, reason, basis.astype(object), *seen)
