"""The answer of Upstox `/v2/option/chain` as arrays: rows of a strike with a call and a put side.

Open interest and volume are counted in units, implied volatility in percent. The API writes 0 for a price, a level or a
volatility it does not have; `pcr` of a row is of that strike alone and is not read.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import orjson

from trading_assets.errors import FeedError
from trading_assets.feeds.quotes import zero_is_missing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Objects = Sequence[Mapping[str, object]]

#: Key of the index instrument by underlying.
INSTRUMENT_KEYS: Mapping[str, str] = {
    "NIFTY": "NSE_INDEX|Nifty 50",
    "BANKNIFTY": "NSE_INDEX|Nifty Bank",
    "FINNIFTY": "NSE_INDEX|Nifty Fin Service",
    "MIDCPNIFTY": "NSE_INDEX|NIFTY MID SELECT",
    "SENSEX": "BSE_INDEX|SENSEX",
}

_SIDES = ("call_options", "put_options")
#: Quote column → field of `market_data`.
_MARKET = {
    "last_price": "ltp",
    "bid": "bid_price",
    "ask": "ask_price",
    "bid_quantity": "bid_qty",
    "ask_quantity": "ask_qty",
    "volume": "volume",
    "open_interest": "oi",
    "previous_open_interest": "prev_oi",
}
_ZERO_IS_MISSING = ("last_price", "bid", "ask")
_NUMBERS = frozenset({int, float, type(None)})
_DAY = re.compile(r"^\d{4}-\d{2}-\d{2}(?=$|T)")


def chain_rows(raw: bytes, source: str) -> list[dict[str, object]]:
    """Read the rows of one answer, or of a JSON array of answers, one per expiry.

    Raises:
        FeedError: It is not JSON, or not an answer with a list of rows.
    """
    try:
        document = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        msg = f"{source} is not JSON: {error}. Expected answers of /v2/option/chain; the file may be cut off."
        raise FeedError(msg) from error
    rows: list[dict[str, object]] = []
    for answer in document if isinstance(document, list) else [document]:
        data = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(data, list) or not all(isinstance(row, dict) for row in data):
            msg = f"{source} has no list of rows under data; expected answers of Upstox /v2/option/chain."
            raise FeedError(msg)
        rows += data
    return rows


def chain_columns(rows: Objects, underlying: str, source: str) -> dict[str, object]:
    """Turn rows into columns of `feeds.quotes` but for the times: a leg per side that is present, calls first.

    Raises:
        FeedError: A row is of another index, lacks strike or expiry, or a value is no number.
    """
    _require_underlying(rows, underlying, source)
    legs = [(row, row[side], side == _SIDES[0]) for row in rows for side in _SIDES if row.get(side) is not None]
    owners = [row for row, _, _ in legs]
    sides = _objects([leg for _, leg, _ in legs], source)
    market = _objects([side.get("market_data") or {} for side in sides], source)
    greeks = _objects([side.get("option_greeks") or {} for side in sides], source)
    values = {name: _numbers(market, field, source) for name, field in _MARKET.items()}
    strikes = _numbers(owners, "strike_price", source)
    if np.isnan(strikes).any():
        msg = f"{source}: a row of the chain has no strike_price."
        raise FeedError(msg)
    return {
        "expiry": _expiries(owners, source),
        "strike": strikes,
        "is_call": np.array([is_call for _, _, is_call in legs], dtype=np.bool_),
        "spot": zero_is_missing(_numbers(owners, "underlying_spot_price", source)),
        "vendor_implied_vol": zero_is_missing(_numbers(greeks, "iv", source)),
        **values,
        **{name: zero_is_missing(values[name]) for name in _ZERO_IS_MISSING},
    }


def _require_underlying(rows: Objects, underlying: str, source: str) -> None:
    expected = INSTRUMENT_KEYS.get(underlying)
    found = next((row.get("underlying_key") for row in rows if row.get("underlying_key") != expected), None)
    if found is not None:
        msg = f"{source}: a row is of {found!r:.60}; expected {expected!r} of {underlying}."
        raise FeedError(msg)


def _objects(values: list[object], source: str) -> Objects:
    objects = [value for value in values if isinstance(value, dict)]
    if len(objects) < len(values):
        strange = next(value for value in values if not isinstance(value, dict))
        msg = f"{source}: a side of the chain holds {strange!r:.60}; expected an object."
        raise FeedError(msg)
    return objects


def _numbers(objects: Objects, field: str, source: str) -> NDArray[np.float64]:
    values = [item.get(field) for item in objects]
    strange = set(map(type, values)) - _NUMBERS
    if strange:
        kinds = ", ".join(sorted(kind.__name__ for kind in strange))
        msg = f"{source}: {field} holds values of type {kinds}; expected numbers."
        raise FeedError(msg)
    return np.array(values, dtype=np.float64)


def _expiries(rows: Objects, source: str) -> NDArray[np.datetime64]:
    texts = [row.get("expiry") for row in rows]
    try:
        known = {text: _day(text) for text in dict.fromkeys(texts)}
    except (TypeError, ValueError) as error:
        msg = f"{source}: an expiry of the chain is unreadable ({error}); expected a date such as 2026-09-22."
        raise FeedError(msg) from error
    return np.array([known[text] for text in texts], dtype="datetime64[s]")


def _day(text: object) -> date:
    if not isinstance(text, str) or not (found := _DAY.match(text)):
        msg = f"{text!r:.60}"
        raise ValueError(msg)
    return date.fromisoformat(found[0])
