"""Collecting a session from a live feed: what to poll when, and what becomes of each answer. Time and effects come in.

A poll asks for every expiry of an underlying and makes one capture of the answers, so that a snapshot lands whole or
not at all. It is judged first and landed in any case: what the gate refuses is counted, never lost. The slot of a poll
stands in the capture's source, so that what has landed tells a restarted collector where to go on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from trading_assets.errors import FeedCallError, TokenError, UsageError
from trading_assets.feeds.poll_times import next_slot, running_slot, slots_between
from trading_assets.market.calendar import IST
from trading_assets.market.captures import Capture

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

    from trading_assets.feeds.call_pacing import Clock, RateLimit
    from trading_assets.feeds.live_gate import Judgement
    from trading_assets.market.calendar import Session

SHORTEST_CADENCE = timedelta(seconds=1)

_SOURCE = re.compile(r"poll of (\S+)")


@dataclass(frozen=True, slots=True)
class Target:
    """What is polled in one session.

    Args:
        underlying: Index.
        session: Hours of its exchange.
        expiries: Asked for in this order, at least one.
    """

    underlying: str
    session: Session
    expiries: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class Poll:
    """What came of one poll.

    Args:
        underlying: Index.
        slot: When it was due.
        capture: What landed; None when no expiry was answered.
        judgement: What the gate says of it; None without a capture.
        failures: Why expiries are missing.
        missed: Slots since the poll before that were not polled at all.
    """

    underlying: str
    slot: datetime
    capture: Capture | None
    judgement: Judgement | None
    failures: tuple[str, ...] = ()
    missed: int = 0


@dataclass(frozen=True, slots=True)
class Seams:
    """The outside world of a collector.

    Args:
        feed: Name of the feed.
        ask: Gets the answer for an underlying and expiry. Raises FeedCallError.
        judge: The gate.
        land: Keeps a capture for good before it returns.
        told: Hears of each poll after it has landed: that is the acknowledgement.
    """

    feed: str
    ask: Callable[[str, date], bytes]
    judge: Callable[[Capture], Judgement]
    land: Callable[[Capture], bool]
    told: Callable[[Poll], object]


@dataclass
class Account:
    """What a collector did in a session.

    Args:
        landed: Snapshots landed, the refused ones included.
        refused: Landed snapshots that the gate keeps out.
        failed: Polls without any answer.
        missed: Slots that were not polled.
    """

    landed: int = 0
    refused: int = 0
    failed: int = 0
    missed: int = 0

    def add(self, poll: Poll) -> None:
        """Count a poll."""
        self.landed += poll.capture is not None
        self.refused += poll.judgement is not None and not poll.judgement.accepted
        self.failed += poll.capture is None
        self.missed += poll.missed


@dataclass
class Collector:
    """Polls targets at a fixed cadence until their sessions close.

    Args:
        every: Cadence.
        clock: Time and waiting; a stop ends the work between two polls.
        seams: The outside world.
        last_slots: Slot of the last poll by underlying: those of what has landed, when collecting is resumed.
        account: What was done so far.
    """

    every: timedelta
    clock: Clock
    seams: Seams
    last_slots: dict[str, datetime] = field(default_factory=dict)
    account: Account = field(default_factory=Account)

    def run(self, targets: Iterable[Target]) -> None:
        """Poll until no target has a slot left.

        Raises:
            TokenError: The feed refused the token; asking on is useless.
            StopRequested: From the clock.
        """
        known = tuple(targets)
        while (wait := self._until_due(known)) is not None:
            self.clock.sleep(wait)
            target = self._most_overdue(known)
            if target is not None:
                self._poll(target)

    def _until_due(self, targets: tuple[Target, ...]) -> float | None:
        """Seconds until something is due, 0 when it is; None when all is done."""
        if self._most_overdue(targets) is not None:
            return 0.0
        now = self.clock.now()
        upcoming = [slot for target in targets if (slot := next_slot(target.session, self.every, now)) is not None]
        return (min(upcoming) - now).total_seconds() if upcoming else None

    def _most_overdue(self, targets: tuple[Target, ...]) -> Target | None:
        now = self.clock.now()
        due = [target for target in targets if self._due_slot(target, now) is not None]
        return min(due, key=lambda target: self.last_slots.get(target.underlying, target.session.open), default=None)

    def _due_slot(self, target: Target, now: datetime) -> datetime | None:
        slot = running_slot(target.session, self.every, now)
        last = self.last_slots.get(target.underlying)
        # a last poll further ahead than a slot was made before the clock was put back: waiting for it would lose data
        put_back = last is not None and last - now > self.every
        return slot if slot is not None and (last is None or put_back or slot > last) else None

    def _poll(self, target: Target) -> None:
        slot = self._due_slot(target, self.clock.now())
        if slot is None:  # it ended between two looks at the clock
            return
        before = self.last_slots.get(target.underlying)
        missed = slots_between(target.session, self.every, before, slot)
        answers, failures = self._answers(target)
        self.last_slots[target.underlying] = slot
        capture = self._capture(target.underlying, slot, answers) if answers else None
        judgement = self.seams.judge(capture) if capture is not None else None
        if capture is not None:
            self.seams.land(capture)
        poll = Poll(target.underlying, slot, capture, judgement, failures, missed)
        self.account.add(poll)
        self.seams.told(poll)

    def _answers(self, target: Target) -> tuple[list[bytes], tuple[str, ...]]:
        answers, failures = [], []
        for expiry in target.expiries:
            try:
                answers.append(self.seams.ask(target.underlying, expiry))
            except TokenError:
                raise
            except FeedCallError as error:
                failures.append(f"{expiry}: {error}")
        return answers, tuple(failures)

    def _capture(self, underlying: str, slot: datetime, answers: list[bytes]) -> Capture:
        received = self.clock.now()
        raw = b"[" + b",\n".join(answers) + b"]"
        day = slot.astimezone(IST).date()
        return Capture(self.seams.feed, underlying, day, received, raw, f"poll of {slot.astimezone(IST).isoformat()}")


def slot_of(capture: Capture) -> datetime | None:
    """Return the slot a collected capture was polled for; None for one from elsewhere."""
    found = _SOURCE.fullmatch(capture.source)
    try:
        return datetime.fromisoformat(found[1]) if found else None
    except ValueError:
        return None


def last_slot(captures: Iterable[Capture]) -> datetime | None:
    """Return the last slot among captures; None when none was polled."""
    return max((slot for capture in captures if (slot := slot_of(capture)) is not None), default=None)


def require_affordable(calls: int, every: timedelta, limits: Iterable[RateLimit]) -> None:
    """Refuse a plan that asks more often than the feed allows.

    Args:
        calls: Per slot.
        every: Cadence.
        limits: Of the feed.

    Raises:
        UsageError: The cadence is below a second, or a limit would not be kept; names the shortest cadence that does.
    """
    shortest = max(SHORTEST_CADENCE.total_seconds(), *(calls * limit.seconds / limit.calls for limit in limits))
    if every.total_seconds() < shortest:
        msg = (
            f"{calls} call(s) every {every.total_seconds():g} s are more than the feed allows; "
            f"collect every {shortest:.4g} s or less often, or fewer underlyings or expiries."
        )
        raise UsageError(msg)
