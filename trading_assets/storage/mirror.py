"""The small tables in PostgreSQL too, for psql and BI: a copy that follows the stored partitions, never the truth.

`daily_performance` and `strategy_performance` are views there as they are in `storage.sql`; money is numeric, JSON is
json, text for text. `mirrored_partitions` says which content of each partition is mirrored.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.csv

from trading_assets.errors import StorageError
from trading_assets.places.place import each
from trading_assets.places.postgres import in_transaction, transaction
from trading_assets.storage import parquet
from trading_assets.storage.rollups import ROLLUPS, rollup_columns
from trading_assets.tables import (
    daily_performance,
    equity_curve,
    fills,
    quality_issues,
    scored_signals,
    signals,
    strategy_performance,
    trades,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a class with a small name

    from trading_assets.storage.tables import TableStore
    from trading_assets.tables.contract import Contract, Kind

MIRRORED: tuple[Contract, ...] = tuple(
    module.CONTRACT
    for module in (
        signals,
        scored_signals,
        fills,
        trades,
        daily_performance,
        strategy_performance,
        equity_curve,
        quality_issues,
    )
)
_TYPES: Mapping[Kind, str] = {
    "date": "date",
    "time": "timestamptz",
    "text": "text",
    "json": "json",
    "integer": "bigint",
    "number": "double precision",
    "money": "numeric(18, 2)",
    "flag": "boolean",
}
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, order=True)
class Partition:
    """A partition of a mirrored table: its table and session, or "all" of an unpartitioned one."""

    table: str
    part: str

    def __str__(self) -> str:
        return f"{self.table} {self.part}"


@dataclass(frozen=True)
class Mirror:
    """The copy in one database.

    Args:
        url: postgresql://user:password@host:5432/database; tables are made in it when they are not there.
    """

    url: str = field(repr=False)

    def follow(self, store: TableStore, contract: Contract, session: date | None) -> bool:
        """Make the mirror of a partition hold what is stored, in one transaction; one process at a time may.

        What is stored is read under the lock, so that of two writers at once the mirror ends with the one that the
        store ended with.

        Returns:
            False when it held that already, or the table is not mirrored.

        Raises:
            StorageError: PostgreSQL does not answer or refuses; the table itself is whole.
        """
        if contract not in MIRRORED:
            return False
        try:
            return in_transaction(self.url, lambda cursor: _followed(cursor, store, contract, session))
        except StorageError as error:
            msg = (
                f"{contract.name} {session or 'all'} is stored whole, but its mirror was not reached: {error} "
                "`trading-assets mirror` then makes up for what is behind."
            )
            raise StorageError(msg) from error

    def behind(self, store: TableStore) -> list[Partition]:
        """Partitions whose mirror does not hold what is stored, sorted.

        Raises:
            StorageError: PostgreSQL does not answer.
        """
        with transaction(self.url) as connection, connection.cursor() as cursor:
            _prepare(cursor)
            cursor.execute("SELECT table_name, part, content_sha256 FROM mirrored_partitions")
            mirrored = {(Partition(table, part), content) for table, part, content in cursor.fetchall()}
        stored = {item for contract in MIRRORED for item in _stored(store, contract)}
        return sorted({partition for partition, _ in mirrored ^ stored})

    def catch_up(self, store: TableStore) -> list[Partition]:
        """Mirror what is behind; returns what was."""
        contracts = {contract.name: contract for contract in MIRRORED}
        late = self.behind(store)
        for partition in late:
            session = None if partition.part == "all" else date.fromisoformat(partition.part)
            self.follow(store, contracts[partition.table], session)
        return late


def _stored(store: TableStore, contract: Contract) -> list[tuple[Partition, str]]:
    sessions: list[date | None] = list(store.sessions(contract)) if contract.partitioned else [None]
    found = each(lambda session: store.content_sha256(contract, session), sessions, store.root)
    pairs = zip(sessions, found, strict=True)
    return [(Partition(contract.name, _part(session)), content) for session, content in pairs if content is not None]


def _part(session: date | None) -> str:
    return "all" if session is None else session.isoformat()


def _followed(cursor: Cursor, store: TableStore, contract: Contract, session: date | None) -> bool:
    _prepare(cursor)
    return _replaced(cursor, store, contract, session)


def _replaced(cursor: Cursor, store: TableStore, contract: Contract, session: date | None) -> bool:
    day = 0 if session is None else (session - _EPOCH).days
    cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s), %s)", [contract.name, day])
    content = store.content_sha256(contract, session)
    key = [contract.name, _part(session)]
    cursor.execute("SELECT content_sha256 FROM mirrored_partitions WHERE table_name = %s AND part = %s", key)
    known = cursor.fetchone()
    if (known[0] if known else None) == content:
        return False
    where = "" if session is None else f" WHERE date = '{session}'"
    cursor.execute(f'DELETE FROM "{_table(contract)}"{where}')  # noqa: S608 - names of our own, a date
    cursor.execute("DELETE FROM mirrored_partitions WHERE table_name = %s AND part = %s", key)
    rows = parquet.read(contract, store.path(contract, session), contract.names)
    if content is not None and rows is not None:
        cursor.copy_expert(f"COPY \"{_table(contract)}\" FROM STDIN (FORMAT csv, NULL '')", io.BytesIO(_csv(rows)))
        cursor.execute("INSERT INTO mirrored_partitions VALUES (%s, %s, %s, now())", [*key, content])
    return True


def _csv(rows: pa.Table) -> bytes:
    """Rows as CSV: a missing value is nothing, an empty text is quoted."""
    texts = pa.table({name: rows.column(name).cast(pa.string()) for name in rows.column_names})
    sink = io.BytesIO()
    pyarrow.csv.write_csv(texts, sink, pyarrow.csv.WriteOptions(include_header=False))
    return sink.getvalue()


def _table(contract: Contract) -> str:
    return f"{contract.name}_facts" if contract in ROLLUPS else contract.name


def _prepare(cursor: Cursor) -> None:
    """Make the tables once, and again when a contract changed; a table of that name which is not ours is left alone."""
    statements = _statements()
    version = hashlib.sha256("\n".join(statements).encode()).hexdigest()
    if _version(cursor) == version:
        return
    cursor.execute("SELECT pg_advisory_xact_lock(hashtext('trading_assets mirror'))")
    found = _version(cursor)
    if found == version:
        return
    if found is not None:
        for contract in ROLLUPS:
            cursor.execute(f'DROP VIEW "{contract.name}"')
        cursor.execute(f"DROP TABLE mirror_version, mirrored_partitions, {', '.join(map(_table, MIRRORED))}")
    for statement in statements:
        cursor.execute(statement)
    cursor.execute("CREATE TABLE mirror_version AS SELECT %s AS contracts_sha256", [version])


def _version(cursor: Cursor) -> str | None:
    # not to_regclass: it goes on saying "none" in a transaction that has asked before another one made it
    cursor.execute("SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'mirror_version'")
    if cursor.fetchone() is None:
        return None
    cursor.execute("SELECT contracts_sha256 FROM mirror_version")
    return str(cursor.fetchone()[0])


def _statements() -> list[str]:
    state = "table_name text, part text, content_sha256 text NOT NULL, mirrored_at timestamptz NOT NULL"
    made = [f"CREATE TABLE mirrored_partitions ({state}, PRIMARY KEY (table_name, part))"]
    for contract in MIRRORED:
        columns = ", ".join(f'"{column.name}" {_TYPES[column.kind]}' for column in contract.columns)
        made += [f'CREATE TABLE "{_table(contract)}" ({columns})', f'CREATE INDEX ON "{_table(contract)}" (date)']
    for contract, scope in ROLLUPS.items():
        made.append(
            f'CREATE VIEW "{contract.name}" AS SELECT {", ".join(rollup_columns(contract))} '  # noqa: S608 - our names
            f'FROM "{_table(contract)}" facts LEFT JOIN equity_curve curve '
            f"ON curve.date = facts.date AND curve.scope = {scope}"
        )
    return made
