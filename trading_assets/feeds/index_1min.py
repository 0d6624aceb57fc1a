"""Side feed `index-1min`: one-minute bars of an index as CSV of two kinds or as JSON lines.

One kind of CSV names the index in each row, wrongly at times: `--underlying` wins. The others do not say it. Times are
the starts of bars; a bar is available when it is complete, with its close. A recorder that wrote a bar while it ran
wrote it several times: the last counts. A file is split into one capture per index and day.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import orjson

from trading_assets.errors import FeedError
from trading_assets.feeds.csv_recordings import NULLS, grouped_lines, header_line, known_header, parse_ist
from trading_assets.feeds.side_feed import Levels, SideFeed
from trading_assets.market.calendar import IST
from trading_assets.market.captures import Capture

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from trading_assets.feeds.archives import RawFile

NAME = "index-1min"
BAR = timedelta(minutes=1)

NAMED = ("Instrument", "Date", "Time", "Open", "High", "Low", "Close")
ISO = ("date", "open", "high", "low", "close", "volume")
_INDEX = re.compile(r"[A-Z][A-Z0-9]{1,19}")
_COMPACT_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})")


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar as a line has it.

    Args:
        index: Name of the index; None where the line has none.
        end: When the bar was complete, tz-aware.
        close: NaN where missing.
    """

    index: str | None
    end: datetime
    close: float


def captures(raw_file: RawFile, underlying: str | None) -> Iterator[Capture]:
    """Yield one capture per index and day in IST, received with its last bar.

    Args:
        raw_file: The file.
        underlying: Index of all its bars; needed where the file does not say it.

    Raises:
        FeedError: It is no such file, is cut off, a line is no bar, or nothing says the index.
    """
    header, read = _format(raw_file.content, raw_file.name)
    ends: dict[tuple[str, date], datetime] = {}

    def key_of(line: bytes) -> tuple[str, date]:
        bar = read(line)
        index = underlying or bar.index
        if index is None or not _INDEX.fullmatch(index):
            msg = f"the index is {index!r:.30}, no name such as BANKNIFTY; pass --underlying"
            raise ValueError(msg)
        key = (index, bar.end.astimezone(IST).date())
        ends[key] = max(bar.end, ends.get(key, bar.end))
        return key

    for key, lines in grouped_lines(raw_file.content, key_of, raw_file.name, above=1 if header else 0):
        yield Capture(NAME, *key, ends[key], b"".join([header, *lines]), raw_file.name)


def levels(capture: Capture) -> Levels:
    """Read the closes of one day, in its order.

    Raises:
        FeedError: It is not in one of the formats, or a line is no bar.
    """
    header, read = _format(capture.raw, capture.source)
    lines = capture.raw[len(header) :].splitlines(keepends=True)
    try:
        bars = [read(line) for line in lines]
        ends = np.array([bar.end.astimezone(UTC).replace(tzinfo=None) for bar in bars], dtype="datetime64[us]")
    except (ValueError, OverflowError) as error:
        msg = f"{capture.source}: {error}; expected one-minute bars."
        raise FeedError(msg) from error
    return Levels(ends, np.array([bar.close for bar in bars], dtype=np.float64))


def _format(content: bytes, source: str) -> tuple[bytes, Callable[[bytes], Bar]]:
    """Return the header line, empty for JSON, and what reads a line below it."""
    if content[:1] == b"{":
        return b"", _json_bar
    found = known_header(content, (NAMED, ISO), source, NAME)
    return header_line(content), _named_bar if found == NAMED else _iso_bar


def _named_bar(line: bytes) -> Bar:
    index, day, clock, _, _, _, close = _cells(line)
    parts = _COMPACT_DAY.fullmatch(day)
    if parts is None:
        msg = f"{day!r:.30} is not a date such as 20240101"
        raise ValueError(msg)
    return Bar(index, parse_ist(f"{'-'.join(parts.groups())} {clock}") + BAR, _number(close))


def _iso_bar(line: bytes) -> Bar:
    start, _, _, _, close, _ = _cells(line)
    at = datetime.fromisoformat(start)
    return Bar(None, (at if at.tzinfo else at.replace(tzinfo=IST)) + BAR, _number(close))


def _json_bar(line: bytes) -> Bar:
    found = orjson.loads(line)
    start, close = (found.get("ts"), found.get("close")) if isinstance(found, dict) else (None, None)
    if not isinstance(start, str) or not isinstance(close, (int, float, type(None))):
        msg = f"ts is {start!r:.30} and close {close!r:.30}; expected a time and a number"
        raise ValueError(msg)  # noqa: TRY004 - a line that cannot be read, whatever the reason
    return Bar(None, parse_ist(start) + BAR, float("nan") if close is None else float(close))


def _cells(line: bytes) -> list[str]:
    return [cell.strip() for cell in line.decode("ascii", "replace").split(",")]


def _number(text: str) -> float:
    return float("nan") if text in NULLS else float(text)


FEED = SideFeed(
    name=NAME,
    description="One-minute bars of an index, India VIX included, as CSV or JSON lines, for chains without a spot.",
    cadence=BAR,
    stale_after=timedelta(minutes=5),
    timestamps="available_at: end of the bar, one minute after the time in the file, IST where it has no offset",
    captures=captures,
    levels=levels,
)
