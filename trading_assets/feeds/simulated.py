"""Feed `simulated`: sessions of the simulated market as parquet files, one underlying and session per file.

A file is the layout of `feeds.quotes` with all its snapshots, its numbers plain or coded by `feeds.simulated_codec`;
the schema's metadata name the underlying. Spot 0 is a
missing spot, as in recorded feeds. The committed files and their planted defect: `feeds.simulated_files`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from trading_assets.errors import FeedError
from trading_assets.feeds.feed import Feed
from trading_assets.feeds.quotes import KEY_DTYPES, VALUE_NAMES, quotes_of, zero_is_missing
from trading_assets.feeds.simulated_codec import unpacked
from trading_assets.market.calendar import IST
from trading_assets.market.captures import Capture

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from trading_assets.feeds.archives import RawFile
    from trading_assets.feeds.quotes import Quotes

NAME = "simulated"
UNDERLYING_KEY = b"trading_assets.underlying"
TIMES = ("observed_at", "received_at")

_MAGIC = b"PAR1"
#: From here on two cores read it quicker than one.
_MANY_ROWS = 10_000
_UTC = pa.timestamp("us", tz="UTC")
_YEARS = range(2000, 2200)


def captures(raw_file: RawFile, underlying: str | None) -> Iterator[Capture]:
    """Yield the one capture of a file; it was received when its last snapshot was.

    Raises:
        FeedError: The file is not parquet, holds no times, or neither it nor the call says which index it is of.
    """
    if raw_file.content[:4] != _MAGIC:
        msg = f"{raw_file.name} is not parquet; feed {NAME} reads files of the simulated market."
        raise FeedError(msg)
    table = _table(raw_file.content, raw_file.name, ["received_at"])
    named = (table.schema.metadata or {}).get(UNDERLYING_KEY)
    found = named.decode("ascii", "replace") if named else underlying
    if found is None:
        msg = f"{raw_file.name} does not say which index it is of; pass --underlying."
        raise FeedError(msg)
    received = _last_received(table, raw_file.name)
    yield Capture(NAME, found, received.astimezone(IST).date(), received, raw_file.content, raw_file.name)


def quotes(capture: Capture) -> Quotes:
    """Read all snapshots of a file, in its order.

    Raises:
        FeedError: It is not parquet, or columns are absent or of another kind.
    """
    table = _table(capture.raw, capture.source, [*KEY_DTYPES, *VALUE_NAMES])
    _require_kinds(table, capture.source)
    try:
        coded = unpacked(table)
    except FeedError as error:
        msg = f"{capture.source}: {error}"
        raise FeedError(msg) from error
    plain = [name for name in table.column_names if name not in coded and name != "option_type"]
    columns = {**coded, **{name: table[name].to_numpy() for name in plain}}
    if "spot" in columns:
        columns["spot"] = zero_is_missing(columns["spot"])
    return quotes_of({**columns, "is_call": _is_call(table, capture.source)})


def _require_kinds(table: pa.Table, source: str) -> None:
    absent = [name for name in KEY_DTYPES if name not in table.column_names]
    strange = [name for name in table.column_names if not _fits(name, table.schema.field(name).type)]
    if absent or strange:
        kinds = [f"{name} {table.schema.field(name).type}" for name in strange]
        msg = f"{source}: {', '.join([*(f'no {name}' for name in absent), *kinds])}; "
        msg += "expected times with a zone, a date, text and numbers."
        raise FeedError(msg)


def _is_call(table: pa.Table, source: str) -> NDArray[np.bool_]:
    sides = table["option_type"].cast(pa.string())
    if not pc.all(pc.fill_null(pc.is_in(sides, pa.array(["CE", "PE"])), fill_value=False)).as_py():
        msg = f"{source}: option_type holds something else than CE and PE."
        raise FeedError(msg)
    return np.asarray(pc.equal(sides, "CE").to_numpy(), dtype=np.bool_)


def _last_received(table: pa.Table, name: str) -> datetime:
    known = "received_at" in table.column_names and _fits("received_at", table.schema.field("received_at").type)
    try:  # as UTC, for a damaged file may name a zone that is none
        received = pc.max(table["received_at"].cast(_UTC, safe=False)).as_py() if known else None
    except OverflowError:
        received = None
    if not isinstance(received, datetime) or received.year not in _YEARS:
        msg = f"{name} does not say when it was received; expected times with a zone in column received_at."
        raise FeedError(msg)
    return received


def _table(content: bytes, name: str, columns: list[str]) -> pa.Table:
    try:
        file = pq.ParquetFile(pa.BufferReader(content))
        found = frozenset(file.schema_arrow.names)  # made anew on every look
        read = [column for column in columns if column in found]
        return file.read(read, use_threads=file.metadata.num_rows >= _MANY_ROWS)
    except (pa.ArrowException, OSError, ValueError) as error:  # a damaged name of a column is a ValueError
        msg = f"{name} is not readable parquet: {error}. Write it again."
        raise FeedError(msg) from error


def _fits(name: str, kind: pa.DataType) -> bool:
    if name in TIMES or name == "expiry":
        return bool(pa.types.is_timestamp(kind)) and _zoned(kind) is (name in TIMES)
    if name == "option_type":
        return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_dictionary(kind))
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind))


def _zoned(kind: pa.TimestampType) -> bool | None:
    try:
        return kind.tz is not None
    except UnicodeDecodeError:  # a damaged file: the name of its zone is no text
        return None


FEED = Feed(
    name=NAME,
    description="Simulated option market: one parquet file per underlying and session.",
    cadence=timedelta(minutes=1),
    open_interest_unit="lots",
    volume_unit="lots",
    timestamps="observed_at: simulated exchange time; received_at: 0.8 to 2.8 s later",
    captures=captures,
    quotes=quotes,
)
