"""The alert policy: groups, patience, escalation, reminders, one end each, a rate, silence, and nothing lost."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.quality.alerts import AlertState, Message, Problem, advance, delivered, due, suppress
from trading_assets.setting_sections import AlertSettings

OPEN = datetime(2025, 10, 13, 3, 45, tzinfo=UTC)
SETTINGS = AlertSettings()


def at(minutes: float) -> datetime:
    return OPEN + timedelta(minutes=minutes)


def problem(minutes: float, severity: str = "warning", group: str = "table.rule", text: str = "it broke") -> Problem:
    return Problem(group, severity, text, at(minutes))


class Desk:
    """Somebody who looks every minute and is told what is due; deliveries can fail."""

    def __init__(self, settings: AlertSettings = SETTINGS) -> None:
        self.settings, self.state = settings, AlertState()
        self.got: list[Message] = []
        self.reachable = True

    def look(self, minute: float, *problems: Problem) -> list[Message]:
        self.state = advance(self.state, problems, at(minute), self.settings)
        arrived = []
        for message in due(self.state, at(minute), self.settings):
            if not self.reachable:
                break
            self.state = delivered(self.state, message, at(minute))
            arrived.append(message)
        self.got += arrived
        return arrived

    @property
    def text(self) -> str:
        return "\n".join(message.body for message in self.got)


def test_a_critical_speaks_at_once_and_a_warning_when_it_has_lasted() -> None:
    desk = Desk()
    assert [m.title for m in desk.look(0, problem(0, "critical"))] == ["trading_assets: 1 new"]
    other = Desk()
    assert other.look(0, problem(0)) == []
    assert other.look(4) == []
    assert "new · warning · table.rule · 1 since 09:15 IST: it broke" in other.look(5)[0].body


def test_a_group_is_one_incident_however_often_it_breaks() -> None:
    desk = Desk()
    for minute in range(60):
        desk.look(minute, problem(minute), problem(minute))
    assert len(desk.got) == 1
    assert desk.state.incidents["table.rule"].count == 120


def test_what_gets_worse_speaks_again_and_never_softens() -> None:
    desk = Desk()
    desk.look(0, problem(0))
    desk.look(5)
    assert "worse · critical" in desk.look(6, problem(6, "critical", text="now it is bad"))[0].body
    assert desk.look(7, problem(7)) == []
    assert desk.state.incidents["table.rule"].text == "now it is bad"


def test_an_open_incident_reminds_and_its_end_is_told_once() -> None:
    desk = Desk()
    for minute in range(0, 300, 10):
        desk.look(minute, problem(minute, "critical"))
    for minute in range(300, 400, 10):
        desk.look(minute)
    kinds = [message.title.split()[-1] for message in desk.got]
    assert kinds == ["new", "reminder", "resolved"]
    assert desk.state.incidents == {}


def test_what_never_spoke_ends_in_silence() -> None:
    desk = Desk(AlertSettings(patience=timedelta(hours=1)))
    desk.look(0, problem(0))
    assert desk.look(31) == []
    assert desk.state.incidents == {}


def test_below_the_minimum_severity_nothing_is_taken_in() -> None:
    desk = Desk(AlertSettings(minimum_severity="critical"))
    desk.look(0, problem(0))
    assert desk.state.incidents == {}


def test_the_rate_makes_a_digest_of_what_it_holds_back() -> None:
    desk = Desk(AlertSettings(most_per_hour=2))
    for minute in range(5):
        desk.look(minute, problem(minute, "critical", f"table.rule{minute}"))
    assert len(desk.got) == 2
    assert len(desk.state.waiting) == 3
    desk.look(61)
    assert all(f"table.rule{number} " in desk.text for number in range(5))
    assert desk.state.waiting == ()
    assert any("messages" in message.title for message in desk.got)


def test_what_was_not_delivered_waits_and_keeps_its_order() -> None:
    desk = Desk()
    desk.reachable = False
    desk.look(0, problem(0, "critical", "first.rule"))
    desk.look(1, problem(1, "critical", "second.rule"))
    assert desk.got == []
    desk.reachable = True
    assert ["first.rule" in m.body for m in desk.look(2)] == [True, False]
    assert desk.look(3) == []


def test_a_suppressed_group_is_silent_until_its_moment() -> None:
    desk = Desk()
    desk.state = suppress(desk.state, "table.rule", at(60))
    assert desk.look(0, problem(0, "critical"), problem(0, "critical", "other.rule"))[0].body.count("\n") == 0
    assert "table.rule " not in desk.text
    assert "table.rule" in desk.look(60, problem(60, "critical"))[0].body


@pytest.mark.parametrize(("begin", "end"), [(time(9, 0), time(10, 0)), (time(22, 0), time(10, 0))])
def test_quiet_hours_let_only_criticals_through(begin: time, end: time) -> None:
    desk = Desk(AlertSettings(quiet_from=begin, quiet_until=end, patience=timedelta(0)))
    assert desk.look(0, problem(0)) == []
    assert "critical" in desk.look(1, problem(1, "critical", "other.rule"))[0].body
    assert "table.rule" in desk.look(45)[0].body, "10:00 IST: what waited is sent"


def test_quiet_hours_before_and_after_midnight_end() -> None:
    desk = Desk(AlertSettings(quiet_from=time(22), quiet_until=time(6), patience=timedelta(0)))
    assert desk.look(0, problem(0))
    assert desk.look(14 * 60, problem(14 * 60, group="late.rule")) == []


def test_a_message_lists_the_worst_first_and_counts_what_it_does_not_list() -> None:
    desk = Desk()
    many = [problem(0, "critical", f"table.rule{number:03d}") for number in range(30)]
    body = desk.look(0, *many)[0].body
    assert len(body.splitlines()) == 21
    assert "and 10 more: table.rule020" in body
    assert "table.rule029" in body


def test_a_bad_day_is_tens_of_messages_and_one_end_each() -> None:
    """Hundreds of failures of twelve rules in waves over a session, with two hours of an unreachable channel."""
    desk = Desk()
    groups = [f"table.rule{number}" for number in range(12)]
    failures = 0
    for minute in range(375):
        desk.reachable = not 120 <= minute < 240
        broken = [group for number, group in enumerate(groups) if number * 15 <= minute < number * 15 + 90]
        failures += len(broken)
        severity = "critical" if minute % 7 == 0 else "warning"
        desk.look(minute, *(problem(minute, severity, group) for group in broken))
    for minute in range(375, 600):
        desk.look(minute)
    assert failures > 900
    assert len(desk.got) <= 20
    for group in groups:
        assert desk.text.count(f"resolved · critical · {group} ·") == 1
        assert desk.text.count(f"new · critical · {group} ·") + desk.text.count(f"new · warning · {group} ·") == 1
    assert desk.state.waiting == ()


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from(["info", "warning", "critical"]), st.integers(0, 200)),
        max_size=30,
    ),
    st.lists(st.booleans(), min_size=8, max_size=8),
)
def test_whatever_happens_each_told_incident_begins_and_ends_once(
    found: list[tuple[str, str, int]], reachable: list[bool]
) -> None:
    desk = Desk(AlertSettings(most_per_hour=1))
    for minute in range(0, 1_000, 5):
        desk.reachable = reachable[minute // 25 % 8] or minute > 400
        now = [problem(when, severity, name) for name, severity, when in found if minute - 5 < when <= minute]
        desk.look(minute, *now)
    assert desk.state.waiting == ()
    assert desk.state.incidents == {}
    for name in "abc":
        begun = desk.text.count(f"new · critical · {name} ·") + desk.text.count(f"new · warning · {name} ·")
        ended = sum(desk.text.count(f"resolved · {severity} · {name} ·") for severity in ("critical", "warning"))
        assert begun == ended
