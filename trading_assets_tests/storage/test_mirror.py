"""The small tables in PostgreSQL: the same answers, whatever writers race, and no doubt about what is behind."""

from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from threading import Barrier, Thread
from uuid import uuid4

import pandas as pd
import psycopg2
import psycopg2.extras
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_assets.errors import StorageError
from trading_assets.places import postgres
from trading_assets.places.place import Place
from trading_assets.storage import mirror as mirror_module
from trading_assets.storage.mirror import MIRRORED, Mirror, Partition
from trading_assets.storage.sql import query, query_each
from trading_assets.storage.tables import TableStore
from trading_assets.tables import daily_performance, market_snapshots, trades
from trading_assets_tests.storage import desk
from trading_assets_tests.storage.contract_frames import SESSION, frames, snapshots
from trading_assets_tests.tracking.stores import new_database

TRACEABILITY = Path(__file__).with_name("traceability.sql")
TRADES = trades.CONTRACT


@pytest.fixture(scope="module")
def drawn_url(postgres_url: str) -> str:
    return new_database(postgres_url, f"mirror-{uuid4().hex}")


@pytest.fixture
def mirror(postgres_url: str) -> Mirror:
    return Mirror(new_database(postgres_url, f"mirror-{uuid4().hex}"))


def asked(mirror: Mirror, sql: str) -> list[tuple]:
    """Rows of a statement as psql would show them, JSON as its text."""
    with closing(psycopg2.connect(mirror.url, options="-c timezone=UTC")) as connection:
        psycopg2.extras.register_default_json(connection, loads=str)
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()


def comparable(rows: list[tuple]) -> list[tuple]:
    """Sums and averages are numeric in one engine and double in the other."""
    return [tuple(round(float(v), 9) if isinstance(v, (Decimal, float)) else v for v in row) for row in rows]


def statements(text: str) -> list[str]:
    return [part for part in text.split(";") if any(not line.startswith("--") for line in part.strip().splitlines())]


def test_every_statement_of_traceability_answers_as_the_embedded_engine_does(mirror: Mirror, place: Place) -> None:
    store = TableStore(place / "tables", mirror)
    desk.fill(store, today=datetime.now(UTC))
    text = TRACEABILITY.read_text(encoding="utf-8")
    embedded = query_each(store, text)
    each = statements(text)
    assert len(each) == len(embedded) == 11
    for statement, expected in zip(each, embedded, strict=True):
        rows = comparable(asked(mirror, statement))
        ordered = rows if "ORDER BY" in statement else sorted(rows, key=repr)
        wanted = comparable(expected.rows)
        assert ordered == (wanted if "ORDER BY" in statement else sorted(wanted, key=repr)), statement
        assert rows
    assert mirror.behind(store) == []


@settings(max_examples=5)
@given(data=st.data())
def test_any_row_is_the_same_in_both_engines(
    drawn_url: str, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    contract = data.draw(st.sampled_from(MIRRORED))
    frame = data.draw(frames(contract).filter(lambda frame: "\0" not in frame.to_csv()))
    store = TableStore(tmp_path_factory.mktemp("tables"), Mirror(drawn_url))
    store.write(contract, frame, SESSION if contract.partitioned else None)
    stored = query(store, f'SELECT * FROM "{contract.name}"').rows  # noqa: S608 - our own names
    mirrored = asked(store.mirror, f'SELECT * FROM "{contract.name}"')  # type: ignore[arg-type] # noqa: S608
    assert sorted(map(repr, mirrored)) == sorted(map(repr, (tuple(map(as_psycopg, row)) for row in stored)))


def as_psycopg(value: object) -> object:
    return value.astimezone(UTC) if isinstance(value, datetime) else value


def traded(number: int) -> pd.DataFrame:
    rows = [(f"TRADE_{row}", SESSION, "pcr_analysis", "v1.0.0", 1.0, 10.0 + number) for row in range(number + 1)]
    return desk.trades_of(rows, datetime(2025, 10, 13, 5, tzinfo=UTC))


def test_writers_of_one_partition_at_once_leave_no_row_twice_and_none_out(mirror: Mirror, place: Place) -> None:
    start = Barrier(4)
    failed: list[Exception] = []

    def write(number: int) -> None:
        start.wait()
        for turn in range(3):
            try:
                TableStore(place / "tables", Mirror(mirror.url)).write(TRADES, traded(number + turn), SESSION)
            except StorageError as error:
                failed.append(error)

    threads = [Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    store = TableStore(place / "tables", mirror)
    mirrored = asked(mirror, "SELECT trade_id, net_pnl FROM trades ORDER BY trade_id")
    read = store.read(TRADES)
    assert [(name, float(net)) for name, net in mirrored] == list(zip(read["trade_id"], read["net_pnl"], strict=True))
    assert mirror.behind(store) == []


def test_a_server_lost_in_the_middle_of_a_partition_has_it_once(
    mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost: list[str] = []
    csv = mirror_module._csv

    def rows_of(rows: pa.Table) -> bytes:
        if not lost:
            with closing(psycopg2.connect(mirror.url)) as other, other.cursor() as cursor:
                cursor.execute(
                    "SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND application_name = 'trading_assets'"
                )
                lost.extend(str(row) for row in cursor.fetchall())
        return csv(rows)

    monkeypatch.setattr(mirror_module, "_csv", rows_of)
    store = TableStore(tmp_path, mirror)
    store.write(TRADES, traded(2), SESSION)
    assert lost
    assert mirror.behind(store) == []
    assert asked(mirror, "SELECT count(*), count(DISTINCT trade_id) FROM trades") == [(3, 3)]


def test_while_the_mirror_is_down_tables_are_whole_and_what_is_behind_is_made_up_for(
    mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "PATIENCE_SECONDS", 0.0)
    down = Mirror("postgresql://desk:secret@127.0.0.1:1/none")
    with pytest.raises(StorageError, match=r"trades 2025-10-13 is stored whole, but its mirror .*127\.0\.0\.1") as told:
        TableStore(tmp_path, down).write(TRADES, traded(2), SESSION)
    assert "secret" not in str(told.value)
    assert "\n" not in str(told.value)
    store = TableStore(tmp_path, mirror)
    assert len(store.read(TRADES)) == 3
    late = [Partition("trades", "2025-10-13")]
    assert mirror.behind(store) == late
    store.write(TRADES, traded(2), SESSION)  # the same rows again: what a re-run does
    assert mirror.behind(store) == []
    TableStore(tmp_path).write(TRADES, traded(1), SESSION)
    assert mirror.behind(store) == late
    assert mirror.catch_up(store) == late
    assert asked(mirror, "SELECT count(*) FROM trades") == [(2,)]
    TableStore(tmp_path).delete(TRADES, SESSION)
    assert mirror.behind(store) == late
    mirror.catch_up(store)
    assert asked(mirror, "SELECT count(*) FROM trades") == [(0,)]


def test_a_delete_is_followed_and_large_tables_are_not_mirrored(mirror: Mirror, tmp_path: Path) -> None:
    store = TableStore(tmp_path, mirror)
    store.write(TRADES, traded(1), SESSION)
    store.delete(TRADES, SESSION)
    assert asked(mirror, "SELECT count(*) FROM trades") == [(0,)]
    store.write(market_snapshots.CONTRACT, snapshots(2, seed=1), SESSION)
    assert asked(mirror, "SELECT to_regclass('market_snapshots')") == [(None,)]
    assert mirror.behind(store) == []


def test_a_table_of_that_name_which_is_not_ours_is_left_alone(mirror: Mirror, tmp_path: Path) -> None:
    with closing(psycopg2.connect(mirror.url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE trades AS SELECT 1 AS theirs")
    with pytest.raises(StorageError, match='relation "trades" already exists'):
        TableStore(tmp_path, mirror).write(TRADES, traded(1), SESSION)
    assert asked(mirror, "SELECT theirs FROM trades") == [(1,)]


def test_tables_of_an_older_version_are_made_again_and_then_behind(mirror: Mirror, tmp_path: Path) -> None:
    store = TableStore(tmp_path, mirror)
    desk.fill(store)
    with closing(psycopg2.connect(mirror.url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("UPDATE mirror_version SET contracts_sha256 = 'older'")
        cursor.execute("DROP VIEW daily_performance; ALTER TABLE daily_performance_facts DROP COLUMN win_rate")
        cursor.execute("CREATE VIEW daily_performance AS SELECT * FROM daily_performance_facts")
    late = mirror.behind(store)
    assert Partition(daily_performance.CONTRACT.name, str(desk.MONDAY)) in late
    assert mirror.catch_up(store) == late
    same = "SELECT date, win_rate FROM daily_performance ORDER BY date"
    assert asked(mirror, same) == query(store, same).rows


def test_a_partition_sorts_and_says_what_it_is() -> None:
    assert str(Partition("trades", str(date(2025, 10, 13)))) == "trades 2025-10-13"
