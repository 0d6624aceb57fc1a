from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from trading_assets.errors import FeedError
from trading_assets.feeds.dhan_15min import FEED
from trading_assets.feeds.normalise import normalise_session
from trading_assets.market.packaged import load_market
from trading_assets.quality.facts import SnapshotFacts
from trading_assets.quality.verdict import judge
from trading_assets.settings import QualitySettings
from trading_assets_tests.contracts.split_feed_contract import SplitFeedContract
from trading_assets_tests.feeds.csv_chains import bar, dhan, dhan_files, legs

if TYPE_CHECKING:
    from trading_assets.feeds.archives import RawFile

MARKET = load_market()
LEG = legs()[0]
DAY = date(2026, 9, 16)


class TestThreeBars(SplitFeedContract):
    name = "dhan-15min"
    underlying = "NIFTY"
    day = DAY
    snapshots = 3
    legs = 3
    lot_size = 65
    total_open_interest_units = 3 * 8998 * 65
    lines_above = 2

    def recording(self) -> RawFile:
        return dhan([bar(LEG, f"2026-09-16 {clock}:00") for clock in ("09:15", "09:30", "15:15")])


def captures(files: list[RawFile]) -> list:
    return [capture for file in files for capture in FEED.captures(file, None)]


def test_a_bar_is_known_when_it_is_complete() -> None:
    (capture,) = captures([dhan([bar(LEG, "2026-09-16 09:15:00"), bar(LEG, "2026-09-16 15:15:00")])])
    assert capture.received_at == datetime(2026, 9, 16, 10, 0, tzinfo=UTC)  # the close
    frame = FEED.quotes(capture).frame()
    ends = [pd.Timestamp("2026-09-16 04:00+00:00"), pd.Timestamp("2026-09-16 10:00+00:00")]
    assert frame["observed_at"].tolist() == frame["received_at"].tolist() == ends


def test_a_file_is_split_by_day() -> None:
    found = captures([dhan([bar(LEG, f"2026-09-{day} 09:15:00") for day in (16, 17, 16, 18)])])
    assert [(capture.day.day, len(FEED.quotes(capture))) for capture in found] == [(16, 2), (17, 1), (18, 1)]


def test_the_name_says_index_expiry_and_side_and_goes_with_the_capture() -> None:
    files = [dhan([bar(LEG)], name) for name in ("NIFTY_2026-09-22_CALL.csv", "BANKNIFTY_2026-09-29_PUT.csv")]
    call, put = captures(files)
    assert (call.underlying, put.underlying) == ("NIFTY", "BANKNIFTY")
    assert FEED.quotes(call).frame()["option_type"].tolist() == ["CE"]
    frame = FEED.quotes(replace(put, source="elsewhere")).frame()
    assert frame["option_type"].tolist() == ["PE"]
    assert frame["expiry"].dt.date.tolist() == [date(2026, 9, 29)]
    assert call.capture_id != put.capture_id  # the rows are the same


@pytest.mark.parametrize("name", ["CALL.csv", "NIFTY_2026-09_CALL.csv", "NIFTY_2026-09-22_CE.csv"])
def test_a_name_that_does_not_say_it_is_refused(name: str) -> None:
    with pytest.raises(FeedError, match=name):
        captures([dhan([bar(LEG)], name)])


def test_an_expiry_that_is_no_day_is_an_error() -> None:
    (capture,) = captures([dhan([bar(LEG)], "NIFTY_2026-02-30_CALL.csv")])
    with pytest.raises(FeedError, match="no expiry"):
        FEED.quotes(capture)


def test_a_capture_without_its_name_is_an_error() -> None:
    (capture,) = captures([dhan([bar(LEG)])])
    with pytest.raises(FeedError, match="begins with"):
        FEED.quotes(replace(capture, raw=capture.raw.partition(b"\n")[2]))


def test_the_files_of_a_chain_are_one_snapshot() -> None:
    frame = normalise_session(captures(dhan_files()), FEED, MARKET, 0.055).frame
    assert len(frame) == frame["capture_id"].nunique() == 20
    assert len(set(frame["snapshot_id"])) == 1
    np.testing.assert_allclose(frame["forward"], 23428.0, atol=0.1)


def test_volume_is_summed_from_the_open_also_over_the_files_of_other_distances() -> None:
    of_bars = [bar(LEG, f"2026-09-16 {clock}:00") | {"volume": 65} for clock in ("09:15", "09:30", "10:00")]
    files = [dhan([row], folder=f"ATM+{distance}") for distance, row in enumerate(of_bars)]
    frame = normalise_session(captures(files), FEED, MARKET, 0.055).frame
    np.testing.assert_array_equal(frame["volume_units"], [65.0, 130.0, np.nan])  # the bar from 09:45 is missing


def test_zero_volatility_was_not_computed_and_other_values_stay() -> None:
    row = bar(LEG) | {"iv": 0.0, "volume": -4_200_000_000, "oi": 1000.5}
    found = FEED.quotes(captures([dhan([row])])[0]).frame().iloc[0]
    assert np.isnan(found["vendor_implied_vol"])
    assert (found["volume"], found["open_interest"], found["bid"]) == (-4.2e9, 1000.5, found["bid"])
    assert np.isnan(found["bid"])


@pytest.mark.parametrize(
    ("change", "said"),
    [({"datetime": "soon"}, "line 2"), ({"datetime": "2026-13-01 09:15:00"}, "line 2"), ({"datetime": ""}, "line 2")],
)
def test_a_line_without_a_time_refuses_the_file(change: dict, said: str) -> None:
    with pytest.raises(FeedError, match=said):
        captures([dhan([bar(LEG) | change])])


@pytest.mark.parametrize(("change", "said"), [({"strike": ""}, "strike"), ({"close": "dear"}, "dear")])
def test_bad_cells_are_named(change: dict, said: str) -> None:
    (capture,) = captures([dhan([bar(LEG) | change])])
    with pytest.raises(FeedError, match=said):
        FEED.quotes(capture)


def reasons(files: list[RawFile]) -> dict[str, int]:
    frame = normalise_session(captures(files), FEED, MARKET, 0.055).frame
    facts = SnapshotFacts(
        day=DAY,
        session=MARKET.calendar.session(DAY),
        closed_reason=None,
        cadence_seconds=FEED.cadence.total_seconds(),
        reference=MARKET.reference,
    )
    verdict = judge(frame, facts, QualitySettings())
    return {
        name: int(verdict.quarantined["reasons"].str.contains(name).sum())
        for name in ("spot", "negative_volume", "repeated_leg")
    } | {"clean": len(verdict.clean)}


def changed(change: dict, count: int) -> list[RawFile]:
    files = dhan_files()
    for at, leg in enumerate(legs()[:count]):
        files[at] = dhan([bar(leg) | change], files[at].stem, f"ATM+{at // 2}")
    return files


def test_a_clean_chain_passes() -> None:
    assert reasons(dhan_files()) == {"spot": 0, "negative_volume": 0, "repeated_leg": 0, "clean": 20}


def test_legs_of_another_index_do_not_pass_and_cost_only_themselves() -> None:
    assert reasons(changed({"spot": 11563.85}, 4)) == {
        "spot": 4,
        "negative_volume": 0,
        "repeated_leg": 0,
        "clean": 16,
    }
    assert reasons(changed({"spot": 11563.85}, 20))["clean"] == 0  # inside the band; parity tells


def test_an_overflown_volume_costs_its_leg_alone() -> None:
    found = reasons(changed({"volume": -4_200_000_000}, 1))
    assert (found["negative_volume"], found["clean"]) == (1, 19)


def test_a_leg_that_is_there_twice_stays_once() -> None:
    twice = dhan_files()[0]
    found = reasons([*dhan_files(), replace(twice, content=twice.content.replace(b"287.9", b"288.9"))])
    assert (found["repeated_leg"], found["clean"]) == (1, 20)
