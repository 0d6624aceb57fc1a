"""When a problem becomes a message: a state machine without clock, file or network; `defs.alerting` delivers.

Problems of one group (a rule of a table, a job) are one incident. An incident speaks when it has lasted, when it gets
worse, again after a while, and once when it is over. What could not be delivered waits and is tried again.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterable

    from trading_assets.setting_sections import AlertSettings

Kind = Literal["new", "worse", "reminder", "resolved"]

RANK = {"info": 0, "warning": 1, "critical": 2}
IST = ZoneInfo("Asia/Kolkata")
_HOUR = timedelta(hours=1)
#: Incidents beyond this in one message are counted, not listed.
MOST_LINES = 20


@dataclass(frozen=True)
class Problem:
    """Something that is wrong now.

    Args:
        group: What it belongs to, such as `market_snapshots.frozen_feed`.
        severity: critical, warning or info.
        text: One sentence.
        at: When it was found, tz-aware.
    """

    group: str
    severity: str
    text: str
    at: datetime


@dataclass(frozen=True)
class Incident:
    """A group's problems from the first to the end.

    Args:
        severity: Worst severity so far.
        text: The newest sentence of that severity.
        first: When the first problem was found.
        last: When the newest was found.
        count: Problems so far.
        told: Worst severity that was put into a message; None before the first.
        told_at: When it spoke last.
    """

    severity: str
    text: str
    first: datetime
    last: datetime
    count: int
    told: str | None = None
    told_at: datetime | None = None


@dataclass(frozen=True)
class Message:
    """What is to be delivered.

    Args:
        title: One line.
        body: Lines of plain text.
        urgent: Whether it may break the quiet hours.
        made_at: When it was made; no two that wait were made at the same moment.
        covers: When the messages that it stands for were made; none for itself.
    """

    title: str
    body: str
    urgent: bool
    made_at: datetime
    covers: tuple[datetime, ...] = ()


@dataclass(frozen=True)
class AlertState:
    """Everything that is remembered between two looks.

    Args:
        incidents: Open incidents by group.
        waiting: Messages that were not delivered yet, oldest first.
        sent: When the messages of the last hour were delivered.
        suppressed: Groups that stay silent, each until a moment.
    """

    incidents: dict[str, Incident] = field(default_factory=dict)
    waiting: tuple[Message, ...] = ()
    sent: tuple[datetime, ...] = ()
    suppressed: dict[str, datetime] = field(default_factory=dict)


def advance(state: AlertState, problems: Iterable[Problem], now: datetime, settings: AlertSettings) -> AlertState:
    """Take in what was found since the last look; at most one message joins those that wait.

    Args:
        state: State after the last look.
        problems: Found since then, in any order.
        now: The present moment, tz-aware.
        settings: Patience and intervals.

    Returns:
        The state to keep; `waiting` is what `due` chooses from.
    """
    incidents = dict(state.incidents)
    for problem in sorted(problems, key=lambda one: (one.at, one.group, one.text)):
        if RANK[problem.severity] >= RANK[settings.minimum_severity]:
            incidents[problem.group] = _joined(incidents.get(problem.group), problem)
    suppressed = {group: until for group, until in state.suppressed.items() if until > now}
    told: list[tuple[Kind, str, Incident]] = []
    for group, incident in sorted(incidents.items()):
        kind = _speaks(incident, now, settings)
        if kind is not None and group not in suppressed:
            told.append((kind, group, incident))
            incidents[group] = replace(incident, told=incident.severity, told_at=now)
        if now - incident.last >= settings.resolve_after:
            del incidents[group]
    waiting = (*state.waiting, _message(told, now)) if told else state.waiting
    sent = tuple(at for at in state.sent if now - at < _HOUR)
    return AlertState(incidents, waiting, sent, suppressed)


def due(state: AlertState, now: datetime, settings: AlertSettings) -> tuple[Message, ...]:
    """Return the messages to deliver now, oldest first: within the hourly rate, only urgent ones in quiet hours.

    Messages that the rate holds back are one digest when their turn comes, so that none is lost and none floods.
    """
    allowed = state.waiting
    if _quiet(now, settings):
        allowed = tuple(message for message in allowed if message.urgent)
    room = settings.most_per_hour - sum(now - at < _HOUR for at in state.sent)
    if not allowed or room <= 0:
        return ()
    return allowed if len(allowed) <= room else (*allowed[: room - 1], _digest(allowed[room - 1 :]))


def delivered(state: AlertState, message: Message, now: datetime) -> AlertState:
    """Note that one message of `due` arrived: it, or all that its digest holds, wait no longer."""
    arrived = message.covers or (message.made_at,)
    waiting = tuple(one for one in state.waiting if one.made_at not in arrived)
    return replace(state, waiting=waiting, sent=(*state.sent, now))


def suppress(state: AlertState, group: str, until: datetime) -> AlertState:
    """Keep a group silent until a moment: it was acknowledged, or is known to be broken."""
    return replace(state, suppressed={**state.suppressed, group: until})


def _joined(incident: Incident | None, problem: Problem) -> Incident:
    if incident is None:
        return Incident(problem.severity, problem.text, problem.at, problem.at, 1)
    worse = RANK[problem.severity] >= RANK[incident.severity]
    return replace(
        incident,
        severity=problem.severity if worse else incident.severity,
        text=problem.text if worse else incident.text,
        last=max(incident.last, problem.at),
        count=incident.count + 1,
    )


def _speaks(incident: Incident, now: datetime, settings: AlertSettings) -> Kind | None:
    over = now - incident.last >= settings.resolve_after
    if incident.told is None or incident.told_at is None:
        lasted = now - incident.first >= settings.patience or incident.severity == "critical"
        return "new" if lasted and not over else None
    if over:
        return "resolved"
    if RANK[incident.severity] > RANK[incident.told]:
        return "worse"
    return "reminder" if now - incident.told_at >= settings.remind_after else None


def _message(told: list[tuple[Kind, str, Incident]], now: datetime) -> Message:
    ranked = sorted(told, key=lambda one: (one[0] == "resolved", -RANK[one[2].severity], one[1]))
    lines = [_line(*one) for one in ranked[:MOST_LINES]]
    if len(ranked) > MOST_LINES:
        lines.append(f"and {len(ranked) - MOST_LINES} more: {', '.join(group for _, group, _ in ranked[MOST_LINES:])}")
    kinds = [kind for kind, _, _ in told]
    counts = ", ".join(
        f"{kinds.count(kind)} {kind}" for kind in ("new", "worse", "reminder", "resolved") if kind in kinds
    )
    urgent = any(kind != "resolved" and incident.severity == "critical" for kind, _, incident in told)
    return Message(f"trading_assets: {counts}", "\n".join(lines), urgent, now)


def _line(kind: Kind, group: str, incident: Incident) -> str:
    since = f"{incident.first.astimezone(IST):%H:%M} IST"
    return f"{kind} · {incident.severity} · {group} · {incident.count} since {since}: {incident.text}"


def _digest(messages: tuple[Message, ...]) -> Message:
    return Message(
        f"trading_assets: {len(messages)} messages",
        "\n".join(message.body for message in messages),
        any(message.urgent for message in messages),
        messages[-1].made_at,
        tuple(message.made_at for message in messages),
    )


def _quiet(now: datetime, settings: AlertSettings) -> bool:
    begin, end = settings.quiet_from, settings.quiet_until
    if begin is None or end is None:
        return False
    clock = now.astimezone(IST).time()
    return begin <= clock < end if begin <= end else clock >= begin or clock < end
