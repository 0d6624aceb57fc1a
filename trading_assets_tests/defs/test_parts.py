"""A range in parts: nothing begins before what it looks back on, is left out, or goes on after a failure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.defs import parts
from trading_assets.defs.parts import make_parts, spans
from trading_assets.defs.runner import RunOutcome

FIRST = date(2026, 1, 1)


def days(count: int) -> list[date]:
    return [FIRST + timedelta(number) for number in range(count)]


@dataclass
class Scripted:
    """Parts that take as many looks as a script says, and the order in which they began and ended."""

    looks: Sequence[int]
    fails: int | None = None
    log: list[tuple[str, str, date]] = field(default_factory=list)
    most: int = 0
    stopped: int = 0
    open: int = 0

    def start(self, span: Sequence[date], names: Sequence[str]) -> "_Running":
        number = sum(event == "begins" for event, _, _ in self.log)
        self.log.append(("begins", names[0], span[0]))
        self.open += 1
        self.most = max(self.most, self.open)
        return _Running(self, number, names[0], span[0])


@dataclass
class _Running:
    script: Scripted
    number: int
    name: str
    day: date
    looked: int = 0

    def ended(self) -> RunOutcome | None:
        self.looked += 1
        if self.looked < self.script.looks[self.number % len(self.script.looks)]:
            return None
        self.script.open -= 1
        self.script.log.append(("ends", self.name, self.day))
        failed = self.number == self.script.fails
        return RunOutcome(f"run {self.number}", not failed, ("broken",) * failed, (f"{self.day} {self.name}",))

    def stop(self) -> None:
        self.script.stopped += 1


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "POLL_SECONDS", 0.0)


@given(count=st.integers(0, 400), workers=st.integers(1, 9), longest=st.integers(1, 60))
def test_spans_are_the_range_in_order_no_longer_than_asked_and_enough_for_all(
    count: int, workers: int, longest: int
) -> None:
    found = spans(days(count), workers, longest)
    assert [day for span in found for day in span] == days(count)
    sizes = {len(span) for span in found}
    assert not sizes or (max(sizes) <= longest and min(sizes) >= max(1, max(sizes) - 1))
    assert len(found) >= min(count, workers)


@given(
    count=st.integers(1, 8),
    workers=st.integers(1, 4),
    looks=st.lists(st.integers(1, 5), min_size=1, max_size=16),
    without=st.sampled_from([None, "market", "signals"]),
)
def test_the_market_goes_in_order_and_the_rest_of_a_part_after_it(
    count: int, workers: int, looks: list[int], without: str | None
) -> None:
    script = Scripted(looks)
    ordered, free = ([name] if name != without else [] for name in ("market", "signals"))
    made = make_parts(spans(days(count), count, 1), ordered, free, script.start, workers)
    assert [one.warnings[0] for one in made] == [f"{day} {name}" for day in days(count) for name in (*ordered, *free)]
    assert script.most <= workers
    market = [entry for entry in script.log if entry[1] == "market"]
    assert market == [(event, "market", day) for day in days(count) for event in ("begins", "ends") if ordered]
    if ordered and free:
        for day in days(count):
            assert script.log.index(("ends", "market", day)) < script.log.index(("begins", "signals", day))


def test_two_workers_are_both_busy_once_a_market_is_there() -> None:
    script = Scripted([3])
    make_parts(spans(days(4), 4, 1), ["market"], ["signals"], script.start, 2)
    assert script.most == 2


@given(fails=st.integers(0, 7), workers=st.integers(1, 3))
def test_after_a_failure_nothing_begins_and_what_goes_on_is_waited_for(fails: int, workers: int) -> None:
    script = Scripted([2, 1, 4], fails)
    made = make_parts(spans(days(4), 4, 1), ["market"], ["signals"], script.start, workers)
    assert [one.failures for one in made if not one.success] == [("broken",)]
    begun = [entry for entry in script.log if entry[0] == "begins"]
    assert len(made) == len(begun)
    _, name, day = begun[fails]
    after = script.log[script.log.index(("ends", name, day)) :]
    assert {event for event, _, _ in after} == {"ends"}


def test_an_interruption_stops_what_goes_on() -> None:
    script = Scripted([10_000])

    def pressed(span: Sequence[date], names: Sequence[str]) -> _Running:
        if script.log:
            raise KeyboardInterrupt
        return script.start(span, names)

    with pytest.raises(KeyboardInterrupt):
        make_parts([days(1), days(1)], [], ["signals"], pressed, 2)
    assert script.stopped == 1
