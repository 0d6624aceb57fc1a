"""One-minute bars of an index: three layouts, a wrong label, bars written while they ran, and nothing read early."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pytest

from trading_assets.errors import FeedError
from trading_assets.feeds.archives import RawFile, raw_files
from trading_assets.feeds.discovery import load_side_feeds
from trading_assets_tests.contracts.side_feed_contract import SideFeedContract

if TYPE_CHECKING:
    from pathlib import Path

FEED = load_side_feeds()["index-1min"]
MONDAY, TUESDAY = date(2024, 1, 1), date(2024, 1, 2)


def file(content: str, name: str = "bars.csv") -> RawFile:
    return RawFile(name, datetime(2026, 1, 1, tzinfo=UTC), content.encode())


class TestNamedBars(SideFeedContract):
    name = "index-1min"
    index = "NIFTY"
    levels: ClassVar = {
        MONDAY: [("2024-01-01T03:46:00", 21712.0), ("2024-01-01T03:47:00", 21695.65)],
        TUESDAY: [("2024-01-02T10:00:00", 21665.8)],
    }

    def recording(self) -> RawFile:
        return file(
            "Instrument,Date,Time,Open,High,Low,Close\n"
            "NIFTY,20240101,09:15,21727.75,21737.35,21701.80,21712\n"
            "NIFTY,20240101,09:16,21711.50,21720.00,21695.35,21695.65\n"
            "NIFTY,20240102,15:29,21660.00,21670.00,21655.00,21665.80\n"
        )


class TestIsoBars(SideFeedContract):
    name = "index-1min"
    index = underlying = "BANKNIFTY"
    levels: ClassVar = {date(2026, 4, 13): [("2026-04-13T03:46:00", 54499.5), ("2026-04-13T03:47:00", 54431.75)]}

    def recording(self) -> RawFile:
        return file(
            "date,open,high,low,close,volume\n"
            "2026-04-13 09:15:00+05:30,54646.0,54848.1,54499.0,54499.5,0\n"
            "2026-04-13 09:16:00,54503.25,54523.8,54356.2,54431.75,0\n"  # no offset: IST
        )


class TestJsonBars(SideFeedContract):
    """The bar of 11:51 was written twice while it ran."""

    name = "index-1min"
    index = underlying = "NIFTY"
    lines_above = 0
    levels: ClassVar = {
        date(2026, 3, 30): [
            ("2026-03-30T06:22:00", 22462.8),
            ("2026-03-30T06:22:00", 22462.5),
            ("2026-03-30T10:00:00", 22379.35),
        ]
    }

    def recording(self) -> RawFile:
        return file(
            '{"ts": "2026-03-30 11:51:00", "open": 22462.6, "close": 22462.8, "volume": 0}\n'
            '{"ts": "2026-03-30 11:51:00", "open": 22462.6, "close": 22462.5, "volume": 0}\n'
            '{"ts": "2026-03-30 15:29:00", "open": 22379.35, "close": 22379.35, "volume": 0}\n',
            "2026-03-30.jsonl",
        )


def test_the_index_the_user_names_corrects_a_wrong_label() -> None:
    found = list(FEED.captures(TestNamedBars().recording(), "BANKNIFTY"))
    assert {capture.underlying for capture in found} == {"BANKNIFTY"}


@pytest.mark.parametrize("layout", [TestIsoBars, TestJsonBars])
def test_a_file_that_names_no_index_asks_for_it(layout: type[SideFeedContract]) -> None:
    with pytest.raises(FeedError, match=r"bars|2026-03-30.*pass --underlying"):
        list(FEED.captures(layout().recording(), None))


@pytest.mark.parametrize("name", ["../NIFTY", "nifty 50", "", "N"])
def test_what_could_not_name_an_index_is_refused(name: str) -> None:
    recording = TestNamedBars().recording()
    with pytest.raises(FeedError, match="pass --underlying"):
        list(FEED.captures(replace(recording, content=recording.content.replace(b"NIFTY", name.encode())), None))


def test_two_indices_of_one_file_are_parted() -> None:
    recording = TestNamedBars().recording()
    mixed = replace(recording, content=recording.content.replace(b"NIFTY,20240101,09:16", b"BANKNIFTY,20240101,09:16"))
    found = {(one.underlying, one.day): FEED.levels(one).level.tolist() for one in FEED.captures(mixed, None)}
    assert found == {("NIFTY", MONDAY): [21712.0], ("BANKNIFTY", MONDAY): [21695.65], ("NIFTY", TUESDAY): [21665.8]}


def test_a_cut_off_file_is_refused() -> None:
    for layout in (TestNamedBars, TestIsoBars, TestJsonBars):
        recording = layout().recording()
        with pytest.raises(FeedError, match="cut off"):
            list(FEED.captures(replace(recording, content=recording.content[:-1]), "NIFTY"))


def test_a_missing_close_is_missing_and_zero_is_not_usable() -> None:
    recording = TestNamedBars().recording()
    content = recording.content.replace(b"21712\n", b"NA\n").replace(b"21695.65", b"0")
    found = FEED.levels(next(FEED.captures(replace(recording, content=content), None)))
    assert np.isnan(found.level[0])
    assert not found.usable(0.0, np.inf).any()


@pytest.mark.parametrize(
    "line",
    [
        '{"ts": "soon", "close": 1.0}',
        '{"ts": null, "close": 1.0}',
        '{"ts": "2026-03-30 11:51:00", "close": "1.0"}',
        '{"ts": "2026-03-30 11:51:00", "close": [1]}',
        '{"ts": "2026-03-30 11:51:00"',
        '{"ts": "9999-12-31 23:59:00", "close": 1.0}',
    ],
)
def test_a_json_line_that_is_no_bar_is_an_error(line: str) -> None:
    with pytest.raises(FeedError, match="line 1"):
        list(FEED.captures(file(f"{line}\n"), "NIFTY"))


@pytest.mark.recordings
def test_a_recorded_half_year_has_its_sessions_and_minutes(recordings: Path) -> None:
    (raw_file,) = raw_files(recordings / "index_spot_1min" / "NIFTY_2024.csv.xz")
    days = {capture.day: FEED.levels(capture) for capture in FEED.captures(raw_file, None)}
    assert sum(len(found.level) for found in days.values()) == 58_127
    assert {date(2024, 1, 20), date(2024, 3, 2), date(2024, 5, 18)} <= set(days), "special sessions on Saturdays"
    assert all(found.usable(20_000, 26_000).all() for found in days.values())
    first = days[MONDAY]
    assert (str(first.available_at[0]), first.level[0]) == ("2024-01-01T03:46:00.000000", 21712.0)


@pytest.mark.recordings
def test_recorded_json_lines_keep_the_last_of_a_repeated_bar(recordings: Path) -> None:
    (raw_file,) = raw_files(recordings / "nifty_spot_1min_2026" / "spot" / "2026-03-30.jsonl")
    (capture,) = FEED.captures(raw_file, "NIFTY")
    found = FEED.levels(capture)
    repeated = found.available_at == np.datetime64("2026-03-30T06:22")
    assert found.level[repeated].tolist()[-1] == 22462.7
    assert len(found.level) == 177
