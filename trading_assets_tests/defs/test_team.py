"""A range over the workers of a team: the same tables as one process makes, whoever is killed meanwhile.

Tables and captures lie on an object store of which one request in twenty fails. The full size, where a worker is killed
every 20 seconds, by TRADING_ASSETS_TEST_TEAM_SESSIONS=250.
"""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import date, timedelta
from pathlib import Path
from typing import TypeVar

import dagster as dg
import pytest
from dagster._core.storage.tags import ASSET_PARTITION_RANGE_START_TAG, PARTITION_NAME_TAG, SENSOR_NAME_TAG

from trading_assets.cli.materializing import run_in_workers
from trading_assets.defs.celery_launcher import DAGSTER_CELERY_TASK_ID_TAG, WatchedCeleryLauncher
from trading_assets.defs.intake import land_recordings
from trading_assets.defs.jobs import DAILY
from trading_assets.defs.parts import spans
from trading_assets.defs.runner import RunOutcome, open_instance
from trading_assets.defs.signal_steps import scoring_step, signals_step
from trading_assets.defs.steps import daily_step, equity_step, market_step, strategy_step, trades_step
from trading_assets.defs.submitting import QueuedPart
from trading_assets.defs.workspace import Workspace, open_workspace
from trading_assets.feeds.discovery import feed_named
from trading_assets.feeds.simulated_files import write_session
from trading_assets.feeds.simulated_spec import SimulationSpec
from trading_assets.setting_sections import StorageSettings
from trading_assets.settings import Settings, load_settings
from trading_assets.tables import equity_curve
from trading_assets.tables.catalog import contract
from trading_assets_tests.object_faults import errors
from trading_assets_tests.object_store import Bucket
from trading_assets_tests.team_servers import PostgresServers, Team

FIRST, LAST = date(2025, 1, 1), date(2026, 12, 1)
DEADLINE_SECONDS = 600.0
FULL = int(os.environ.get("TRADING_ASSETS_TEST_TEAM_SESSIONS", "0"))
SMALL = SimulationSpec(cadence=timedelta(minutes=25), strikes_each_side=5, expiries=1)
STEPS = (market_step, signals_step, scoring_step, trades_step, daily_step, strategy_step)


def landed(recordings: Path, sessions: int, spec: SimulationSpec, *homes: Workspace) -> list[date]:
    """Land simulated sessions in each home; returns their days."""
    market = homes[0].market
    days = market.calendar.sessions(FIRST, LAST)[:sessions]
    recordings.mkdir()
    files = [write_session(recordings, spec, market.calendar.session(day), market.reference) for day in days]
    for home in homes:
        land_recordings(home, feed_named("simulated"), files, None)
    return days


def embedded(alone: Workspace, days: Sequence[date]) -> dict[tuple[str, date | None], str | None]:
    """What one process makes of the same captures in a folder, without Dagster."""
    for step in STEPS:
        for day in days:
            step(alone, day)
    equity_step(alone)
    return contents(alone, days)


def contents(workspace: Workspace, days: Sequence[date]) -> dict[tuple[str, date | None], str | None]:
    """Hashes of every daily table and of the curve."""
    found = {(name, day): workspace.store.content_sha256(contract(name), day) for name in DAILY for day in days}
    return {**found, ("equity_curve", None): workspace.store.content_sha256(equity_curve.CONTRACT)}


Seen = TypeVar("Seen")


def until(seen: Callable[[], Seen | None]) -> Seen:
    """Ask again and again until there is an answer."""
    ends = time.monotonic() + DEADLINE_SECONDS
    while (found := seen()) is None:
        assert time.monotonic() < ends, f"{seen} never happened"
        time.sleep(0.1)
    return found


class Watched:
    """The runs of a team while they go on, and the processes that make them."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        self.instance = instance
        assert isinstance(instance.run_launcher, WatchedCeleryLauncher)
        self._celery = instance.run_launcher.celery
        self._seen: set[str] = set()

    def a_run(self) -> tuple[str, int] | None:
        """A run not handed out before that has started on a worker, and the process it is in."""
        for run in self.instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED])):
            task = self._celery.AsyncResult(run.tags.get(DAGSTER_CELERY_TASK_ID_TAG, ""))
            if run.run_id not in self._seen and task.state == "STARTED":
                self._seen.add(run.run_id)
                return run.run_id, task.info["pid"]
        return None

    def failed(self, run_id: str) -> bool | None:
        """True when a run has failed; None before."""
        return self.instance.get_run_by_id(run_id).status is dg.DagsterRunStatus.FAILURE or None


@pytest.fixture
def team(
    tmp_path: Path, broker_url: str, postgres_servers: PostgresServers, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Team]:
    """A team whose workers and daemon are starting, this process one of its members."""
    made = Team(tmp_path, broker_url, postgres_servers(tmp_path / "postgres"))
    # a part must be made between two kills
    made.variables |= bucket.variables | {"TRADING_ASSETS_SESSIONS_PER_RUN": "2" if FULL else "1"}
    for name, value in made.variables.items():
        monkeypatch.setenv(name, value)
    with made.running("worker 1", "worker 2", "daemon"):
        yield made


@pytest.mark.timeout(1_200 + 40 * FULL)  # on a busy machine; 40 s on an idle one
def test_a_range_over_two_workers_loses_nothing_to_whoever_is_killed(
    team: Team, bucket: Bucket, tmp_path: Path
) -> None:
    # the bucket is in the environment: what is compared with it must lie elsewhere
    alone = open_workspace(Settings(home=tmp_path / "alone", storage=StorageSettings()))
    workspace = open_workspace()
    assert isinstance(alone.store.root, Path)
    days = landed(tmp_path / "recordings", FULL or 2, SimulationSpec() if FULL else SMALL, alone, workspace)
    expected = embedded(alone, days)
    assert None not in expected.values()
    bucket.server.fault = errors(0.05, seed=3)
    with ThreadPoolExecutor(1) as command, open_instance() as instance:
        watched = Watched(instance)
        making = command.submit(run_in_workers, workspace, days, [], 2)
        run, process = until(watched.a_run)
        team.kill_run(process)
        assert until(lambda: watched.failed(run))
        run, process = until(watched.a_run)
        team.kill(team.worker_of(process))
        assert until(lambda: watched.failed(run))
        until(watched.a_run)
        team.restart_postgres()
        if FULL:
            kill_a_worker_every_20_seconds(team, making)
        outcome = making.result()
        bucket.server.fault = None
        assert outcome.success, outcome.failures
        assert contents(workspace, days) == expected
        assert_each_was_made_once(instance, days)
        assert_second_waits_for_first(instance, workspace, days[0])
        assert contents(workspace, days) == expected


def kill_a_worker_every_20_seconds(team: Team, making: "Future[RunOutcome]") -> None:
    """Until the range is made; the fifth time the daemon and PostgreSQL too."""
    for name in ("worker 1", "worker 2"):
        if name not in team.processes:
            team.start(name)
    kills = 0
    while not wait([making], timeout=20.0).done:
        name = f"worker {1 + kills % 2}"
        team.kill(name)
        team.start(name)
        kills += 1
        if kills == 5:
            team.restart_postgres()
            team.kill("daemon")
            team.start("daemon")
    print(f"{kills} kills of a worker")  # noqa: T201 - the figure is what the full size is run for


def first_session(run: dg.DagsterRun) -> str:
    """The session a run begins with."""
    return run.tags.get(PARTITION_NAME_TAG) or run.tags[ASSET_PARTITION_RANGE_START_TAG]


def assert_each_was_made_once(instance: dg.DagsterInstance, days: Sequence[date]) -> None:
    """Every run that failed has one that took its place, and each part one that made it."""
    # in the evening the daemon's sensor asks for the newest sessions too
    asked = [run for run in instance.get_runs() if SENSOR_NAME_TAG not in run.tags]
    runs = [run for run in asked if DAGSTER_CELERY_TASK_ID_TAG in run.tags]
    made = Counter((first_session(run), frozenset(run.asset_selection or ())) for run in runs if run.is_success)
    assert len(made) == 2 * len(spans(days, 2, load_settings().sessions_per_run))
    assert set(made.values()) == {1}
    lost = [run for run in runs if not run.is_success]
    assert len(lost) >= 2


def assert_second_waits_for_first(instance: dg.DagsterInstance, workspace: Workspace, day: date) -> None:
    """Two users ask for the same session at once: one run after the other, the same tables."""
    parts = [QueuedPart(instance, workspace, [day], ["daily_performance"]) for _ in range(2)]
    for outcome in [until(part.ended) for part in parts]:
        assert outcome.success
    first, second = sorted((instance.get_run_record_by_id(part.run_id) for part in parts), key=lambda one: one.end_time)
    assert second.start_time >= first.end_time
