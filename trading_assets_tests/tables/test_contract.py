"""Contracts: what they say about themselves, and that every table's is whole."""

import pytest

from trading_assets.errors import ContractError, UsageError
from trading_assets.tables.catalog import CONTRACTS, contract
from trading_assets.tables.contract import FRAME_DTYPES, NEVER_MISSING, Column, Contract
from trading_assets.tables.quality_issues import CATEGORIES, SEVERITIES


def test_a_column_that_cannot_be_missing_cannot_be_nullable() -> None:
    for kind in NEVER_MISSING:
        with pytest.raises(ContractError, match="cannot be nullable"):
            Column("lots", kind, "Lots.", nullable=True)


def test_names_types_and_columns_are_in_stored_order() -> None:
    table = Contract("t", (Column("b", "number", "B."), Column("a", "flag", "A.")), ("b",), "", "", "")
    assert table.names == ["b", "a"]
    assert table.dtypes == {"b": FRAME_DTYPES["number"], "a": FRAME_DTYPES["flag"]}
    assert table.column("a").kind == "flag"
    with pytest.raises(ContractError, match="has no column 'c'; its columns are b, a"):
        table.column("c")


@pytest.mark.parametrize("table", CONTRACTS, ids=lambda table: table.name)
def test_every_table_is_described_and_keyed(table: Contract) -> None:
    assert len(set(table.names)) == len(table.names)
    assert set(table.key) <= set(table.names)
    assert not any(table.column(name).nullable for name in table.key)
    assert table.grain
    assert table.ready
    assert table.readers
    assert all(column.meaning.endswith(".") for column in table.columns)
    assert not table.partitioned or "date" in table.names


@pytest.mark.parametrize("table", CONTRACTS, ids=lambda table: table.name)
def test_bounds_are_possible(table: Contract) -> None:
    for column in table.columns:
        assert column.low is None or column.high is None or column.low <= column.high, column.name
        assert not column.choices or column.kind == "text", column.name
        assert (column.low is None and column.high is None) or column.kind in {"number", "money", "integer"}


def test_tables_are_found_by_name() -> None:
    assert contract("trades").name == "trades"
    with pytest.raises(UsageError, match="no table 'trade'; the tables are market_snapshots, "):
        contract("trade")
    assert len({table.name for table in CONTRACTS}) == len(CONTRACTS)


def test_issues_know_the_categories_and_severities_of_the_requirements() -> None:
    assert set(CATEGORIES) == {"stale_data", "strike_filtering", "feed_health", "missing_data", "consistency"}
    assert SEVERITIES == ("critical", "warning", "info")
