"""Live collection on a home folder: the client, the gate, the landing zone and the journal joined by a collector."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from trading_assets.defs.snapshot_history import usual_volumes
from trading_assets.defs.steps import snapshot_facts
from trading_assets.defs.workspace import Workspace
from trading_assets.errors import CalendarError, NotASessionError, UsageError
from trading_assets.feeds.call_pacing import Clock, StopRequested
from trading_assets.feeds.collector import (
    Account,
    Collector,
    Poll,
    Seams,
    Target,
    last_slot,
    require_affordable,
)
from trading_assets.feeds.discovery import feed_named
from trading_assets.feeds.live_gate import LiveGate
from trading_assets.feeds.upstox_calls import LIMITS, CallOptions, UpstoxCalls
from trading_assets.feeds.upstox_client import UpstoxClient
from trading_assets.market.calendar import IST, Session
from trading_assets.tables import feed_calls, quality_issues

_SLICE_SECONDS = 0.2
_EXPIRY_HORIZON = timedelta(days=100)
#: Landed captures that a restarted gate is shown, so that it knows the last spot and content. The last slot stands in
#: the last of them, so that a restart late in the day costs no more than an early one.
_REMEMBERED = 10
_WAKE_SECONDS = 60.0


@dataclass
class SystemClock:
    """The machine's clock; a wait ends early, by StopRequested, once `stop` was called.

    Args:
        stopping: Whether a stop was asked for.
    """

    stopping: bool = False

    def now(self) -> datetime:
        """Wall-clock time, UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait in slices, because a signal handler only sets a flag."""
        until = time.monotonic() + seconds
        while not self.stopping and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, _SLICE_SECONDS))
        if self.stopping:
            raise StopRequested

    def stop(self) -> None:
        """End the next or present wait."""
        self.stopping = True


@dataclass(frozen=True)
class CollectPlan:
    """What is collected.

    Args:
        feed: A live feed.
        underlyings: Indices, at least one.
        every: Cadence.
        expiries: Nearest expiries of each index.
    """

    feed: str
    underlyings: tuple[str, ...]
    every: timedelta
    expiries: int = 2

    def check(self) -> None:
        """Refuse what cannot be collected.

        Raises:
            UsageError: The feed is not live, an index is named twice, or the rate limits would be passed.
        """
        if not feed_named(self.feed).live:
            msg = f"feed {self.feed} reads recordings; only a live feed can be collected (see `trading-assets feeds`)."
            raise UsageError(msg)
        if not self.underlyings or len(set(self.underlyings)) < len(self.underlyings) or self.expiries < 1:
            named = ", ".join(self.underlyings) or "none"
            msg = f"indices {named} with {self.expiries} expiries each: name each index once, and one expiry at least."
            raise UsageError(msg)
        require_affordable(len(self.underlyings) * self.expiries, self.every, LIMITS)


@dataclass
class Collection:
    """Collects on a workspace.

    Args:
        workspace: Where captures land and calls are journalled.
        plan: What.
        clock: Time and waiting.
        told: Hears of each poll once it has landed.
    """

    workspace: Workspace
    plan: CollectPlan
    clock: Clock
    told: Callable[[Poll], object]
    account: Account = field(default_factory=Account)

    def run_day(self, day: date) -> None:
        """Collect a session from now to its close, going on where an earlier process stopped.

        Raises:
            UsageError: Another process collects the same, or the plan cannot be kept.
            NotASessionError: The exchange is closed on the day.
            TokenError: There is no token, or it was refused.
            StopRequested: From the clock.
        """
        self.plan.check()
        targets = self._targets(day)
        with ExitStack() as stack:
            for target in targets:
                stack.enter_context(_only_collector(self.workspace.home, self.plan.feed, target.underlying))
            client = stack.enter_context(self._client())
            gates = {target.underlying: self._gate(target) for target in targets}
            last = self._resume(day, gates)
            judge, land = (lambda capture: gates[capture.underlying].judge(capture)), self.workspace.landing.land
            seams = Seams(self.plan.feed, client.option_chain, judge, land, self._landed)
            Collector(self.plan.every, self.clock, seams, last, self.account).run(targets)

    def run_forever(self) -> None:
        """Collect session after session until a stop is asked for; see `run_day`."""
        while True:
            now = self.clock.now()
            session = upcoming_session(self.workspace, self.plan, now)
            if now.astimezone(IST).date() == session.day:
                self.run_day(session.day)
                self.clock.sleep((session.close - self.clock.now()).total_seconds())
            else:  # in steps: a machine that slept, or whose clock was corrected, finds another time
                self.clock.sleep(min((session.open - now).total_seconds(), _WAKE_SECONDS))

    def _landed(self, poll: Poll) -> None:
        """Journal what the gate found in a capture that has landed, then tell of the poll."""
        if poll.judgement is not None and poll.judgement.issues is not None:
            self.workspace.journal.append(quality_issues.CONTRACT, poll.judgement.issues)
        self.told(poll)

    def _targets(self, day: date) -> tuple[Target, ...]:
        reference = self.workspace.market.reference
        targets = []
        for name in self.plan.underlyings:
            expiries = reference.expiries(name, day, day + _EXPIRY_HORIZON)[: self.plan.expiries]
            if not expiries:
                msg = f"no expiry of {name} is known from {day} on; lay rows over expiry_rules.csv or holidays.csv."
                raise CalendarError(msg)
            targets.append(Target(name, reference.calendar_of(name).session(day), tuple(expiries)))
        return tuple(targets)

    def _client(self) -> UpstoxClient:
        settings, journal = self.workspace.settings, self.workspace.journal
        now = self.clock.now()
        calls = journal.read(feed_calls.CONTRACT, [now.astimezone(IST).date()])
        recent = calls[(calls["feed"] == self.plan.feed) & (calls["called_at"] > now - timedelta(minutes=30))]
        paced = UpstoxCalls(
            settings.upstox_base_url,
            settings.upstox_token,
            self.clock,
            lambda row: journal.append(feed_calls.CONTRACT, [row]),
            CallOptions(earlier_calls=recent["called_at"].tolist()),
        )
        return UpstoxClient(paced)

    def _gate(self, target: Target) -> LiveGate:
        facts = replace(
            snapshot_facts(self.workspace, target.session.day, self.plan.feed),
            session=target.session,
            cadence_seconds=self.plan.every.total_seconds(),
            usual_volume=usual_volumes(self.workspace, target.session.day, [target.underlying]),
        )
        return LiveGate(feed_named(self.plan.feed), self.workspace.market, self.workspace.settings, facts)

    def _resume(self, day: date, gates: dict[str, LiveGate]) -> dict[str, datetime]:
        last: dict[str, datetime] = {}
        for underlying, gate in gates.items():
            landed = list(self.workspace.landing.captures(day, self.plan.feed, underlying, _REMEMBERED))
            for capture in landed:
                gate.judge(capture)
            slot = last_slot(landed)
            if slot is not None:
                last[underlying] = slot
        return last


def upcoming_session(workspace: Workspace, plan: CollectPlan, now: datetime) -> Session:
    """Return the session that is open or opens next, of the first underlying's exchange.

    Raises:
        CalendarError: The calendar ends before it.
    """
    calendar = workspace.market.reference.calendar_of(plan.underlyings[0])
    today = now.astimezone(IST).date()
    if calendar.is_session(today) and now < calendar.session(today).close:
        return calendar.session(today)
    return calendar.session(calendar.next_session(today))


def session_today(workspace: Workspace, plan: CollectPlan, now: datetime) -> Session:
    """Return today's session, which has not closed yet.

    Raises:
        NotASessionError: Today is closed, or its session is over; names the next one.
    """
    session = upcoming_session(workspace, plan, now)
    if session.day == now.astimezone(IST).date():
        return session
    msg = (
        f"{session.exchange} is closed at {now.astimezone(IST):%Y-%m-%d %H:%M} IST; the next session is "
        f"{session.day}, {session.open:%H:%M} to {session.close:%H:%M}. Start then, or wait for it with --forever."
    )
    raise NotASessionError(msg)


@contextmanager
def _only_collector(home: Path, feed: str, underlying: str) -> Iterator[None]:
    """Hold the lock of a feed and underlying; the system drops it when the process dies, however it dies."""
    folder = home / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / f"collect_{feed}_{underlying}.lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            msg = f"another process collects {underlying} from {feed} into {home}; stop it first."
            raise UsageError(msg) from error
        yield
    finally:
        os.close(descriptor)
