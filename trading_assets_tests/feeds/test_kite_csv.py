from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from trading_assets.errors import FeedError
from trading_assets.feeds.kite_csv import FEED, HEADERS
from trading_assets.feeds.normalise import normalise_session
from trading_assets.market.packaged import load_market
from trading_assets_tests.contracts.split_feed_contract import SplitFeedContract
from trading_assets_tests.feeds.csv_chains import csv, kite, kite_rows

if TYPE_CHECKING:
    from trading_assets.feeds.archives import RawFile

WITH_STRIKES = [header for header in HEADERS if "Strike" in header]
LEVELS_ONLY = HEADERS[6]
MARKET = load_market()


class KiteFacts(SplitFeedContract):
    name = "kite-csv"
    underlying = "NIFTY"
    day = date(2026, 9, 16)
    snapshots = 1
    legs = 20
    lot_size = 65
    total_open_interest_units = (324821 + 358218) * 65


class TestFirstLayout(KiteFacts):
    def recording(self) -> RawFile:
        return kite(HEADERS[0])


class TestLayoutWithVolatility(KiteFacts):
    def recording(self) -> RawFile:
        return kite(HEADERS[4])


class TestLayoutOfSymbols(KiteFacts):
    def recording(self) -> RawFile:
        return kite(HEADERS[7])


class TestLastLayout(KiteFacts):
    def recording(self) -> RawFile:
        return kite(HEADERS[8])


def read(raw_file: RawFile) -> pd.DataFrame:
    return FEED.quotes(next(FEED.captures(raw_file, None))).frame()


def test_nine_layouts_are_known() -> None:
    assert len(set(HEADERS)) == 9


@pytest.mark.parametrize("header", WITH_STRIKES, ids=",".join)
def test_every_layout_is_read_by_name_and_what_it_lacks_is_missing(header: tuple[str, ...]) -> None:
    frame = read(kite(header))
    assert frame["open_interest"].tolist()[:2] == [8998 * 65, 15282 * 65]
    assert frame["last_price"].tolist()[:2] == [287.9, 60.1]
    assert frame["volume"].isna().all() == ("CE_Volume" not in header)
    assert frame["vendor_implied_vol"].isna().all() == ("CE_IV" not in header)
    assert frame["spot"].isna().all() == (not {"Stock_LTP", "Spot"} & set(header))
    assert frame[["bid", "ask", "bid_quantity", "ask_quantity"]].isna().all().all()


def test_a_layout_of_index_levels_is_split_and_holds_no_chain() -> None:
    rows = [{"Stock": name, "timestamp": "2026-09-16 09:15:45"} for name in ("NIFTY", "BANKNIFTY")]
    captures = list(FEED.captures(kite(LEVELS_ONLY, rows), None))
    assert [capture.underlying for capture in captures] == ["NIFTY", "BANKNIFTY"]
    found = normalise_session(captures, FEED, MARKET, 0.065)
    assert found.frame.empty
    assert all("index levels only" in item.reason for item in found.unreadable)
    assert len(found.unreadable) == 2


@pytest.mark.parametrize("header", ["Stock,Expiry,Strike,CE_LTP", "stock,ltp,high,low,timestamp", "a"])
def test_an_unknown_header_is_named(header: str) -> None:
    with pytest.raises(FeedError, match=header):
        list(FEED.captures(replace(kite(), content=f"{header}\n".encode()), None))


def test_indices_become_captures_of_their_own_and_stocks_are_left_out() -> None:
    rows = [*kite_rows("RELIANCE"), *kite_rows("BANKNIFTY")[:3], *kite_rows("NIFTY"), *kite_rows("BANKNIFTY")[3:]]
    captures = {capture.underlying: capture for capture in FEED.captures(kite(rows=rows), None)}
    assert list(captures) == ["BANKNIFTY", "NIFTY"]
    assert len(FEED.quotes(captures["BANKNIFTY"])) == 20
    alone = next(FEED.captures(kite(), None))
    assert captures["NIFTY"].capture_id == alone.capture_id
    pd.testing.assert_frame_equal(FEED.quotes(captures["NIFTY"]).frame(), FEED.quotes(alone).frame())


def test_a_file_of_stocks_alone_is_refused_by_name() -> None:
    with pytest.raises(FeedError, match=r"index_OC.*stocks only"):
        list(FEED.captures(kite(rows=kite_rows("RELIANCE")), None))


@pytest.mark.parametrize(
    ("name", "received"),
    [
        ("index_OC_2026-09-16_11-16.csv", datetime(2026, 9, 16, 5, 46, tzinfo=UTC)),
        ("option_chain_2026-09-16_11-16-45.csv", datetime(2026, 9, 16, 5, 46, 45, tzinfo=UTC)),
        ("index_OC_2026-09-16_11-15.csv", datetime(2026, 9, 16, 5, 45, 3, tzinfo=UTC)),  # minutes are cut off
        ("index_OC_2026-99-99_11-15.csv", datetime(2026, 9, 16, 5, 45, 3, tzinfo=UTC)),
        ("prices.csv", datetime(2026, 9, 16, 5, 45, 3, tzinfo=UTC)),
    ],
)
def test_a_file_was_received_at_the_later_of_its_name_and_its_rows(name: str, received: datetime) -> None:
    capture = next(FEED.captures(kite(name=name), None))
    assert capture.received_at == received
    frame = FEED.quotes(capture).frame()
    assert set(frame["received_at"]) == {pd.Timestamp(received)}
    assert set(frame["observed_at"]) == {pd.Timestamp("2026-09-16 05:45:03+00:00")}


def test_a_file_edited_by_a_spreadsheet_is_read_alike() -> None:
    plain = kite(name="prices.csv")
    edited = csv(
        HEADERS[8], [row | {"Expiry": "22-09-2026", "timestamp": "16-09-2026 11:15:03"} for row in kite_rows()]
    )
    crlf = replace(plain, content=edited.replace(b"\n", b"\r\n"))
    pd.testing.assert_frame_equal(read(crlf), read(plain))


def test_a_zero_level_is_missing_and_parity_stands_in_flagged() -> None:
    frames = {}
    for spot in (0, 23412.35):
        capture = next(FEED.captures(kite(rows=kite_rows(spot=spot)), None))
        frames[spot] = normalise_session([capture], FEED, MARKET, 0.055).frame
    assert set(frames[0]["spot_source"]) == {"parity"}
    assert set(frames[23412.35]["spot_source"]) == {"feed"}
    assert len(frames[0]) == 20
    np.testing.assert_allclose(frames[0]["forward"], 23428.0, atol=0.1)
    np.testing.assert_allclose(frames[0]["spot"], 23428.0 * np.exp(-0.055 * 0.0169), atol=0.2)


def test_blank_cells_are_missing_and_zero_prices_too() -> None:
    row = kite_rows()[0] | {"CE_LTP": "", "CE_OI": "", "PE_LTP": "0.0", "PE_OI": "0.0"}
    frame = read(kite(rows=[row]))
    assert frame["last_price"].isna().all()
    np.testing.assert_array_equal(frame["open_interest"], [np.nan, 0.0])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"timestamp": "soon"}, "soon"),
        ({"timestamp": ""}, "not a time"),
        ({"timestamp": "2026-02-30 11:15"}, "day"),
    ],
)
def test_rows_without_a_time_refuse_the_file(change: dict, said: str) -> None:
    rows = [row | change for row in kite_rows()]
    with pytest.raises(FeedError, match=said):
        list(FEED.captures(kite(rows=rows), None))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"Expiry": "soon"}, "Expiry"),
        ({"Expiry": ""}, "empty"),
        ({"Expiry": "2026-02-30"}, "Expiry"),
        ({"Strike": ""}, "Strike"),
        ({"Strike": "x"}, "'x'"),
        ({"CE_LTP": "1;2"}, "1;2"),
        ({"CE_LTP": "1,2"}, "columns"),
    ],
)
def test_bad_cells_are_named(change: dict, said: str) -> None:
    capture = next(FEED.captures(kite(rows=[*kite_rows(), kite_rows()[0] | change]), None))
    with pytest.raises(FeedError, match=said):
        FEED.quotes(capture)
