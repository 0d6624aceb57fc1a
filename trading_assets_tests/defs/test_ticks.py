"""Ticks of schedules and sensors as Dagster evaluates them: every kind of day, restarts, bursts, the year's end."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

import dagster as dg
import pytest
from dagster._core.definitions.partitions.context import partition_loading_context
from dagster._utils.schedules import schedule_execution_time_iterator

from trading_assets.defs import sensors
from trading_assets.defs.build import build_definitions
from trading_assets.defs.completeness import completeness
from trading_assets.defs.partitions import model_partitions, session_partitions
from trading_assets.defs.schedules import eod_request, intraday_request
from trading_assets.defs.sensors import calendar_problems, overdue_sessions, run_problems
from trading_assets.defs.workspace import Workspace, open_workspace
from trading_assets.errors import CalendarError
from trading_assets.market.calendar import IST
from trading_assets.market.captures import Capture
from trading_assets.market.packaged import load_market
from trading_assets.settings import Settings
from trading_assets.tables import daily_performance
from trading_assets_tests.tables.valid_frames import valid_frame

CALENDAR = load_market().calendar
DAYS = [date(2024, 1, 1) + timedelta(days=number) for number in range(3 * 366 - 2)]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=IST)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> dg.RepositoryDefinition:
    workspace = open_workspace(Settings(home=tmp_path_factory.mktemp("ticks") / "home"))
    return build_definitions(workspace).get_repository_def()


def ticks(repository: dg.RepositoryDefinition, schedule: str, first: datetime, last: datetime) -> Iterator[datetime]:
    """The moments Dagster's own clock strikes for a schedule."""
    definition = repository.get_schedule_def(schedule)
    zone = definition.execution_timezone
    for moment in schedule_execution_time_iterator(first.timestamp(), definition.cron_schedule, zone):
        if moment > last:
            return
        yield moment


def test_every_session_is_asked_for_once_after_its_close_and_no_other_day_is() -> None:
    assert DAYS[-1] == date(2026, 12, 31)
    for day in DAYS:
        moments = [datetime.combine(day, clock, IST) for clock in (time(18), time(20, 30))]
        answers = [(moment, eod_request(CALENDAR, moment)) for moment in moments]
        asked = [(moment, answer) for moment, answer in answers if isinstance(answer, dg.RunRequest)]
        if not CALENDAR.is_session(day):
            reason = CALENDAR.closed_reason(day)
            assert [str(answer.skip_message) for _, answer in answers] == [f"{day} is no session: {reason}."] * 2  # type: ignore[union-attr]
            continue
        [(moment, request)] = asked
        assert (request.partition_key, request.run_key) == (str(day), f"eod-{day}")
        session = CALENDAR.session(day)
        assert moment >= session.close or not session.hours_known


def test_six_in_the_evening_in_india_is_half_past_twelve_in_utc(repository: dg.RepositoryDefinition) -> None:
    first = datetime(2026, 2, 2, tzinfo=UTC)
    found = list(ticks(repository, "eod_schedule", first, first + timedelta(days=1)))
    assert [moment.astimezone(UTC) for moment in found] == [
        datetime(2026, 2, 2, 12, 30, tzinfo=UTC),
        datetime(2026, 2, 2, 15, 0, tzinfo=UTC),
    ]


@pytest.mark.parametrize(
    ("schedule", "moment", "partition"),
    [
        ("eod_schedule", "2026-02-02T12:30", "2026-02-02"),
        ("eod_schedule", "2026-02-01T12:30", "2026-02-01"),  # a Sunday with a budget
        ("eod_schedule", "2025-10-21T12:30", "2025-10-21"),  # an afternoon of Diwali
        ("eod_schedule", "2024-11-01T12:30", None),  # an evening of Diwali
        ("eod_schedule", "2024-11-01T15:00", "2024-11-01"),
        ("eod_schedule", "2026-01-26T12:30", None),
        ("intraday_schedule", "2026-02-02T03:45", "2026-02-02"),
        ("intraday_schedule", "2026-02-02T03:40", None),
        ("intraday_schedule", "2026-08-03T10:10", "2026-08-03"),  # the first day that closes at 15:40
        ("intraday_schedule", "2026-07-31T10:10", None),
        ("weekly_review_schedule", "2026-02-07T03:30", ""),
        ("monthly_review_schedule", "2026-03-01T01:00", "2026-03-01"),
        ("monthly_review_schedule", "2026-02-28T18:31", "2026-03-01"),  # a minute past midnight in India
    ],
)
def test_a_tick_asks_dagster_for_a_partition_that_is_there(
    schedule: str, moment: str, partition: str | None, repository: dg.RepositoryDefinition
) -> None:
    now = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    with dg.DagsterInstance.ephemeral() as instance, partition_loading_context(effective_dt=now):
        context = dg.build_schedule_context(instance, scheduled_execution_time=now, repository_def=repository)
        evaluated = repository.get_schedule_def(schedule).evaluate_tick(context)
    if partition is None:
        assert evaluated.run_requests == []
        assert evaluated.skip_message
        return
    [request] = evaluated.run_requests or []
    assert request.tags.get("dagster/partition", "") == partition
    assert request.run_key


@pytest.mark.parametrize(
    ("day", "runs"),
    [
        ("2026-02-02", 76),  # 09:15 to 15:30
        ("2026-08-03", 78),  # to 15:40
        ("2024-03-02", 10 + 13),  # the drill: 09:15 to 10:00 and 11:30 to 12:30
        ("2025-10-21", 13),
        ("2024-11-01", 13),
        ("2025-10-22", 0),
        ("2026-02-07", 0),
    ],
)
def test_intraday_ticks_run_while_the_session_is_open_and_each_is_a_run_of_its_own(
    day: str, runs: int, repository: dg.RepositoryDefinition
) -> None:
    moments = list(ticks(repository, "intraday_schedule", at(f"{day}T00:00"), at(f"{day}T23:59")))
    assert len(moments) == 11 * 12
    answers = [intraday_request(CALENDAR, moment) for moment in moments]
    requests = [answer for answer in answers if isinstance(answer, dg.RunRequest)]
    assert len(requests) == runs
    assert {request.partition_key for request in requests} <= {day}
    assert len({request.run_key for request in requests}) == runs
    gap = intraday_request(CALENDAR, at("2024-03-02T10:45"))
    assert str(gap.skip_message) == "10:45 IST is outside the session of 2024-03-02."  # type: ignore[union-attr]


def test_what_is_asked_for_exists_at_the_moment_it_is_asked_for() -> None:
    sessions = session_partitions(CALENDAR, date(2024, 1, 1))
    for day in CALENDAR.sessions(date(2025, 10, 1), date(2025, 11, 30)):
        with partition_loading_context(effective_dt=datetime.combine(day, time(18), IST)):
            assert sessions.has_partition_key(str(day))
    for month in range(1, 13):
        first = date(2026, month, 1)
        with partition_loading_context(effective_dt=datetime.combine(first, time(6, 30), IST)):
            assert model_partitions(date(2024, 1, 1)).has_partition_key(str(first))


def test_beyond_the_calendar_a_tick_fails_with_what_to_do() -> None:
    with pytest.raises(CalendarError, match=r"Lay the holiday list of 2027 over holidays\.csv"):
        eod_request(CALENDAR, at("2027-01-04T18:00"))


WEEK = [date(2026, 1, 28), date(2026, 1, 29), date(2026, 1, 30), date(2026, 2, 1), date(2026, 2, 2)]


def with_captures(settings: Settings, *days: date) -> Workspace:
    """A home on which something has landed on some days; nobody reads it here."""
    workspace = open_workspace(settings)
    for day in days:
        received = datetime.combine(day, time(10), IST)
        workspace.landing.land(Capture("nse-json", "NIFTY", day, received, str(day).encode(), "dump.json"))
    return workspace


def roll_up(workspace: Workspace, day: date) -> None:
    row = valid_frame(daily_performance.CONTRACT, rows=1).drop(columns="date")
    workspace.store.write(daily_performance.CONTRACT, daily_performance.CONTRACT.frame({**row, "date": [day]}), day)


@pytest.fixture
def desk(home_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A home on which a week has landed, in force."""
    monkeypatch.setenv("TRADING_ASSETS_HOME", str(home_settings.home))
    return with_captures(home_settings, *WEEK)


def looked(name: str, moment: str) -> list[dg.RunRequest | dg.SkipReason]:
    """What a sensor answers when Dagster evaluates it at a moment."""
    sensor = next(one for one in sensors.build(lambda: at(moment)) if one.name == name)
    with dg.DagsterInstance.ephemeral() as instance:
        return list(sensor(dg.build_sensor_context(instance=instance)))  # type: ignore[arg-type]


@pytest.mark.usefixtures("desk")
def test_a_burst_of_missing_rollups_is_asked_for_in_order_and_again_by_the_same_keys() -> None:
    requests = looked("missing_eod_sensor", "2026-02-02T18:10")
    assert [request.partition_key for request in requests] == [str(day) for day in WEEK]  # type: ignore[union-attr]
    keys = [request.run_key for request in requests]  # type: ignore[union-attr]
    assert len(set(keys)) == len(WEEK)
    assert not {f"eod-{day}" for day in WEEK} & set(keys), "a key of the schedule would be taken for its run"
    again = looked("missing_eod_sensor", "2026-02-02T18:20")
    assert [request.run_key for request in again] == keys, "a restart asks for nothing that is asked for already"  # type: ignore[union-attr]


def test_what_was_rolled_up_is_not_asked_for(desk: Workspace) -> None:
    for day in WEEK[:3]:
        roll_up(desk, day)
    requests = looked("missing_eod_sensor", "2026-02-02T18:10")
    assert [request.partition_key for request in requests] == ["2026-02-01", "2026-02-02"]  # type: ignore[union-attr]
    for day in WEEK[3:]:
        roll_up(desk, day)
    [skipped] = looked("missing_eod_sensor", "2026-02-02T18:10")
    assert skipped == dg.SkipReason("every session with captures of the last week has its rollups.")


@pytest.mark.parametrize(
    ("day", "moment", "overdue"),
    [
        ("2024-11-01", "2024-11-01T18:10", False),
        ("2024-11-01", "2024-11-01T20:39", False),
        ("2024-11-01", "2024-11-01T20:40", True),
        ("2025-10-21", "2025-10-21T18:10", True),
        ("2026-11-08", "2026-11-08T20:39", False),  # hours not notified: whatever they are, over by then
        ("2026-11-08", "2026-11-08T20:40", True),
        ("2026-02-02", "2026-02-09T18:10", True),
        ("2026-02-02", "2026-02-10T00:01", False),  # older than a week
        ("2025-10-22", "2025-10-23T18:10", False),  # a holiday lacks nothing
        ("2026-12-31", "2027-01-02T12:00", True),  # the calendar is over, the session is not done
        ("2026-12-31", "2027-02-02T12:00", False),
    ],
)
def test_a_rollup_is_overdue_ten_minutes_after_its_run(
    day: str, moment: str, *, overdue: bool, home_settings: Settings
) -> None:
    workspace = with_captures(home_settings, date.fromisoformat(day))
    found = overdue_sessions(workspace, at(moment).astimezone(UTC))
    assert found == ([date.fromisoformat(day)] if overdue else [])


def test_a_desk_that_starts_later_is_not_asked_for_days_before(home_settings: Settings) -> None:
    settings = home_settings.model_copy(update={"first_session": date(2026, 2, 1)})
    workspace = with_captures(settings, *WEEK)
    assert overdue_sessions(workspace, at("2026-02-02T18:10")) == WEEK[3:]


@pytest.mark.parametrize(
    ("today", "severity"),
    [("2026-12-17", None), ("2026-12-18", "warning"), ("2026-12-31", "warning"), ("2027-01-01", "critical")],
)
def test_the_end_of_the_calendar_is_told_before_it_comes(today: str, severity: str | None) -> None:
    found = calendar_problems(CALENDAR, at(f"{today}T00:00"))
    assert [one.problem.severity for one in found] == ([severity] if severity else [])
    assert all("2026-12-31: lay the holidays of 2027 over holidays.csv" in one.problem.text for one in found)
    assert len({one.name for one in (*found, *calendar_problems(CALENDAR, at(f"{today}T00:10")))}) == 2 * len(found)


def test_a_capture_from_outside_the_calendar_does_not_blind_the_desk(home_settings: Settings) -> None:
    workspace = with_captures(home_settings, date(2016, 5, 5), WEEK[0])
    found = completeness(workspace)
    assert found.sessions == (WEEK[0],)
    assert overdue_sessions(workspace, at("2026-01-28T18:10")) == [WEEK[0]]


def test_runs_that_failed_are_told_for_a_day_by_their_id() -> None:
    @dg.job
    def fine_job() -> None: ...

    @dg.op
    def breaks() -> None:
        raise dg.Failure

    @dg.job
    def broken_job() -> None:
        breaks()

    now = datetime.now(UTC)
    with dg.DagsterInstance.ephemeral() as instance:
        assert fine_job.execute_in_process(instance=instance).success
        runs = [broken_job.execute_in_process(instance=instance, raise_on_error=False) for _ in range(2)]
        found = run_problems(instance, now)
        assert {one.name for one in found} == {run.run_id for run in runs}
        assert {(one.problem.group, one.problem.severity) for one in found} == {("run.broken_job", "critical")}
        assert run_problems(instance, now + timedelta(hours=25)) == []
