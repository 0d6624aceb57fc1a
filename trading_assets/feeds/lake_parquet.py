"""Feed `lake-parquet`: our own table `market_snapshots` as a parquet file, to carry sessions from one home to another.

Times, quotes and units are read as they stand there; forward, implied volatility and ids are computed again. A spot or
India VIX that was not the feed's own is missing here and completed again. Open interest and volume are read in units.
"""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from trading_assets.errors import FeedError
from trading_assets.feeds.feed import Feed
from trading_assets.feeds.quotes import DAY_NAMES, quotes_of
from trading_assets.market.captures import Capture

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from numpy.typing import NDArray

    from trading_assets.feeds.archives import RawFile
    from trading_assets.feeds.quotes import Quotes

NAME = "lake-parquet"

_MAGIC = b"PAR1"
#: Most rows of a file: a year of one index. A damaged count is not believed.
_MOST_ROWS = 20_000_000
_TIME, _DAY, _TEXT, _NUMBER = pa.timestamp("us", tz="UTC"), pa.date32(), pa.large_string(), pa.float64()

(_PREVIOUS,) = DAY_NAMES
#: Quote column → stored column.
_NUMBERS = {
    "strike": "strike",
    "spot": "spot",
    "last_price": "last_price",
    "bid": "bid",
    "ask": "ask",
    "bid_quantity": "bid_quantity",
    "ask_quantity": "ask_quantity",
    "volume": "volume_units",
    "open_interest": "open_interest_units",
    "vendor_implied_vol": "vendor_implied_vol",
    "india_vix": "india_vix",
    _PREVIOUS: "previous_open_interest_units",
}
_SCHEMA = pa.schema(
    {
        "date": _DAY,
        "underlying": _TEXT,
        "observed_at": _TIME,
        "received_at": _TIME,
        "expiry": _DAY,
        "option_type": _TEXT,
        "spot_source": _TEXT,
        "vix_source": _TEXT,
        **dict.fromkeys(_NUMBERS.values(), _NUMBER),
    }
)
#: Columns that files written by earlier versions do not have.
_YOUNGER = (_NUMBERS[_PREVIOUS],)


def captures(raw_file: RawFile, underlying: str | None) -> Iterator[Capture]:
    """Yield one capture per session and index: the file itself where it holds one, else its rows as a file.

    It was received when the last of its rows was.

    Args:
        raw_file: The file.
        underlying: Not needed; the rows say it.

    Raises:
        FeedError: It is no parquet file, lacks a column, or a row has no session, index or time.
    """
    del underlying
    table = _read(raw_file.content, raw_file.name)
    keys = table.select(["date", "underlying", "received_at"])
    if table.num_rows == 0 or any(column.null_count for column in keys.columns):
        msg = f"{raw_file.name} has no rows, or rows without {', '.join(keys.column_names)}; expected market_snapshots."
        raise FeedError(msg)
    groups = keys.group_by(["date", "underlying"], use_threads=False).aggregate([("received_at", "max")])
    try:
        groups = groups.sort_by([("date", "ascending"), ("underlying", "ascending")]).to_pylist()
    except OverflowError as error:  # damaged: a day or time that no calendar has
        msg = f"{raw_file.name}: {error}; expected the sessions and times of market_snapshots."
        raise FeedError(msg) from error
    for group in groups:
        day, name, received = group["date"], group["underlying"], group["received_at_max"]
        if not name.isalnum() or not name.isascii():
            msg = f"{raw_file.name}: {name!r:.60} is no index."
            raise FeedError(msg)
        raw = raw_file.content if len(groups) == 1 else _part(table, day, name)
        yield Capture(NAME, name, day, received.astimezone(UTC), raw, raw_file.name)


def quotes(capture: Capture) -> Quotes:
    """Read the rows, in their order.

    Raises:
        FeedError: It is no such file, or a row lacks a part of its key.
    """
    table = _read(capture.raw, capture.source)
    numbers = {name: table[column].to_numpy() for name, column in _NUMBERS.items()}
    for name, source in (("spot", "spot_source"), ("india_vix", "vix_source")):
        own = pc.fill_null(pc.equal(table[source], "feed"), fill_value=False).to_numpy()
        numbers[name] = np.where(own, numbers[name], np.nan)
    return quotes_of(
        {
            "observed_at": table["observed_at"].to_numpy(),
            "received_at": table["received_at"].to_numpy(),
            "expiry": table["expiry"].to_numpy(),
            "is_call": _is_call(table, capture.source),
            **numbers,
        }
    )


def _is_call(table: pa.Table, source: str) -> NDArray[np.bool_]:
    sides = table["option_type"]
    if not pc.all(pc.fill_null(pc.is_in(sides, pa.array(["CE", "PE"], _TEXT)), fill_value=False)).as_py():
        msg = f"{source}: option_type holds something else than CE and PE."
        raise FeedError(msg)
    return np.asarray(pc.equal(sides, "CE").to_numpy(), dtype=np.bool_)


def _read(content: bytes, source: str) -> pa.Table:
    if content[:4] != _MAGIC or content[-4:] != _MAGIC:
        msg = f"{source} is no whole parquet file; expected an export of market_snapshots."
        raise FeedError(msg)
    try:
        file = pq.ParquetFile(pa.BufferReader(content), page_checksum_verification=True)
        found = frozenset(file.schema_arrow.names)  # made anew on every look
        known = [name for name in _SCHEMA.names if name in found]
        absent = sorted({*_SCHEMA.names} - {*known, *_YOUNGER})
        if absent or not 0 <= file.metadata.num_rows <= _MOST_ROWS:
            msg = f"{source} lacks column(s) {', '.join(absent)} or has too many rows; expected market_snapshots."
            raise FeedError(msg)
        table = file.read(columns=known, use_threads=False)
        for name in {*_YOUNGER} - {*known}:
            table = table.append_column(name, pa.nulls(table.num_rows, _SCHEMA.field(name).type))
        return table.select(_SCHEMA.names).cast(_SCHEMA)
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        msg = f"{source} cannot be read as parquet of market_snapshots: {error}"
        raise FeedError(msg) from error


def _part(table: pa.Table, day: date, underlying: str) -> bytes:
    chosen = pc.and_(pc.equal(table["date"], pa.scalar(day, _DAY)), pc.equal(table["underlying"], underlying))
    sink = pa.BufferOutputStream()
    pq.write_table(table.filter(chosen), sink, compression="zstd", store_schema=False, write_page_checksum=True)
    return bytes(sink.getvalue().to_pybytes())


FEED = Feed(
    name=NAME,
    description="Our own market_snapshots as parquet files, to carry sessions from one home to another.",
    cadence=timedelta(minutes=5),
    open_interest_unit="units",
    volume_unit="units",
    timestamps="observed_at and received_at: as stored",
    captures=captures,
    quotes=quotes,
    quoted=False,
)
