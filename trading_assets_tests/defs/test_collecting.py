"""Whole sessions collected from a local server into a home folder, on a clock that tests move."""

from __future__ import annotations

import itertools
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import dagster as dg
import pytest
from pydantic import SecretStr

from trading_assets.defs.build import build_definitions
from trading_assets.defs.collecting import (
    Collection,
    CollectPlan,
    SystemClock,
    session_today,
    upcoming_session,
)
from trading_assets.defs.runner import QUIET
from trading_assets.defs.steps import market_step
from trading_assets.defs.workspace import Workspace, open_workspace
from trading_assets.errors import NotASessionError, TokenError, UsageError
from trading_assets.feeds.call_pacing import StopRequested
from trading_assets.feeds.collector import slot_of
from trading_assets.feeds.poll_times import slots
from trading_assets.market.calendar import IST
from trading_assets.tables import feed_calls, market_snapshots, quality_issues
from trading_assets_tests.feeds.fake_clock import FakeClock
from trading_assets_tests.feeds.upstox_answers import answer
from trading_assets_tests.feeds.upstox_server import UpstoxServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from trading_assets.feeds.collector import Poll
    from trading_assets.settings import Settings

DAY = date(2025, 10, 21)  # Muhurat: 13:45 to 14:45
MINUTE = timedelta(minutes=1)
PLAN = CollectPlan("upstox", ("NIFTY",), MINUTE, 2)


@pytest.fixture
def server() -> Iterator[UpstoxServer]:
    """A server whose chain moves a little with every answer."""
    numbers = itertools.count()
    with UpstoxServer(answers=lambda _path, query: answer(query["expiry_date"], shift=0.05 * next(numbers))) as running:
        yield running


@pytest.fixture
def workspace(server: UpstoxServer, home_settings: Settings) -> Workspace:
    update = {"upstox_base_url": server.url, "upstox_token": SecretStr("token")}
    return open_workspace(home_settings.model_copy(update=update))


def clock_at(text: str) -> FakeClock:
    return FakeClock(datetime.fromisoformat(f"{DAY}T{text}+05:30"), tick=0.001)


def landed_slots(workspace: Workspace, underlying: str = "NIFTY") -> list[datetime | None]:
    return [slot_of(capture) for capture in workspace.landing.captures(DAY, "upstox", underlying)]


def test_a_session_lands_whole_and_becomes_snapshots(workspace: Workspace, server: UpstoxServer) -> None:
    polls: list[Poll] = []
    collection = Collection(workspace, PLAN, clock_at("13:40:00"), polls.append)
    collection.run_day(DAY)
    session = workspace.market.calendar.session(DAY)
    assert landed_slots(workspace) == [poll.slot for poll in polls] == list(slots(session, MINUTE))
    assert len(server.seen) == 120
    calls = workspace.journal.read(feed_calls.CONTRACT)
    assert len(calls) == 120
    assert calls["success"].all()
    assert set(calls["date"].dt.date) == {DAY}
    report = market_step(workspace, DAY)
    assert report.tables["market_snapshots"]["snapshots"] == 60
    frame = workspace.store.read(market_snapshots.CONTRACT, [DAY])
    assert set(frame["feed"]) == {"upstox"}
    assert frame["expiry"].nunique() == 2
    assert len(frame) == 60 * 40 == sum(poll.judgement.kept for poll in polls if poll.judgement)


def test_what_the_gate_finds_is_journalled_once_also_over_a_restart(home_settings: Settings) -> None:
    polls: list[Poll] = []
    numbers = itertools.count()

    def moved(query: dict[str, str]) -> object:
        number = next(numbers)
        document = answer(query["expiry_date"], shift=0.05 * number)
        for row in document["data"] if number >= 20 else ():  # two answers a poll: from the eleventh poll on
            row["underlying_spot_price"] = 5.0
        return document

    with UpstoxServer(answers=lambda _path, query: moved(query)) as running:
        update = {"upstox_base_url": running.url, "upstox_token": SecretStr("token")}
        workspace = open_workspace(home_settings.model_copy(update=update))
        with pytest.raises(StopRequested):
            Collection(workspace, PLAN, clock_at("13:40:00"), stopping_after(12, polls)).run_day(DAY)
        before = workspace.journal.read(quality_issues.CONTRACT)
        clock = clock_at(f"{polls[-1].slot + timedelta(seconds=20):%H:%M:%S}")
        with pytest.raises(StopRequested):
            Collection(workspace, PLAN, clock, stopping_after(15, polls)).run_day(DAY)
    issues = workspace.journal.read(quality_issues.CONTRACT)
    refused = [poll for poll in polls if poll.judgement and not poll.judgement.accepted]
    assert len(refused) == 5
    assert (before["rule"] == "spot_band").sum() == 2
    assert (issues["rule"] == "spot_band").sum() == len(refused), "the ones before the restart are not told again"
    assert set(issues.loc[issues["rule"] == "spot_band", "severity"]) == {"critical"}
    assert issues["issue_id"].is_unique
    assert set(issues["date"].dt.date) == {DAY}


def stopping_after(polls: int, heard: list[Poll]) -> Callable[[Poll], None]:
    def told(poll: Poll) -> None:
        heard.append(poll)
        if len(heard) == polls:
            raise StopRequested

    return told


def test_a_second_start_goes_on_without_gap_or_repetition(workspace: Workspace) -> None:
    first: list[Poll] = []
    with pytest.raises(StopRequested):
        Collection(workspace, PLAN, clock_at("13:40:00"), stopping_after(7, first)).run_day(DAY)
    stopped_at = first[-1].slot + timedelta(seconds=20)
    second: list[Poll] = []
    clock = clock_at(f"{stopped_at:%H:%M:%S}")
    Collection(workspace, PLAN, clock, second.append).run_day(DAY)
    session = workspace.market.calendar.session(DAY)
    assert [poll.slot for poll in (*first, *second)] == list(slots(session, MINUTE)) == landed_slots(workspace)
    assert sum(poll.missed for poll in second) == 0


def test_the_intraday_job_takes_in_what_has_landed_so_far(workspace: Workspace) -> None:
    heard: list[Poll] = []
    job = build_definitions(workspace).resolve_job_def("intraday_job")
    for start, polls in (("13:45:00", 2), ("13:47:00", 5)):
        with pytest.raises(StopRequested):
            Collection(workspace, PLAN, clock_at(start), stopping_after(polls, heard)).run_day(DAY)
        with dg.DagsterInstance.ephemeral() as instance:
            assert job.execute_in_process(instance=instance, partition_key=str(DAY), run_config=QUIET).success
        frame = workspace.store.read(market_snapshots.CONTRACT, [DAY])
        landed = {poll.capture.capture_id for poll in heard if poll.capture}
        assert set(frame["capture_id"]) == landed
        assert frame["snapshot_id"].nunique() == polls


def test_calls_of_the_process_before_count_towards_the_limits(workspace: Workspace) -> None:
    rows = [
        {
            "date": DAY,
            "feed": "upstox",
            "endpoint": "/v2/option/chain",
            "called_at": datetime.fromisoformat(f"{DAY}T13:44:59+05:30") + timedelta(microseconds=number),
            "duration_ms": 1.0,
            "success": True,
            "status": 200.0,
            "error": None,
        }
        for number in range(500)
    ]
    workspace.journal.append(feed_calls.CONTRACT, rows)
    polls: list[Poll] = []
    with pytest.raises(StopRequested):
        Collection(workspace, PLAN, clock_at("13:45:00"), stopping_after(1, polls)).run_day(DAY)
    assert polls[0].capture is not None
    assert polls[0].capture.received_at >= datetime.fromisoformat(f"{DAY}T13:45:59+05:30")  # 500 calls a minute


def test_failures_are_journalled_and_the_rest_lands(workspace: Workspace, server: UpstoxServer) -> None:
    server.plan = lambda number, _path: "400" if number % 10 == 3 else "ok"
    polls: list[Poll] = []
    collection = Collection(workspace, PLAN, clock_at("13:45:00"), polls.append)
    collection.run_day(DAY)
    assert len(landed_slots(workspace)) == 60
    calls = workspace.journal.read(feed_calls.CONTRACT)
    assert (~calls["success"]).sum() == sum(len(poll.failures) for poll in polls) == 12


def test_what_the_gate_refuses_lands_and_is_quarantined_later(workspace: Workspace, server: UpstoxServer) -> None:
    server.answers = lambda _path, query: {"status": "success", "data": [] if query else None}
    collection = Collection(workspace, PLAN, clock_at("14:40:00"), lambda _: None)
    collection.run_day(DAY)
    assert collection.account.refused == collection.account.landed == len(landed_slots(workspace)) == 5
    report = market_step(workspace, DAY)
    assert report.tables["market_snapshots"]["rows"] == 0
    assert report.tables["quarantined_rows"]["rows"] == 5


def test_an_expired_token_stops_the_collection(workspace: Workspace, server: UpstoxServer) -> None:
    server.plan = lambda number, _path: "401" if number == 4 else "ok"
    with pytest.raises(TokenError, match="expired"):
        Collection(workspace, PLAN, clock_at("13:45:00"), lambda _: None).run_day(DAY)
    assert len(landed_slots(workspace)) == 2


def test_two_collectors_of_the_same_do_not_run_at_once(workspace: Workspace) -> None:
    def second(_poll: Poll) -> None:
        with pytest.raises(UsageError, match="another process collects NIFTY"):
            Collection(workspace, PLAN, clock_at("13:45:00"), lambda _: None).run_day(DAY)
        raise StopRequested

    with pytest.raises(StopRequested):
        Collection(workspace, PLAN, clock_at("13:45:00"), second).run_day(DAY)
    with pytest.raises(StopRequested):  # the lock is free again
        Collection(workspace, PLAN, clock_at("13:46:00"), stopping_after(1, [])).run_day(DAY)


def test_forever_goes_from_session_to_session(workspace: Workspace) -> None:
    heard: list[Poll] = []
    plan = CollectPlan("upstox", ("NIFTY",), timedelta(minutes=20), 1)
    with pytest.raises(StopRequested):
        Collection(workspace, plan, clock_at("13:50:00"), stopping_after(5, heard)).run_forever()
    opens = [f"{poll.slot.astimezone(IST):%m-%d %H:%M}" for poll in heard]
    assert opens == ["10-21 13:45", "10-21 14:05", "10-21 14:25", "10-23 09:15", "10-23 09:35"]


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (CollectPlan("nse-json", ("NIFTY",), MINUTE), "only a live feed"),
        (CollectPlan("nothing", ("NIFTY",), MINUTE), "there is no feed"),
        (CollectPlan("upstox", ("NIFTY", "NIFTY"), MINUTE), "once"),
        (CollectPlan("upstox", (), MINUTE), "once"),
        (CollectPlan("upstox", ("NIFTY",), MINUTE, 0), "one expiry"),
        (CollectPlan("upstox", ("NIFTY",), timedelta(seconds=1), 2), "every 1.8 s"),
    ],
)
def test_a_plan_that_cannot_be_kept_is_refused(plan: CollectPlan, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        plan.check()


@pytest.mark.parametrize(
    ("now", "day"),
    [("2025-10-21T09:00", "2025-10-21"), ("2025-10-21T14:45", "2025-10-23"), ("2025-10-25T12:00", "2025-10-27")],
)
def test_the_next_session_is_known_and_named(workspace: Workspace, now: str, day: str) -> None:
    at = datetime.fromisoformat(f"{now}+05:30")
    assert upcoming_session(workspace, PLAN, at).day.isoformat() == day
    if now.startswith(day):
        assert session_today(workspace, PLAN, at).day.isoformat() == day
    else:
        with pytest.raises(NotASessionError, match=day):
            session_today(workspace, PLAN, at)


def test_the_systems_clock_waits_until_a_stop_is_asked_for() -> None:
    clock = SystemClock()
    before = clock.monotonic()
    clock.sleep(0.01)
    clock.sleep(-5.0)
    assert clock.monotonic() - before >= 0.01
    assert clock.now().tzinfo is not None
    clock.stop()
    with pytest.raises(StopRequested):
        clock.sleep(3_600.0)
    with pytest.raises(StopRequested):
        clock.sleep(0.0)
