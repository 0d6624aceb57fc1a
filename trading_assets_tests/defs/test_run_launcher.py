"""Which launcher the settings choose, and how a run on a worker that is gone is told from one that goes on."""

import sys
from pathlib import Path
from uuid import uuid4

import dagster as dg
import pytest
from dagster._core.launcher import DefaultRunLauncher, WorkerStatus

from trading_assets.defs import celery_launcher
from trading_assets.defs.celery_launcher import DAGSTER_CELERY_TASK_ID_TAG, WatchedCeleryLauncher
from trading_assets.defs.runner import open_instance
from trading_assets.defs.working import work
from trading_assets.errors import SettingsError
from trading_assets_tests.commands import trading_assets

HOST = "someone@elsewhere"
#: Celery 5.7 still says it as Redis 2.6 wanted it
pytestmark = pytest.mark.filterwarnings("ignore:Call to deprecated setex:DeprecationWarning")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty home in force."""
    monkeypatch.setenv("TRADING_ASSETS_HOME", str(tmp_path / "home"))


@pytest.fixture
def launcher(broker_url: str, monkeypatch: pytest.MonkeyPatch) -> WatchedCeleryLauncher:
    """The launcher on a real Redis that no worker listens to."""
    monkeypatch.setattr(celery_launcher, "PING_SECONDS", 0.05)
    return WatchedCeleryLauncher(broker_url)


def a_run(**tags: str) -> dg.DagsterRun:
    return dg.DagsterRun(job_name="job", run_id=str(uuid4()), tags=tags, status=dg.DagsterRunStatus.STARTED)


def health(launcher: WatchedCeleryLauncher, state: str | None, result: object = None) -> WorkerStatus:
    task = str(uuid4())
    if state is not None:
        launcher.celery.backend.store_result(task, result, state)
    return launcher.check_run_worker_health(a_run(**{DAGSTER_CELERY_TASK_ID_TAG: task})).status


def test_without_a_broker_runs_start_beside_the_code_server() -> None:
    with open_instance() as instance:
        assert type(instance.run_launcher) is DefaultRunLauncher
        assert instance.get_ref().run_launcher_data is not None


def test_with_a_broker_they_go_to_workers_and_no_reference_holds_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADING_ASSETS_BROKER_URL", "redis://:hunter2@127.0.0.1:1/0")
    with open_instance() as instance:
        assert isinstance(instance.run_launcher, WatchedCeleryLauncher)
        assert instance.run_launcher.celery.conf.worker_disable_prefetch
        assert "hunter2" not in repr(instance.get_ref()), "it travels with every run"
        with dg.DagsterInstance.from_ref(instance.get_ref()) as child:
            assert isinstance(child.run_launcher, WatchedCeleryLauncher)


def test_without_the_extra_the_message_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADING_ASSETS_BROKER_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setitem(sys.modules, "dagster_celery.launcher", None)
    monkeypatch.delitem(sys.modules, "trading_assets.defs.celery_launcher")
    with pytest.raises(SettingsError, match=r"install the extra: trading-assets\[team\]"), open_instance() as instance:
        assert instance.run_launcher


def test_a_worker_without_a_queue_is_refused() -> None:
    answer = trading_assets("worker", "--slots", "2")
    assert (answer.code, answer.out) == (3, "")
    assert "set TRADING_ASSETS_BROKER_URL" in answer.err
    with pytest.raises(SettingsError):
        work(1)


def test_a_run_whose_worker_is_gone_has_failed(launcher: WatchedCeleryLauncher) -> None:
    assert health(launcher, "STARTED", {"pid": 1, "hostname": HOST}) is WorkerStatus.FAILED
    told = launcher.celery.backend
    task = str(uuid4())
    told.store_result(task, {"pid": 1, "hostname": HOST}, "STARTED")
    found = launcher.check_run_worker_health(a_run(**{DAGSTER_CELERY_TASK_ID_TAG: task}))
    assert found.msg == f"worker {HOST} does not answer"


@pytest.mark.parametrize(
    ("state", "status"),
    [("SUCCESS", WorkerStatus.FAILED), ("FAILURE", WorkerStatus.FAILED), (None, WorkerStatus.UNKNOWN)],
)
def test_a_task_that_is_over_leaves_no_run_going(
    state: str | None, status: WorkerStatus, launcher: WatchedCeleryLauncher
) -> None:
    result = {"exc_type": "WorkerLostError", "exc_message": ["signal 9"], "exc_module": "billiard.exceptions"}
    assert health(launcher, state, result if state == "FAILURE" else 1) is status


def test_a_run_in_the_process_of_a_command_is_left_alone(launcher: WatchedCeleryLauncher) -> None:
    assert launcher.check_run_worker_health(a_run()).status is WorkerStatus.RUNNING
