"""Small captures for tests."""

from datetime import UTC, date, datetime, timedelta

from trading_assets.market.captures import Capture

DAY = date(2025, 10, 13)
MORNING = datetime(2025, 10, 13, 3, 45, tzinfo=UTC)


def capture(minute: int, raw: bytes = b"{}", feed: str = "nse-json", underlying: str = "NIFTY") -> Capture:
    """A capture received so many minutes after 09:15 IST."""
    return Capture(feed, underlying, DAY, MORNING + timedelta(minutes=minute), raw, f"dump.tar.xz:{minute}.json")
