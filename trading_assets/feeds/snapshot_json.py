"""Feed `snapshot-json`: files `market_state_<date>.json`, one JSON object per snapshot; what we write, and read back.

Layout: a list of objects, or one object. Each has `symbol`, `timestamp` (exchange time, ISO 8601; without an offset it
is IST) and `option_chain`, a list of legs; it may have `received_at` (else the timestamp), `spot_price` and
`india_vix`. A leg has `expiry` (ISO date), `strike` and `option_type` (CE or PE); it may have `last_price`, `bid`,
`ask`, `bid_quantity`, `ask_quantity`, `volume`, `open_interest`, `previous_open_interest` (at the close of the session
before) and `implied_vol` (percent a year, as the source had it). Volume and open interest are in units. Null, absent
and, for prices, 0 are missing. Other names are not read.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import orjson

from trading_assets.errors import FeedError
from trading_assets.feeds.feed import Feed
from trading_assets.feeds.quotes import quotes_of, zero_is_missing
from trading_assets.market.calendar import IST
from trading_assets.market.captures import Capture

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from trading_assets.feeds.archives import RawFile
    from trading_assets.feeds.quotes import Quotes

NAME = "snapshot-json"

#: Quote column → its name in a leg.
LEG_NAMES: Mapping[str, str] = {
    "last_price": "last_price",
    "bid": "bid",
    "ask": "ask",
    "bid_quantity": "bid_quantity",
    "ask_quantity": "ask_quantity",
    "volume": "volume",
    "open_interest": "open_interest",
    "previous_open_interest": "previous_open_interest",
    "vendor_implied_vol": "implied_vol",
}
#: Quote column → its name in a snapshot.
SNAPSHOT_NAMES: Mapping[str, str] = {"spot": "spot_price", "india_vix": "india_vix"}
_ZERO_IS_MISSING = ("last_price", "bid", "ask", "vendor_implied_vol", "spot")
_NUMBERS = frozenset({int, float, type(None)})
_IS_CALL = {"CE": True, "PE": False}
_ENDING = b"\n"

Snapshot = dict[str, object]


def captures(raw_file: RawFile, underlying: str | None) -> Iterator[Capture]:
    """Yield one capture per snapshot: its object on a line, names sorted.

    Args:
        raw_file: The file.
        underlying: Index to assume for snapshots without `symbol`.

    Raises:
        FeedError: It is not such JSON, or a snapshot does not say its symbol or time.
    """
    for snapshot in _snapshots(raw_file.content, raw_file.name):
        symbol = snapshot.get("symbol", underlying)
        if not isinstance(symbol, str) or not symbol.isalnum() or not symbol.isascii():
            msg = f"{raw_file.name}: a snapshot's symbol is {symbol!r:.60}; expected an index, or pass --underlying."
            raise FeedError(msg)
        received = _received(snapshot, raw_file.name)
        raw = orjson.dumps(snapshot, option=orjson.OPT_SORT_KEYS) + _ENDING
        yield Capture(NAME, symbol, received.astimezone(IST).date(), received, raw, raw_file.name)


def quotes(capture: Capture) -> Quotes:
    """Read the legs of one snapshot, in their order.

    Raises:
        FeedError: It is cut off, or a name holds something else than it should.
    """
    snapshot, *others = _snapshots(capture.raw, capture.source)
    legs = snapshot.get("option_chain")
    if others or not isinstance(legs, list):
        msg = f"{capture.source}: a capture of feed {NAME} is one snapshot with a list option_chain."
        raise FeedError(msg)
    if not all(isinstance(leg, dict) for leg in legs):
        msg = f"{capture.source}: option_chain holds something else than legs; expected objects."
        raise FeedError(msg)
    values = {name: _numbers([leg.get(field) for leg in legs], field, capture) for name, field in LEG_NAMES.items()}
    for name, field in SNAPSHOT_NAMES.items():
        values[name] = np.repeat(_numbers([snapshot.get(field)], field, capture), len(legs))
    values |= {name: zero_is_missing(values[name]) for name in _ZERO_IS_MISSING}
    return quotes_of(
        {
            "observed_at": _time(snapshot.get("timestamp"), "timestamp", capture.source),
            "received_at": _received(snapshot, capture.source),
            "expiry": _expiries(legs, capture.source),
            "strike": _numbers([leg.get("strike") for leg in legs], "strike", capture),
            "is_call": _calls(legs, capture.source),
            **values,
        }
    )


def snapshot_file_name(day: date) -> str:
    """Name of the file of a session."""
    return f"market_state_{day.isoformat()}.json"


def to_snapshot_json(rows: pd.DataFrame) -> bytes:
    """Write `market_snapshots` rows as this feed reads them.

    Read back, they give the rows' times, quotes, units and, where they came from the feed, spot and India VIX; what
    was completed is left out and completed again.

    Args:
        rows: Of any sessions and underlyings, n ≥ 0, no snapshot captured twice.

    Returns:
        A JSON list, ordered by underlying and time; the same rows in any order give the same bytes.
    """
    ordered = rows.sort_values(["underlying", "observed_at", "received_at", "expiry", "strike", "option_type"])
    found = [_snapshot(group) for _, group in ordered.groupby(["underlying", "observed_at", "received_at"])]
    return orjson.dumps(found, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2) + _ENDING


def _snapshot(group: pd.DataFrame) -> Snapshot:
    first = group.iloc[0]
    in_units = ("volume", "open_interest", "previous_open_interest")
    stored = {name: f"{name}_units" for name in in_units}
    numbers = group[[stored.get(name, name) for name in LEG_NAMES]].to_numpy(dtype=np.float64).tolist()
    keys = zip(group["expiry"].dt.strftime("%Y-%m-%d"), group["strike"], group["option_type"], strict=True)
    legs = [
        {"expiry": expiry, "strike": strike, "option_type": side, **dict(zip(LEG_NAMES.values(), values, strict=True))}
        for (expiry, strike, side), values in zip(keys, numbers, strict=True)
    ]
    return {
        "symbol": str(first["underlying"]),
        "timestamp": first["observed_at"].isoformat(),
        "received_at": first["received_at"].isoformat(),
        "spot_price": float(first["spot"]) if first["spot_source"] == "feed" else None,
        "india_vix": float(first["india_vix"]) if first["vix_source"] == "feed" else None,
        "feed": str(first["feed"]),
        "option_chain": legs,
    }


def _snapshots(content: bytes, source: str) -> list[Snapshot]:
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        msg = f"{source} is not JSON: {error}. Expected snapshots; the file may be cut off."
        raise FeedError(msg) from error
    found = document if isinstance(document, list) else [document]
    if not found or not all(isinstance(item, dict) and "option_chain" in item for item in found):
        msg = f"{source} holds no snapshots; expected a list of objects with symbol, timestamp and option_chain."
        raise FeedError(msg)
    return found


def _received(snapshot: Snapshot, source: str) -> datetime:
    if snapshot.get("received_at") is None:
        return _time(snapshot.get("timestamp"), "timestamp", source)
    return _time(snapshot["received_at"], "received_at", source)


def _time(found: object, name: str, source: str) -> datetime:
    try:
        at = datetime.fromisoformat(found if isinstance(found, str) else "")
        return (at if at.tzinfo else at.replace(tzinfo=IST)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        msg = f"{source}: {name} is {found!r:.60}; expected a time such as 2026-09-16T11:15:00+05:30."
        raise FeedError(msg) from error


def _numbers(values: Sequence[object], name: str, capture: Capture) -> NDArray[np.float64]:
    strange = set(map(type, values)) - _NUMBERS
    if strange:
        kinds = ", ".join(sorted(kind.__name__ for kind in strange))
        msg = f"{capture.source}: {name} holds values of type {kinds}; expected numbers."
        raise FeedError(msg)
    return np.array(values, dtype=np.float64)


def _expiries(legs: Sequence[Snapshot], source: str) -> NDArray[np.datetime64]:
    try:
        return np.array([date.fromisoformat(str(leg.get("expiry"))) for leg in legs], dtype="datetime64[s]")
    except ValueError as error:
        msg = f"{source}: the expiry of a leg is no date such as 2026-09-22: {error}."
        raise FeedError(msg) from error


def _calls(legs: Sequence[Snapshot], source: str) -> NDArray[np.bool_]:
    found = [_IS_CALL.get(str(leg.get("option_type"))) for leg in legs]
    if None in found:
        strange = legs[found.index(None)].get("option_type")
        msg = f"{source}: the option_type of a leg is {strange!r:.60}; expected CE or PE."
        raise FeedError(msg)
    return np.array(found, dtype=np.bool_)


FEED = Feed(
    name=NAME,
    description="Snapshots as JSON objects (market_state_<date>.json); what `regression snapshot` writes.",
    cadence=timedelta(minutes=5),
    open_interest_unit="units",
    volume_unit="units",
    timestamps="observed_at: timestamp, IST where it has no offset; received_at: received_at, else the timestamp",
    captures=captures,
    quotes=quotes,
    quoted=False,
)
