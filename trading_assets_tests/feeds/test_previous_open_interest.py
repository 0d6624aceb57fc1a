"""Open interest at the close of the session before: read where a feed says it, in units, and missing elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from trading_assets.feeds.archives import RawFile
from trading_assets.feeds.discovery import load_feeds
from trading_assets.feeds.normalise import normalise_session
from trading_assets.feeds.simulated_files import FIXTURE_SESSIONS, committed_file
from trading_assets.feeds.snapshot_json import to_snapshot_json
from trading_assets.market.option_chain import OptionChain
from trading_assets.market.packaged import load_market
from trading_assets.storage.arrow import to_table
from trading_assets.storage.packing import to_parquet
from trading_assets.tables.market_snapshots import CONTRACT
from trading_assets_tests.feeds import csv_chains, eod_files, upstox_answers
from trading_assets_tests.feeds.nse_dumps import dump, recording
from trading_assets_tests.feeds.snapshot_files import MODIFIED, json_file, snapshot

if TYPE_CHECKING:
    import pandas as pd

MARKET, FEEDS = load_market(), load_feeds()
COLUMN = "previous_open_interest_units"


def normalised(feed: str, file: RawFile) -> pd.DataFrame:
    captures = list(FEEDS[feed].captures(file, None))
    return normalise_session(captures, FEEDS[feed], MARKET, 0.055).frame


def nse(shape: str) -> RawFile:
    """A dump whose open interest is ten lots a side above the close before, twenty at puts."""
    document = dump(shape)
    for row in document["records"]["data"]:
        row["CE"]["changeinOpenInterest"], row["PE"]["changeinOpenInterest"] = 10, 20
    return recording(document)


def upstox() -> RawFile:
    document = upstox_answers.answer()
    for row in document["data"]:
        for side, lots in (("call_options", 10), ("put_options", 20)):
            row[side]["market_data"]["prev_oi"] = row[side]["market_data"]["oi"] - lots * 65
    return upstox_answers.recording(document)


def page() -> RawFile:
    """The page counts in units."""
    head, *rows = csv_chains.page().content.decode().splitlines()
    names = head.split(",")
    told = []
    for row in rows:
        cells = row.split(",")
        cells[names.index("CallChnginOI")], cells[names.index("PutChnginOI")] = "650", "1300"
        told.append(",".join(cells))
    return csv_chains.file("NIFTY_16-09-2026_11:15.csv", "\n".join([head, *told, ""]).encode())


def end_of_day(rows: list[dict[str, object]], name: str, lot: int) -> list[dict[str, object]]:
    side = "OptnTp" if "OptnTp" in rows[0] else "OPTION_TYP"
    return [{**row, name: (10 if row[side] == "CE" else 20) * lot} for row in rows]


FILES = {
    "nse v2": ("nse-json", lambda: nse("v2")),
    "nse v3": ("nse-json", lambda: nse("v3")),
    "upstox": ("upstox-json", upstox),
    "page": ("nse-page-csv", page),
    "udiff": (
        "bhavcopy-udiff",
        lambda: eod_files.udiff(end_of_day(eod_files.udiff_rows(), "ChngInOpnIntrst", 65)),
    ),
    "legacy": ("bhavcopy-legacy", lambda: eod_files.legacy(end_of_day(eod_files.legacy_rows(), "CHG_IN_OI", 50))),
}


@pytest.mark.parametrize("name", FILES)
def test_it_is_the_open_interest_less_its_change_of_the_day(name: str) -> None:
    feed, file = FILES[name]
    rows = normalised(feed, file())
    lots = (rows["open_interest_units"] - rows[COLUMN]) / rows["lot_size"]
    assert len(rows) == 20
    assert set(lots[rows["option_type"] == "CE"]) == {10.0}
    assert set(lots[rows["option_type"] == "PE"]) == {20.0}


@pytest.mark.parametrize(
    ("feed", "file"),
    [
        ("nse-json", recording(dump("v2"))),
        ("snapshot-json", json_file(snapshot())),
        ("dhan-15min", csv_chains.dhan_files()[0]),
        ("nse-5min-csv", csv_chains.five_minutes()),
        ("nse-eod-report", eod_files.report()),
    ],
)
def test_a_feed_that_does_not_say_it_leaves_it_missing(feed: str, file: RawFile) -> None:
    rows = normalised(feed, file)
    assert len(rows)
    assert rows[COLUMN].isna().all()


def test_the_simulated_market_does_not_say_it_and_its_ids_stay_what_they_were() -> None:
    file = committed_file(FIXTURE_SESSIONS[0])
    (capture,) = FEEDS["simulated"].captures(RawFile(file.name, MODIFIED, file.read_bytes()), None)
    rows = normalise_session([capture], FEEDS["simulated"], MARKET, 0.055).frame
    assert rows[COLUMN].isna().all()


def test_a_change_of_it_alone_makes_no_other_snapshot() -> None:
    plain, told = normalised("nse-json", recording(dump("v2"))), normalised("nse-json", nse("v2"))
    assert plain["snapshot_id"].tolist() == told["snapshot_id"].tolist()
    assert plain[COLUMN].tolist() != told[COLUMN].tolist()


def test_what_we_write_says_it_again() -> None:
    rows = normalised("nse-json", nse("v2"))
    again = normalised("snapshot-json", RawFile("market_state_2026-09-16.json", MODIFIED, to_snapshot_json(rows)))
    np.testing.assert_array_equal(again[COLUMN], rows[COLUMN])
    lake = RawFile("market_snapshots.parquet", MODIFIED, to_parquet(to_table(CONTRACT, rows), lambda: "0" * 64))
    np.testing.assert_array_equal(normalised("lake-parquet", lake)[COLUMN], rows[COLUMN])


def test_an_export_from_before_the_column_was_known_is_read() -> None:
    rows = normalised("nse-json", nse("v2"))
    table = to_table(CONTRACT, rows).drop_columns([COLUMN])
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, write_page_checksum=True)
    found = normalised("lake-parquet", RawFile("market_snapshots.parquet", MODIFIED, sink.getvalue().to_pybytes()))
    assert found[COLUMN].isna().all()
    assert found["open_interest_units"].tolist() == rows["open_interest_units"].tolist()


def test_the_chain_holds_it_in_lots() -> None:
    rows = normalised("nse-json", nse("v2"))
    built = OptionChain.from_frame(rows, MARKET.calendar.session(rows["date"].iloc[0].date()))
    assert built.previous_open_interest_lots is not None
    change = built.open_interest_lots - built.previous_open_interest_lots
    assert set(change[..., 0][np.isfinite(change[..., 0])]) == {10.0}
    assert set(change[..., 1][np.isfinite(change[..., 1])]) == {20.0}
    without = rows.assign(**{COLUMN: np.nan})
    assert OptionChain.from_frame(without, built.session).previous_open_interest_lots is None
