from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import orjson
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.errors import FeedError
from trading_assets.feeds.normalise import normalise_session
from trading_assets.feeds.nse_json import FEED
from trading_assets.market.packaged import load_market
from trading_assets_tests.contracts.feed_contract import FeedContract
from trading_assets_tests.feeds.nse_dumps import RECEIVED, dump, facts, recording

if TYPE_CHECKING:
    from trading_assets.feeds.archives import RawFile
    from trading_assets.market.captures import Capture


MARKET = load_market()


class NseFacts(FeedContract):
    name = "nse-json"
    underlying = "NIFTY"
    day = date(2026, 9, 16)
    snapshots = 1
    legs = 20
    lot_size = 65
    total_open_interest_units = (324821 + 358218) * 65


class TestShapeV2(NseFacts):
    def recording(self) -> RawFile:
        return recording(dump("v2"))


class TestShapeV3(NseFacts):
    def recording(self) -> RawFile:
        return recording(dump("v3"))


def capture_of(document: object) -> Capture:
    return next(FEED.captures(recording(document), None))


def read(document: object) -> pd.DataFrame:
    return FEED.quotes(capture_of(document)).frame()


@pytest.mark.parametrize("shape", ["v2", "v3"])
def test_the_expected_chain_is_reproduced(shape: str) -> None:
    expected = facts()
    frame = normalise_session([capture_of(dump(shape))], FEED, MARKET, expected["rate"]).frame
    lots = frame.pivot_table(index="strike", columns="option_type", values="open_interest_lots")
    assert lots["CE"].sum() == expected["total_call_oi_lots"]
    assert lots["PE"].sum() == expected["total_put_oi_lots"]
    assert lots["PE"].sum() / lots["CE"].sum() == pytest.approx(expected["pcr_oi"], abs=1e-15)
    pain = {
        strike: (
            lots["CE"] * np.maximum(strike - lots.index, 0) + lots["PE"] * np.maximum(lots.index - strike, 0)
        ).sum()
        for strike in lots.index
    }
    assert min(pain, key=pain.get) == expected["max_pain"]
    assert lots["CE"][lots.index >= expected["spot"]].idxmax() == expected["call_wall"]
    assert lots["PE"][lots.index <= expected["spot"]].idxmax() == expected["put_wall"]
    assert frame["forward"].iloc[0] == pytest.approx(expected["forward"], abs=0.15)  # quotes stand on 0.05 ticks
    assert frame["spot"].eq(expected["spot"]).all()
    assert set(frame["expiry"].dt.date) == {date(2026, 9, 22)}
    near = (frame["strike"] - expected["forward"]).abs() < 60
    np.testing.assert_allclose(frame["implied_vol"][near], frame["vendor_implied_vol"][near], atol=0.15)


def test_both_shapes_read_alike() -> None:
    pd.testing.assert_frame_equal(read(dump("v2")), read(dump("v3")))


def test_times_are_the_exchanges_and_the_recorders() -> None:
    frame = read(dump("v2"))
    assert set(frame["observed_at"]) == {pd.Timestamp("2026-09-16 05:45:00+00:00")}
    assert set(frame["received_at"]) == {pd.Timestamp(RECEIVED)}


def test_without_a_time_in_the_name_the_modification_time_counts() -> None:
    file = recording(dump("v2"), "NIFTY_99-99-99T99-99-99Z.json")
    assert next(FEED.captures(file, None)).received_at == file.modified


def test_zero_is_missing_where_the_site_means_none_and_a_number_where_it_counts() -> None:
    document = dump("v2")
    leg = document["records"]["data"][0]["CE"]
    zeros = ("lastPrice", "bidprice", "askPrice", "impliedVolatility", "underlyingValue", "bidQty", "openInterest")
    leg.update(dict.fromkeys(zeros, 0))
    document["records"]["underlyingValue"] = 0
    row = read(document).iloc[0]
    assert row[["last_price", "bid", "ask", "vendor_implied_vol", "spot"]].isna().all()
    assert row[["bid_quantity", "open_interest"]].tolist() == [0.0, 0.0]


@pytest.mark.parametrize(("level", "expected"), [(23412.35, 23412.35), (0, np.nan), (None, np.nan), ("x", np.nan)])
def test_a_leg_without_its_copy_of_the_spot_has_that_of_the_dump(level: object, expected: float) -> None:
    document = dump("v2")
    document["records"]["underlyingValue"] = level
    document["records"]["data"][0]["CE"]["underlyingValue"] = 0
    document["records"]["data"][0]["PE"]["underlyingValue"] = 23400.0
    np.testing.assert_array_equal(read(document)["spot"].iloc[:3], [expected, 23400.0, 23412.35])


def test_an_absent_or_null_side_is_no_leg_and_an_absent_field_is_missing() -> None:
    document = dump("v2")
    rows = document["records"]["data"]
    del rows[0]["CE"]
    rows[1]["PE"] = None
    del rows[2]["CE"]["openInterest"]
    rows[3]["CE"]["openInterest"] = None
    frame = read(document)
    assert len(frame) == 18
    assert frame["open_interest"].isna().sum() == 2


def test_values_are_not_judged() -> None:
    document = dump("v2")
    document["records"]["data"][0]["CE"].update(openInterest=-4.333, totalTradedVolume=-4_200_000_000)
    row = read(document).iloc[0]
    assert (row["open_interest"], row["volume"]) == (-4.333, -4.2e9)


def test_the_underlying_comes_from_the_call_the_content_or_the_name() -> None:
    file = recording(dump("v2"))
    assert next(FEED.captures(file, "BANKNIFTY")).underlying == "BANKNIFTY"
    nameless = replace(file, content=b'{"records": {}}')
    assert next(FEED.captures(nameless, None)).underlying == "NIFTY"
    with pytest.raises(FeedError, match="--underlying"):
        list(FEED.captures(replace(nameless, name="chain.json"), None))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"timestamp": None}, "timestamp"),
        ({"timestamp": "28-Foo-2025 11:13:18"}, "timestamp"),
        ({"timestamp": "31-Feb-2025 11:13:18"}, "timestamp"),
        ({"data": {}}, "records.data"),
        ({"data": [1]}, "rows"),
        ({"data": [{"strikePrice": 1, "expiryDate": "22-Sep-2026", "CE": [1]}]}, "CE or PE"),
        ({"data": [{"strikePrice": None, "expiryDate": "22-Sep-2026", "CE": {}}]}, "strikePrice"),
        ({"data": [{"strikePrice": "1", "expiryDate": "22-Sep-2026", "CE": {}}]}, "type str"),
        ({"data": [{"strikePrice": 1, "expiryDate": "22-Sep-2026", "CE": {"bidprice": True}}]}, "type bool"),
        ({"data": [{"strikePrice": 1, "CE": {}}]}, "expiry"),
        ({"data": [{"strikePrice": 1, "expiryDate": ["x"], "CE": {}}]}, "expiry"),
        ({"data": [{"strikePrice": 1, "expiryDate": "31-Feb-2026", "CE": {}}]}, "expiry"),
    ],
)
def test_bad_content_is_named(change: dict, said: str) -> None:
    document = dump("v2")
    document["records"].update(change)
    with pytest.raises(FeedError, match=said):
        read(document)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.data())
def test_mutated_json_gives_rows_or_a_feed_error_and_normalises(data: st.DataObject) -> None:
    document = dump(data.draw(st.sampled_from(["v2", "v3"])))
    for _ in range(data.draw(st.integers(1, 3))):
        place: object = document
        while isinstance(place, dict | list) and place:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            key = data.draw(st.sampled_from(keys))
            if not isinstance(place[key], dict | list) or data.draw(st.booleans()):
                place[key] = data.draw(JSON)
                break
            place = place[key]
    try:
        raw = orjson.dumps(document)
    except TypeError:  # an integer beyond 64 bits is not JSON to orjson
        return
    capture = replace(capture_of(dump("v2")), raw=raw)
    found = normalise_session([capture], FEED, MARKET, 0.065)
    assert len(found.unreadable) + len(found.frame) > 0


@given(st.binary(max_size=60), st.integers(0, 4000), st.integers(0, 60))
def test_mutated_bytes_give_rows_or_a_feed_error(junk: bytes, at: int, length: int) -> None:
    raw = orjson.dumps(dump("v2"))
    capture = replace(capture_of(dump("v2")), raw=raw[:at] + junk + raw[at + length :])
    with contextlib.suppress(FeedError):
        FEED.quotes(capture)
