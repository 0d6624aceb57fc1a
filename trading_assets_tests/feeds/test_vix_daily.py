"""The daily closes of India VIX: three layouts, dates that could be read two ways, and a file without a last break."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, ClassVar

import pytest

from trading_assets.errors import FeedError
from trading_assets.feeds.archives import RawFile, raw_files
from trading_assets.feeds.discovery import load_side_feeds
from trading_assets.feeds.vix_daily import parse_american_day
from trading_assets_tests.contracts.side_feed_contract import SideFeedContract

if TYPE_CHECKING:
    from pathlib import Path

FEED = load_side_feeds()["vix-daily"]
LANDED_AT = "T10:00:00"


def file(content: str, name: str = "hist_india_vix.csv") -> RawFile:
    return RawFile(name, datetime(2025, 6, 14, tzinfo=UTC), content.encode())


def days(*pairs: tuple[str, float]) -> dict[date, list[tuple[str, float]]]:
    return {date.fromisoformat(day): [(f"{day}{LANDED_AT}", level)] for day, level in pairs}


class TestExchangeFile(SideFeedContract):
    """With a byte-order mark, blanks behind the names and no line break at its end."""

    name = "vix-daily"
    index = "INDIAVIX"
    levels: ClassVar = days(("2024-06-14", 12.8), ("2024-06-18", 12.965))

    def recording(self) -> RawFile:
        return file(
            "\ufeffDate ,Open ,High ,Low ,Close ,Prev. Close ,Change ,% Change \n"
            "14-JUN-2024,13.4875,13.4875,12.655,12.8,13.4875,-0.67,-4.93\n"
            "18-JUN-2024,12.8225,13.42,12.625,12.965,12.8225,0.14,1.11"
        )


class TestAmericanDates(SideFeedContract):
    name = "vix-daily"
    index = "INDIAVIX"
    levels: ClassVar = days(("2016-01-04", 16.75), ("2016-02-01", 18.5))

    def recording(self) -> RawFile:
        return file(
            "Date,Open,High,Low,Close,PrevClose,Change,Pchange\n"
            "1/4/2016,14.26,17.1025,14.03,16.75,14.26,2.58,18.06\n"
            "2/1/2016,18.1,18.6,17.9,18.5,18.0,0.5,2.7\n"
        )


class TestWeeklyRatio(SideFeedContract):
    """The level of NIFTY stands beside it and is not read."""

    name = "vix-daily"
    index = "INDIAVIX"
    levels: ClassVar = days(("2015-01-02", 13.8), ("2015-01-09", 15.96))

    def recording(self) -> RawFile:
        return file(
            "Date,NIFTY_50,INDIA_VIX,RAW_RATIO,RATIO_OSCILLATOR\n"
            "2015-01-02,8395.45,13.8,608.4,80.07\n"
            "2015-01-09,8284.5,15.96,519.1,63.31\n"
        )


@pytest.mark.parametrize(
    ("text", "day"),
    [("1/4/2016", date(2016, 1, 4)), ("12/31/2019", date(2019, 12, 31)), ("02/01/2016", date(2016, 2, 1))],
)
def test_the_month_comes_first(text: str, day: date) -> None:
    assert parse_american_day(text) == day


@pytest.mark.parametrize("text", ["31/12/2019", "2019-12-31", "1/2", "a/b/c", "0/1/2019", ""])
def test_what_is_no_such_date_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_american_day(text)


def test_an_index_that_the_user_names_does_not_rename_it() -> None:
    assert {one.underlying for one in FEED.captures(TestWeeklyRatio().recording(), "NIFTY")} == {"INDIAVIX"}


def test_a_line_that_is_cut_off_inside_is_an_error() -> None:
    recording = TestExchangeFile().recording()
    cut = replace(recording, content=recording.content[:-20])
    (first, last) = FEED.captures(cut, None)
    assert FEED.levels(first).level.tolist() == [12.8]
    with pytest.raises(FeedError, match="hist_india_vix"):
        FEED.levels(last)


@pytest.mark.parametrize(
    "content",
    ["Date,NIFTY_50,INDIA_VIX,RAW_RATIO,RATIO_OSCILLATOR\n", TestWeeklyRatio().recording().content.decode()[:50]],
)
def test_a_header_alone_is_no_recording(content: str) -> None:
    with pytest.raises(FeedError, match=r"holds no day|does not begin"):
        list(FEED.captures(file(content), None))


def test_a_missing_close_is_missing() -> None:
    recording = TestWeeklyRatio().recording()
    (capture, _) = FEED.captures(replace(recording, content=recording.content.replace(b"13.8", b"-")), None)
    assert not FEED.levels(capture).usable(5.0, 150.0).any()


@pytest.mark.recordings
@pytest.mark.parametrize(
    ("name", "count", "first", "last"),
    [
        ("gauri0203_india_vix.csv", 248, (date(2024, 6, 14), 12.8225), (date(2025, 6, 13), 15.08)),
        ("india_vix_2016_2023.csv.xz", 1794, (date(2016, 1, 1), 14.26), (date(2023, 3, 31), 12.935)),
        ("nifty_vix_ratio_weekly_2015_2026.csv.xz", 605, (date(2015, 1, 2), 13.8), (date(2026, 7, 31), 11.76)),
    ],
)
def test_recorded_files_give_a_level_a_day(
    recordings: Path, name: str, count: int, first: tuple[date, float], last: tuple[date, float]
) -> None:
    found = [
        (capture.day, FEED.levels(capture))
        for raw_file in raw_files(recordings / "india_vix_daily" / name)
        for capture in FEED.captures(raw_file, None)
    ]
    assert (len(found), sum(len(item.level) for _, item in found)) == (count, count)
    assert all(item.usable(5.0, 150.0).all() for _, item in found)
    assert [(day, float(item.level[0])) for day, item in (found[0], found[-1])] == [first, last]


@pytest.mark.recordings
def test_files_that_overlap_agree_on_their_days(recordings: Path) -> None:
    """A date that was read with day and month exchanged would give another level."""
    by_file = [
        {
            capture.day: float(FEED.levels(capture).level[0])
            for raw_file in raw_files(recordings / "india_vix_daily" / name)
            for capture in FEED.captures(raw_file, None)
        }
        for name in ("india_vix_2016_2023.csv.xz", "gauri0203_india_vix.csv", "nifty_vix_ratio_weekly_2015_2026.csv.xz")
    ]
    american, exchange, weekly = by_file
    shared = [(levels[day], weekly[day]) for levels in (american, exchange) for day in levels.keys() & weekly.keys()]
    assert len(shared) > 300
    assert sum(abs(one - other) < 0.05 for one, other in shared) > 0.98 * len(shared)
