"""Dagster's own storage: SQLite by default, PostgreSQL when the setting `postgres_url` is present.

`dagster.yaml` names this class, so one file serves both. For SQLite it keeps connections: stock Dagster builds a new
SQLAlchemy engine for every event, which was 77 % of the time of a 250-session backfill (60.7 s against 9.9 s). The
two private methods this replaces are covered by a test that fails when Dagster renames them.
"""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy
from dagster._core.storage.base_storage import DagsterStorage
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.runs.sqlite.sqlite_run_storage import SqliteRunStorage
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData

from trading_assets.defs.instance_folders import DecidedBySettings, dagster_folder
from trading_assets.errors import SettingsError
from trading_assets.settings import load_settings

if TYPE_CHECKING:
    from dagster._core.storage.event_log.base import EventLogStorage
    from dagster._core.storage.runs.base import RunStorage
    from dagster._core.storage.schedules.base import ScheduleStorage

BUSY_TIMEOUT_SECONDS = 60
OPEN_SHARDS = 16
POSTGRES_DRIVER = "postgresql+psycopg2"


def _engine(conn_string: str, *, shared_between_threads: bool) -> sqlalchemy.Engine:
    """Build an engine that keeps its connections.

    With `shared_between_threads` a single connection serves all threads: the caller holds a lock around its use.
    """
    pool = {"poolclass": sqlalchemy.StaticPool} if shared_between_threads else {}
    engine = sqlalchemy.create_engine(
        conn_string, connect_args={"timeout": BUSY_TIMEOUT_SECONDS, "check_same_thread": False}, **pool
    )

    @sqlalchemy.event.listens_for(engine, "connect")
    def _durable_enough(connection: Any, _record: object) -> None:  # noqa: ANN401  DB-API connection
        # in WAL mode NORMAL keeps the database whole after a crash and saves one fsync an event
        connection.execute("PRAGMA synchronous=NORMAL")

    return engine


class PooledEventLogStorage(SqliteEventLogStorage):
    """The SQLite event log with its most recently used connections kept open."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: OrderedDict[str, sqlalchemy.Engine] = OrderedDict()
        super().__init__(base_dir, inst_data)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[sqlalchemy.Connection]:
        with self._db_lock:
            engine = self._kept_engine(shard)
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.connect() as connection, connection.begin():
                yield connection

    def _kept_engine(self, shard: str) -> sqlalchemy.Engine:
        if shard not in self._engines:
            self._engines[shard] = _engine(self.conn_string_for_shard(shard), shared_between_threads=True)
        self._engines.move_to_end(shard)
        while len(self._engines) > OPEN_SHARDS:
            self._engines.popitem(last=False)[1].dispose()
        return self._engines[shard]

    def dispose(self) -> None:
        """Close the kept connections."""
        while self._engines:
            self._engines.popitem()[1].dispose()
        super().dispose()


class PooledRunStorage(SqliteRunStorage):
    """The SQLite run storage with its connections kept open."""

    def __init__(self, conn_string: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engine = _engine(conn_string, shared_between_threads=False)
        super().__init__(conn_string, inst_data)

    @contextmanager
    def connect(self) -> Iterator[sqlalchemy.Connection]:
        """Yield a connection in a transaction."""
        with self._engine.connect() as connection, connection.begin():
            yield connection

    def dispose(self) -> None:
        """Close the kept connections."""
        self._engine.dispose()
        super().dispose()


class PooledSqliteStorage(DagsterSqliteStorage):
    """Runs, events and schedules in SQLite files below one folder, connections kept."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(base_dir, inst_data)
        self._run_storage.dispose()
        self._run_storage = PooledRunStorage.from_local(str(Path(base_dir) / "history"))
        self._event_log_storage.dispose()
        self._event_log_storage = PooledEventLogStorage(str(Path(base_dir) / "history" / "runs"))


class InstanceStorage(DagsterStorage, DecidedBySettings):
    """Storage that `dagster.yaml` names; decides from the settings between SQLite and PostgreSQL."""

    def __init__(self, inst_data: ConfigurableClassData | None = None) -> None:
        self._inst_data = inst_data
        self._chosen = choose_storage()
        super().__init__()  # type: ignore[no-untyped-call]

    @property
    def inst_data(self) -> ConfigurableClassData | None:
        """How a child process finds this class again."""
        return self._inst_data

    @property
    def event_log_storage(self) -> "EventLogStorage":
        """Where events are."""
        return self._chosen.event_log_storage

    @property
    def run_storage(self) -> "RunStorage":
        """Where runs are."""
        return self._chosen.run_storage

    @property
    def schedule_storage(self) -> "ScheduleStorage":
        """Where ticks are."""
        return self._chosen.schedule_storage

    @property
    def event_storage_data(self) -> ConfigurableClassData | None:
        """Not needed: children rebuild this class."""
        return None

    @property
    def run_storage_data(self) -> ConfigurableClassData | None:
        """Not needed: children rebuild this class."""
        return None

    @property
    def schedule_storage_data(self) -> ConfigurableClassData | None:
        """Not needed: children rebuild this class."""
        return None

    def dispose(self) -> None:
        """Close connections."""
        for storage in (self.event_log_storage, self.run_storage, self.schedule_storage):
            storage.dispose()


def choose_storage() -> DagsterStorage:
    """Return SQLite below the home folder, or PostgreSQL when `postgres_url` is set.

    Raises:
        SettingsError: The URL is not one of PostgreSQL, or the server does not answer.
    """
    settings = load_settings()
    if settings.postgres_url is None:
        return PooledSqliteStorage(str(dagster_folder()))
    from dagster_postgres.storage import DagsterPostgresStorage  # 3.2 CPU-s, so only when used
    from dagster_postgres.utils import DagsterPostgresException

    url = postgres_driver_url(settings.postgres_url.get_secret_value())
    try:
        return DagsterPostgresStorage(url)
    except DagsterPostgresException as error:
        where = sqlalchemy.make_url(url)
        msg = f"PostgreSQL at {where.host}:{where.port} does not answer; start it, or correct postgres_url."
        raise SettingsError(msg) from error


def postgres_driver_url(url: str) -> str:
    """Name the driver in a PostgreSQL URL: SQLAlchemy's default for the bare scheme changed in 2.1.

    Raises:
        SettingsError: The URL is not one of PostgreSQL.
    """
    scheme, separator, rest = url.partition("://")
    if separator and scheme in {"postgresql", "postgres", POSTGRES_DRIVER}:
        return f"{POSTGRES_DRIVER}://{rest}"
    msg = "postgres_url must look like postgresql://user:password@host:5432/database; its scheme is not PostgreSQL's."
    raise SettingsError(msg)
