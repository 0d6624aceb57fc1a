"""Dagster's event log in SQLite, its connections kept open and nothing asked or written twice.

Stock Dagster builds a new SQLAlchemy engine for every event, which was 77 % of the time of a 250-session backfill
(60.7 s against 9.9 s), looks for tables and columns again for each, and serialises the plan of a check once for each
session. The private methods this replaces are covered by a test that fails when Dagster renames them.
"""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from threading import RLock
from typing import Any

import dagster as dg
import sqlalchemy
from dagster._core.definitions.asset_checks.asset_check_evaluation import AssetCheckEvaluationPlanned
from dagster._core.definitions.partitions.subset import DefaultPartitionsSubset
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._serdes import ConfigurableClassData, serialize_value

BUSY_TIMEOUT_SECONDS = 60
OPEN_SHARDS = 16


def kept_engine(conn_string: str, *, shared_between_threads: bool) -> sqlalchemy.Engine:
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


def _sessions_named(event: EventLogEntry) -> EventLogEntry:
    """Return the same event; of the plan of a check, with the keys of its partitions instead of their definition."""
    told = event.dagster_event
    planned = told.event_specific_data if told is not None else None
    if told is None or not isinstance(planned, AssetCheckEvaluationPlanned) or planned.partitions_subset is None:
        return event
    return _planned_for(event, DefaultPartitionsSubset(set(planned.partitions_subset.get_partition_keys())))


def _planned_for(event: EventLogEntry, keys: DefaultPartitionsSubset | None) -> EventLogEntry:
    """Return the plan of a check with these partitions."""
    told = event.get_dagster_event()
    planned = told.asset_check_planned_data
    named = AssetCheckEvaluationPlanned(
        asset_key=planned.asset_key, check_name=planned.check_name, partitions_subset=keys
    )
    return event._replace(dagster_event=told._replace(event_specific_data=named))


class PooledEventLogStorage(SqliteEventLogStorage):
    """The SQLite event log with its most recently used connections kept open."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: OrderedDict[str, sqlalchemy.Engine] = OrderedDict()
        self._tables: set[str] = set()
        self._key_columns: set[str] = set()
        self._open: dict[str, sqlalchemy.Connection] = {}
        self._together = False
        super().__init__(base_dir, inst_data)
        self._db_lock = RLock()  # type: ignore[assignment]  # `together` holds it while `_connect` takes it again

    def has_table(self, table_name: str) -> bool:
        """Whether the index holds a table; once it does it always will, and every event of an asset asks."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    @contextmanager
    def _connect(self, shard: str) -> Iterator[sqlalchemy.Connection]:
        with self._db_lock:
            engine = self._kept_engine(shard)
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            if self._together:
                yield self._opened(shard, engine)
            else:
                with engine.connect() as connection, connection.begin():
                    yield connection

    @contextmanager
    def together(self) -> Iterator[None]:
        """Store what follows in one transaction a database: half of the time of an event is opening and closing one."""
        with self._db_lock:
            if self._together:
                yield
                return
            self._together = True
            try:
                with ExitStack() as self._transactions:
                    yield
            finally:
                self._together = False
                self._open.clear()

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Store events that Dagster hands over at once: all of them or none."""
        with self.together():
            super().store_event_batch(events)

    def _opened(self, shard: str, engine: sqlalchemy.Engine) -> sqlalchemy.Connection:
        if shard not in self._open:
            connection = self._transactions.enter_context(engine.connect())
            self._transactions.enter_context(connection.begin())
            self._open[shard] = connection
        return self._open[shard]

    def _has_asset_key_col_on_connection(self, conn: sqlalchemy.Connection, column_name: str) -> bool:
        """Whether the table of assets has a column; once it does it always will."""
        if column_name not in self._key_columns and super()._has_asset_key_col_on_connection(conn, column_name):
            self._key_columns.add(column_name)
        return column_name in self._key_columns

    def _kept_engine(self, shard: str) -> sqlalchemy.Engine:
        if shard not in self._engines:
            self._engines[shard] = kept_engine(self.conn_string_for_shard(shard), shared_between_threads=True)
        self._engines.move_to_end(shard)
        while len(self._engines) > OPEN_SHARDS:
            self._engines.popitem(last=False)[1].dispose()
        return self._engines[shard]

    def store_event(self, event: EventLogEntry) -> None:
        """Store an event; the plan of a check names its sessions, and not every closed day of the calendar: 35 kB."""
        super().store_event(_sessions_named(event))

    def _store_asset_check_evaluation_planned(self, event: EventLogEntry, event_id: int | None) -> None:
        """Note for each session of a run that a check will judge it; stock Dagster writes the whole plan for each.

        Its time and size grew with the square of the sessions: a third of the backfill of a year, 375 MB for six.
        """
        planned = event.get_dagster_event().asset_check_planned_data
        keys = planned.partitions_subset.get_partition_keys() if planned.partitions_subset else [None]
        note = {
            "asset_key": planned.asset_key.to_string(),
            "check_name": planned.check_name,
            "run_id": event.run_id,
            "execution_status": AssetCheckExecutionRecordStatus.PLANNED.value,
            "evaluation_event": serialize_value(_planned_for(event, None)),  # the row says which session it is of
            "evaluation_event_timestamp": self._event_insert_timestamp(event),  # type: ignore[no-untyped-call]
            "evaluation_event_storage_id": event_id,
        }
        with self.index_connection() as connection:
            connection.execute(AssetCheckExecutionsTable.insert(), [{**note, "partition": key} for key in keys])

    def dispose(self) -> None:
        """Close the kept connections."""
        while self._engines:
            self._engines.popitem()[1].dispose()
        super().dispose()


def stored_together(instance: dg.DagsterInstance) -> AbstractContextManager[None]:
    """Store the events of a block in one transaction, where they go to SQLite."""
    storage = instance.event_log_storage
    return storage.together() if isinstance(storage, PooledEventLogStorage) else nullcontext()
