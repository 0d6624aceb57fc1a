"""What a feed keeps besides, whose files hold more than one capture."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from trading_assets.errors import FeedError
from trading_assets.market.calendar import IST
from trading_assets_tests.contracts.feed_contract import FeedContract


class SplitFeedContract(FeedContract):
    """Facts of a recording of one underlying and day, whose captures repeat what stands above the rows."""

    #: Lines of a capture above its rows.
    lines_above = 1

    def test_a_capture_keeps_the_bytes_and_says_when_and_of_what(self) -> None:
        recording = self.recording()
        captures = list(self.feed.captures(recording, None))
        rows = [line for capture in captures for line in capture.raw.splitlines(keepends=True)[self.lines_above :]]
        assert b"".join(rows) == b"".join(recording.content.splitlines(keepends=True)[1:])
        header = recording.content.splitlines()[0]
        assert {capture.raw.splitlines()[self.lines_above - 1] for capture in captures} == {header}
        assert {capture.underlying for capture in captures} == {self.underlying}
        for capture in captures:
            assert capture.feed == self.name
            assert capture.day == capture.received_at.astimezone(IST).date() == self.day
            assert capture.source == recording.name

    def test_a_cut_off_file_is_refused_by_name(self) -> None:
        recording = self.recording()
        with pytest.raises(FeedError, match=re.escape(recording.name)):
            list(self.feed.captures(replace(recording, content=recording.content[:-1]), None))

    def test_an_unknown_header_is_named(self) -> None:
        recording = self.recording()
        with pytest.raises(FeedError, match=re.escape("x" + recording.content[:20].decode())):
            list(self.feed.captures(replace(recording, content=b"x" + recording.content), None))
