"""What the Dagster pages say of a table, made from its contract, and how numbers are named for them."""

from pathlib import Path

import dagster as dg
import pytest

from trading_assets.defs.runner import instance_folder
from trading_assets.defs.sensors import build as sensors
from trading_assets.defs.sessions import table_metadata
from trading_assets.defs.specs import OWNERS, asset_spec, column_schema, describe
from trading_assets.settings import Settings
from trading_assets.tables.catalog import CONTRACTS, contract
from trading_assets.tables.contract import Column, Contract

EACH_TABLE = pytest.mark.parametrize("table", CONTRACTS, ids=lambda table: table.name)


@EACH_TABLE
def test_every_column_is_shown_in_order_with_kind_and_unit(table: Contract) -> None:
    shown = column_schema(table).columns
    assert [column.name for column in shown] == table.names
    for column, said in zip(table.columns, shown, strict=True):
        assert said.type == column.kind
        assert said.constraints.nullable == column.nullable
        assert (said.description or "").startswith(column.meaning)
        assert (said.description or "").endswith(f" [{column.unit}]" if column.unit else column.meaning)


@EACH_TABLE
def test_only_a_key_of_one_column_is_unique_by_itself(table: Contract) -> None:
    unique = {column.name for column in column_schema(table).columns if column.constraints.unique}
    assert unique == (set(table.key) if len(table.key) == 1 else set())


def test_money_is_shown_in_rupees_and_volatility_in_percent() -> None:
    trades = {column.name: column.description for column in column_schema(contract("trades")).columns}
    assert trades["net_pnl"] == "gross_pnl minus charges. [₹]"
    assert trades["trade_id"] == "TRADE_ and the first 16 hex of SHA-256 over signal and source."
    snapshots = {column.name: column.description for column in column_schema(contract("market_snapshots")).columns}
    assert str(snapshots["implied_vol"]).endswith("[percent a year]")


@EACH_TABLE
def test_a_description_says_grain_readiness_readers_and_key(table: Contract) -> None:
    text = describe(table)
    for words in (table.grain, table.ready, table.readers, *(f"`{name}`" for name in table.key)):
        assert words in text
    assert ".." not in text.replace("...", ""), "sentences end once"


def test_a_spec_carries_group_owner_lineage_and_schema() -> None:
    table = Contract("quotes", (Column("leg", "text", "Leg."),), ("leg",), "one leg", "at once", "tests")
    spec = asset_spec(table, "market", ["market_snapshots"], kinds=("html",))
    assert spec.key == dg.AssetKey("quotes")
    assert spec.group_name == "market"
    assert list(spec.owners) == OWNERS
    assert {dep.asset_key for dep in spec.deps} == {dg.AssetKey("market_snapshots")}
    assert spec.kinds == {"python", "html"}
    assert spec.metadata["dagster/table_name"] == "quotes"
    assert spec.metadata["dagster/column_schema"] == column_schema(table)


def test_rows_and_bytes_are_named_as_dagster_plots_them() -> None:
    named = table_metadata({"rows": 3, "bytes": 120, "net_pnl": -1.5, "model_version": "none"})
    assert named == {"dagster/row_count": 3, "size_bytes": 120, "net_pnl": -1.5, "model_version": "none"}
    assert table_metadata({}) == {}


def test_the_instance_is_configured_by_this_folder_before_the_packaged_one(tmp_path: Path) -> None:
    packaged = instance_folder()
    assert packaged != tmp_path
    (tmp_path / "dagster.yaml").write_text("telemetry:\n  enabled: false\n", encoding="utf-8")
    assert instance_folder() == Path.cwd()
    (tmp_path / "dagster.yaml").unlink()
    assert instance_folder() == packaged


def ask(name: str) -> list[object]:
    """What a sensor answers when Dagster evaluates it."""
    sensor = next(found for found in sensors() if found.name == name)
    with dg.DagsterInstance.ephemeral() as instance:
        answer = sensor(dg.build_sensor_context(instance=instance))
        return list(answer) if hasattr(answer, "__iter__") else [answer]


def test_a_desk_without_captures_is_not_overdue(home_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADING_ASSETS_HOME", str(home_settings.home))
    [skipped] = ask("missing_eod_sensor")
    assert isinstance(skipped, dg.SkipReason)
    assert skipped.skip_message == "every session with captures of the last week has its rollups."
