import inspect
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.runs.sqlite.sqlite_run_storage import SqliteRunStorage

from trading_assets.defs.instance_storage import OPEN_SHARDS, PooledEventLogStorage, choose_storage, postgres_driver_url
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
