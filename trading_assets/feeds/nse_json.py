"""Feed `nse-json`: the option chain of the NSE web site as JSON, shapes v2 (to 2025) and v3, one dump per file.

A leg is a `CE` or `PE` object of `records.data`; `filtered` repeats legs of the near expiry and is not read. The site
counts open interest and volume in lots and quotes in units, and writes 0 for a price, an implied volatility or an index
level it does not have. Open interest can be fractional: after a lot change it is restated in the new lot.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import orjson

from trading_assets.errors import FeedError
from trading_assets.feeds.capture_times import capture_time
from trading_assets.feeds.feed import Feed
from trading_assets.feeds.nse_json_legs import leg_values, read_legs, row_expiries
from trading_assets.feeds.quotes import quotes_of
from trading_assets.market.calendar import IST
from trading_assets.market.captures import Capture

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trading_assets.feeds.archives import RawFile
    from trading_assets.feeds.quotes import Quotes

NAME = "nse-json"

_UNDERLYING = re.compile(rb'"underlying"\s*:\s*"([A-Z0-9]{2,20})"')
_NAMED_UNDERLYING = re.compile(r"^([A-Z][A-Z0-9]{2,19})[_-]")
_TIMESTAMP = re.compile(r"^(\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d{1,2}):(\d{2})(?::(\d{2}))?$")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def captures(raw_file: RawFile, underlying: str | None) -> Iterator[Capture]:
    """Split one file, which is one dump, without parsing it.

    The capture time is the UTC time in the file name, else the modification time.

    Raises:
        FeedError: The file is not a JSON object, or neither it nor the call says which index it is of.
    """
    if raw_file.content.lstrip()[:1] != b"{":
        msg = f"{raw_file.name} is not a JSON object; feed {NAME} reads the option-chain JSON of the NSE web site."
        raise FeedError(msg)
    found = underlying or _underlying(raw_file)
    if found is None:
        msg = f"{raw_file.name} does not say which index it is of; pass --underlying."
        raise FeedError(msg)
    received = capture_time(raw_file)
    yield Capture(NAME, found, received.astimezone(IST).date(), received, raw_file.content, raw_file.name)


def _underlying(raw_file: RawFile) -> str | None:
    in_content = _UNDERLYING.search(raw_file.content)
    if in_content:
        return in_content.group(1).decode()
    in_name = _NAMED_UNDERLYING.match(raw_file.stem)
    return in_name.group(1) if in_name else None


def quotes(capture: Capture) -> Quotes:
    """Read one dump: one snapshot, a row per leg that is present, in the order of the file.

    Raises:
        FeedError: It is not JSON, not an option chain, or a leg lacks its strike or expiry.
    """
    records = _records(capture)
    legs = read_legs(records["data"], capture.source)
    values = leg_values(legs, capture.source)
    values["spot"] = np.where(np.isnan(values["spot"]), _level(records), values["spot"])
    return quotes_of(
        {
            "observed_at": _observed_at(records, capture.source),
            "received_at": capture.received_at,
            "expiry": row_expiries(legs, capture.source),
            "is_call": legs.is_call,
            **values,
        }
    )


def _records(capture: Capture) -> dict[str, object]:
    try:
        document = orjson.loads(capture.raw)
    except orjson.JSONDecodeError as error:
        msg = f"{capture.source} is not JSON: {error}. Expected the NSE option chain; the dump may be cut off."
        raise FeedError(msg) from error
    records = document.get("records") if isinstance(document, dict) else None
    if not isinstance(records, dict) or not isinstance(records.get("data"), list):
        msg = f"{capture.source} has no list records.data; expected the NSE option chain (shape v2 or v3)."
        raise FeedError(msg)
    return records


def _level(records: dict[str, object]) -> float:
    """Index level of the whole dump: one dump in fifty has a leg or two that lack their own copy of it."""
    level = records.get("underlyingValue")
    return float(level) if isinstance(level, (int, float)) and level > 0 else np.nan


def _observed_at(records: dict[str, object], source: str) -> datetime:
    found = records.get("timestamp")
    parts = _TIMESTAMP.match(found) if isinstance(found, str) else None
    try:
        if parts is None:
            raise ValueError
        day, month, year, hour, minute, second = parts.groups(default="0")
        at = datetime(
            int(year), _MONTHS.index(month.lower()) + 1, int(day), int(hour), int(minute), int(second), tzinfo=IST
        )
        return at.astimezone(UTC)
    except ValueError as error:
        msg = f"{source}: records.timestamp is {found!r}; expected a time such as '28-Oct-2025 11:13:18' (IST)."
        raise FeedError(msg) from error


FEED = Feed(
    name=NAME,
    description="Option chain of the NSE web site as JSON (shapes v2 and v3), one dump per file.",
    cadence=timedelta(minutes=20),
    open_interest_unit="lots",
    volume_unit="lots",
    timestamps="observed_at: records.timestamp, IST; received_at: UTC in the file name, else its modification time",
    captures=captures,
    quotes=quotes,
)
