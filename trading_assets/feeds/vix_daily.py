"""Side feed `vix-daily`: the daily close of India VIX, as the exchange's own CSV or one of two others.

A file is split into one capture per day: the header and its line. The exchange's file ends without a line break. The
close is known when the session has closed, so it serves the sessions after it.
"""

from __future__ import annotations

from datetime import UTC, date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.errors import FeedError
from trading_assets.feeds.csv_recordings import (
    floats,
    grouped_lines,
    header_of,
    parse_day,
    read_columns,
    require_header,
)
from trading_assets.feeds.session_closes import usual_close
from trading_assets.feeds.side_feed import INDIA_VIX, Levels, SideFeed
from trading_assets.market.captures import Capture

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from trading_assets.feeds.archives import RawFile

NAME = "vix-daily"


def parse_american_day(text: str) -> date:
    """Read 1/4/2016 as the fourth of January.

    Raises:
        ValueError: It is no such date.
    """
    month, day, year = (int(part) for part in text.split("/"))
    return date(year, month, day)


#: Header without blanks → its column of closes, and how it writes days.
LAYOUTS: dict[tuple[str, ...], tuple[str, Callable[[str], date]]] = {
    ("Date", "Open", "High", "Low", "Close", "Prev.Close", "Change", "%Change"): ("Close", parse_day),
    ("Date", "Open", "High", "Low", "Close", "PrevClose", "Change", "Pchange"): ("Close", parse_american_day),
    ("Date", "NIFTY_50", "INDIA_VIX", "RAW_RATIO", "RATIO_OSCILLATOR"): ("INDIA_VIX", parse_day),
}


def captures(raw_file: RawFile, underlying: str | None) -> Iterator[Capture]:
    """Yield one capture per day; it is of India VIX whatever `underlying` says.

    Raises:
        FeedError: The header is unknown, a line has no day, or nothing is below the header.
    """
    del underlying
    content = raw_file.content if raw_file.content.endswith(b"\n") else raw_file.content + b"\n"
    parse = _layout(content, raw_file.name)[1]
    header, _, rest = content.partition(b"\n")
    if not rest.strip():
        msg = f"{raw_file.name} holds no day; the file may be cut off."
        raise FeedError(msg)
    for day, lines in grouped_lines(content, lambda line: _day(line, parse), raw_file.name):
        raw = b"".join([header, b"\n", *lines])
        yield Capture(NAME, INDIA_VIX, day, usual_close(day), raw, raw_file.name)


def _day(line: bytes, parse: Callable[[str], date]) -> date | None:
    return parse(line.partition(b",")[0].decode("ascii", "replace").strip()) if line.strip() else None


def _layout(content: bytes, source: str) -> tuple[str, Callable[[str], date]]:
    found = tuple(name.replace(" ", "") for name in header_of(content, source))
    require_header(found, LAYOUTS, source, NAME)
    return LAYOUTS[found]


def levels(capture: Capture) -> Levels:
    """Read the close of one day, available when the capture was received; of a day that is there twice, both.

    Raises:
        FeedError: The header is unknown, or a close is no number.
    """
    column = _layout(capture.raw, capture.source)[0]
    table = read_columns(capture.raw.replace(b" ", b""), capture.source, (), (column,))
    at = np.datetime64(capture.received_at.astimezone(UTC).replace(tzinfo=None), "us")
    return Levels(np.full(table.num_rows, at), floats(table, column))


FEED = SideFeed(
    name=NAME,
    description="Daily close of India VIX as CSV of the exchange, for chains without India VIX.",
    cadence=timedelta(days=1),
    stale_after=timedelta(days=5),
    timestamps="available_at: close of the session of the day in the file",
    captures=captures,
    levels=levels,
    at_close=True,
)
