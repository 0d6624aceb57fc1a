"""When and why positions are closed; the legs of one position are closed together. Prices are `exits`.

On each later snapshot, the first of these that holds: the strategy's own decision, which was made on a snapshot before
and is executed on the first one available after it, as an entry is; stop, trailing stop, stop at an index level, stop
at a VIX level, target, target at an index level, then the time stop or the square-off. What a position is worth is the
sum of its legs' marks, bought ones on the bid and sold ones on the ask.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.trades.mark_ranges import Band, MarkRanges

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from trading_assets.trades.entries import Clock
    from trading_assets.trades.tape import Tape

    Codes = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Indices = NDArray[np.intp]

#: Why a position was closed, by number; texts as in `trades.exit_reason`.
REASONS = np.array(
    [
        "signal",
        "stop",
        "trailing",
        "stop_spot",
        "stop_vix",
        "target",
        "target_spot",
        "time",
        "square_off",
        "expiry",
        "data_gap",
    ],
    dtype=object,
)
(
    SIGNAL,
    STOP,
    TRAILING,
    STOP_SPOT,
    STOP_VIX,
    TARGET,
    TARGET_SPOT,
    TIME,
    SQUARE_OFF,
    EXPIRY,
    DATA_GAP,
) = range(len(REASONS))
#: Distinct combinations of legs whose worth is laid out at once: 0.2 MB each on a day of 375 snapshots.
_CHUNK = 256


@dataclass(frozen=True, slots=True)
class Plans:
    """When to close positions, arrays of shape (P,), NaN for no such exit.

    Args:
        entry: Snapshot of the entry.
        stop: Worth at or below which it is closed, paise per unit; of a sold option minus its price.
        target: Worth at or above which it is closed, likewise.
        trail: Distance of the trailing stop from the highest worth since the entry, paise, above 0.
        view: 1 for a position that wants the index to rise, -1 for a fall, NaN for neither: it has no index levels.
        stop_spot: Index level at or beyond which it has failed, points.
        target_spot: Index level at or beyond which it has worked, points.
        stop_vix: India VIX above which it has failed, percent a year.
        deadline: Time stop, microseconds since 1970 UTC, `NEVER` for none.
        out: When the strategy decided to close it, likewise.
    """

    entry: Indices
    stop: Floats
    target: Floats
    trail: Floats
    view: Floats
    stop_spot: Floats
    target_spot: Floats
    stop_vix: Floats
    deadline: Codes
    out: Codes

    def pick(self, rows: Indices) -> Plans:
        """Return some of them."""
        return Plans(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    @property
    def trailing(self) -> bool:
        """Whether any of them has a trailing stop."""
        return not np.isnan(self.trail).all()


@dataclass(frozen=True, slots=True)
class Legs:
    """Legs of positions: `position` and `line` of each, shape (n,), and the lines: marks in paise.

    A sold contract has a line of its own, its negative ask: what rises in it is a gain there too.
    """

    position: Indices
    line: Indices
    lines: MarkRanges


@dataclass(frozen=True, slots=True)
class Closings:
    """Snapshot and reason (`REASONS`) per position, shape (P,)."""

    at: Indices
    reason: Codes


def find_closings(plans: Plans, legs: Legs, tape: Tape, clock: Clock) -> Closings:
    """Find when and why every position is closed.

    Args:
        plans: Positions, P ≥ 0.
        legs: Their legs; every position has one.
        tape: Quotes.
        clock: Limits of the session.

    Returns:
        Of a position that nothing closes, the last snapshot that all its legs have a mark on, and `DATA_GAP`.
    """
    events = _market_events(plans, tape, clock)
    at, reason = np.zeros(len(plans.entry), dtype=np.intp), np.zeros(len(plans.entry), dtype=np.int64)
    for rows, worth, line in _worths(legs, plans):
        own = plans.pick(rows)
        first = worth.next_known(line, events.min(axis=0)[rows])
        first = np.minimum(first, worth.first_end(line, own.entry, Band(own.stop, own.target, own.trail)))
        gap = first == len(tape.observed)
        at[rows] = first = np.where(gap, worth.last_known(line), first)
        mark = worth.marks[line, first]
        peak = worth.extremes(line, own.entry, first)[1] if own.trailing else mark
        reason[rows] = np.where(gap, DATA_GAP, _reasons(own, mark, peak, events[:, rows] <= first))
    timed = np.where(plans.deadline <= clock.square_off, TIME, SQUARE_OFF)
    return Closings(at, np.where(reason == TIME, timed, reason))


def _reasons(plans: Plans, mark: Floats, peak: Floats, happened: NDArray[np.bool_]) -> Codes:
    """Return the first reason that holds for positions closed on a mark after a peak; `TIME` for all that is due."""
    stop_spot, stop_vix, target_spot, _, told = happened
    holds = {
        SIGNAL: told,
        STOP: mark <= plans.stop,
        TRAILING: peak - mark >= plans.trail,
        STOP_SPOT: stop_spot,
        STOP_VIX: stop_vix,
        TARGET: mark >= plans.target,
        TARGET_SPOT: target_spot,
    }
    return np.select(list(holds.values()), list(holds), default=TIME)


def _market_events(plans: Plans, tape: Tape, clock: Clock) -> Indices:
    """Return the snapshots of stop_spot, stop_vix, target_spot, the time and after `out`, S for never, shape (5, P)."""
    due = np.searchsorted(tape.observed, np.minimum(plans.deadline, clock.square_off))
    events = np.full((5, len(plans.entry)), len(tape.observed), dtype=np.intp)
    events[3] = np.maximum(due, plans.entry + 1)
    events[4] = np.maximum(np.searchsorted(tape.available, plans.out, side="right"), plans.entry + 1)
    levels = (plans.view * plans.stop_spot, plans.stop_vix, plans.view * plans.target_spot)
    if all(np.isnan(level).all() for level in levels):
        return events
    values = np.stack((tape.spot, -tape.spot, tape.vix))
    market = MarkRanges(np.where(tape.stale(clock.max_quote_age), np.nan, values), falls=False)
    none = np.full(len(plans.entry), np.nan)
    spot, vix = np.where(plans.view > 0, 0, 1), np.full(len(none), 2)
    events[0] = market.first_end(spot, plans.entry, Band(levels[0], none, none))
    events[1] = market.first_end(vix, plans.entry, Band(none, np.nextafter(levels[1], np.inf), none))
    events[2] = market.first_end(spot, plans.entry, Band(none, levels[2], none))
    return events


def _worths(legs: Legs, plans: Plans) -> Iterator[tuple[Indices, MarkRanges, Indices]]:
    """Yield positions, lines of what they are worth, and the line of each; a combination of legs is laid out once."""
    order, sizes = np.argsort(legs.position, kind="stable"), np.bincount(legs.position, minlength=len(plans.entry))
    starts = np.cumsum(sizes) - sizes
    for size in np.unique(sizes).tolist():
        rows = np.flatnonzero(sizes == size)
        lines = legs.line[order[starts[rows][:, None] + np.arange(size)]]
        if size == 1:
            yield rows, legs.lines, lines[:, 0]
            continue
        combinations, own = np.unique(np.sort(lines, axis=1), axis=0, return_inverse=True)
        for start in range(0, len(combinations), _CHUNK):
            chunk = (own >= start) & (own < start + _CHUNK)
            worth = legs.lines.marks[combinations[start : start + _CHUNK]].sum(axis=1)
            yield rows[chunk], MarkRanges(worth, falls=plans.trailing), own[chunk] - start
