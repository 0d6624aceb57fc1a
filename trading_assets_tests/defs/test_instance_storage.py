"""Dagster's own storage in both modes: SQLite below the home, and a real PostgreSQL server."""

import inspect
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.run_coordinator import QueuedRunCoordinator
from dagster._core.scheduler.instigation import InstigatorType, TickData, TickStatus
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.runs.sqlite.sqlite_run_storage import SqliteRunStorage
from dagster._serdes import ConfigurableClass, ConfigurableClassData
from dagster_shared.utils.warnings import PreviewWarning

from trading_assets.defs.event_log import OPEN_SHARDS, PooledEventLogStorage, stored_together
from trading_assets.defs.instance_folders import HomeComputeLogManager
from trading_assets.defs.instance_storage import choose_storage, postgres_driver_url
from trading_assets.defs.runner import open_instance
from trading_assets.errors import SettingsError

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(params=["sqlite", "postgres"])
def instance(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dg.DagsterInstance]:
    """The instance that dagster.yaml describes, in both modes."""
    monkeypatch.setenv("TRADING_ASSETS_HOME", str(tmp_path / "home"))
    if request.param == "postgres":
        monkeypatch.setenv("TRADING_ASSETS_POSTGRES_URL", request.getfixturevalue("postgres_url"))
    with open_instance() as opened:
        yield opened


@dg.asset(partitions_def=dg.StaticPartitionsDefinition(["a", "b"]))
def counted(context: dg.AssetExecutionContext) -> None:
    context.add_asset_metadata({"rows": 3}, asset_key="counted", partition_key=context.partition_key)


def test_one_file_serves_both_modes(instance: dg.DagsterInstance) -> None:
    for key in ("a", "b"):
        assert dg.materialize([counted], instance=instance, partition_key=key).success
    records = instance.fetch_materializations(dg.AssetKey("counted"), limit=10).records
    assert [record.partition_key for record in records[:2]] == ["b", "a"]
    materialization = records[0].asset_materialization
    assert materialization is not None
    assert materialization.metadata["rows"].value == 3


def test_nothing_is_sent_home_and_history_is_bounded(instance: dg.DagsterInstance) -> None:
    assert not instance.telemetry_enabled
    assert not instance.nux_enabled
    assert instance.run_monitoring_enabled
    assert instance.run_retries_enabled


def test_a_second_reader_sees_what_the_first_one_wrote(instance: dg.DagsterInstance) -> None:
    result = dg.materialize([counted], instance=instance, partition_key="a")
    with open_instance() as other:
        run = other.get_run_by_id(result.run_id)
        assert run is not None
        assert run.status is dg.DagsterRunStatus.SUCCESS
        assert len(other.all_logs(result.run_id)) == len(instance.all_logs(result.run_id))


def test_connections_are_kept_and_bounded(tmp_path: Path) -> None:
    storage = PooledEventLogStorage(str(tmp_path))
    for number in range(OPEN_SHARDS + 3):
        with storage.run_connection(f"run-{number}") as connection:
            connection.exec_driver_sql("SELECT 1")
    assert len(storage._engines) == OPEN_SHARDS
    with storage.run_connection("run-0") as connection:
        first = connection.connection.dbapi_connection
    with storage.run_connection("run-0") as connection:
        assert connection.connection.dbapi_connection is first
    storage.dispose()
    assert not storage._engines


def test_dagster_still_has_the_methods_we_replace() -> None:
    assert "shard" in inspect.signature(SqliteEventLogStorage._connect).parameters
    assert "_connect" in inspect.getsource(SqliteEventLogStorage.run_connection)
    assert "self.connect()" in inspect.getsource(SqliteRunStorage)


@pytest.mark.parametrize(
    "url", ["postgresql://u:p@h:5432/d", "postgres://u:p@h:5432/d", "postgresql+psycopg2://u:p@h:5432/d"]
)
def test_the_driver_is_named(url: str) -> None:
    assert postgres_driver_url(url) == "postgresql+psycopg2://u:p@h:5432/d"


@pytest.mark.parametrize("url", ["mysql://u:secret@h/d", "secret"])
def test_another_database_is_refused_without_showing_the_password(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADING_ASSETS_POSTGRES_URL", url)
    with pytest.raises(SettingsError, match="must look like") as caught:
        choose_storage()
    assert "secret" not in str(caught.value)


def test_everything_dagster_keeps_lies_below_the_home(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    assert dg.materialize([counted], instance=instance, partition_key="a").success
    kept = tmp_path / "home" / "dagster"
    assert Path(instance.storage_directory()).is_relative_to(kept)
    logs = instance.compute_log_manager
    assert isinstance(logs, HomeComputeLogManager)
    assert Path(logs.get_captured_local_path(["run", "step"], "out")).is_relative_to(kept / "compute_logs")
    outside = [path for path in tmp_path.rglob("*") if path.is_file() and not path.is_relative_to(kept)]
    assert outside == [], "no file of Dagster's in the folder a command was started in"


def test_a_child_process_finds_the_same_instance_by_its_reference(instance: dg.DagsterInstance) -> None:
    reference = instance.get_ref()
    result = dg.materialize([counted], instance=instance, partition_key="a")
    with dg.DagsterInstance.from_ref(reference) as child:
        assert type(child.run_storage) is type(instance.run_storage)
        assert child.storage_directory() == instance.storage_directory()
        assert [run.run_id for run in child.get_runs()][:1] == [result.run_id]
        assert type(child.compute_log_manager) is HomeComputeLogManager


def test_a_tick_is_remembered_with_what_it_asked_for(instance: dg.DagsterInstance) -> None:
    asked = TickData("origin", "eod_schedule", InstigatorType.SCHEDULE, TickStatus.STARTED, 1_770_000_000.0)
    tick = instance.create_tick(asked)
    instance.update_tick(tick.with_status(TickStatus.SUCCESS).with_run_info("run-1", "eod-2026-02-02"))
    with open_instance() as other:
        [found] = other.get_ticks(asked.instigator_origin_id, asked.selector_id)
        assert (found.status, found.run_ids, found.run_keys) == (TickStatus.SUCCESS, ["run-1"], ["eod-2026-02-02"])


def test_a_pool_of_one_lets_one_step_in_at_a_time(instance: dg.DagsterInstance) -> None:
    storage = instance.event_log_storage
    storage.set_concurrency_slots("broker", 1)
    first = storage.claim_concurrency_slot("broker", "run-1", "step-1")
    second = storage.claim_concurrency_slot("broker", "run-2", "step-2")
    assert (first.is_claimed, second.is_claimed) == (True, False)
    storage.free_concurrency_slot_for_step("run-1", "step-1")
    assert storage.claim_concurrency_slot("broker", "run-2", "step-2").is_claimed
    storage.free_concurrency_slots_for_run("run-2")
    storage.delete_concurrency_limit("broker")


def test_two_runs_at_once_and_a_crashed_one_tried_once_more(instance: dg.DagsterInstance) -> None:
    assert isinstance(instance.run_coordinator, QueuedRunCoordinator)
    assert instance.get_concurrency_config().run_queue_config.max_concurrent_runs == 2
    assert instance.run_retries_max_retries == 1
    assert not instance.run_retries_retry_on_asset_or_op_failure, "a failed check stays failed"


def test_threads_write_to_one_run_and_no_event_is_lost(instance: dg.DagsterInstance) -> None:
    run = dg.materialize([counted], instance=instance, partition_key="a")
    before = len(instance.all_logs(run.run_id))

    def report(number: int) -> None:
        event = dg.AssetMaterialization("counted", partition="b", metadata={"number": number})
        instance.report_runless_asset_event(event)
        instance.report_engine_event(f"event {number}", run_id=run.run_id, job_name="counted")

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(report, range(12)))
    assert len(instance.all_logs(run.run_id)) == before + 12
    records = instance.fetch_materializations(
        dg.AssetRecordsFilter(dg.AssetKey("counted"), asset_partitions=["b"]), limit=50
    ).records
    numbers = [record.asset_materialization.metadata["number"].value for record in records[:12]]  # type: ignore[union-attr]
    assert sorted(numbers) == list(range(12))


@pytest.mark.parametrize("class_name", ["HomeArtifactStorage", "HomeComputeLogManager"])
def test_a_part_of_the_instance_takes_no_configuration_of_its_own(class_name: str, tmp_path: Path) -> None:
    data = ConfigurableClassData("trading_assets.defs.instance_folders", class_name, "base_dir: elsewhere\n")
    with pytest.raises(dg.DagsterInvalidConfigError, match="unexpected config entry"):
        data.rehydrate(ConfigurableClass)  # type: ignore[type-abstract]
    assert not (tmp_path / "elsewhere").exists()


def test_a_process_that_died_left_what_it_had_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADING_ASSETS_HOME", str(tmp_path / "home"))
    with open_instance() as dying:
        result = dg.materialize([counted], instance=dying, partition_key="a")
        with open_instance() as next_one:  # while the first has closed nothing
            assert next_one.get_run_by_id(result.run_id).status is dg.DagsterRunStatus.SUCCESS  # type: ignore[union-attr]
        with dying.event_log_storage.run_connection(result.run_id) as connection:  # type: ignore[attr-defined]
            [mode] = connection.exec_driver_sql("PRAGMA journal_mode").one()
            [durability] = connection.exec_driver_sql("PRAGMA synchronous").one()
    assert (mode, durability) == ("wal", 1), "whole after a crash, at one fsync less an event"


def test_the_plan_of_a_check_names_its_sessions_once_and_briefly(tmp_path: Path) -> None:
    range_of = {"dagster/asset_partition_range_start": "2025-01-01", "dagster/asset_partition_range_end": "2025-01-03"}
    days = dg.DailyPartitionsDefinition("2018-01-01", end_date="2026-01-01")
    daily = dg.AssetSpec("daily", partitions_def=days)

    @dg.multi_asset(specs=[daily])
    def made() -> None: ...

    with pytest.warns(PreviewWarning):

        @dg.asset_check(asset="daily", partitions_def=days)
        def present() -> dg.AssetCheckResult:
            return dg.AssetCheckResult(passed=True)

    storage = PooledEventLogStorage(str(tmp_path))
    with dg.instance_for_test() as instance:
        storage.register_instance(instance)
        instance._event_storage = storage
        run = dg.Definitions([made], asset_checks=[present]).resolve_implicit_global_asset_job_def()
        created = instance.create_run_for_job(run, tags=range_of)
        [planned] = storage.get_logs_for_run(created.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED)
        subset = planned.get_dagster_event().asset_check_planned_data.partitions_subset
        assert subset is not None
        assert sorted(subset.get_partition_keys()) == ["2025-01-01", "2025-01-02", "2025-01-03"]
        assert len(dg.serialize_value(planned)) < 2_000
        key = dg.AssetCheckKey(dg.AssetKey("daily"), "present")
        waiting = storage.get_asset_check_execution_history(key, limit=10)
        assert sorted(str(record.partition) for record in waiting) == sorted(subset.get_partition_keys())
        plans = [record.event.get_dagster_event().asset_check_planned_data for record in waiting if record.event]
        assert [plan.partitions_subset for plan in plans] == [None] * 3, "all sessions in the row of each is the square"


def test_events_stored_together_are_all_there_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADING_ASSETS_HOME", str(tmp_path / "home"))
    spot = dg.AssetKey("spot")
    with open_instance() as instance:

        def observed(number: object) -> None:
            with stored_together(instance):
                instance.report_runless_asset_event(dg.AssetObservation(spot))
                instance.report_runless_asset_event(dg.AssetObservation(spot, metadata={"n": int(str(number))}))

        def known() -> int:
            with open_instance() as other:
                return len(other.fetch_observations(spot, limit=9).records)

        observed(1)
        assert known() == 2
        with pytest.raises(ValueError, match="many"):
            observed("many")
        assert known() == 2
        observed(2)
        assert known() == 4
