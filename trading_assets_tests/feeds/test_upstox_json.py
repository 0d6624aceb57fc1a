from __future__ import annotations

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
from trading_assets.feeds.upstox_json import FEED
from trading_assets.market.packaged import load_market
from trading_assets_tests.contracts.feed_contract import FeedContract
from trading_assets_tests.feeds.nse_dumps import facts
from trading_assets_tests.feeds.upstox_answers import RECEIVED, answer, recording

if TYPE_CHECKING:
    from trading_assets.feeds.archives import RawFile
    from trading_assets.market.captures import Capture

MARKET = load_market()
TOTAL_UNITS = (324821 + 358218) * 65


class TestUpstoxJson(FeedContract):
    name = "upstox-json"
    underlying = "NIFTY"
    day = date(2026, 9, 16)
    snapshots = 1
    legs = 20
    lot_size = 65
    total_open_interest_units = TOTAL_UNITS

    def recording(self) -> RawFile:
        return recording(answer())


class TestPollOfTwoExpiries(TestUpstoxJson):
    legs = 40
    total_open_interest_units = 2 * TOTAL_UNITS

    def recording(self) -> RawFile:
        return recording([answer(), answer("2026-09-29")])


class TestUpstoxLive(TestPollOfTwoExpiries):
    name = "upstox"

    def test_it_can_be_collected(self) -> None:
        assert self.feed.live
        assert not FEED.live


def capture_of(document: object) -> Capture:
    return replace(next(FEED.captures(recording(answer()), None)), raw=orjson.dumps(document))


def read(document: object) -> pd.DataFrame:
    return FEED.quotes(capture_of(document)).frame()


def side(document: dict, name: str = "call_options", part: str = "market_data") -> dict:
    return document["data"][0][name][part]


def test_the_expected_chain_is_reproduced() -> None:
    expected = facts()
    frame = normalise_session([capture_of(answer())], FEED, MARKET, expected["rate"]).frame
    lots = frame.pivot_table(index="strike", columns="option_type", values="open_interest_lots")
    assert lots["CE"].sum() == expected["total_call_oi_lots"]
    assert lots["PE"].sum() == expected["total_put_oi_lots"]
    assert lots["PE"].sum() / lots["CE"].sum() == pytest.approx(expected["pcr_oi"], abs=1e-15)
    assert lots["CE"][lots.index >= expected["spot"]].idxmax() == expected["call_wall"]
    assert lots["PE"][lots.index <= expected["spot"]].idxmax() == expected["put_wall"]
    pain = {
        strike: (
            lots["CE"] * np.maximum(strike - lots.index, 0) + lots["PE"] * np.maximum(lots.index - strike, 0)
        ).sum()
        for strike in lots.index
    }
    assert min(pain, key=pain.get) == expected["max_pain"]
    assert frame["forward"].iloc[0] == pytest.approx(expected["forward"], abs=0.15)  # quotes stand on 0.05 ticks
    assert frame["spot"].eq(expected["spot"]).all()
    near = (frame["strike"] - expected["forward"]).abs() < 60
    np.testing.assert_allclose(frame["implied_vol"][near], frame["vendor_implied_vol"][near], atol=0.15)


@pytest.mark.recordings
def test_the_published_shape_reads_as_the_rendered_one(recordings: object) -> None:
    from pathlib import Path

    sample = Path(str(recordings)).parent / "reference" / "formats" / "upstox_v2_option_chain.json"
    if not sample.exists():
        pytest.skip(f"no sample at {sample}")
    published, rendered = read(orjson.loads(sample.read_bytes())), read(answer())
    assert (published["previous_open_interest"] > 0.0).all()
    day = ["previous_open_interest"]  # the rendered answers leave it at the open interest of now
    pd.testing.assert_frame_equal(published.drop(columns=day), rendered.drop(columns=day))


def test_volume_is_counted_in_units_and_no_field_is_confused_with_another() -> None:
    document = answer()
    side(document).update(ltp=1.0, bid_price=2.0, ask_price=3.0, bid_qty=4, ask_qty=5, volume=6, oi=7.0, prev_oi=9.0)
    side(document, part="option_greeks")["iv"] = 8.0
    row = read(document).iloc[0]
    names = ["last_price", "bid", "ask", "bid_quantity", "ask_quantity", "volume", "open_interest"]
    names += ["vendor_implied_vol", "previous_open_interest"]
    assert row[names].tolist() == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]
    assert normalise_session([capture_of(document)], FEED, MARKET, 0.065).frame["volume_units"].iloc[0] == 6.0


def test_zero_is_missing_for_prices_and_a_number_for_counts() -> None:
    document = answer()
    side(document).update(ltp=0, bid_price=0, ask_price=0.0, bid_qty=0, oi=0, volume=0)
    side(document, part="option_greeks").update(iv=0, delta=1)
    document["data"][0]["underlying_spot_price"] = 0
    row = read(document).iloc[0]
    assert row[["last_price", "bid", "ask", "vendor_implied_vol", "spot"]].isna().all()
    assert row[["bid_quantity", "open_interest", "volume"]].tolist() == [0.0, 0.0, 0.0]


def test_an_absent_or_null_side_is_no_leg_and_an_absent_part_is_missing() -> None:
    document = answer()
    del document["data"][0]["call_options"]
    document["data"][1]["put_options"] = None
    document["data"][2]["call_options"]["option_greeks"] = None
    document["data"][3]["call_options"]["market_data"]["oi"] = None
    frame = read(document)
    assert len(frame) == 18
    assert frame["vendor_implied_vol"].isna().sum() == frame["open_interest"].isna().sum() == 1


def test_values_are_not_judged() -> None:
    document = answer()
    side(document).update(oi=-65.0, volume=-4_200_000_000)
    row = read(document).iloc[0]
    assert (row["open_interest"], row["volume"]) == (-65.0, -4.2e9)


def test_an_expiry_may_come_with_a_time() -> None:
    assert set(read(answer("2026-09-22T00:00:00+05:30"))["expiry"].dt.date) == {date(2026, 9, 22)}


def test_times_are_those_of_the_capture() -> None:
    frame = read(answer())
    assert set(frame["observed_at"]) == set(frame["received_at"]) == {pd.Timestamp(RECEIVED)}


@pytest.mark.parametrize(("document", "rows"), [({"status": "success", "data": []}, 0), ([], 0), ([answer()], 20)])
def test_answers_may_be_none_empty_or_one_of_a_list(document: object, rows: int) -> None:
    assert len(read(document)) == rows


def test_the_underlying_comes_from_the_key_else_from_the_call() -> None:
    file = recording(answer())
    bank = replace(file, content=file.content.replace(b"Nifty 50", b"Nifty Bank"))
    assert next(FEED.captures(bank, None)).underlying == "BANKNIFTY"
    assert next(FEED.captures(bank, "NIFTY")).underlying == "BANKNIFTY"
    empty = replace(file, content=b'{"status":"success","data":[]}')
    assert next(FEED.captures(empty, "NIFTY")).underlying == "NIFTY"
    for strange in (empty, replace(file, content=file.content.replace(b"Nifty 50", b"RELIANCE"))):
        with pytest.raises(FeedError, match="--underlying"):
            list(FEED.captures(strange, None))


def test_a_chain_of_another_index_is_refused() -> None:
    document = answer()
    document["data"][5]["underlying_key"] = "NSE_INDEX|Nifty Bank"
    with pytest.raises(FeedError, match="Nifty Bank"):
        read(document)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"strike_price": None}, "strike_price"),
        ({"strike_price": "23200"}, "type str"),
        ({"expiry": None}, "expiry"),
        ({"expiry": "22-09-2026"}, "expiry"),
        ({"expiry": "2026-02-31"}, "expiry"),
        ({"expiry": ["2026-09-22"]}, "expiry"),
        ({"call_options": [1]}, "side"),
        ({"call_options": {"market_data": "x"}}, "side"),
        ({"put_options": {"market_data": {"oi": True}}}, "type bool"),
        ({"put_options": {"option_greeks": {"iv": "12"}}}, "iv"),
    ],
)
def test_bad_content_is_named(change: dict, said: str) -> None:
    document = answer()
    document["data"][0].update(change)
    with pytest.raises(FeedError, match=said):
        read(document)


@pytest.mark.parametrize("document", [{}, {"data": {}}, {"data": [1]}, [1], [answer(), None], {"status": "error"}])
def test_an_answer_without_rows_is_named(document: object) -> None:
    with pytest.raises(FeedError, match="under data"):
        read(document)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.data())
def test_mutated_json_gives_rows_or_is_kept_as_unreadable(data: st.DataObject) -> None:
    document = answer()
    for _ in range(data.draw(st.integers(1, 3))):
        place: object = document
        while isinstance(place, dict | list) and place:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            key = data.draw(st.sampled_from(keys))
            if not isinstance(place[key], dict | list) or data.draw(st.booleans()):
                place[key] = data.draw(JSON)
                break
            place = place[key]
    found = normalise_session([capture_of(document)], FEED, MARKET, 0.065)
    assert len(found.unreadable) + len(found.frame) > 0


@given(st.binary(max_size=60), st.integers(0, 9000), st.integers(0, 60))
def test_mutated_bytes_give_rows_or_are_kept_as_unreadable(junk: bytes, at: int, length: int) -> None:
    capture = capture_of(answer())
    mutated = replace(capture, raw=capture.raw[:at] + junk + capture.raw[at + length :])
    found = normalise_session([mutated], FEED, MARKET, 0.065)
    assert len(found.unreadable) + len(found.frame) > 0
