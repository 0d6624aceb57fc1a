"""Snapshots as JSON objects: read, written, and read back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import orjson
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.errors import FeedError
from trading_assets.feeds.ingest import ingest
from trading_assets.feeds.normalise import normalise_session
from trading_assets.feeds.snapshot_json import FEED, snapshot_file_name, to_snapshot_json
from trading_assets.market.packaged import load_market
from trading_assets_tests.contracts.feed_contract import FeedContract
from trading_assets_tests.feeds.eod_files import assert_expected_chain
from trading_assets_tests.feeds.snapshot_files import (
    DAY,
    assert_same_market,
    bank_nifty,
    json_file,
    snapshot,
    stored_rows,
)

if TYPE_CHECKING:
    from pathlib import Path

    from trading_assets.feeds.archives import RawFile
    from trading_assets.market.captures import Capture

MARKET = load_market()


class TestSnapshotJson(FeedContract):
    name = "snapshot-json"
    underlying = "NIFTY"
    day = DAY
    snapshots = 1
    legs = 20
    lot_size = 65
    total_open_interest_units = (324821 + 358218) * 65

    def recording(self) -> RawFile:
        return json_file(snapshot())


def captures_of(document: object, underlying: str | None = None) -> list[Capture]:
    return list(FEED.captures(json_file(document), underlying))


def read(document: object) -> pd.DataFrame:
    (capture,) = captures_of(document)
    return FEED.quotes(capture).frame()


def read_back(content: bytes) -> pd.DataFrame:
    captures = FEED.captures(replace(json_file([]), content=content), None)
    found = normalise_session(captures, FEED, MARKET, 0.055)
    assert found.unreadable == ()
    return found.frame


def test_the_expected_chain_is_reproduced() -> None:
    frame = normalise_session(captures_of(snapshot()), FEED, MARKET, 0.055).frame
    assert_expected_chain(frame)
    assert (set(frame["spot"]), set(frame["spot_source"]), set(frame["india_vix"])) == ({23412.35}, {"feed"}, {12.5})


def test_a_list_is_a_capture_per_snapshot() -> None:
    later = snapshot() | {"timestamp": "2026-09-17T09:30:00", "received_at": None}
    found = captures_of([snapshot(), later])
    assert [capture.received_at for capture in found] == [
        datetime(2026, 9, 16, 5, 45, 7, tzinfo=UTC),
        datetime(2026, 9, 17, 4, 0, tzinfo=UTC),
    ]
    assert [capture.day for capture in found] == [date(2026, 9, 16), date(2026, 9, 17)]
    assert set(FEED.quotes(found[1]).frame()["observed_at"]) == {pd.Timestamp("2026-09-17 04:00:00+00:00")}


def test_the_smallest_snapshot_is_read() -> None:
    leg = {"expiry": "2026-09-22", "strike": 23400, "option_type": "PE"}
    document = {"timestamp": "2026-09-16 11:15:00", "option_chain": [leg]}
    (capture,) = captures_of(document, "NIFTY")
    frame = FEED.quotes(capture).frame()
    assert frame[["strike", "option_type"]].to_numpy().tolist() == [[23400.0, "PE"]]
    assert frame.iloc[0, 5:].isna().all()
    assert set(frame["observed_at"]) == set(frame["received_at"]) == {pd.Timestamp("2026-09-16 05:45:00+00:00")}


def test_null_and_zero_prices_are_missing_and_unknown_names_are_left_alone() -> None:
    document = snapshot() | {"spot_price": 0, "mood": "calm"}
    document["option_chain"][0].update(bid=0, ask=None, last_price=0.0, volume=0, implied_vol=0, delta=0.5)
    row = read(document).iloc[0]
    assert row[["spot", "bid", "ask", "last_price", "vendor_implied_vol"]].isna().all()
    assert row["volume"] == 0.0


def test_stored_rows_come_back_as_they_were() -> None:
    stored = stored_rows()
    found = read_back(to_snapshot_json(stored))
    assert set(found["feed"]) == {"snapshot-json"}
    assert set(found["spot_source"]) == {"feed", "parity"}
    assert_same_market(found, stored)


def test_the_bytes_do_not_depend_on_the_order_of_rows_and_repeat_after_reading_back() -> None:
    stored = pd.concat([stored_rows(), bank_nifty(stored_rows())], ignore_index=True)
    content = to_snapshot_json(stored)
    assert to_snapshot_json(stored.sample(frac=1.0, random_state=3)) == content
    documents = orjson.loads(content)
    assert [item["symbol"] for item in documents] == ["BANKNIFTY"] * 4 + ["NIFTY"] * 4
    again = orjson.loads(to_snapshot_json(read_back(orjson.dumps(documents[4:]))))
    assert again == [item | {"feed": "snapshot-json"} for item in documents[4:]]


def test_what_cannot_be_written_as_a_number_is_null() -> None:
    (*_, unquoted, spotless) = orjson.loads(to_snapshot_json(stored_rows(0)))
    assert {leg["bid"] for leg in unquoted["option_chain"]} == {None}
    assert spotless["spot_price"] is None
    assert spotless["india_vix"] is None


def test_no_rows_are_an_empty_list() -> None:
    assert orjson.loads(to_snapshot_json(stored_rows().iloc[:0])) == []


def test_a_written_file_is_ingested(tmp_path: Path) -> None:
    assert snapshot_file_name(DAY) == "market_state_2026-09-16.json"
    (tmp_path / snapshot_file_name(DAY)).write_bytes(to_snapshot_json(stored_rows()))
    found = ingest(FEED, [tmp_path], lambda _: True, MARKET)
    assert (found.sessions, found.captures_new, found.snapshots, found.refused) == ((DAY,), 4, 4, ())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"timestamp": "noon", "received_at": None}, "timestamp"),
        ({"received_at": 5}, "received_at"),
        ({"symbol": None}, "symbol"),
        ({"symbol": "../NIFTY"}, "symbol"),
        ({"symbol": ""}, "symbol"),
    ],
)
def test_a_snapshot_without_a_time_or_symbol_is_refused(change: dict, said: str) -> None:
    with pytest.raises(FeedError, match=said):
        captures_of(snapshot() | change)


@pytest.mark.parametrize("document", [[], [1], {}, {"symbol": "NIFTY"}, None, "text"])
def test_other_json_is_refused(document: object) -> None:
    with pytest.raises(FeedError, match="holds no snapshots"):
        captures_of(document)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"option_chain": {}}, "option_chain"),
        ({"option_chain": [1]}, "option_chain"),
        ({"timestamp": "2026-09-31T11:15:00"}, "timestamp"),
        ({"spot_price": "23412"}, "spot_price"),
        ({"india_vix": [1]}, "india_vix"),
    ],
)
def test_bad_values_of_a_snapshot_are_named(change: dict, said: str) -> None:
    with pytest.raises(FeedError, match=said):
        read(snapshot() | change)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"expiry": "22-Sep-2026"}, "expiry"),
        ({"expiry": None}, "expiry"),
        ({"option_type": "CALL"}, "option_type"),
        ({"strike": None}, "strike"),
        ({"bid": True}, "type bool"),
        ({"volume": "5"}, "type str"),
    ],
)
def test_bad_values_of_a_leg_are_named(change: dict, said: str) -> None:
    document = snapshot()
    document["option_chain"][7].update(change)
    with pytest.raises(FeedError, match=said):
        read(document)


def test_a_capture_of_two_snapshots_is_an_error() -> None:
    (capture,) = captures_of(snapshot())
    with pytest.raises(FeedError, match="one snapshot"):
        FEED.quotes(replace(capture, raw=orjson.dumps([snapshot(), snapshot()]) + b"\n"))


@given(st.binary(max_size=40), st.integers(0, 5000), st.integers(0, 40))
def test_mutated_bytes_give_rows_or_a_feed_error(junk: bytes, at: int, length: int) -> None:
    good = json_file(snapshot())
    content = good.content[:at] + junk + good.content[at + length :]
    (capture,) = captures_of(snapshot())
    try:
        captures = list(FEED.captures(replace(good, content=content), None))
    except FeedError:
        captures = []
    found = normalise_session([*captures, replace(capture, raw=content)], FEED, MARKET, 0.055)
    assert len(found.frame) + len(found.unreadable) >= 1
