from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from trading_assets.errors import FeedError
from trading_assets.feeds.nse_page_csv import FEED, HEADERS
from trading_assets_tests.contracts.feed_contract import FeedContract
from trading_assets_tests.feeds.csv_chains import page

if TYPE_CHECKING:
    from trading_assets.feeds.archives import RawFile
    from trading_assets.market.captures import Capture

DASHES = dict.fromkeys(HEADERS[0], "-")


class PageFacts(FeedContract):
    name = "nse-page-csv"
    underlying = "NIFTY"
    day = date(2026, 9, 16)
    snapshots = 1
    legs = 20
    lot_size = 65
    total_open_interest_units = (324821 + 358218) * 65


class TestPage(PageFacts):
    def recording(self) -> RawFile:
        return page()


class TestPageWithoutIndexLevel(PageFacts):
    def recording(self) -> RawFile:
        return page(header=HEADERS[1])


def capture_named(name: str, underlying: str | None = None, content: bytes | None = None) -> Capture:
    found = page() if content is None else replace(page(), content=content)
    return next(FEED.captures(replace(found, name=name), underlying))


def test_the_capture_time_in_the_name_is_ist_and_the_only_time() -> None:
    capture = capture_named("a.tar.xz!BANKNIFTY/BANKNIFTY_01-05-2019_09:05.csv")
    assert capture.received_at == datetime(2019, 5, 1, 3, 35, tzinfo=UTC)
    assert (capture.underlying, capture.day) == ("BANKNIFTY", date(2019, 5, 1))
    frame = FEED.quotes(capture).frame()
    assert set(frame["observed_at"]) == set(frame["received_at"]) == {pd.Timestamp(capture.received_at)}


@pytest.mark.parametrize(
    ("name", "expiry"),
    [
        ("x.tar.xz!index/NIFTY/13JUN2019/NIFTY_16-05-2019_13:23.csv", date(2019, 6, 13)),
        ("x.tar.xz!index/NIFTY/6JUN2019/NIFTY_16-05-2019_13:23.csv", date(2019, 6, 6)),
        ("x.tar.xz!NIFTY/NIFTY_15-10-2018_12:30.csv", date(2018, 10, 25)),  # no weekly contracts yet
        ("x.tar.xz!NIFTY/NIFTY_13-02-2019_12:30.csv", date(2019, 2, 14)),  # the first week of them
        ("NIFTY_06-06-2019_15:30.csv", date(2019, 6, 6)),  # until the day itself
        ("NIFTY_07-06-2019_09:15.csv", date(2019, 6, 13)),
        ("BANKNIFTY_16-10-2018_12:30.csv", date(2018, 10, 17)),  # Thursday was a holiday
        ("2019-05-16/NIFTY_16-05-2019_13:23.csv", date(2019, 5, 16)),  # a folder by day says no expiry
        ("16-05-2019/NIFTY_17-05-2019_13:23.csv", date(2019, 5, 23)),
    ],
)
def test_the_expiry_is_the_folder_or_the_nearest_listed(name: str, expiry: date) -> None:
    assert set(FEED.quotes(capture_named(name)).frame()["expiry"].dt.date) == {expiry}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("31FEB2019/NIFTY_16-02-2019_13:23.csv", "31FEB2019"),
        ("NIFTY_16-02-2017_13:23.csv", "calendar|expiry"),
        ("FOOBAR_16-02-2019_13:23.csv", "FOOBAR"),
    ],
)
def test_an_expiry_that_cannot_be_known_is_an_error(name: str, said: str) -> None:
    with pytest.raises(FeedError, match=said):
        FEED.quotes(capture_named(name))


@pytest.mark.parametrize("name", ["chain.csv", "NIFTY_31-02-2019_13:23.csv", "NIFTY_16-05-2019_25:00.csv"])
def test_a_name_without_a_time_is_refused(name: str) -> None:
    with pytest.raises(FeedError, match=name):
        capture_named(name)


def test_the_call_may_say_another_index() -> None:
    assert capture_named("NIFTY_16-05-2019_13:23.csv", "BANKNIFTY").underlying == "BANKNIFTY"


def test_a_dash_is_missing_and_a_listed_strike_stays() -> None:
    row = DASHES | {"": 7, "StrikePrice": "23200.00", "CallOI": "75", "PutLTP": "0.00", "CurrentVal": "23412.35"}
    raw = (",".join(HEADERS[0]) + "\n" + ",".join(map(str, row.values())) + "\n").encode()
    frame = FEED.quotes(capture_named("NIFTY_16-09-2026_11:15.csv", content=raw)).frame()
    assert frame["option_type"].tolist() == ["CE", "PE"]
    np.testing.assert_array_equal(frame["open_interest"], [75.0, np.nan])
    assert frame[["last_price", "bid", "ask", "volume", "vendor_implied_vol"]].isna().all().all()
    assert frame["spot"].tolist() == [23412.35, 23412.35]


def test_values_are_not_judged() -> None:
    raw = page().content.replace(b"0,584870,", b"0,-584870.25,", 1)
    frame = FEED.quotes(capture_named("NIFTY_16-09-2026_11:15.csv", content=raw)).frame()
    assert frame["open_interest"].iloc[0] == -584870.25


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [(b"23200.00", b"-", "strike"), (b"23200.00", b"twenty", "twenty"), (b"\n1,", b"\n1,1,", "columns")],
)
def test_bad_content_is_named(old: bytes, new: bytes, said: str) -> None:
    capture = capture_named("NIFTY_16-09-2026_11:15.csv", content=page().content.replace(old, new, 1))
    with pytest.raises(FeedError, match=said):
        FEED.quotes(capture)


def test_a_page_without_rows_is_read_as_no_leg() -> None:
    header = (",".join(HEADERS[1]) + "\n").encode()
    assert len(FEED.quotes(capture_named("6JUN2019/NIFTY_16-05-2019_13:23.csv", content=header))) == 0
