"""The legs of an NSE option-chain dump as arrays. v2 and v3 name the same facts differently; both are read by name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.errors import FeedError
from trading_assets.feeds.quotes import zero_is_missing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

#: Quote column → name of the leg's field in each shape.
_SHARED = {
    "last_price": "lastPrice",
    "volume": "totalTradedVolume",
    "open_interest": "openInterest",
    "open_interest_change": "changeinOpenInterest",
    "vendor_implied_vol": "impliedVolatility",
    "spot": "underlyingValue",
}
V2_FIELDS: Mapping[str, str] = {
    **_SHARED,
    "bid": "bidprice",
    "ask": "askPrice",
    "bid_quantity": "bidQty",
    "ask_quantity": "askQty",
}
V3_FIELDS: Mapping[str, str] = {
    **_SHARED,
    "bid": "buyPrice1",
    "ask": "sellPrice1",
    "bid_quantity": "buyQuantity1",
    "ask_quantity": "sellQuantity1",
}
_ZERO_IS_MISSING = ("last_price", "bid", "ask", "vendor_implied_vol", "spot")
_NUMBERS = frozenset({int, float, type(None)})
_EXPIRY = re.compile(r"^(\d{1,2})-([A-Za-z]{3}|\d{2})-(\d{4})$")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True, slots=True)
class Legs:
    """The legs that are present, in the order of the dump, n ≥ 0.

    Args:
        rows: The rows of `records.data`.
        row: Position of the row each leg stands in, shape (n,).
        legs: The leg objects, n.
        is_call: Mask, shape (n,).
    """

    rows: Sequence[Mapping[str, object]]
    row: NDArray[np.intp]
    legs: Sequence[Mapping[str, object]]
    is_call: NDArray[np.bool_]


def read_legs(data: object, source: str) -> Legs:
    """Collect the `CE` and `PE` objects of all rows; an absent or null side is no leg.

    Raises:
        FeedError: A row or a side is not an object.
    """
    if not isinstance(data, list) or not all(isinstance(row, dict) for row in data):
        msg = f"{source}: records.data holds something else than rows; expected a list of objects."
        raise FeedError(msg)
    rows = [row for row in data if row.get("CE") is not None or row.get("PE") is not None]
    sides = [side for row in rows for side in (row.get("CE"), row.get("PE"))]
    legs = [side for side in sides if side is not None]
    if not set(map(type, legs)) <= {dict}:
        strange = next(leg for leg in legs if not isinstance(leg, dict))
        msg = f"{source}: a CE or PE of records.data is {strange!r:.60}; expected an object."
        raise FeedError(msg)
    position = np.flatnonzero([side is not None for side in sides])
    return Legs(rows, position // 2, legs, position % 2 == 0)


def leg_values(legs: Legs, source: str) -> dict[str, NDArray[np.float64]]:
    """Read strike and values of all legs, each of shape (n,); fields that are absent or null are NaN.

    Raises:
        FeedError: A value is not a number, or a strike is missing.
    """
    fields = V3_FIELDS if legs.legs and "buyPrice1" in legs.legs[0] else V2_FIELDS
    table = _number_table(legs.legs, list(fields.values()), source)
    values = {name: table[:, column] for column, name in enumerate(fields)}
    values |= {name: zero_is_missing(values[name]) for name in _ZERO_IS_MISSING}
    values["previous_open_interest"] = values["open_interest"] - values.pop("open_interest_change")
    values["strike"] = _number_table(legs.rows, ["strikePrice"], source)[legs.row, 0]
    if np.isnan(values["strike"]).any():
        msg = f"{source}: a row of records.data has no strikePrice."
        raise FeedError(msg)
    return values


def row_expiries(legs: Legs, source: str) -> NDArray[np.datetime64]:
    """Read the expiry of each leg from its row (v3 names it in the plural), shape (n,), midnight.

    Raises:
        FeedError: An expiry is absent or not a date such as 28-Oct-2025.
    """
    texts = [row.get("expiryDate") or row.get("expiryDates") for row in legs.rows]
    try:
        known = {text: _expiry(text) for text in dict.fromkeys(texts)}
    except (TypeError, ValueError) as error:
        msg = f"{source}: {error}; an expiry of records.data should be a date such as 28-Oct-2025."
        raise FeedError(msg) from error
    return np.array([known[text] for text in texts], dtype="datetime64[s]")[legs.row]


def _number_table(objects: Sequence[Mapping[str, object]], names: list[str], source: str) -> NDArray[np.float64]:
    try:
        picked = map(itemgetter(*names), objects)
        flat = list(chain.from_iterable(picked) if len(names) > 1 else picked)  # one name is picked bare
    except KeyError:
        flat = [item.get(name) for item in objects for name in names]
    strange = set(map(type, flat)) - _NUMBERS
    if strange:
        kind = ", ".join(sorted(item.__name__ for item in strange))
        msg = f"{source}: values of type {kind} among {', '.join(names)}; expected numbers."
        raise FeedError(msg)
    return np.array(flat, dtype=np.float64).reshape(-1, len(names))


def _expiry(text: object) -> np.datetime64:
    parts = _EXPIRY.match(text) if isinstance(text, str) else None
    if parts is None:
        msg = f"expiry is {text!r:.60}"
        raise ValueError(msg)
    day, month, year = parts.groups()
    number = int(month) if month.isdigit() else _MONTHS.index(month.lower()) + 1
    return np.datetime64(f"{year}-{number:02d}-{int(day):02d}", "D")
