"""The tables that SQL may rely on: names, keys and columns as the public interface promises them, and their words."""

import re
from pathlib import Path

import pytest

from trading_assets.errors import ContractError
from trading_assets.storage.sql import query
from trading_assets.storage.tables import TableStore
from trading_assets.tables.catalog import CONTRACTS, contract
from trading_assets.tables.contract import Contract
from trading_assets.tables.trades import CHARGE_COMPONENTS
from trading_assets_tests.tables.valid_frames import valid_frame

#: table: its key | columns that must be there; written down from the interface, not from the contracts.
INTERFACE = """
market_snapshots: underlying observed_at expiry strike option_type
    | date feed received_at available_at spot forward last_price bid ask volume_units open_interest_lots
      open_interest_units implied_vol snapshot_id
quarantined_rows: table_name date row_id | reasons severity feed received_at raw
quality_issues: issue_id | timestamp date severity category rule message details table_name
feed_calls: feed called_at | duration_ms success status error
scored_signals: signal_id
    | date timestamp strategy_id symbol underlying side confidence entry_price ml_score model_version model_hash
      features_snapshot market_conditions
fills: fill_id | trade_id time price quantity basis source
trades: trade_id
    | date symbol underlying expiry strike option_type strategy_name side entry_time exit_time entry_price exit_price
      quantity lots gross_pnl charges net_pnl is_winning_trade exit_reason mae mfe signal_id signal_strength ml_score
      model_version model_hash features_snapshot source
daily_performance: date
    | total_trades winning_trades losing_trades win_rate gross_pnl charges net_pnl profit_factor max_drawdown
      sharpe_ratio expectancy
strategy_performance: date strategy_name
    | signals_generated trades_taken win_rate total_pnl avg_pnl avg_signal_strength profit_factor max_drawdown
"""
PROMISED = {
    name: (key.split(), columns.split())
    for name, key, columns in re.findall(r"^(\w+):([^|]*)\|((?:[^:]*)(?=^\w+:|\Z))", INTERFACE, re.MULTILINE)
}
#: Promised of the SQL view, which takes them from the equity curve: they need history.
OF_THE_VIEW = {"daily_performance": {"max_drawdown", "sharpe_ratio"}}
PARTITIONED = {
    "market_snapshots",
    "quarantined_rows",
    "signals",
    "scored_signals",
    "trades",
    "fills",
    "daily_performance",
    "strategy_performance",
    "feed_health",
}
UNPARTITIONED = {"equity_curve", "model_performance"}
SNAKE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
#: Endings that say a unit, and the units they may stand beside.
ENDINGS = {"_lots": {"lots"}, "_units": {"units"}, "_ms": {"ms"}, "_seconds": {"s"}, "_pnl": {"₹"}, "_price": {"₹"}}
EVERY_COLUMN = [(table, column) for table in CONTRACTS for column in table.columns]
EACH_TABLE = pytest.mark.parametrize("table", CONTRACTS, ids=lambda table: table.name)


def test_the_interface_names_nine_tables() -> None:
    assert len(PROMISED) == 9
    assert sum(len(columns) for _, columns in PROMISED.values()) == 97


@pytest.mark.parametrize("name", sorted(PROMISED))
def test_a_promised_table_has_its_key_and_columns(name: str) -> None:
    key, columns = PROMISED[name]
    table = contract(name)
    assert set(table.key) == set(key)
    assert set(columns) - set(table.names) == OF_THE_VIEW.get(name, set())


@pytest.mark.parametrize("name", sorted(PROMISED))
def test_sql_finds_every_promised_column_before_anything_is_stored(name: str, tmp_path: Path) -> None:
    key, columns = PROMISED[name]
    selected = [*key, *columns]
    answer = query(TableStore(tmp_path / "tables"), f"SELECT {', '.join(selected)} FROM {name}")  # noqa: S608
    assert list(answer.columns) == selected
    assert list(answer.rows) == []


def test_a_trade_shows_its_charges_in_full() -> None:
    trades = contract("trades")
    assert set(CHARGE_COMPONENTS) >= {"brokerage", "stt", "exchange_txn", "sebi_fee", "stamp_duty", "gst"}
    for name in ("charges", *CHARGE_COMPONENTS):
        assert (trades.column(name).kind, trades.column(name).nullable) == ("money", False), name


def test_what_needs_history_is_in_the_equity_curve_and_not_in_the_rows_of_a_session() -> None:
    curve, daily = contract("equity_curve"), contract("daily_performance")
    ratios = [name for name in curve.names if name.startswith("sharpe")]
    assert len(ratios) >= 4, "trailing 20, 60 and 252 sessions, and since inception"
    assert {window for window in ("20", "60", "252") if any(window in name for name in ratios)} == {"20", "60", "252"}
    assert all(curve.column(name).nullable for name in ratios), "undefined is NULL, not 0"
    assert not set(ratios) & set(daily.names)


@pytest.mark.parametrize("name", sorted(PARTITIONED | UNPARTITIONED))
def test_a_table_is_stored_as_the_interface_says(name: str) -> None:
    assert contract(name).partitioned == (name in PARTITIONED)


@EACH_TABLE
def test_a_column_says_what_it_is(table: Contract) -> None:
    for column in table.columns:
        assert SNAKE.fullmatch(column.name), "SQL needs no quotes for it"
        assert column.meaning.endswith("."), column.name
        assert "  " not in column.meaning, column.name
        assert len(column.meaning) <= 120, f"{column.name}: one sentence, not an essay"


@EACH_TABLE
def test_a_quantity_has_the_unit_of_its_kind_and_name(table: Contract) -> None:
    units = {"money": "₹", "time": "UTC", "date": "ISO date", "text": "", "json": "", "flag": ""}
    for column in table.columns:
        assert column.unit == units.get(column.kind, column.unit), column.name
        for ending, allowed in ENDINGS.items():
            if column.name.endswith(ending) and column.kind in {"number", "money", "integer"}:
                assert column.unit in allowed, f"{column.name}: [{column.unit}]"


def test_a_name_has_one_kind_and_unit_wherever_it_stands() -> None:
    meant: dict[str, set[tuple[str, str]]] = {}
    for _, column in EVERY_COLUMN:
        meant.setdefault(column.name, set()).add((column.kind, column.unit))
    several = {name for name, kinds in meant.items() if len(kinds) > 1}
    assert several <= {"status"}, "the HTTP status of a call is a number, that of anything else a word"


def test_every_table_with_a_session_calls_it_date() -> None:
    for table in CONTRACTS:
        if "date" in table.names:
            assert table.column("date").kind == "date", table.name
            assert not table.column("date").nullable, table.name
        assert "session_date" not in table.names
        assert "trade_date" not in table.names


def test_prices_and_volatilities_have_their_declared_scale() -> None:
    for table, column in EVERY_COLUMN:
        if column.name in {"implied_vol", "india_vix", "vendor_implied_vol"}:
            assert column.unit == "percent a year", table.name
        if column.name in {"strike", "spot", "forward"}:
            assert column.unit == "index points", table.name
            assert column.low is not None, table.name
            assert column.low > 0, table.name
        if column.name in {"confidence", "ml_score", "signal_strength", "win_rate"}:
            assert (column.low, column.high) == (0.0, 1.0), f"{table.name}.{column.name} is a fraction"


def test_a_missing_score_is_missing_and_says_why() -> None:
    for table in CONTRACTS:
        if "ml_score" in table.names:
            assert table.column("ml_score").nullable
            assert table.column("model_version").nullable == table.column("model_hash").nullable


@EACH_TABLE
def test_a_frame_of_a_table_keeps_order_and_types_through_itself(table: Contract) -> None:
    frame = valid_frame(table)
    shuffled = frame[list(reversed(table.names))].sample(frac=1.0, random_state=7)
    rebuilt = table.frame(shuffled)
    assert list(rebuilt.columns) == table.names
    assert {name: str(kind) for name, kind in rebuilt.dtypes.items()} == table.dtypes
    assert rebuilt.index.tolist() == list(range(len(frame)))
    back = rebuilt.sort_values(list(table.key), ignore_index=True)
    assert back.equals(frame.sort_values(list(table.key), ignore_index=True))


@EACH_TABLE
def test_each_column_that_must_be_there_is_asked_for_by_name(table: Contract) -> None:
    frame = valid_frame(table)
    for column in table.columns:
        lacking = frame.drop(columns=column.name)
        if column.nullable:
            assert table.frame(lacking)[column.name].isna().all()
        else:
            with pytest.raises(ContractError, match=rf"table {table.name} needs column {column.name} \("):
                table.frame(lacking)
