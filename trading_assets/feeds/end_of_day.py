"""What the end-of-day feeds share: CSV of all contracts of a day, of which the options on known indices are read.

One snapshot per day and index, observed and received at the close of its session as the calendar in force has it,
although the exchange publishes it in the evening: nothing trades after the close, so nothing can use it early. The last
price is the day's closing price, which every layout has: on liquid contracts the average of the last half hour, so the
prices of a chain go together. A contract that did not trade that day has no last price: its close is carried over or
theoretical.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.errors import FeedError
from trading_assets.feeds.csv_recordings import (
    floats,
    grouped_lines,
    header_line,
    header_of,
    parse_day,
    parsed,
    read_columns,
    require_header,
)
from trading_assets.feeds.feed import Feed
from trading_assets.feeds.quotes import quotes_of, zero_is_missing
from trading_assets.feeds.session_closes import usual_close
from trading_assets.market.captures import Capture
from trading_assets.market.packaged import load_market

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from trading_assets.feeds.archives import RawFile
    from trading_assets.feeds.quotes import Quotes

_SHORT_YEAR = re.compile(r"(\d{1,2}-[A-Za-z]{3}-)(\d{2})")
_IS_CALL = {"CE": True, "PE": False}


@dataclass(frozen=True, slots=True)
class Layout:
    """Column names of one kind of file.

    Args:
        header: First line of the file, without blanks.
        symbol: Column of the underlying.
        expiry: Column of the expiry.
        option_type: Column of CE or PE.
        numbers: Quote column → its column; strike, last_price, volume and open_interest must be there.
        day: Column of the session; None where only the file's name says it.
        kind: Column of the kind of instrument and its value for index options; None where all rows are.
    """

    header: str
    symbol: str
    expiry: str
    option_type: str
    numbers: Mapping[str, str]
    day: str | None = None
    kind: tuple[str, str] | None = None

    @property
    def cells(self) -> tuple[int, int | None, int | None]:
        """Positions of symbol, day and kind in a line."""
        columns = self.header.split(",")
        day = None if self.day is None else columns.index(self.day)
        return columns.index(self.symbol), day, None if self.kind is None else columns.index(self.kind[0])


def end_of_day_feed(
    name: str, description: str, layouts: Sequence[Layout], day_of_name: Callable[[str], date | None] = lambda _: None
) -> Feed:
    """Return the feed of files of some layouts: open interest in units, volume in lots, index options only.

    Args:
        name: Of the feed.
        description: One sentence for people.
        layouts: The kinds of file it reads.
        day_of_name: Reads the day out of a file's name, for layouts whose rows do not say it.
    """

    def captures(raw_file: RawFile, underlying: str | None) -> Iterator[Capture]:
        del underlying  # the rows say it
        return end_of_day_captures(raw_file, layouts, name, day_of_name(raw_file.stem))

    return Feed(
        name=name,
        description=description,
        cadence=timedelta(days=1),
        open_interest_unit="units",
        volume_unit="lots",
        timestamps="observed_at and received_at: close of the session, though the file comes out in the evening",
        captures=captures,
        quotes=lambda capture: end_of_day_quotes(capture, layouts),
        quoted=False,
        at_close=True,
    )


def end_of_day_captures(
    raw_file: RawFile, layouts: Sequence[Layout], feed: str, named_day: date | None = None
) -> Iterator[Capture]:
    """Yield one capture per index and day: the header and its lines, untouched.

    Args:
        raw_file: The file.
        layouts: The kinds of file the feed reads.
        feed: Its name.
        named_day: Day in the file's name, for layouts whose rows do not say it.

    Raises:
        FeedError: The header is of no layout, the file is cut off, a day is missing, or no index option is in it.
    """
    layout = _layout_of(raw_file.content, layouts, raw_file.name, feed)
    first_line = header_line(raw_file.content)
    found = False
    for (name, day), lines in grouped_lines(raw_file.content, _Keys(layout, named_day), raw_file.name):
        found = True
        yield Capture(feed, name, day, usual_close(day), b"".join([first_line, *lines]), raw_file.name)
    if not found:
        msg = f"{raw_file.name} holds no option on an index; feed {feed} reads {', '.join(sorted(_indices()))}."
        raise FeedError(msg)


class _Keys:
    """Reads index and day of a line; remembers the days, of which a file has one."""

    def __init__(self, layout: Layout, named_day: date | None) -> None:
        self._layout, self._named_day = layout, named_day
        self._symbol, self._day, self._kind = layout.cells
        self._value = b"" if layout.kind is None else layout.kind[1].encode()
        self._days: dict[bytes, date] = {}

    def __call__(self, line: bytes) -> tuple[str, date] | None:
        cells = line.split(b",", max(self._symbol, self._day or 0, self._kind or 0) + 1)
        if self._kind is not None and cells[self._kind].strip() != self._value:
            return None
        name = cells[self._symbol].strip().decode("ascii", "replace")
        return (name, self._day_of(cells)) if name in _indices() else None

    def _day_of(self, cells: list[bytes]) -> date:
        if self._day is None:
            if self._named_day is None:
                msg = "neither the line nor the file's name says the day; keep the exchange's name"
                raise ValueError(msg)
            return self._named_day
        text = cells[self._day].strip()
        if text not in self._days:
            self._days[text] = exchange_day(text.decode("ascii", "replace"))
        return self._days[text]


def end_of_day_quotes(capture: Capture, layouts: Sequence[Layout]) -> Quotes:
    """Read one capture: a leg per line, in its order.

    Raises:
        FeedError: The header is of no layout, or a cell is no number, date or option type.
    """
    layout = _layout_of(capture.raw, layouts, capture.source, capture.feed)
    content = capture.raw.replace(b" ", b"")  # some layouts are padded, names of columns too
    table = read_columns(content, capture.source, (layout.expiry, layout.option_type), list(layout.numbers.values()))
    values = {name: floats(table, column) for name, column in layout.numbers.items()}
    if "open_interest_change" in values:
        values["previous_open_interest"] = values["open_interest"] - values.pop("open_interest_change")
    values["last_price"] = np.where(values["volume"] == 0.0, np.nan, zero_is_missing(values["last_price"]))
    if "spot" in values:
        values["spot"] = zero_is_missing(values["spot"])
    return quotes_of(
        {
            "observed_at": capture.received_at,
            "received_at": capture.received_at,
            "expiry": _expiries(table, layout.expiry, capture.source),
            "is_call": _is_call(table, layout.option_type, capture.source),
            **values,
        }
    )


def exchange_day(text: str) -> date:
    """Read a date as `csv_recordings.parse_day` does, or with a year of two digits: 31-May-12.

    Raises:
        ValueError: It is none.
    """
    parts = _SHORT_YEAR.fullmatch(text)
    return parse_day(f"{parts[1]}20{parts[2]}" if parts else text)


@cache
def _indices() -> frozenset[str]:
    return frozenset(load_market().reference.underlyings)  # the packaged tables: 10 ms to read


def _layout_of(content: bytes, layouts: Sequence[Layout], source: str, feed: str) -> Layout:
    found = tuple(name.strip() for name in header_of(content, source))
    known = {tuple(layout.header.split(",")): layout for layout in layouts}
    require_header(found, known, source, feed)
    return known[found]


def _expiries(table: pa.Table, name: str, source: str) -> NDArray[np.datetime64]:
    values, position = parsed(table, name, exchange_day, source)
    return np.array(values, dtype="datetime64[s]")[position]


def _is_call(table: pa.Table, name: str, source: str) -> NDArray[np.bool_]:
    values, position = parsed(table, name, _side, source)
    return np.array(values, dtype=np.bool_)[position]


def _side(text: str) -> bool:
    if text not in _IS_CALL:
        msg = f"{text!r:.20} is not CE or PE"
        raise ValueError(msg)
    return _IS_CALL[text]
