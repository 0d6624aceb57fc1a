"""What every side feed keeps. A subclass gives a recording and facts about it, and writes no test of its own for it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pytest

from trading_assets.errors import FeedError
from trading_assets.feeds.discovery import load_side_feeds, recording_feed
from trading_assets.market.calendar import IST

if TYPE_CHECKING:
    from datetime import date

    from trading_assets.feeds.archives import RawFile
    from trading_assets.feeds.side_feed import SideFeed


class SideFeedContract(ABC):
    """Facts of one recording of a side feed: one index, in the order of its days."""

    name: str
    index: str
    #: What the file does not say itself; None where it does.
    underlying: str | None = None
    #: Day → when each of its levels was available (UTC, ISO) and the level.
    levels: ClassVar[dict[date, list[tuple[str, float]]]]
    lines_above = 1

    @abstractmethod
    def recording(self) -> RawFile:
        """One good file of the feed."""

    @property
    def feed(self) -> SideFeed:
        return load_side_feeds()[self.name]

    def test_the_feed_is_found_under_its_name_with_its_facts(self) -> None:
        assert self.feed is recording_feed(self.name)
        assert self.feed.name == self.name
        assert timedelta(0) < self.feed.cadence < self.feed.stale_after
        assert all(text.strip() for text in (self.feed.description, self.feed.timestamps))

    def test_a_capture_per_day_keeps_its_lines_and_says_of_what(self) -> None:
        recording = self.recording()
        captures = list(self.feed.captures(recording, self.underlying))
        assert [capture.day for capture in captures] == list(self.levels)
        assert {capture.underlying for capture in captures} == {self.index}
        kept = [line for one in captures for line in one.raw.splitlines(keepends=True)[self.lines_above :]]
        given = recording.content.splitlines(keepends=True)[self.lines_above :]
        assert b"".join(kept).rstrip() == b"".join(given).rstrip()
        for capture in captures:
            assert (capture.feed, capture.source) == (self.name, recording.name)
            assert capture.day == capture.received_at.astimezone(IST).date()

    def test_levels_and_when_they_were_available_are_read(self) -> None:
        for capture in self.feed.captures(self.recording(), self.underlying):
            found = self.feed.levels(capture)
            assert found.available_at.dtype == np.dtype("datetime64[us]")
            times = np.datetime_as_string(found.available_at, unit="s").tolist()
            assert list(zip(times, found.level.tolist(), strict=True)) == self.levels[capture.day]

    def test_a_capture_was_received_with_its_last_level(self) -> None:
        for capture in self.feed.captures(self.recording(), self.underlying):
            last = self.feed.levels(capture).available_at.max()
            assert last == np.datetime64(capture.received_at.astimezone(UTC).replace(tzinfo=None), "us")

    @pytest.mark.parametrize("content", [b"", b"\x00\x01", b"a,b\n1,2\n", b"[1, 2]", b"PK\x03\x04rest"])
    def test_a_file_of_something_else_is_refused_by_name(self, content: bytes) -> None:
        with pytest.raises(FeedError, match="something"):
            list(self.feed.captures(replace(self.recording(), name="something", content=content), self.underlying))

    @pytest.mark.parametrize("junk", [b"x", b"x,x,x,x,x,x,x\n", b"\xff\xfe\n", b"{}\n", b"[]\n", b"null\n"])
    def test_a_line_that_is_none_is_named_with_its_file(self, junk: bytes) -> None:
        recording = self.recording()
        broken = replace(recording, name="something", content=recording.content.rstrip() + b"\n" + junk)
        with pytest.raises(FeedError, match="something"):
            list(self.feed.captures(broken, self.underlying))

    def test_a_capture_whose_level_is_no_number_is_an_error_that_names_it(self) -> None:
        capture = next(self.feed.captures(self.recording(), self.underlying))
        level = f"{self.levels[capture.day][0][1]:g}".encode()
        assert level in capture.raw
        with pytest.raises(FeedError, match="something"):
            self.feed.levels(replace(capture, raw=capture.raw.replace(level, b"dear"), source="something"))
