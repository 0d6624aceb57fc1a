"""Feed `dhan-15min`: 15-minute bars of the strikes around the money from Dhan, one distance, side and expiry a file.

Which expiry and side is in the file's name alone (`NIFTY_2025-01-30_CALL.csv`), so a capture begins with that name.
A file is split into one capture per day; the files of the other distances are parts of the same snapshots. There is no
bid and no ask; the last price is the close.

Times are the starts of bars: the first is 09:15, the last 15:15, and the open of a bar is the close of the one before.
Spot belongs to the end: put-call parity of closes follows it to 5 points in the median, parity of opens to 15. So a
snapshot is observed when its bar is complete. Volume is that of the bar; `feeds.bar_volume` sums it from the open.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.errors import FeedError
from trading_assets.feeds.csv_recordings import (
    floats,
    grouped_lines,
    header_line,
    known_header,
    parse_ist,
    read_columns,
    strikes,
    times,
)
from trading_assets.feeds.feed import Feed
from trading_assets.feeds.quotes import quotes_of, without_zeros
from trading_assets.market.captures import Capture

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trading_assets.feeds.archives import RawFile
    from trading_assets.feeds.quotes import Quotes

NAME = "dhan-15min"
BAR = timedelta(minutes=15)

HEADER = ("datetime", "open", "high", "low", "close", "volume", "iv", "oi", "spot", "strike")
_NUMBERS = {
    "last_price": "close",
    "volume": "volume",
    "open_interest": "oi",
    "vendor_implied_vol": "iv",
    "spot": "spot",
}
_ZERO_IS_MISSING = frozenset({"last_price", "vendor_implied_vol", "spot"})
_NAMED = re.compile(r"([A-Z][A-Z0-9]*)_(\d{4}-\d{2}-\d{2})_(CALL|PUT)\.csv")


def captures(raw_file: RawFile, underlying: str | None) -> Iterator[Capture]:
    """Yield one capture per day: a line with the file's name, the header and the day's lines.

    Raises:
        FeedError: The header is unknown, the file is cut off, its name does not say index, expiry and side, or a line
            has no time.
    """
    known_header(raw_file.content, (HEADER,), raw_file.name, NAME)
    named = _NAMED.fullmatch(raw_file.stem)
    if named is None:
        msg = f"{raw_file.name} is not named like NIFTY_2025-01-30_CALL.csv; the rows do not say expiry and side."
        raise FeedError(msg)
    above = raw_file.stem.encode() + b"\n" + header_line(raw_file.content)
    for day, lines in grouped_lines(raw_file.content, _day, raw_file.name):
        received = max(_bar_end(_stamp(line)) for line in lines)
        yield Capture(NAME, underlying or named[1], day, received, b"".join([above, *lines]), raw_file.name)


def _stamp(line: bytes) -> str:
    return line.partition(b",")[0].decode()


def _day(line: bytes) -> date:
    return _bar_end(_stamp(line)).date()


@lru_cache(maxsize=1024)  # each of the 42 files of a day repeats its 25 times, and each is read thrice: a third of all
def _bar_end(text: str) -> datetime:
    return parse_ist(text) + BAR


def quotes(capture: Capture) -> Quotes:
    """Read one day of one file: a leg per bar, in its order.

    Raises:
        FeedError: The name or header is unknown, or a cell is no number or time.
    """
    name, _, content = capture.raw.partition(b"\n")
    named = _NAMED.fullmatch(name.decode("utf-8", "replace"))
    if named is None:
        msg = f"{capture.source}: a capture of feed {NAME} begins with its file's name; found {name[:60]!r}."
        raise FeedError(msg)
    known_header(content, (HEADER,), capture.source, NAME)
    table = read_columns(content, capture.source, ("datetime",), ("strike", *_NUMBERS.values()))
    at = times(table, "datetime", _bar_end, capture.source)
    values = {name: floats(table, column) for name, column in _NUMBERS.items()}
    return quotes_of(
        {
            "observed_at": at,
            "received_at": at,
            "expiry": _expiry(named[2], capture.source),
            "strike": strikes(table, "strike", capture.source),
            "is_call": np.full(table.num_rows, named[3] == "CALL"),
            **without_zeros(values, _ZERO_IS_MISSING),
        }
    )


def _expiry(text: str, source: str) -> np.datetime64:
    try:
        return np.datetime64(date.fromisoformat(text), "s")
    except ValueError as error:
        msg = f"{source}: its name holds no expiry: {error}."
        raise FeedError(msg) from error


FEED = Feed(
    name=NAME,
    description="15-minute bars of strikes around the money from Dhan, one distance, side and expiry a file.",
    cadence=BAR,
    open_interest_unit="units",
    volume_unit="units",
    timestamps="observed_at and received_at: end of the bar, 15 minutes after the naive IST time in the file",
    captures=captures,
    quotes=quotes,
    quoted=False,
    volume_of_bar=True,
)
