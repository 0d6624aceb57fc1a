"""Dagster's own storage: SQLite by default, PostgreSQL when the setting `postgres_url` is present.

`dagster.yaml` names this class, so one file serves both. For SQLite it keeps connections; see `event_log`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy
from dagster._core.storage.base_storage import DagsterStorage
from dagster._core.storage.runs.sqlite.sqlite_run_storage import SqliteRunStorage
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData

from trading_assets.defs.event_log import PooledEventLogStorage, kept_engine
from trading_assets.defs.instance_folders import DecidedBySettings, dagster_folder
from trading_assets.errors import SettingsError
from trading_assets.settings import load_settings

if TYPE_CHECKING:
    from dagster._core.storage.event_log.base import EventLogStorage
    from dagster._core.storage.runs.base import RunStorage
    from dagster._core.storage.schedules.base import ScheduleStorage

POSTGRES_DRIVER = "postgresql+psycopg2"


class PooledRunStorage(SqliteRunStorage):
    """The SQLite run storage with its connections kept open."""

    def __init__(self, conn_string: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engine = kept_engine(conn_string, shared_between_threads=False)
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
    from dagster_postgres.utils import DagsterPostgresException

    from trading_assets.defs.postgres_events import PatientPostgresStorage  # 3.2 CPU-s, so only when used

    url = postgres_driver_url(settings.postgres_url.get_secret_value())
    try:
        return PatientPostgresStorage(url)
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
