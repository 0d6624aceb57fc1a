"""What a column's kind means at rest: the type and the value SQL shows, and bounds on both of their sides."""

from datetime import UTC, datetime
from decimal import Decimal
from importlib import import_module
from math import inf, nextafter
from pathlib import Path
from pkgutil import iter_modules

import numpy as np
import pandas as pd
import pytest

from trading_assets import tables
from trading_assets.storage.sql import QueryResult, query, query_each
from trading_assets.storage.tables import TableStore
from trading_assets.tables.bounds import Bound, bounds
from trading_assets.tables.catalog import CONTRACTS, contract
from trading_assets.tables.contract import Column, Contract
from trading_assets_tests.tables.valid_frames import valid_frame

EACH_TABLE = pytest.mark.parametrize("table", CONTRACTS, ids=lambda table: table.name)
SQL_TYPES = {
    "date": "DATE",
    "time": "TIMESTAMP WITH TIME ZONE",
    "text": "VARCHAR",
    "json": "JSON",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "money": "DECIMAL(18,2)",
    "flag": "BOOLEAN",
}


Shown = dict[str, QueryResult]


def stored(folder: Path, frames: dict[str, pd.DataFrame]) -> TableStore:
    store = TableStore(folder)
    for name, frame in frames.items():
        store.write(contract(name), frame, frame["date"].iloc[0].date() if contract(name).partitioned else None)
    return store


def shown(store: TableStore) -> Shown:
    """Every column of every table, asked for in one go: opening the engine costs more than a question."""
    statements = [
        f"SELECT {', '.join(f't.{name}' for name in table.names)} FROM {table.name} AS t"  # noqa: S608  names of contracts
        for table in CONTRACTS
    ]
    return dict(zip([table.name for table in CONTRACTS], query_each(store, "; ".join(statements)), strict=True))


WHOLE = {table.name: valid_frame(table, rows=1) for table in CONTRACTS}
SPARSE = {
    table.name: table.frame(WHOLE[table.name].drop(columns=[one.name for one in table.columns if one.nullable]))
    for table in CONTRACTS
}


@pytest.fixture(scope="module")
def shown_empty(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    return shown(TableStore(tmp_path_factory.mktemp("empty")))


@pytest.fixture(scope="module")
def shown_whole(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    return shown(stored(tmp_path_factory.mktemp("whole"), WHOLE))


@pytest.fixture(scope="module")
def shown_sparse(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    return shown(stored(tmp_path_factory.mktemp("sparse"), SPARSE))


def in_python(column: Column, value: object) -> object:
    """A value of a frame as SQL's client gives it back."""
    if pd.isna(value):
        return None
    if column.kind == "money":
        return Decimal(str(value)).quantize(Decimal("0.01"))
    if column.kind == "time":
        return pd.Timestamp(value).to_pydatetime()
    return pd.Timestamp(value).date() if column.kind == "date" else value


@EACH_TABLE
def test_sql_has_one_type_for_a_kind_whatever_is_stored(
    table: Contract, shown_empty: Shown, shown_whole: Shown, shown_sparse: Shown
) -> None:
    types = [[str(kind) for kind in each[table.name].types] for each in (shown_empty, shown_whole, shown_sparse)]
    assert types == [[SQL_TYPES[column.kind] for column in table.columns]] * 3
    assert shown_empty[table.name].rows == []


@EACH_TABLE
def test_a_value_is_the_same_in_the_frame_and_in_sql(table: Contract, shown_whole: Shown) -> None:
    [row] = shown_whole[table.name].rows
    frame = WHOLE[table.name]
    assert list(row) == [in_python(column, frame[column.name].iloc[0]) for column in table.columns]


@EACH_TABLE
def test_a_missing_value_is_null_in_sql_and_nothing_else_is(table: Contract, shown_sparse: Shown) -> None:
    [row] = shown_sparse[table.name].rows
    found = {name for name, value in zip(table.names, row, strict=True) if value is None}
    assert found == {column.name for column in table.columns if column.nullable}


def test_the_values_a_kind_can_just_hold_come_back_from_sql(tmp_path: Path) -> None:
    store = TableStore(tmp_path)
    table = next(one for one in CONTRACTS if one.name == "quality_issues")
    frame = valid_frame(table, rows=1)
    first = datetime(1970, 1, 1, 0, 0, 0, 1, tzinfo=UTC)
    text = 'quote " comma , line\nend \\ ₹ देवनागरी \U0001f600'
    frame = table.frame(frame.assign(timestamp=first, message=text, details='{"a":"\\u0000"}'))
    store.write(table, frame, frame["date"].iloc[0].date())
    answer = query(store, "SELECT timestamp, message, details, message LIKE '%₹%' FROM quality_issues")
    assert answer.rows == [(first, text, '{"a":"\\u0000"}', True)]


LIMITED = [(table, bound) for table in CONTRACTS for bound in bounds(table) if bound.name in {"low", "high"}]


@pytest.mark.parametrize(
    ("table", "bound"), LIMITED, ids=[f"{t.name}.{bound.column.name}:{bound.name}" for t, bound in LIMITED]
)
def test_a_limit_itself_is_allowed_and_the_next_value_beyond_is_not(table: Contract, bound: Bound) -> None:
    column = bound.column
    limit = column.low if bound.name == "low" else column.high
    assert limit is not None
    outward = -1 if bound.name == "low" else 1
    beyond = {
        "integer": limit + outward,
        "money": round(limit + outward * 0.01, 2),
        "number": nextafter(limit, outward * inf),
    }[column.kind]
    inward = limit - outward * {"integer": 1, "money": 0.01, "number": 1e-9}[column.kind]
    values = np.array([limit, beyond, inward]).astype(table.dtypes[column.name])
    broken = bound.broken(pd.DataFrame({column.name: values}))
    assert broken.tolist() == [False, True, False]
    others = [other for other in bounds(table) if other.column == column and other.name != bound.name]
    assert not any(other.broken(pd.DataFrame({column.name: values[1:2]})).any() for other in others)


def test_the_catalog_holds_every_table_of_the_folder_under_its_own_name() -> None:
    found = {}
    for module in iter_modules(tables.__path__):
        loaded = import_module(f"{tables.__name__}.{module.name}")
        if hasattr(loaded, "CONTRACT"):
            found[module.name] = loaded.CONTRACT
    assert found == {table.name: table for table in CONTRACTS}
    assert len(found) == len(CONTRACTS), "none is listed twice"
