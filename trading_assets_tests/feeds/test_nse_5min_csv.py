from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from trading_assets.errors import FeedError
from trading_assets.feeds.normalise import normalise_session
from trading_assets.feeds.nse_5min_csv import FEED
from trading_assets.market.packaged import load_market
from trading_assets_tests.contracts.split_feed_contract import SplitFeedContract
from trading_assets_tests.feeds.csv_chains import five_minutes, five_minutes_rows

if TYPE_CHECKING:
    from trading_assets.feeds.archives import RawFile

SECOND = "2026-09-16 11:20:01.100000+05:30"
MARKET = load_market()


class TestTwoSnapshots(SplitFeedContract):
    name = "nse-5min-csv"
    underlying = "NIFTY"
    day = date(2026, 9, 16)
    snapshots = 2
    legs = 40
    lot_size = 65
    total_open_interest_units = 2 * (324821 + 358218) * 65

    def recording(self) -> RawFile:
        return five_minutes([*five_minutes_rows(), *five_minutes_rows(SECOND)])


def captures(rows: list) -> list:
    return list(FEED.captures(five_minutes(rows), None))


def test_a_file_is_split_by_day_in_ist_whatever_the_offset() -> None:
    night = five_minutes_rows("2026-09-16 20:00:00+00:00")[:3]  # 01:30 of the next day
    found = captures([*five_minutes_rows(), *night, *five_minutes_rows(SECOND), *five_minutes_rows()[:1]])
    assert [(capture.day, len(FEED.quotes(capture))) for capture in found] == [
        (date(2026, 9, 16), 41),
        (date(2026, 9, 17), 3),
    ]
    assert found[0].received_at == datetime(2026, 9, 16, 5, 50, 1, 100000, tzinfo=UTC)


def test_a_file_is_split_by_index() -> None:
    other = [row | {"contract": "BANKNIFTY 29-Sep-2026"} for row in five_minutes_rows()]
    assert [capture.underlying for capture in captures([*five_minutes_rows(), *other])] == ["NIFTY", "BANKNIFTY"]


def test_times_carry_their_offset() -> None:
    frame = FEED.quotes(captures(five_minutes_rows())[0]).frame()
    at = {pd.Timestamp("2026-09-16 05:45:00.230471+00:00")}
    assert set(frame["observed_at"]) == set(frame["received_at"]) == at


def test_expiries_in_several_files_are_one_snapshot() -> None:
    later = [row | {"expiryDate": "29-Sep-2026"} for row in five_minutes_rows()]
    parts = [*captures(five_minutes_rows()), *captures(later)]
    frame = normalise_session(parts, FEED, MARKET, 0.055).frame
    assert len(set(frame["snapshot_id"])) == 1
    assert frame["capture_id"].nunique() == 2
    assert frame.groupby("expiry")["capture_id"].nunique().tolist() == [1, 1]
    swapped = normalise_session(parts[::-1], FEED, MARKET, 0.055).frame
    pd.testing.assert_frame_equal(frame, swapped)


def test_the_order_of_rows_does_not_matter_to_the_snapshot() -> None:
    straight, turned = captures(five_minutes_rows())[0], captures(five_minutes_rows()[::-1])[0]
    ids = [normalise_session([capture], FEED, MARKET, 0.055).frame["snapshot_id"] for capture in (straight, turned)]
    pd.testing.assert_series_equal(*ids)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"datetime": "2026-09-16 11:15:00"}, "no offset"),
        ({"datetime": "soon"}, "line 2"),
        ({"datetime": "0001-01-01 00:00:00+14:00"}, "line 2"),
        ({"contract": "22-Sep-2026"}, "name of an index"),
    ],
)
def test_a_line_that_belongs_nowhere_refuses_the_file(change: dict, said: str) -> None:
    with pytest.raises(FeedError, match=said):
        captures([five_minutes_rows()[0] | change])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"optionType": "CE"}, "neither Call nor Put"),
        ({"expiryDate": "22-Foo-2026"}, "22-Foo-2026"),
        ({"strikePrice": ""}, "strikePrice"),
        ({"openInterest": "many"}, "many"),
    ],
)
def test_bad_cells_are_named(change: dict, said: str) -> None:
    with pytest.raises(FeedError, match=said):
        FEED.quotes(captures([*five_minutes_rows(), five_minutes_rows()[0] | change])[0])
