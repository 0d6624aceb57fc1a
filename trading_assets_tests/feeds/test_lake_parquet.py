"""Our own market_snapshots, exported and read back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.errors import FeedError
from trading_assets.feeds.archives import RawFile, raw_files
from trading_assets.feeds.ingest import ingest
from trading_assets.feeds.lake_parquet import FEED
from trading_assets.feeds.normalise import normalise_session
from trading_assets.feeds.nse_json import FEED as NSE_JSON
from trading_assets.market.packaged import load_market
from trading_assets.storage.arrow import to_table
from trading_assets.storage.packing import to_parquet
from trading_assets.storage.tables import TableStore
from trading_assets.tables.market_snapshots import CONTRACT
from trading_assets_tests.contracts.feed_contract import FeedContract
from trading_assets_tests.feeds.eod_files import assert_expected_chain
from trading_assets_tests.feeds.snapshot_files import DAY, MODIFIED, assert_same_market, bank_nifty, stored_rows

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MARKET = load_market()


def export(rows: pd.DataFrame) -> RawFile:
    """The file that storage keeps of rows."""
    return RawFile("market_snapshots.parquet", MODIFIED, to_parquet(to_table(CONTRACT, rows), lambda: "0" * 64))


def first_snapshot() -> pd.DataFrame:
    rows = stored_rows(1)
    return rows[rows["observed_at"] == rows["observed_at"].min()].reset_index(drop=True)


class TestLakeParquet(FeedContract):
    name = "lake-parquet"
    underlying = "NIFTY"
    day = DAY
    snapshots = 1
    legs = 20
    lot_size = 65
    total_open_interest_units = (324821 + 358218) * 65

    def recording(self) -> RawFile:
        return export(first_snapshot())


def read_back(recording: RawFile) -> pd.DataFrame:
    found = normalise_session(FEED.captures(recording, None), FEED, MARKET, 0.055)
    assert found.unreadable == ()
    return found.frame


def test_the_expected_chain_is_reproduced() -> None:
    assert_expected_chain(read_back(export(first_snapshot())))


def test_stored_rows_come_back_as_they_were() -> None:
    stored = stored_rows()
    found = read_back(export(stored))
    assert set(found["feed"]) == {"lake-parquet"}
    assert set(found["spot_source"]) == {"feed", "parity"}
    assert_same_market(found, stored)


def test_several_sessions_and_indices_are_parted() -> None:
    rows = stored_rows()
    next_day = rows.assign(date=pd.Series([pd.Timestamp("2026-09-17")] * len(rows), dtype="datetime64[s]"))
    together = export(pd.concat([next_day, bank_nifty(rows), rows], ignore_index=True))
    found = list(FEED.captures(together, None))
    assert [(capture.day, capture.underlying) for capture in found] == [
        (DAY, "BANKNIFTY"),
        (DAY, "NIFTY"),
        (date(2026, 9, 17), "NIFTY"),
    ]
    assert found[1].received_at == rows["received_at"].max()
    alone = normalise_session([found[1]], FEED, MARKET, 0.055).frame
    assert_same_market(alone, rows)
    assert [item.raw for item in FEED.captures(together, None)] == [item.raw for item in found]


def test_a_table_of_the_store_is_ingested_from_its_folder(tmp_path: Path) -> None:
    store = TableStore(tmp_path / "tables")
    store.write(CONTRACT, stored_rows(), DAY)
    found = ingest(FEED, [tmp_path / "tables" / "market_snapshots"], lambda _: True, MARKET)
    assert (found.sessions, found.captures_new, found.snapshots, found.refused) == ((DAY,), 1, 4, ())


def rewritten(change: Callable[[pa.Table], pa.Table]) -> RawFile:
    table = change(pq.read_table(pa.BufferReader(export(first_snapshot()).content)))
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return RawFile("changed.parquet", MODIFIED, sink.getvalue().to_pybytes())


def column(name: str, values: list[object], kind: pa.DataType) -> Callable[[pa.Table], pa.Table]:
    def change(table: pa.Table) -> pa.Table:
        position = table.column_names.index(name)
        return table.set_column(position, name, pa.array((values * table.num_rows)[: table.num_rows], kind))

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda table: table.drop_columns(["bid"]), "bid"),
        (lambda table: table.slice(0, 0), "no rows"),
        (column("underlying", [None], pa.string()), "underlying"),
        (column("underlying", ["../x"], pa.string()), "no index"),
        (column("date", [None], pa.date32()), "date"),
        (column("received_at", ["soon"], pa.string()), "soon"),
        (column("bid", ["high"], pa.string()), "high"),
        (column("received_at", [2**62], pa.timestamp("us", "UTC")), "out of range"),
        (column("date", [2**31 - 1], pa.date32()), "sessions and times"),
    ],
)
def test_another_table_is_refused(change: Callable[[pa.Table], pa.Table], said: str) -> None:
    with pytest.raises(FeedError, match=said):
        list(FEED.captures(rewritten(change), None))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (column("option_type", ["CALL"], pa.string()), "option_type"),
        (column("option_type", [None, "CE"], pa.string()), "option_type"),
        (column("strike", [None], pa.float64()), "strike"),
        (column("expiry", [None], pa.date32()), "expiry"),
        (column("observed_at", [None], pa.timestamp("us", "UTC")), "observed_at"),
    ],
)
def test_a_row_without_its_key_is_an_error(change: Callable[[pa.Table], pa.Table], said: str) -> None:
    (capture,) = FEED.captures(rewritten(change), None)
    with pytest.raises(FeedError, match=said):
        FEED.quotes(capture)


def test_absent_values_are_missing() -> None:
    names = ["spot", "spot_source", "bid", "open_interest_units"]

    def change(table: pa.Table) -> pa.Table:
        for name in names:
            table = column(name, [None], table.schema.field(name).type)(table)
        return table

    (capture,) = FEED.captures(rewritten(change), None)
    frame = FEED.quotes(capture).frame()
    assert frame[["spot", "bid", "open_interest"]].isna().all(axis=None)
    assert frame["ask"].notna().all()


@given(st.binary(max_size=12), st.floats(0, 1), st.integers(0, 12))
def test_mutated_bytes_give_rows_or_a_feed_error(junk: bytes, share: float, length: int) -> None:
    good = export(first_snapshot())
    at = int(share * len(good.content))
    content = good.content[:at] + junk + good.content[at + length :]
    (capture,) = FEED.captures(good, None)
    try:
        captures = list(FEED.captures(replace(good, content=content), None))
    except FeedError:
        captures = []
    found = normalise_session([*captures, replace(capture, raw=content)], FEED, MARKET, 0.055)
    assert len(found.frame) + len(found.unreadable) >= 1


@pytest.mark.recordings
def test_a_recorded_session_comes_back_from_its_export(recordings: Path) -> None:
    archive = recordings / "nse_json_2025" / "nse_json_2025-11-13.tar.xz"
    captures = [capture for file in raw_files(archive) for capture in NSE_JSON.captures(file, None)]
    stored = normalise_session(captures, NSE_JSON, MARKET, 0.065).frame
    found = normalise_session(FEED.captures(export(stored), None), FEED, MARKET, 0.065).frame
    for name in ("strike", "observed_at", "received_at", "last_price", "bid", "volume_units", "open_interest_units"):
        pd.testing.assert_series_equal(found[name], stored[name])
    np.testing.assert_allclose(found["open_interest_lots"], stored["open_interest_lots"], rtol=1e-15)
    np.testing.assert_array_equal(found["forward"], stored["forward"])
