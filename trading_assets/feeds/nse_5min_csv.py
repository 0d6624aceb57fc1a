"""Feed `nse-5min-csv`: chains of one expiry polled from the NSE web site every five minutes, weeks in one long CSV.

A row is a leg of a snapshot. A file is split into one capture per day; the files of other expiries polled at the same
moment are parts of the same snapshot. There is no bid and no ask. Open interest is in lots, volume in units.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.feeds.csv_recordings import (
    days,
    floats,
    grouped_lines,
    header_line,
    known_header,
    parsed,
    read_columns,
    strikes,
    times,
)
from trading_assets.feeds.feed import Feed
from trading_assets.feeds.quotes import quotes_of, without_zeros
from trading_assets.market.calendar import IST
from trading_assets.market.captures import Capture

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trading_assets.feeds.archives import RawFile
    from trading_assets.feeds.quotes import Quotes

NAME = "nse-5min-csv"

_CONTRACT_COLUMNS = ("contract", "expiryDate", "optionType", "strikePrice")
_PRICES = ("lastPrice", "change", "pChange", "openPrice", "highPrice", "lowPrice", "closePrice")
_TRADED = ("volume", "totalTurnover", "value", "premiumTurnOver")
HEADER = (*_CONTRACT_COLUMNS, *_PRICES, *_TRADED, "underlyingValue", "openInterest", "noOfTrades", "datetime")
_NUMBERS = {
    "last_price": "lastPrice",
    "volume": "volume",
    "open_interest": "openInterest",
    "spot": "underlyingValue",
}
_ZERO_IS_MISSING = frozenset({"last_price", "spot"})
_CONTRACT = re.compile(rb"([A-Z][A-Z0-9]{1,19}) ")


def captures(raw_file: RawFile, underlying: str | None) -> Iterator[Capture]:
    """Yield one capture per index and calendar day in IST: the header and its lines, received with the last of them.

    Raises:
        FeedError: The header is unknown, the file is cut off, or a line does not say its index or its time.
    """
    del underlying
    known_header(raw_file.content, (HEADER,), raw_file.name, NAME)
    first_line = header_line(raw_file.content)
    known: dict[bytes, date] = {}

    def key_of(line: bytes) -> tuple[str, date]:
        stamp = _stamp(line)
        if stamp not in known:
            known[stamp] = parse_offset_time(stamp.decode()).astimezone(IST).date()
        named = _CONTRACT.match(line)
        if named is None:
            msg = "the contract does not begin with the name of an index"
            raise ValueError(msg)
        return named[1].decode(), known[stamp]

    for (name, day), lines in grouped_lines(raw_file.content, key_of, raw_file.name):
        received = max(parse_offset_time(text.decode()) for text in set(map(_stamp, lines)))
        yield Capture(NAME, name, day, received, b"".join([first_line, *lines]), raw_file.name)


def _stamp(line: bytes) -> bytes:
    return line.rpartition(b",")[2].strip()


def parse_offset_time(text: str) -> datetime:
    """Read an ISO time with its offset.

    Raises:
        ValueError: It is none, or has no offset.
    """
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        msg = f"{text!r:.60} has no offset from UTC"
        raise ValueError(msg)
    return at


def quotes(capture: Capture) -> Quotes:
    """Read one day of one expiry: all its snapshots, in the order of the file.

    Raises:
        FeedError: The header is unknown, or a cell is no number, date, time or side.
    """
    known_header(capture.raw, (HEADER,), capture.source, NAME)
    texts = ("expiryDate", "optionType", "datetime")
    table = read_columns(capture.raw, capture.source, texts, ("strikePrice", *_NUMBERS.values()))
    at = times(table, "datetime", parse_offset_time, capture.source)
    sides, side = parsed(table, "optionType", _is_call, capture.source)
    values = {name: floats(table, column) for name, column in _NUMBERS.items()}
    return quotes_of(
        {
            "observed_at": at,
            "received_at": at,
            "expiry": days(table, "expiryDate", capture.source),
            "strike": strikes(table, "strikePrice", capture.source),
            "is_call": np.array(sides, dtype=np.bool_)[side],
            **without_zeros(values, _ZERO_IS_MISSING),
        }
    )


def _is_call(text: str) -> bool:
    if text not in ("Call", "Put"):
        msg = f"{text!r:.60} is neither Call nor Put"
        raise ValueError(msg)
    return text == "Call"


FEED = Feed(
    name=NAME,
    description="Option chains of the NSE web site every five minutes as long CSV, one expiry and many days a file.",
    cadence=timedelta(minutes=5),
    open_interest_unit="lots",
    volume_unit="units",
    timestamps="observed_at and received_at: column datetime with its offset, when the recorder asked",
    captures=captures,
    quotes=quotes,
    quoted=False,
)
