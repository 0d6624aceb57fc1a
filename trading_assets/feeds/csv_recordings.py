"""What feeds of CSV recordings share: whole lines, known headers, typed columns, and dates and times as texts.

A recording that does not end with a line break was cut off: the last number of a line can lose digits unseen, so such
a file is refused. Empty cells, `-` and `NA` are missing.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc

from trading_assets.errors import FeedError
from trading_assets.market.calendar import IST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Key = TypeVar("Key")
Value = TypeVar("Value")

NULLS = ("", "-", "NA", "N/A", "nan", "NaN", "None", "null")
_LONGEST_HEADER = 2000
_SHOWN = 120

_ISO_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_INDIAN_DAY = re.compile(r"(\d{1,2})[-/](\d{2})[-/](\d{4})")
_NAMED_DAY = re.compile(r"(\d{1,2})[- ]?([A-Za-z]{3})[- ]?(\d{4})")
_CLOCK = re.compile(r"(.*\d)[ T](\d{1,2}):(\d{2})(?::(\d{2}))?")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def header_of(content: bytes, source: str) -> tuple[str, ...]:
    """Return the column names in the first line.

    Raises:
        FeedError: There is no first line, or it is no text.
    """
    line, found, _ = content[:_LONGEST_HEADER].partition(b"\n")
    try:
        text = line.rstrip(b"\r").decode("utf-8-sig")
    except UnicodeDecodeError as error:
        msg = f"{source} does not begin with a line of column names; expected CSV."
        raise FeedError(msg) from error
    if not found or not text:
        msg = f"{source} does not begin with a line of column names; expected CSV. The file may be cut off."
        raise FeedError(msg)
    return tuple(text.split(","))


def require_header(found: tuple[str, ...], known: Iterable[tuple[str, ...]], source: str, feed: str) -> None:
    """Refuse a header that is none of the known ones.

    Raises:
        FeedError: It is unknown; names it.
    """
    if found not in known:
        shown = ",".join(found)
        msg = (
            f"{source} has the header {shown!r:.{_SHOWN}}, which feed {feed} does not know. "
            "Choose the feed that recorded it, or leave the file out."
        )
        raise FeedError(msg)


def known_header(content: bytes, known: Iterable[tuple[str, ...]], source: str, feed: str) -> tuple[str, ...]:
    """Return the column names in the first line, which must be known; see `header_of` and `require_header`."""
    found = header_of(content, source)
    require_header(found, known, source, feed)
    return found


def header_line(content: bytes) -> bytes:
    """Return the first line with its break, which every capture of a split file repeats."""
    return content[: content.find(b"\n") + 1]


def require_whole(content: bytes, source: str) -> None:
    """Refuse content whose last line does not end.

    Raises:
        FeedError: The last line has no line break.
    """
    if not content.endswith(b"\n"):
        msg = f"{source} does not end with a line break; it was cut off. Record or fetch it again."
        raise FeedError(msg)


def grouped_lines(
    content: bytes, key_of: Callable[[bytes], Key | None], source: str, above: int = 1
) -> Iterator[tuple[Key, list[bytes]]]:
    """Part the lines below the header by a key, in order of first appearance, each with its line break.

    Args:
        content: A whole file.
        key_of: Key of a line; None leaves the line out. Raises ValueError for a line it cannot read.
        source: File, for people.
        above: Lines of the header.

    Raises:
        FeedError: The file is cut off, or a line has no key.
    """
    require_whole(content, source)
    groups: dict[Key, list[bytes]] = {}
    for number, line in enumerate(content.splitlines(keepends=True)[above:], start=above + 1):
        try:
            key = key_of(line)
        except (ValueError, IndexError, OverflowError) as error:
            msg = f"{source} line {number}: {error}: {line[:_SHOWN]!r}."
            raise FeedError(msg) from error
        if key is not None:
            groups.setdefault(key, []).append(line)
    yield from groups.items()


def read_columns(content: bytes, source: str, texts: Iterable[str], numbers: Iterable[str]) -> pa.Table:
    """Read the named columns of whole CSV content, in its order.

    Args:
        content: Header and lines.
        source: File, for people.
        texts: Columns kept as text.
        numbers: Columns of numbers; cells of `NULLS` are missing.

    Raises:
        FeedError: The content is cut off, a line has another number of cells, or a cell is no number.
    """
    require_whole(content, source)
    types = {**dict.fromkeys(texts, pa.string()), **dict.fromkeys(numbers, pa.float64())}
    convert = pc.ConvertOptions(
        column_types=types, include_columns=list(types), null_values=list(NULLS), strings_can_be_null=True
    )
    try:
        return pc.read_csv(
            pa.BufferReader(content), pc.ReadOptions(use_threads=False), pc.ParseOptions(), convert_options=convert
        )
    except (pa.ArrowException, ValueError) as error:
        msg = f"{source} is not CSV of this feed: {error}"
        raise FeedError(msg) from error


def floats(table: pa.Table, name: str) -> Floats:
    """Return a column of numbers, NaN where missing, shape (n,)."""
    return np.asarray(table[name].to_numpy(zero_copy_only=False), dtype=np.float64)


def strikes(table: pa.Table, name: str, source: str) -> Floats:
    """Return the column of strikes, shape (n,).

    Raises:
        FeedError: One is missing.
    """
    if table[name].null_count:
        msg = f"{source}: {table[name].null_count} of {table.num_rows} rows have no {name}; expected a strike in each."
        raise FeedError(msg)
    return floats(table, name)


def parsed(
    table: pa.Table, name: str, parse: Callable[[str], Value], source: str
) -> tuple[list[Value], NDArray[np.intp]]:
    """Parse each distinct text of a column once.

    Returns:
        The distinct values, and which of them each row has, shape (n,).

    Raises:
        FeedError: A cell is missing or cannot be parsed.
    """
    encoded = table[name].combine_chunks().dictionary_encode()
    if table[name].null_count:
        msg = f"{source}: column {name} has {table[name].null_count} empty cells."
        raise FeedError(msg)
    try:
        values = [parse(text) for text in encoded.dictionary.to_pylist()]
    except (ValueError, OverflowError) as error:
        msg = f"{source}: column {name}: {error}."
        raise FeedError(msg) from error
    return values, np.asarray(encoded.indices.to_numpy(zero_copy_only=False), dtype=np.intp)


def days(table: pa.Table, name: str, source: str) -> NDArray[np.datetime64]:
    """Return a column of dates, datetime64[s], shape (n,).

    Raises:
        FeedError: A cell is missing or no date.
    """
    values, position = parsed(table, name, parse_day, source)
    return np.array(values, dtype="datetime64[s]")[position]


def times(table: pa.Table, name: str, parse: Callable[[str], datetime], source: str) -> NDArray[np.datetime64]:
    """Return a column of times in UTC, datetime64[us], shape (n,).

    Raises:
        FeedError: A cell is missing or no time.
    """
    values, position = parsed(table, name, lambda text: parse(text).astimezone(UTC), source)
    naive = np.array([at.replace(tzinfo=None) for at in values], dtype="datetime64[us]")
    return naive[position]


def parse_day(text: str) -> date:
    """Read 2026-01-27, 27-01-2026, 27-Jan-2026 or 6JUN2019.

    Raises:
        ValueError: It is none of these.
    """
    if parts := _ISO_DAY.fullmatch(text):
        return date(int(parts[1]), int(parts[2]), int(parts[3]))
    if parts := _INDIAN_DAY.fullmatch(text):
        return date(int(parts[3]), int(parts[2]), int(parts[1]))
    parts = _NAMED_DAY.fullmatch(text)
    if parts is None or parts[2].lower() not in _MONTHS:
        msg = f"{text!r:.60} is not a date such as 2026-01-27 or 27-Jan-2026"
        raise ValueError(msg)
    return date(int(parts[3]), _MONTHS.index(parts[2].lower()) + 1, int(parts[1]))


def parse_ist(text: str) -> datetime:
    """Read a date as `parse_day` does, then hours and minutes, and seconds if there are any; IST.

    Raises:
        ValueError: It is no such time.
    """
    parts = _CLOCK.fullmatch(text)
    if parts is None:
        msg = f"{text!r:.60} is not a time such as 2026-01-27 09:15:00"
        raise ValueError(msg)
    day = parse_day(parts[1])
    return datetime(day.year, day.month, day.day, int(parts[2]), int(parts[3]), int(parts[4] or 0), tzinfo=IST)
