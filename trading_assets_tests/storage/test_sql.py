"""SQL over the tables: the questions users ask, the joined rollups, rows beside the store, and engine errors."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from trading_assets.errors import SqlError
from trading_assets.places.place import Place
from trading_assets.storage import arrow, atomic, packing
from trading_assets.storage.sql import QueryResult, query, query_each
from trading_assets.storage.tables import TableStore
from trading_assets.tables import feed_calls, market_snapshots, signal_outcomes
from trading_assets.tables.catalog import CONTRACTS
from trading_assets.tables.contract import Contract
from trading_assets.tables.performance_views import VIEWS
from trading_assets_tests.storage import desk
from trading_assets_tests.storage.contract_frames import SESSION, snapshots
from trading_assets_tests.storage.journaled import calls

TRACEABILITY = Path(__file__).with_name("traceability.sql")
#: Not what a bucket could change; its requests cost milliseconds.
in_a_folder = pytest.mark.parametrize("place", ["folder"], indirect=True)


@pytest.fixture
def store(place: Place) -> TableStore:
    return TableStore(place / "tables")


@pytest.fixture
def desk_store(store: TableStore) -> TableStore:
    desk.fill(store)
    return store


def dicts(result: QueryResult) -> list[dict[str, object]]:
    return [dict(zip(result.columns, row, strict=True)) for row in result.rows]


@in_a_folder
def test_every_statement_of_traceability_answers_from_real_rows(store: TableStore) -> None:
    desk.fill(store, today=datetime.now(UTC))
    results = query_each(store, TRACEABILITY.read_text(encoding="utf-8"))
    assert len(results) == 11
    daily, best, of_version, by_version, one, out_of_range, versions, telemetry, last_day, latest, current = results
    assert [row["total_trades"] for row in dicts(daily)] == [2, 2]
    assert best.rows == [("pcr_analysis", Decimal("1340.15"), 0.75), ("oi_change_patterns", Decimal("-310.10"), 0.0)]
    assert {row["trade_id"] for row in dicts(of_version)} == {"TRADE_12345", "TRADE_12346"}
    assert by_version.rows == [
        ("v1.0.0", 2, 0.75, 0.5, Decimal("940.15")),
        ("v1.1.0", 1, 0.75, 1.0, Decimal("89.95")),
    ]
    assert dicts(one)[0]["features_snapshot"] == '{"pcr":1.62,"vix":11.5}'
    assert one.types[5] == "JSON"
    assert [(row[0], row[2]) for row in sorted(out_of_range.rows)] == [("TRADE_12345", "1.62"), ("TRADE_12347", "0.41")]
    assert [(row["version"], row["trades"]) for row in dicts(versions)] == [("v1.0.0", 2), ("v1.1.0", 1)]
    assert {row[0] for row in telemetry.rows} == {"model_version", "model_hash", "features_snapshot"}
    assert sorted(last_day.rows, key=str) == [(1, "v1.1.0"), (1, None)]
    assert [row["date"] for row in dicts(latest)] == [datetime.now(UTC).date(), desk.MONDAY]
    assert [row["strategy_name"] for row in dicts(current)] == ["pcr_analysis"]


@in_a_folder
def test_every_statement_of_traceability_runs_over_an_empty_store(store: TableStore) -> None:
    assert len(query_each(store, TRACEABILITY.read_text(encoding="utf-8"))) == 11


def test_there_is_a_typed_view_per_contract_also_where_nothing_is_stored(tmp_path: Path) -> None:
    store = TableStore(tmp_path / "tables")
    engine_types = {
        "date": "DATE",
        "time": "TIMESTAMP WITH TIME ZONE",
        "text": "VARCHAR",
        "json": "JSON",
        "integer": "BIGINT",
        "number": "DOUBLE",
        "money": "DECIMAL(18,2)",
        "flag": "BOOLEAN",
    }
    for contract in CONTRACTS:
        result = query(store, f"FROM {contract.name}")
        expected = [(column.name, engine_types[column.kind]) for column in contract.columns]
        assert list(zip(result.columns, result.types, strict=True))[: len(expected)] == expected
        assert result.rows == []


@in_a_folder
def test_only_files_of_tables_that_a_statement_can_read_are_looked_up(
    desk_store: TableStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up: list[str] = []
    paths = TableStore.paths

    def noted(store: TableStore, contract: Contract) -> list[Place]:
        looked_up.append(contract.name)
        return paths(store, contract)

    monkeypatch.setattr(TableStore, "paths", noted)
    for statement, names in (
        ("SELECT 1", set()),
        ("SELECT count(*) FROM Trades", {"trades"}),
        ("FROM strategy_performance_facts", {"strategy_performance", "equity_curve"}),
        ("FROM performance_monthly", {"daily_performance", "equity_curve", "trades"}),
    ):
        looked_up.clear()
        query(desk_store, statement)
        assert set(looked_up) == names, statement


@in_a_folder
@pytest.mark.parametrize("view", [*(contract.name for contract in CONTRACTS), *(view.contract.name for view in VIEWS)])
def test_a_view_answers_alike_whatever_else_is_named(desk_store: TableStore, view: str) -> None:
    all_named = ", ".join(contract.name for contract in CONTRACTS)
    alone, beside = (query(desk_store, f"FROM {view}{comment}") for comment in ("", f" -- {all_named}"))
    assert sorted(alone.rows, key=repr) == sorted(beside.rows, key=repr)
    assert (alone.columns, alone.types) == (beside.columns, beside.types)


@in_a_folder
def test_daily_performance_carries_the_history_of_the_desk(desk_store: TableStore) -> None:
    first, second = dicts(query(desk_store, "SELECT * FROM daily_performance ORDER BY date"))
    assert first["sharpe_ratio_20"] == 1.5
    assert second["sharpe_ratio_20"] is None
    assert (first["equity"], second["equity"]) == (Decimal("1000000.00"), Decimal("1000001.00"))
    assert first["max_drawdown"] == Decimal("310.10")
    assert first["intraday_max_drawdown"] == Decimal("0.00")
    assert first["undefined_reasons"] == '{"profit_factor":"not computed here"}'
    assert first["undefined_reasons_to_date"] == '{"sharpe_ratio":"2 sessions, 20 needed"}'
    assert "scope" not in first
    for name in ("sharpe_ratio", "sharpe_ratio_60", "sharpe_ratio_252", "sortino_ratio", "drawdown", "net_pnl"):
        assert name in first


@in_a_folder
def test_strategy_performance_carries_each_strategys_history_beside_its_own_drawdown(desk_store: TableStore) -> None:
    rows = dicts(query(desk_store, "SELECT * FROM strategy_performance ORDER BY date, strategy_name"))
    assert [(row["strategy_name"], row["max_drawdown"], row["max_drawdown_to_date"]) for row in rows] == [
        ("oi_change_patterns", Decimal("12.50"), None),
        ("pcr_analysis", Decimal("12.50"), Decimal("0.05")),
        ("pcr_analysis", Decimal("12.50"), Decimal("0.05")),
    ]
    assert [row["sharpe_ratio_20"] for row in rows] == [None, 2.5, None]
    assert "net_pnl" not in rows[0]


@in_a_folder
def test_the_sum_of_trades_is_the_day_is_the_sum_of_strategies_in_exact_decimals(desk_store: TableStore) -> None:
    [(trades, days, strategies)] = query(
        desk_store,
        "SELECT (SELECT sum(net_pnl) FROM trades), (SELECT sum(net_pnl) FROM daily_performance), "
        "(SELECT sum(total_pnl) FROM strategy_performance)",
    ).rows
    assert trades == days == strategies == Decimal("1030.05")


@in_a_folder
def test_stored_columns_alone_are_the_facts(desk_store: TableStore) -> None:
    facts = query(desk_store, "FROM daily_performance_facts")
    assert list(facts.columns) == next(c for c in CONTRACTS if c.name == "daily_performance").names


@in_a_folder
def test_rows_beside_the_store_are_added_unless_their_key_is_stored(store: TableStore) -> None:
    store.write(feed_calls.CONTRACT, calls([0, 1]), SESSION)
    beside = {"feed_calls": calls([1, 2])}
    asked = "SELECT called_at FROM feed_calls ORDER BY called_at"
    assert len(query(store, asked).rows) == 2
    found = [row[0] for row in query(store, asked, beside).rows]
    assert found == [datetime(2025, 10, 13, 3, 45, second, tzinfo=UTC) for second in range(3)]
    assert len(query(store, asked, {"feed_calls": feed_calls.CONTRACT.empty()}).rows) == 2


@in_a_folder
def test_times_are_utc_whatever_the_machine_says(store: TableStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    store.write(market_snapshots.CONTRACT, snapshots(1, seed=1), SESSION)
    asked = (
        "SELECT observed_at, observed_at::VARCHAR, current_setting FROM market_snapshots, (SELECT 1 AS current_setting)"
    )
    [(moment, text, _)] = query(store, asked).rows
    assert moment == datetime(2025, 10, 13, 3, 45, tzinfo=UTC)
    assert moment.utcoffset() == timedelta(0)
    assert text == "2025-10-13 03:45:00+00"


@in_a_folder
def test_sums_keep_their_size_and_kind(store: TableStore) -> None:
    [(whole, large, money, gone, span)] = query(
        store,
        "SELECT sum(1), sum(9223372036854775807), sum(1.10::DECIMAL(18,2)), sum(NULL::INTEGER), INTERVAL 90 MINUTE "
        "FROM range(2)",
    ).rows
    assert (whole, large, money, gone) == (2, 2 * (2**63 - 1), Decimal("2.20"), None)
    assert isinstance(whole, int)
    assert span == "0 months 0 days 5400.0 s"


def test_an_older_file_reads_as_missing_where_it_lacks_a_column(store: TableStore) -> None:
    contract = signal_outcomes.CONTRACT
    values = {"date": [SESSION], "signal_id": "s", "strategy_id": "p", "outcome": "taken", "trade_id": "t"}
    store.write(contract, contract.frame({**values, "date": [date(2025, 10, 14)]}), date(2025, 10, 14))
    older = arrow.to_table(contract, contract.frame(values)).drop_columns(["trade_id"])
    atomic.replace_file(store.path(contract, SESSION), packing.to_parquet(older, lambda: "0" * 64))
    assert query(store, "SELECT trade_id FROM signal_outcomes ORDER BY date").rows == [(None,), ("t",)]


def test_a_damaged_file_is_an_error_not_a_wrong_answer(store: TableStore) -> None:
    store.write(market_snapshots.CONTRACT, snapshots(2_000, seed=1), SESSION)
    path = store.path(market_snapshots.CONTRACT, SESSION)
    whole = path.read_bytes()
    for damaged in (b"", b"PAR1", whole[: len(whole) // 2], whole[:5000] + b"\xff" + whole[5001:]):
        path.write_bytes(damaged)
        with pytest.raises(SqlError):
            query(store, "FROM market_snapshots")


@in_a_folder
@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("SELEC 1", "syntax error"),
        ("SELECT * FROM trade", "trade does not exist"),
        ("SELECT nett_pnl FROM trades", "nett_pnl"),
        ("SELECT 'x'::INTEGER", "Could not convert"),
    ],
)
def test_what_the_engine_refuses_is_said_in_one_paragraph(store: TableStore, statement: str, found: str) -> None:
    with pytest.raises(SqlError, match="the SQL engine refused the statement: ") as refusal:
        query(store, statement)
    assert found in str(refusal.value)
    assert "\n" not in str(refusal.value)


@in_a_folder
def test_query_answers_exactly_one_statement(store: TableStore) -> None:
    with pytest.raises(SqlError, match="expected one SQL statement, found 2"):
        query(store, "SELECT 1; SELECT 2;")
    assert [result.rows for result in query_each(store, "SELECT 1; -- one\nSELECT 2;")] == [[(1,)], [(2,)]]


@in_a_folder
@pytest.mark.parametrize("nothing", ["", "  \n", "-- only a comment", ";;"])
def test_no_statement_is_an_error(store: TableStore, nothing: str) -> None:
    with pytest.raises(SqlError, match="no SQL statement"):
        query_each(store, nothing)


@in_a_folder
def test_nothing_is_answered_when_a_later_statement_is_refused(store: TableStore) -> None:
    with pytest.raises(SqlError, match="read-only"):
        query_each(store, "SELECT 1; DROP VIEW trades")


@in_a_folder
def test_an_answer_larger_than_a_machine_is_refused_before_it_is_held(store: TableStore) -> None:
    with pytest.raises(SqlError, match="more than 1,000,000 rows; add LIMIT"):
        query(store, "SELECT * FROM range(1000000000000)")
    assert len(query(store, "SELECT * FROM range(1000000)").rows) == 1_000_000
    assert query(store, "SELECT count(*) FROM range(3000000)").rows == [(3_000_000,)]
