"""Feed `kite-csv`: option chains polled from Kite quotes, calls and puts side by side, many instruments in one file.

The recorder changed its columns nine times in six weeks; `HEADERS` are the ones known. A file is split into one capture
per index; stocks are left out. There is no bid and no ask. The recorder writes 0 for a price or an index level it does
not have, and one of its layouts has index levels only: such a capture holds no leg.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.errors import FeedError
from trading_assets.feeds.csv_recordings import (
    days,
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
from trading_assets.feeds.quotes import quotes_of, zero_is_missing
from trading_assets.market.calendar import IST
from trading_assets.market.captures import Capture
from trading_assets.market.packaged import load_market

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa
    from numpy.typing import NDArray

    from trading_assets.feeds.archives import RawFile
    from trading_assets.feeds.quotes import Quotes

NAME = "kite-csv"

#: Every header the recorder has written, in the order in which it did.
HEADERS = tuple(
    tuple(header.split(","))
    for header in [
        "Stock,Expiry,Strike,CE_LTP,CE_OI,PE_LTP,PE_OI,timestamp",
        "Stock,Expiry,Strike,CE_LTP,CE_OI,PE_LTP,PE_OI,timestamp,Max_Pain",
        "Stock,Expiry,Strike,CE_LTP,CE_OI,PE_LTP,PE_OI,timestamp,Stock_LTP,Max_Pain",
        "Stock,Expiry,Strike,CE_LTP,CE_OI,PE_LTP,PE_OI,Stock_LTP,timestamp,Max_Pain",
        "Stock,Expiry,Strike,CE_LTP,CE_OI,CE_IV,PE_LTP,PE_OI,PE_IV,Stock_LTP,timestamp,Max_Pain",
        "Stock,Expiry,Strike,CE_LTP,CE_OI,PE_LTP,PE_OI,Stock_LTP,Stock_%_Change,timestamp,Max_Pain",
        "Stock,LTP,High,Low,timestamp",
        "Symbol,Expiry,Strike,CE_LTP,CE_OI,CE_Volume,PE_LTP,PE_OI,PE_Volume,Spot,%Change,timestamp,Max_Pain",
        (
            "Stock,Expiry,Strike,CE_LTP,CE_OI,CE_Volume,PE_LTP,PE_OI,PE_Volume,Stock_LTP,Stock_High,Stock_Low,"
            "Stock_%_Change,timestamp,Max_Pain"
        ),
    ]
)
#: Quote column → what follows `CE_` and `PE_` in the recorder's; each is missing where a layout lacks it.
_FIELDS = {"last_price": "LTP", "volume": "Volume", "open_interest": "OI", "vendor_implied_vol": "IV"}
_ZERO_IS_MISSING = frozenset({"last_price", "vendor_implied_vol"})
_SPOT_NAMES = ("Stock_LTP", "Spot")
_NAMED_IST = re.compile(r"(\d{4})-(\d{2})-(\d{2})_(\d{2})-(\d{2})(?:-(\d{2}))?")


def captures(raw_file: RawFile, underlying: str | None) -> Iterator[Capture]:
    """Yield one capture per index in the file: the header and its lines.

    It was received at the time in the file's name or at that of its rows, whichever is later.

    Args:
        raw_file: The file.
        underlying: Not needed; the rows say it.

    Raises:
        FeedError: The header is unknown, the file is cut off or has no time, or it holds no index.
    """
    del underlying
    header = known_header(raw_file.content, HEADERS, raw_file.name, NAME)
    column = header.index("timestamp")
    first_line = header_line(raw_file.content)
    found = False
    for name, lines in grouped_lines(raw_file.content, _index_of, raw_file.name):
        found = True
        received = _received(raw_file, lines[0], column)
        yield Capture(NAME, name, received.date(), received, b"".join([first_line, *lines]), raw_file.name)
    if not found:
        msg = f"{raw_file.name} holds no index, stocks only; feed {NAME} reads {', '.join(sorted(_indices()))}."
        raise FeedError(msg)


def _index_of(line: bytes) -> str | None:
    name = line.partition(b",")[0].decode("utf-8", "replace")
    return name if name in _indices() else None


@cache
def _indices() -> frozenset[str]:
    return frozenset(load_market().reference.underlyings)


def _received(raw_file: RawFile, line: bytes, column: int) -> datetime:
    try:
        stamp = parse_ist(line.decode("utf-8", "replace").split(",")[column].strip())
    except (ValueError, IndexError) as error:
        msg = f"{raw_file.name}: {error}; expected a time such as 2026-01-27 09:15:00 in column timestamp."
        raise FeedError(msg) from error
    return max(_named_time(raw_file.stem) or stamp, stamp)


def _named_time(stem: str) -> datetime | None:
    named = _NAMED_IST.search(stem)
    if named is None:
        return None
    year, month, day, hour, minute, second = (int(part) for part in named.groups(default="0"))
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=IST)
    except ValueError:
        return None


def quotes(capture: Capture) -> Quotes:
    """Read one capture: a call and a put per row, in its order; no leg where the layout has index levels only.

    Raises:
        FeedError: The header is unknown, or a cell is no number, date or time.
    """
    header = known_header(capture.raw, HEADERS, capture.source, NAME)
    if "Strike" not in header:
        msg = f"{capture.source} holds index levels only ({','.join(header)}); expected strikes with calls and puts."
        raise FeedError(msg)
    spot = next((name for name in _SPOT_NAMES if name in header), None)
    sides = [f"{side}_{field}" for side in ("CE", "PE") for field in _FIELDS.values()]
    numbers = [name for name in ("Strike", spot, *sides) if name in header]
    table = read_columns(capture.raw, capture.source, ("Expiry", "timestamp"), [name for name in numbers if name])
    level = np.full(table.num_rows, np.nan) if spot is None else zero_is_missing(floats(table, spot))
    rows = np.repeat(np.arange(table.num_rows), 2)
    return quotes_of(
        {
            "observed_at": times(table, "timestamp", parse_ist, capture.source)[rows],
            "received_at": capture.received_at,
            "expiry": days(table, "Expiry", capture.source)[rows],
            "strike": strikes(table, "Strike", capture.source)[rows],
            "is_call": np.arange(len(rows)) % 2 == 0,
            "spot": level[rows],
            **{name: _both_sides(table, name, field) for name, field in _FIELDS.items()},
        }
    )


def _both_sides(table: pa.Table, name: str, field: str) -> NDArray[np.float64]:
    columns = [f"CE_{field}", f"PE_{field}"]
    if columns[0] not in table.column_names:
        return np.full(2 * table.num_rows, np.nan)
    values = np.column_stack([floats(table, column) for column in columns]).ravel()
    return zero_is_missing(values) if name in _ZERO_IS_MISSING else values


FEED = Feed(
    name=NAME,
    description="Option chains polled from Kite quotes as wide CSV, nine layouts, all instruments in one file.",
    cadence=timedelta(minutes=5),
    open_interest_unit="units",
    volume_unit="units",
    timestamps="observed_at: column timestamp, IST, when the recorder asked; received_at: that or the file name's time",
    captures=captures,
    quotes=quotes,
    quoted=False,
)
