"""Feed `nse-page-csv`: the option-chain page of the NSE web site as it was in 2018 and 2019, one CSV per capture.

A row is a strike with its call on the left and its put on the right, 22 columns beside the row number; `-` is an empty
cell. The page says neither time nor expiry. The time is in the file's name. The expiry is the file's folder where that
is one (`13JUN2019`), else the nearest one listed on the day: the page showed that by default, and
the straddle at the money of every recorded month falls to nothing on its weekly expiries. The page counts open interest
in units and volume in lots.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.errors import FeedError, ReferenceDataError
from trading_assets.feeds.csv_recordings import floats, known_header, parse_day, read_columns, strikes
from trading_assets.feeds.feed import Feed
from trading_assets.feeds.quotes import quotes_of, without_zeros
from trading_assets.market.calendar import IST
from trading_assets.market.captures import Capture
from trading_assets.market.packaged import load_market

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa
    from numpy.typing import NDArray

    from trading_assets.feeds.archives import RawFile
    from trading_assets.feeds.quotes import Quotes
    from trading_assets.market.reference import ReferenceData

NAME = "nse-page-csv"

_CALL = ("CallOI", "CallChnginOI", "CallVolume", "CallIV", "CallLTP", "CallNetChng")
_CALL_QUOTE = ("CallBidQty", "CallBidPrice", "CallAskPrice", "CallAskQty")
_PUT_QUOTE = ("PutBidQty", "PutBidPrice", "PutAskPrice", "PutAskQty")
_PUT = ("PutNetChng", "PutLTP", "PutIV", "PutVolume", "PutChnginOI", "PutOI")
_WITHOUT_SPOT = ("", *_CALL, *_CALL_QUOTE, "StrikePrice", *_PUT_QUOTE, *_PUT)
#: The header of a page, with and without the column of the index level.
HEADERS = ((*_WITHOUT_SPOT, "CurrentVal"), _WITHOUT_SPOT)

#: Quote column → what follows `Call` and `Put` in the page's.
_FIELDS = {
    "last_price": "LTP",
    "bid": "BidPrice",
    "ask": "AskPrice",
    "bid_quantity": "BidQty",
    "ask_quantity": "AskQty",
    "volume": "Volume",
    "open_interest": "OI",
    "open_interest_change": "ChnginOI",
    "vendor_implied_vol": "IV",
}
_ZERO_IS_MISSING = frozenset({"last_price", "bid", "ask", "vendor_implied_vol", "spot"})
_NAMED = re.compile(r"([A-Z][A-Z0-9]*)_(\d{2})-(\d{2})-(\d{4})_(\d{2})[:.-]?(\d{2})")
_EXPIRY_FOLDER = re.compile(r"\d{1,2}[A-Z]{3}\d{4}")
#: The nearest expiry of a monthly contract is at most this far.
_LISTED_DAYS = timedelta(days=40)


def captures(raw_file: RawFile, underlying: str | None) -> Iterator[Capture]:
    """Yield the one capture of a file.

    Raises:
        FeedError: The file is not a page, or its name does not say which index it is of and when it was captured.
    """
    known_header(raw_file.content, HEADERS, raw_file.name, NAME)
    named = _NAMED.match(raw_file.stem)
    if named is None:
        msg = f"{raw_file.name} is not named like NIFTY_16-05-2019_13:23.csv; the page itself says no time."
        raise FeedError(msg)
    received = _received(named, raw_file.name)
    yield Capture(NAME, underlying or named[1], received.date(), received, raw_file.content, raw_file.name)


def _received(named: re.Match[str], source: str) -> datetime:
    day, month, year, hour, minute = map(int, named.groups()[1:])
    try:
        return datetime(year, month, day, hour, minute, tzinfo=IST)
    except ValueError as error:
        msg = f"{source}: the name holds no time: {error}."
        raise FeedError(msg) from error


def quotes(capture: Capture) -> Quotes:
    """Read one page: one snapshot, call and put of each strike, in its order.

    Raises:
        FeedError: It is not a page, a cell is no number, or no expiry is known.
    """
    header = known_header(capture.raw, HEADERS, capture.source, NAME)
    table = read_columns(capture.raw, capture.source, (), [name for name in header if name])
    strike = strikes(table, "StrikePrice", capture.source)
    spot = floats(table, "CurrentVal") if "CurrentVal" in header else np.full(len(strike), np.nan)
    values = {name: _both_sides(table, field) for name, field in _FIELDS.items()}
    values["previous_open_interest"] = values["open_interest"] - values.pop("open_interest_change")
    values["spot"] = np.repeat(spot, 2)
    return quotes_of(
        {
            "observed_at": capture.received_at,
            "received_at": capture.received_at,
            "expiry": np.datetime64(_expiry(capture), "s"),
            "strike": np.repeat(strike, 2),
            "is_call": np.tile([True, False], len(strike)),
            **without_zeros(values, _ZERO_IS_MISSING),
        }
    )


def _both_sides(table: pa.Table, field: str) -> NDArray[np.float64]:
    return np.column_stack([floats(table, f"Call{field}"), floats(table, f"Put{field}")]).ravel()


def _expiry(capture: Capture) -> date:
    folder = PurePosixPath(capture.source.rpartition("!")[2]).parent.name
    if not _EXPIRY_FOLDER.fullmatch(folder):
        return _nearest_expiry(capture.underlying, capture.day)
    try:
        return parse_day(folder)
    except ValueError as error:
        msg = f"{capture.source}: its folder is no expiry: {error}."
        raise FeedError(msg) from error


@cache
def _nearest_expiry(underlying: str, day: date) -> date:
    try:
        expiries = _reference().expiries(underlying, day, day + _LISTED_DAYS)
    except ReferenceDataError as error:
        msg = f"expiries of {underlying} are not known: {error}"
        raise FeedError(msg) from error
    if not expiries:
        msg = f"no expiry of {underlying} is known from {day} on; expected a day the packaged calendar covers."
        raise FeedError(msg)
    return expiries[0]


@cache
def _reference() -> ReferenceData:
    return load_market().reference


FEED = Feed(
    name=NAME,
    description="Option-chain page of the NSE web site of 2018 and 2019 as CSV, one capture per file.",
    cadence=timedelta(minutes=30),
    open_interest_unit="units",
    volume_unit="lots",
    timestamps="observed_at and received_at: capture time in the file name, IST; the page says none",
    captures=captures,
    quotes=quotes,
)
