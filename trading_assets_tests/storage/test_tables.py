"""The table store: partitions are replaced whole, read as they were written, and say when they are damaged."""

import os
from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_assets.errors import ContractError, StorageError
from trading_assets.places.place import Place
from trading_assets.storage import arrow, atomic, packing, parquet
from trading_assets.storage.tables import TableStore
from trading_assets.tables import equity_curve, market_snapshots, signal_outcomes
from trading_assets.tables.catalog import CONTRACTS
from trading_assets.tables.contract import Column, Contract
from trading_assets_tests.storage.contract_frames import SESSION, frames, snapshots

OUTCOMES = signal_outcomes.CONTRACT
SNAPSHOTS = market_snapshots.CONTRACT
NEXT = date(2025, 10, 14)
#: What a place tells of a file that changed; an inode only where there are any.
TOLD = ("st_ino", "st_mtime_ns", "st_size", "etag")
#: Not what a bucket could change; its requests cost milliseconds.
in_a_folder = pytest.mark.parametrize("place", ["folder"], indirect=True)


@pytest.fixture
def store(place: Place) -> TableStore:
    return TableStore(place / "tables")


@pytest.fixture
def local(tmp_path: Path) -> TableStore:
    return TableStore(tmp_path / "tables")


def outcomes(count: int, session: date = SESSION, reason: str | None = None) -> pd.DataFrame:
    return OUTCOMES.frame(
        {
            "date": [session] * count,
            "signal_id": [f"s{number:03}" for number in range(count)],
            "strategy_id": ["pcr_analysis"] * count,
            "outcome": ["rejected"] * count,
            "reason": [reason] * count,
        }
    )


def curve(days: list[date]) -> pd.DataFrame:
    rows = len(days)
    money = dict.fromkeys(("net_pnl", "equity", "peak_equity", "drawdown", "max_drawdown"), np.zeros(rows))
    return equity_curve.CONTRACT.frame({"date": days, "scope": ["all"] * rows, "undefined_reasons": "{}", **money})


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
@settings(max_examples=15)
@given(data=st.data())
def test_what_is_read_is_what_was_written_in_key_order(
    tmp_path_factory: pytest.TempPathFactory, contract: Contract, data: st.DataObject
) -> None:
    store = TableStore(tmp_path_factory.mktemp("tables"))
    frame = data.draw(frames(contract))
    session = SESSION if contract.partitioned else None
    written = store.write(contract, frame, session)
    expected = frame.sort_values(list(contract.key), kind="stable", na_position="last", ignore_index=True)
    pd.testing.assert_frame_equal(store.read(contract), expected, check_exact=True)
    assert written.rows == len(frame)
    assert written.bytes == store.path(contract, session).stat().st_size
    assert written.content_sha256 == store.content_sha256(contract, session)


def test_rows_in_another_order_leave_the_same_file_untouched(store: TableStore) -> None:
    frame = snapshots(3_000, seed=1)
    first = store.write(SNAPSHOTS, frame, SESSION)
    before = store.path(SNAPSHOTS, SESSION).stat()
    shuffled = frame.sample(frac=1.0, random_state=7, ignore_index=True)
    assert store.write(SNAPSHOTS, shuffled, SESSION) == first
    after = store.path(SNAPSHOTS, SESSION).stat()
    assert [getattr(after, told, None) for told in TOLD] == [getattr(before, told, None) for told in TOLD]


def test_the_same_rows_in_another_store_or_place_are_the_same_bytes(store: TableStore, tmp_path: Path) -> None:
    other = TableStore(tmp_path / "other")
    for one in (store, other):
        one.write(SNAPSHOTS, snapshots(500, seed=1), SESSION)
    assert store.path(SNAPSHOTS, SESSION).read_bytes() == other.path(SNAPSHOTS, SESSION).read_bytes()


def test_many_rows_are_packed_on_two_cores_as_on_one(local: TableStore, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = snapshots(arrow.MANY_ROWS, seed=1)
    written = local.write(SNAPSHOTS, frame, SESSION)
    pd.testing.assert_frame_equal(local.read(SNAPSHOTS), frame.sort_values([*SNAPSHOTS.key], ignore_index=True))
    packed = local.path(SNAPSHOTS, SESSION).read_bytes()
    monkeypatch.setattr(arrow, "MANY_ROWS", len(frame) + 1)
    assert packing.pack(SNAPSHOTS, frame, SESSION) == packing.Packed(SNAPSHOTS, SESSION, packed, written)


def test_rows_without_the_time_or_day_that_orders_them_come_last() -> None:
    columns = (Column("at", "time", "Time.", nullable=True), Column("day", "date", "Day.", nullable=True))
    ordered = Contract("moments", columns, key=("day", "at"), grain="", ready="", readers="", partitioned=False)
    times = pd.to_datetime([None, "1969-12-31T10:00:00Z", "2025-10-13T04:00:00Z", "2025-10-13T04:00:00Z"])
    days = pd.to_datetime(["2025-10-13", "1969-12-31", "2025-10-13", None])
    frame = ordered.frame({"at": times, "day": days})
    stored = arrow.to_frame(ordered, parquet.in_key_order(ordered, arrow.to_table(ordered, frame)))
    pd.testing.assert_frame_equal(stored, frame.iloc[[1, 2, 0, 3]].reset_index(drop=True))


def test_rows_with_infinite_numbers_are_ordered_by_what_comes_after_them() -> None:
    columns = (Column("level", "number", "Level.", nullable=True), Column("name", "text", "Name."))
    ordered = Contract("levels", columns, ("level", "name"), grain="", ready="", readers="", partitioned=False)
    frame = ordered.frame({"level": [1.0, np.inf, np.inf], "name": ["c", "b", "a"]})
    stored = arrow.to_frame(ordered, parquet.in_key_order(ordered, arrow.to_table(ordered, frame)))
    assert stored["name"].tolist() == ["c", "a", "b"]


def test_absent_partitions_read_as_empty_and_present_ones_in_session_order(store: TableStore) -> None:
    pd.testing.assert_frame_equal(store.read(OUTCOMES), OUTCOMES.empty())
    pd.testing.assert_frame_equal(store.read(OUTCOMES, [SESSION]), OUTCOMES.empty())
    store.write(OUTCOMES, outcomes(2, NEXT), NEXT)
    store.write(OUTCOMES, outcomes(3), SESSION)
    read = store.read(OUTCOMES, [NEXT, date(2020, 1, 1), SESSION, NEXT])
    assert read["date"].dt.date.tolist() == [SESSION] * 3 + [NEXT] * 2
    assert store.sessions(OUTCOMES) == [SESSION, NEXT]


@in_a_folder
def test_what_is_no_partition_is_not_taken_for_one(store: TableStore) -> None:
    store.write(OUTCOMES, outcomes(2), SESSION)
    folder = store.root / OUTCOMES.name
    for name in ("date=2025-10-14", "date=2025-10-15-copy", "2025-10-16"):
        (folder / name).mkdir()
    for name in ("date=2025-10-15-copy", "2025-10-16"):
        (folder / name / f"{OUTCOMES.name}.parquet").touch()
    (folder / "notes.txt").touch()
    assert store.sessions(OUTCOMES) == [SESSION]
    assert store.paths(OUTCOMES) == [store.path(OUTCOMES, SESSION)]
    assert store.paths(equity_curve.CONTRACT) == []


@in_a_folder
def test_columns_are_read_in_the_order_wanted(store: TableStore) -> None:
    store.write(OUTCOMES, outcomes(2), SESSION)
    assert list(store.read(OUTCOMES, columns=["outcome", "date"]).columns) == ["outcome", "date"]
    assert list(store.read(OUTCOMES, [NEXT], columns=["trade_id"]).dtypes.items()) == [
        ("trade_id", OUTCOMES.empty()["trade_id"].dtype)
    ]
    with pytest.raises(ContractError, match="has no column 'colour'"):
        store.read(OUTCOMES, columns=["colour"])


def test_footers_tell_how_many_rows_sessions_hold(store: TableStore) -> None:
    store.write(OUTCOMES, outcomes(3), SESSION)
    store.write(OUTCOMES, outcomes(0, NEXT), NEXT)
    assert store.rows(OUTCOMES, [SESSION, NEXT, date(2025, 10, 15)]) == 3
    assert store.rows(OUTCOMES, [SESSION, SESSION]) == 6
    assert store.rows(OUTCOMES, []) == 0


def test_an_empty_partition_is_stored_and_is_not_absent(store: TableStore) -> None:
    assert not store.has(OUTCOMES, SESSION)
    assert store.write(OUTCOMES, OUTCOMES.empty(), SESSION).rows == 0
    assert store.has(OUTCOMES, SESSION)
    assert store.sessions(OUTCOMES) == [SESSION]


@in_a_folder
def test_rows_of_another_date_are_refused(store: TableStore) -> None:
    frame = pd.concat([outcomes(2), outcomes(1, NEXT)], ignore_index=True)
    with pytest.raises(StorageError, match=r"signal_outcomes 2025-10-13: 1 of 3 rows .*row 2, 2025-10-14"):
        store.write(OUTCOMES, frame, SESSION)
    missing = outcomes(1).assign(date=pd.Series([pd.NaT], dtype="datetime64[s]"))
    with pytest.raises(StorageError, match="1 of 1 rows"):
        store.write(OUTCOMES, missing, SESSION)
    assert not store.has(OUTCOMES, SESSION)


@in_a_folder
def test_a_session_is_given_exactly_for_partitioned_tables(store: TableStore) -> None:
    with pytest.raises(StorageError, match="signal_outcomes needs a session"):
        store.write(OUTCOMES, outcomes(1), None)
    with pytest.raises(StorageError, match="equity_curve is one file in all"):
        store.write(equity_curve.CONTRACT, curve([SESSION]), SESSION)


def test_an_unpartitioned_table_is_one_file_and_filters_by_date(store: TableStore) -> None:
    store.write(equity_curve.CONTRACT, curve([SESSION, NEXT]), None)
    assert store.path(equity_curve.CONTRACT).relative_to(store.root) == Path("equity_curve/equity_curve.parquet")
    assert store.sessions(equity_curve.CONTRACT) == [SESSION, NEXT]
    assert store.read(equity_curve.CONTRACT, [NEXT], ["scope"]).to_dict("list") == {"scope": ["all"]}
    assert store.has(equity_curve.CONTRACT)


def test_delete_keeps_the_partition_in_the_history(store: TableStore) -> None:
    assert not store.delete(OUTCOMES, SESSION)
    content = store.write(OUTCOMES, outcomes(2), SESSION).content_sha256
    assert store.delete(OUTCOMES, SESSION)
    assert store.sessions(OUTCOMES) == []
    assert store.content_sha256(OUTCOMES, SESSION) is None
    [kept] = (store.root / "_history").rglob("*.parquet")
    assert content[:12] in kept.name


def test_duckdb_and_pyarrow_read_the_layout_with_date_as_a_date(local: TableStore) -> None:
    local.write(OUTCOMES, outcomes(2), SESSION)
    files = f"{local.root}/signal_outcomes/*/*.parquet"
    read = f"SELECT DISTINCT typeof(date), date FROM read_parquet('{files}')"  # noqa: S608 - our own path
    with duckdb.connect() as connection:
        assert connection.execute(read).fetchall() == [("DATE", SESSION)]
    hive = ds.partitioning(pa.schema([("date", pa.date32())]), flavor="hive")
    table = ds.dataset(local.root / "signal_outcomes", partitioning=hive).to_table()
    assert table.schema.field("date").type == pa.date32()
    assert pq.read_table(local.path(OUTCOMES, SESSION)).column("date").to_pylist() == [SESSION] * 2


def test_no_byte_of_a_file_can_change_without_notice(local: TableStore) -> None:
    frame = outcomes(40, reason="no quote")
    local.write(OUTCOMES, frame, SESSION)
    path = local.path(OUTCOMES, SESSION)
    whole = path.read_bytes()
    refused = 0
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            assert local.read(OUTCOMES, [SESSION]).equals(frame), place
        except StorageError:
            refused += 1
    assert refused > len(whole) // 2


@pytest.mark.parametrize("content", [b"", b"PAR1", b"not parquet at all", b"PAR1" + b"\0" * 40 + b"PAR1"])
def test_a_damaged_file_is_named_with_the_next_step(store: TableStore, content: bytes) -> None:
    store.write(OUTCOMES, outcomes(1), SESSION)
    path = store.path(OUTCOMES, SESSION)
    path.write_bytes(content)
    for read in (lambda: store.read(OUTCOMES), lambda: store.content_sha256(OUTCOMES, SESSION)):
        with pytest.raises(StorageError, match=r"signal_outcomes\.parquet cannot be read .*Materialize") as refusal:
            read()
        assert str(path) in str(refusal.value)
        assert "\n" not in str(refusal.value)


def test_a_damaged_partition_is_replaced_and_kept_aside(store: TableStore) -> None:
    store.write(OUTCOMES, outcomes(1), SESSION)
    store.path(OUTCOMES, SESSION).write_bytes(b"damaged")
    store.write(OUTCOMES, outcomes(2), SESSION)
    assert len(store.read(OUTCOMES)) == 2
    [kept] = (store.root / "_history").rglob("*-damaged.parquet")
    assert kept.read_bytes() == b"damaged"


def older(contract: Contract, dropped: str, path: Place) -> None:
    """Write a file as a version without one column would have."""
    table = arrow.to_table(contract, outcomes(2)).drop_columns([dropped])
    atomic.replace_file(path, packing.to_parquet(table, lambda: "0" * 64))


def test_an_older_file_without_a_nullable_column_reads_as_missing_there(store: TableStore) -> None:
    older(OUTCOMES, "reason", store.path(OUTCOMES, SESSION))
    pd.testing.assert_frame_equal(store.read(OUTCOMES), outcomes(2))


@in_a_folder
def test_an_older_file_without_a_needed_column_must_be_made_again(store: TableStore) -> None:
    older(OUTCOMES, "outcome", store.path(OUTCOMES, SESSION))
    with pytest.raises(StorageError, match="lacks column outcome of signal_outcomes; materialize it again"):
        store.read(OUTCOMES)


@in_a_folder
def test_an_older_file_of_another_type_must_be_made_again(store: TableStore) -> None:
    table = arrow.to_table(OUTCOMES, outcomes(2))
    bad = table.set_column(0, "date", pa.array(["yesterday", "today"]))
    path = store.path(OUTCOMES, SESSION)
    atomic.replace_file(path, packing.to_parquet(bad, lambda: "0" * 64))
    with pytest.raises(StorageError, match=r"column date is string, not date32.*older contract"):
        store.read(OUTCOMES)


@in_a_folder
def test_a_foreign_parquet_file_is_not_trusted(store: TableStore) -> None:
    foreign = pa.BufferOutputStream()
    pq.write_table(arrow.to_table(OUTCOMES, outcomes(2)), foreign)
    atomic.replace_file(store.path(OUTCOMES, SESSION), foreign.getvalue().to_pybytes())
    with pytest.raises(StorageError, match="this store did not write it"):
        store.read(OUTCOMES)


def test_sweep_removes_only_the_temporary_files_of_long_dead_writers(local: TableStore) -> None:
    local.write(OUTCOMES, outcomes(1), SESSION)
    folder = local.path(OUTCOMES, SESSION).parent
    dead, living = folder / ".signal_outcomes.parquet.1-aa.tmp", folder / ".signal_outcomes.parquet.2-bb.tmp"
    for torn in (dead, living):
        torn.write_bytes(b"PAR1 and then the power went")
    os.utime(dead, (0, 0))
    assert len(local.read(OUTCOMES)) == 1
    assert local.sessions(OUTCOMES) == [SESSION]
    assert local.sweep(timedelta(hours=1)) == 1
    assert not dead.exists()
    assert living.exists()
    assert local.sweep(timedelta(0)) == 1
    assert local.read(OUTCOMES).equals(outcomes(1))


@pytest.mark.parametrize("columns", [None, ["outcome", "date"]])
def test_sessions_read_apart_are_what_each_reads_alone(store: TableStore, columns: list[str] | None) -> None:
    days = [SESSION, date(2025, 10, 12), NEXT]
    for day, count in ((SESSION, 3), (NEXT, 1)):
        store.write(OUTCOMES, outcomes(count, day), day)
    apart = store.read_each(OUTCOMES, days, columns)
    assert {day: len(frame) for day, frame in apart.items()} == dict(zip(days, (3, 0, 1), strict=True))
    for day, frame in apart.items():
        pd.testing.assert_frame_equal(frame, store.read(OUTCOMES, [day], columns))
