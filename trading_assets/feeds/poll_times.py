"""When a session is polled: slots at a fixed distance from the open of each of its intervals, so that nothing drifts.

An interval has the slots open, open + every, … before its close. A slot runs until the next one begins.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from trading_assets.market.calendar import Session


def running_slot(session: Session, every: timedelta, at: datetime) -> datetime | None:
    """Return the slot that runs at a moment; None outside trading hours."""
    for opens, closes in session.intervals:
        if opens <= at < closes:
            return opens + (at - opens) // every * every
    return None


def next_slot(session: Session, every: timedelta, at: datetime) -> datetime | None:
    """Return the first slot after a moment; None when the session has no more."""
    for opens, closes in session.intervals:
        if at < opens:
            return opens
        following = opens + ((at - opens) // every + 1) * every
        if following < closes:
            return following
    return None


def slots_between(session: Session, every: timedelta, after: datetime | None, before: datetime) -> int:
    """Count the slots after one moment (None: from the open on) and before another."""
    count = 0
    for opens, closes in session.intervals:
        first = 0 if after is None or after < opens else (after - opens) // every + 1
        end = min(before, closes)
        count += max(-((opens - end) // every) - first, 0) if end > opens else 0
    return count


def slots(session: Session, every: timedelta) -> Iterator[datetime]:
    """Yield all slots of a session in order."""
    slot = next_slot(session, every, session.open - timedelta(microseconds=1))
    while slot is not None:
        yield slot
        slot = next_slot(session, every, slot)
