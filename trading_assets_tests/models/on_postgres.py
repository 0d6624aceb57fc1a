"""The stored tables on a PostgreSQL server, to ask both engines the same question."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pandas as pd
import psycopg2
from psycopg2.extras import execute_values

from trading_assets.storage.sql import QueryResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trading_assets.storage.tables import TableStore
    from trading_assets.tables.contract import Contract

TYPES = {
    "date": "date",
    "time": "timestamptz",
    "text": "text",
    "json": "json",
    "integer": "bigint",
    "number": "double precision",
    "money": "numeric(18, 2)",
    "flag": "boolean",
}


def load(url: str, store: TableStore, contracts: Sequence[Contract]) -> None:
    """Copy stored tables to PostgreSQL under their own names and types."""
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        for contract in contracts:
            columns = ", ".join(f'"{column.name}" {TYPES[column.kind]}' for column in contract.columns)
            cursor.execute(f"CREATE TABLE {contract.name} ({columns})")
            frame = store.read(contract)[contract.names].astype(object)
            rows = frame.where(frame.notna(), None).itertuples(index=False, name=None)
            execute_values(cursor, f"INSERT INTO {contract.name} VALUES %s", list(rows))  # noqa: S608 - our own name


def ask(url: str, statement: str) -> QueryResult:
    """Answer one statement."""
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("SET TimeZone = 'UTC'")
        cursor.execute(statement)
        names = tuple(column.name for column in cursor.description or ())
        return QueryResult(names, (), cursor.fetchall())


def as_frame(result: QueryResult) -> pd.DataFrame:
    """Answer as a frame of objects."""
    return pd.DataFrame(result.rows, columns=list(result.columns), dtype=object)
