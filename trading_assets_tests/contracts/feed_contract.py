"""What every feed keeps. A subclass gives a recording and facts about it; it writes no test of its own for this."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from trading_assets.errors import FeedError
from trading_assets.feeds.discovery import feed_named
from trading_assets.feeds.normalise import normalise_session
from trading_assets.feeds.quotes import KEY_DTYPES, QUOTE_DTYPES
from trading_assets.market.calendar import IST
from trading_assets.market.packaged import load_market
from trading_assets.tables.market_snapshots import CONTRACT

if TYPE_CHECKING:
    from datetime import date

    from trading_assets.feeds.archives import RawFile
    from trading_assets.feeds.feed import Feed
    from trading_assets.market.captures import Capture


class FeedContract(ABC):
    """Facts of one recording of a feed."""

    name: str
    underlying: str
    day: date
    snapshots: int
    legs: int
    lot_size: int
    total_open_interest_units: float

    @abstractmethod
    def recording(self) -> RawFile:
        """One good file of the feed, whose content says what it is of."""

    @property
    def feed(self) -> Feed:
        return feed_named(self.name)

    def capture(self) -> Capture:
        return next(self.feed.captures(self.recording(), None))

    def test_the_feed_is_found_under_its_name_with_its_facts(self) -> None:
        feed = self.feed
        assert feed.name == self.name
        assert feed.cadence.total_seconds() > 0
        assert feed.open_interest_unit in ("lots", "units")
        assert feed.volume_unit in ("lots", "units")
        assert all(text.strip() for text in (feed.description, feed.timestamps))

    def test_a_capture_keeps_the_bytes_and_says_when_and_of_what(self) -> None:
        recording = self.recording()
        captures = list(self.feed.captures(recording, None))
        assert b"".join(capture.raw for capture in captures) == recording.content
        assert {capture.underlying for capture in captures} == {self.underlying}
        for capture in captures:
            assert capture.feed == self.name
            assert capture.day == capture.received_at.astimezone(IST).date() == self.day
            assert capture.source == recording.name

    def test_quotes_have_the_layout_and_every_leg(self) -> None:
        frame = self.feed.quotes(self.capture()).frame()
        assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == dict(QUOTE_DTYPES)
        assert len(frame) == self.legs
        assert len(frame[["received_at", "observed_at"]].drop_duplicates()) == self.snapshots
        assert not frame[list(KEY_DTYPES)].isna().any().any()
        assert set(frame["option_type"]) <= {"CE", "PE"}

    def test_what_is_missing_is_not_zero(self) -> None:
        frame = self.feed.quotes(self.capture()).frame()
        for name in ("spot", "last_price", "bid", "ask", "vendor_implied_vol"):
            assert not (frame[name] == 0.0).any(), name

    def test_reading_twice_gives_the_same(self) -> None:
        pd.testing.assert_frame_equal(
            self.feed.quotes(self.capture()).frame(), self.feed.quotes(self.capture()).frame()
        )

    def test_candidates_keep_the_table_and_unify_the_units(self) -> None:
        found = normalise_session([self.capture()], self.feed, load_market(), 0.065)
        assert found.unreadable == ()
        frame = found.frame
        assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == CONTRACT.dtypes
        assert len(frame) == self.legs
        assert (frame["date"] == pd.Timestamp(self.day)).all()
        assert set(frame["lot_size"]) == {self.lot_size}
        np.testing.assert_allclose(
            frame["open_interest_units"], frame["open_interest_lots"] * self.lot_size, rtol=1e-12
        )
        assert frame["open_interest_units"].sum() == pytest.approx(self.total_open_interest_units)

    @pytest.mark.parametrize("content", [b"", b"\x00\x01", b"a,b\n1,2\n", b"PK\x03\x04rest"])
    def test_a_file_of_something_else_is_refused_by_name(self, content: bytes) -> None:
        with pytest.raises(FeedError, match="something"):
            list(self.feed.captures(replace(self.recording(), name="something", content=content), None))

    @pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.999])
    def test_a_cut_off_capture_is_an_error_that_names_it(self, share: float) -> None:
        capture = self.capture()
        cut = replace(capture, raw=capture.raw[: int(len(capture.raw) * share)])
        with pytest.raises(FeedError) as caught:
            self.feed.quotes(cut)
        assert capture.source in str(caught.value)
