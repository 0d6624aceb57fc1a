"""The event log on a real server that ends connections in the middle of what it is asked."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import uuid4

import dagster as dg
import psycopg2
import pytest
import sqlalchemy
from dagster._core.storage.event_log.base import EventLogStorage
from dagster_postgres.event_log import PostgresEventLogStorage

from trading_assets.defs.postgres_events import ASKED, LOSSES, PatientEventLogStorage
from trading_assets.defs.runner import open_instance
from trading_assets_tests.tracking.stores import new_database


@pytest.fixture
def instance(postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    """The instance of a team, in a database of its own."""
    monkeypatch.setenv("TRADING_ASSETS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TRADING_ASSETS_POSTGRES_URL", new_database(postgres_url, f"events-{uuid4().hex}"))
    with open_instance() as opened:
        yield opened


@contextmanager
def losing(log: EventLogStorage, statement: str, times: int) -> Iterator[list[str]]:
    """End the connection just before it executes statements that begin so, some times over."""
    assert isinstance(log, PostgresEventLogStorage)
    ended: list[str] = []

    def lose(_connection: object, cursor: psycopg2.extensions.cursor, told: str, *_: object) -> None:
        if told.startswith(statement) and len(ended) < times:
            ended.append(told)
            url = log._engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
            with closing(psycopg2.connect(url)) as one, one.cursor() as other:
                other.execute("SELECT pg_terminate_backend(%s)", [cursor.connection.info.backend_pid])

    sqlalchemy.event.listen(log._engine, "before_cursor_execute", lose)
    try:
        yield ended
    finally:
        sqlalchemy.event.remove(log._engine, "before_cursor_execute", lose)


@dg.asset
def counted() -> dg.MaterializeResult:
    return dg.MaterializeResult(metadata={"rows": 3})


@pytest.mark.parametrize("statement", ["INSERT INTO event_logs", "INSERT INTO asset_keys", "SELECT"])
def test_a_run_outlives_the_loss_of_the_server(instance: dg.DagsterInstance, statement: str) -> None:
    assert isinstance(instance.event_log_storage, PatientEventLogStorage)
    dg.materialize([counted], instance=instance)  # what is asked once in a process is asked
    with losing(instance.event_log_storage, statement, 2) as ended:
        assert dg.materialize([counted], instance=instance).success
        records = instance.fetch_materializations(dg.AssetKey("counted"), limit=10).records
    assert len(ended) == 2
    assert len({record.run_id for record in records}) == 2


def test_a_server_that_is_lost_every_time_is_given_up(instance: dg.DagsterInstance) -> None:
    with (
        losing(instance.event_log_storage, "SELECT", 99) as ended,
        pytest.raises(sqlalchemy.exc.OperationalError, match=r"terminat|closed"),
    ):
        instance.fetch_materializations(dg.AssetKey("counted"), limit=1)
    assert len(ended) == LOSSES + 1


def test_what_the_server_refuses_is_not_asked_again(instance: dg.DagsterInstance) -> None:
    with instance.event_log_storage.index_connection() as connection:
        connection.execute(sqlalchemy.text("DROP TABLE event_logs CASCADE"))
    asked: list[str] = []
    sqlalchemy.event.listen(
        instance.event_log_storage._engine, "before_cursor_execute", lambda *told: asked.append(told[2])
    )
    with pytest.raises(sqlalchemy.exc.ProgrammingError):
        instance.fetch_materializations(dg.AssetKey("counted"), limit=1)
    assert sum("event_logs" in told for told in asked) == 1


def test_what_is_asked_again_is_there_to_be_asked() -> None:
    assert all(callable(getattr(PostgresEventLogStorage, name)) for name in ASKED)
    assert all(getattr(PatientEventLogStorage, name) is not getattr(PostgresEventLogStorage, name) for name in ASKED)
