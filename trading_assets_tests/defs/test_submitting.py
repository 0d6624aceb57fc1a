"""A run in the queue of a team: put there once, followed through its retries, and given up only for good reasons."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy
from dagster._core.execution.plan.objects import StepFailureData
from dagster._core.origin import JobPythonOrigin
from dagster._core.storage.tags import AUTO_RETRY_RUN_ID_TAG, WILL_RETRY_TAG
from dagster_postgres.utils import DagsterPostgresException
from dagster_shared.error import SerializableErrorInfo

from trading_assets.defs import submitting
from trading_assets.defs.runner import open_instance
from trading_assets.defs.submitting import ANEW, LOCATION, OUTAGES, QueuedPart
from trading_assets.defs.workspace import Workspace, open_workspace
from trading_assets.errors import StorageError, UsageError

DAYS = [date(2026, 1, 28), date(2026, 1, 29)]


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """An empty home in force."""
    monkeypatch.setenv("TRADING_ASSETS_HOME", str(tmp_path / "home"))
    return open_workspace()


@pytest.fixture
def instance(workspace: Workspace) -> Iterator[dg.DagsterInstance]:
    """Its instance, without a daemon."""
    assert workspace.home.is_relative_to(Path.cwd())
    with open_instance() as opened:
        yield opened


@pytest.fixture
def part(instance: dg.DagsterInstance, workspace: Workspace) -> QueuedPart:
    """A run that is in the queue."""
    made = QueuedPart(instance, workspace, DAYS, ["daily_performance"])
    assert made.ended() is None
    return made


def failed(instance: dg.DagsterInstance, part: QueuedPart) -> dg.DagsterRun:
    """Fail its run as run monitoring would, and return it as it is then."""
    run = instance.get_run_by_id(part.run_id)
    assert run is not None
    instance.report_run_failed(run, "worker a@b does not answer")
    found = instance.get_run_by_id(part.run_id)
    assert found is not None
    return found


def test_it_is_in_the_queue_once_with_all_a_worker_needs(instance: dg.DagsterInstance, part: QueuedPart) -> None:
    assert part.ended() is None
    [run] = instance.get_runs()
    assert (run.run_id, run.status) == (part.run_id, dg.DagsterRunStatus.QUEUED)
    assert run.tags["dagster/asset_partition_range_end"] == "2026-01-29"
    assert run.remote_job_origin is not None
    assert run.remote_job_origin.location_name == LOCATION
    assert isinstance(run.job_code_origin, JobPythonOrigin)
    repository = run.job_code_origin.repository_origin.code_pointer.load_target()
    assert isinstance(repository, dg.Definitions) or callable(repository)


def test_of_one_session_it_bears_the_name_that_the_queue_limits(
    instance: dg.DagsterInstance, workspace: Workspace
) -> None:
    single = QueuedPart(instance, workspace, DAYS[:1], ["trades"])
    assert single.ended() is None
    [run] = instance.get_runs()
    assert run.tags["dagster/partition"] == "2026-01-28"
    assert {key.to_user_string() for key in run.asset_selection or ()} == {"trades", "fills", "signal_outcomes"}


def test_a_lost_run_is_followed_to_the_one_that_takes_its_place(instance: dg.DagsterInstance, part: QueuedPart) -> None:
    lost = failed(instance, part)
    assert lost.tags[WILL_RETRY_TAG] == "true"
    assert part.ended() is None, "the daemon has not made the next one yet"
    assert part.run_id == lost.run_id
    successor = instance.create_run_for_job(dg.JobDefinition(name="next", graph_def=dg.GraphDefinition(name="next")))
    instance.add_run_tags(lost.run_id, {AUTO_RETRY_RUN_ID_TAG: successor.run_id})
    assert part.ended() is None
    assert part.run_id == successor.run_id


def test_a_lost_run_that_the_daemon_overlooks_is_queued_anew(
    instance: dg.DagsterInstance, part: QueuedPart, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = failed(instance, part)
    assert part.ended() is None
    assert part.run_id == lost.run_id
    monkeypatch.setattr(submitting, "SUCCESSOR_SECONDS", 0.0)
    assert part.ended() is None
    assert part.ended() is None
    anew = instance.get_run_by_id(part.run_id)
    assert anew is not None
    assert (anew.status, anew.asset_selection) == (dg.DagsterRunStatus.QUEUED, lost.asset_selection)
    assert anew.tags["dagster/asset_partition_range_start"] == lost.tags["dagster/asset_partition_range_start"]
    assert len(instance.get_runs()) == 2


def given_up(instance: dg.DagsterInstance, part: QueuedPart, step: str | None = None) -> dg.DagsterRun:
    """Fail its run, and one of its steps where one is named; the daemon does not try it again."""
    run = instance.get_run_by_id(part.run_id)
    assert run is not None
    if step is not None:
        error = SerializableErrorInfo("the disk is full", [], "OSError")
        event = dg.DagsterEvent(
            dg.DagsterEventType.STEP_FAILURE.value,
            run.job_name,
            step_key=step,
            event_specific_data=StepFailureData(error, None),
            message=f"{step} failed.",
        )
        instance.report_dagster_event(event, run.run_id)
    failed(instance, part)
    instance.add_run_tags(run.run_id, {WILL_RETRY_TAG: "false"})
    return run


def test_a_run_given_up_none_of_whose_steps_failed_is_queued_anew_some_times_and_then_told(
    instance: dg.DagsterInstance, part: QueuedPart
) -> None:
    for number in range(ANEW):
        lost = given_up(instance, part)
        assert part.ended() is None
        assert part.ended() is None
        anew = instance.get_run_by_id(part.run_id)
        assert anew is not None
        assert (anew.status, anew.asset_selection) == (dg.DagsterRunStatus.QUEUED, lost.asset_selection)
        assert len(instance.get_runs()) == number + 2
    given_up(instance, part)
    found = part.ended()
    assert found is not None
    assert (found.run_id, found.success) == (part.run_id, False)
    assert "does not answer" in " ".join(found.failures)


def test_a_step_that_failed_is_told_at_once(instance: dg.DagsterInstance, part: QueuedPart) -> None:
    given_up(instance, part, "daily_performance")
    found = part.ended()
    assert found is not None
    assert (found.run_id, found.success) == (part.run_id, False)
    assert "the disk is full" in " ".join(found.failures)
    assert len(instance.get_runs()) == 1


def test_a_run_that_was_deleted_is_a_failure(instance: dg.DagsterInstance, part: QueuedPart) -> None:
    instance.delete_run(part.run_id)
    found = part.ended()
    assert found is not None
    assert found.failures == ("the run was deleted",)


def test_stopped_it_leaves_the_queue(instance: dg.DagsterInstance, part: QueuedPart) -> None:
    part.stop()
    found = part.ended()
    assert found is not None
    assert not found.success
    run = instance.get_run_by_id(part.run_id)
    assert run is not None
    assert run.status is dg.DagsterRunStatus.CANCELED


@pytest.mark.parametrize(
    "error", [DagsterPostgresException("away"), sqlalchemy.exc.OperationalError("q", {}, OSError())]
)
def test_a_database_that_comes_back_is_waited_for_and_one_that_does_not_is_named(
    error: Exception, part: QueuedPart, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: str) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(part._instance, "get_run_by_id", away)
        assert [part.ended() for _ in range(OUTAGES - 1)] == [None] * (OUTAGES - 1)
    assert part.ended() is None, "it is back, and the run still queued"
    monkeypatch.setattr(part._instance, "get_run_by_id", away)
    assert [part.ended() for _ in range(OUTAGES - 1)] == [None] * (OUTAGES - 1)
    with pytest.raises(StorageError, match="the team's database stays away"):
        part.ended()


def test_an_unknown_asset_is_refused_before_anything_is_queued(
    instance: dg.DagsterInstance, workspace: Workspace
) -> None:
    with pytest.raises(UsageError, match="there is no asset nonsense"):
        QueuedPart(instance, workspace, DAYS, ["nonsense"])
    assert instance.get_runs() == []
