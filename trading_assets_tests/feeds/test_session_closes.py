"""When a recording without a time is of: the close of its session, as the calendar in force has it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pandas as pd
import pytest

from trading_assets.feeds.discovery import feed_named, load_feeds, load_side_feeds
from trading_assets.feeds.normalise import normalise_session
from trading_assets.feeds.session_closes import at_session_close, usual_close
from trading_assets.market.captures import Capture
from trading_assets.market.packaged import Market, load_market
from trading_assets_tests.feeds.eod_files import legacy, legacy_rows

MARKET = load_market()
DAY = date(2024, 1, 15)
#: A desk that knows of hours the packaged calendar does not: the exchange closed at 13:00 on that day.
SHORT_DAY = "date,exchange,kind,open,close,note,source,confidence\n2024-01-15,NSE,budget,09:15,13:00,,desk,sourced\n"


def capture(day: date = DAY, underlying: str = "NIFTY") -> Capture:
    return Capture("bhavcopy-legacy", underlying, day, usual_close(day), b"", "made")


def closing(day: date, underlying: str = "NIFTY", market: Market = MARKET) -> datetime:
    return at_session_close(capture(day, underlying), market).received_at


@pytest.mark.parametrize(
    ("day", "close"),
    [
        (date(2024, 1, 15), datetime(2024, 1, 15, 10, 0, tzinfo=UTC)),
        (date(2026, 7, 31), datetime(2026, 7, 31, 10, 0, tzinfo=UTC)),
        (date(2026, 8, 3), datetime(2026, 8, 3, 10, 10, tzinfo=UTC)),  # ten minutes longer from this day on
        (date(2025, 10, 21), datetime(2025, 10, 21, 9, 15, tzinfo=UTC)),  # Muhurat
        (date(2024, 1, 14), datetime(2024, 1, 14, 10, 0, tzinfo=UTC)),  # Sunday: kept, for quarantine
        (date(1990, 1, 2), datetime(1990, 1, 2, 10, 0, tzinfo=UTC)),  # before all calendars
    ],
)
def test_a_capture_is_of_the_close_of_its_session(day: date, close: datetime) -> None:
    assert closing(day) == close


def test_an_index_closes_with_its_exchange_and_an_unlisted_one_with_nse() -> None:
    market = load_market({"special_sessions.csv": SHORT_DAY.replace("NSE", "BSE").replace("13:00", "12:00")})
    assert closing(DAY, "SENSEX", market) == datetime(2024, 1, 15, 6, 30, tzinfo=UTC)
    assert closing(DAY, "NIFTY", market) == closing(DAY, "INDIAVIX", market) == usual_close(DAY)


def test_nothing_else_of_a_capture_changes() -> None:
    before = capture(date(2025, 10, 21))
    after = at_session_close(before, MARKET)
    assert (after.feed, after.underlying, after.day, after.capture_id) == (
        before.feed,
        before.underlying,
        before.day,
        before.capture_id,
    )
    assert after.received_at != before.received_at
    assert at_session_close(after, MARKET) == after


@pytest.mark.parametrize("name", [name for name, feed in load_feeds().items() if feed.at_close])
def test_the_feeds_of_the_close_are_those_of_a_day(name: str) -> None:
    assert feed_named(name).cadence == pd.Timedelta(days=1)


def test_the_daily_side_feed_is_of_the_close_too() -> None:
    assert [name for name, feed in load_side_feeds().items() if feed.at_close] == ["vix-daily"]


def test_candidates_close_when_the_desks_own_calendar_says_so() -> None:
    (landed,) = feed_named("bhavcopy-legacy").captures(legacy(legacy_rows("15-Jan-2024")), None)
    for market, close in ((MARKET, "10:00"), (load_market({"special_sessions.csv": SHORT_DAY}), "07:30")):
        frame = normalise_session([landed], feed_named("bhavcopy-legacy"), market, 0.065).frame
        expected = pd.Timestamp(f"2024-01-15 {close}", tz="UTC")
        assert set(frame["observed_at"]) == set(frame["received_at"]) == set(frame["available_at"]) == {expected}


def test_what_lands_does_not_depend_on_the_calendar() -> None:
    """Else a desk that corrects its calendar and ingests again would land every file twice."""
    (landed,) = feed_named("bhavcopy-legacy").captures(legacy(legacy_rows("21-Oct-2025")), None)
    assert landed.received_at == usual_close(date(2025, 10, 21))
