"""What an answer of the Upstox API must look like before it is used: fields that must be there, and their types.

Field names are those of the official Python SDK 2.30.0; fields that are not listed may be there or not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import orjson

from trading_assets.errors import FeedCallError

if TYPE_CHECKING:
    from collections.abc import Mapping

Row = dict[str, object]
Fields = dict[str, tuple[type, ...]]

_TEXT, _NUMBER, _INTEGER = (str,), (int, float), (int,)
_SIDE = (dict, type(None))
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Shape:
    """The `data` of an answer.

    Args:
        container: A list of objects, objects by key, or one object.
        fields: Type of each field that every object must have.
    """

    container: Literal["list", "by key", "object"]
    fields: Fields


CHAIN = Shape(
    "list",
    {
        "expiry": _TEXT,
        "strike_price": _NUMBER,
        "underlying_key": _TEXT,
        "call_options": _SIDE,
        "put_options": _SIDE,
    },
)
CONTRACTS = Shape(
    "list",
    {
        "instrument_key": _TEXT,
        "expiry": _TEXT,
        "strike_price": _NUMBER,
        "lot_size": _INTEGER,
        "instrument_type": _TEXT,
    },
)
QUOTES = Shape("by key", {"instrument_token": _TEXT, "last_price": _NUMBER, "timestamp": _TEXT})
STATUS = Shape("object", {"exchange": _TEXT, "status": _TEXT})
HOLIDAYS = Shape("list", {"date": _TEXT, "holiday_type": _TEXT, "closed_exchanges": (list,), "open_exchanges": (list,)})
TIMINGS = Shape("list", {"exchange": _TEXT, "start_time": _INTEGER, "end_time": _INTEGER})
TRADES = Shape(
    "list",
    {
        "trade_id": _TEXT,
        "instrument_token": _TEXT,
        "transaction_type": _TEXT,
        "quantity": _INTEGER,
        "average_price": _NUMBER,
    },
)
PAST_TRADES = Shape(
    "list",
    {"trade_id": _TEXT, "trade_date": _TEXT, "transaction_type": _TEXT, "quantity": _INTEGER, "price": _NUMBER},
)
CHARGES = Shape("object", {"charges_breakdown": (dict,)})


def read_answer(body: bytes, shape: Shape) -> Row:
    """Read a body of status 200.

    Returns:
        The whole answer; its `data` has the shape.

    Raises:
        FeedCallError: It is not JSON, reports no success, or is of another shape.
    """
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        msg = f"the body is not JSON: {error}"
        raise FeedCallError(msg) from error
    if not isinstance(answer, dict) or answer.get("status") != "success":
        msg = f"the answer does not report success: {told(body)}"
        raise FeedCallError(msg)
    for item in _items(answer.get("data"), shape):
        _check(item, shape)
    return answer


def told(body: bytes) -> str:
    """What the API says in the body of an error, at most 200 characters: code and message, else its beginning."""
    if not body:
        return ""
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        answer = None
    errors = answer.get("errors") if isinstance(answer, dict) else None
    first = errors[0] if isinstance(errors, list) and errors else None
    if not isinstance(first, dict):
        return ascii(body[:_SHOWN].decode("utf-8", "replace"))[:_SHOWN]
    return f"{first.get('errorCode')} {first.get('message')}"[:_SHOWN]


def rows(answer: Row) -> list[Row]:
    """Return the `data` of a checked answer that is a list."""
    data = answer["data"]
    return data if isinstance(data, list) else []


def mapping(answer: Row, name: str = "data") -> Row:
    """Return a part of an answer that is an object; empty when it is none."""
    part = answer.get(name)
    return part if isinstance(part, dict) else {}


def _items(data: object, shape: Shape) -> list[object]:
    if shape.container == "list" and isinstance(data, list):
        return data
    if isinstance(data, dict) and shape.container != "list":
        return list(data.values()) if shape.container == "by key" else [data]
    expected = {"list": "a list", "by key": "objects by key", "object": "an object"}[shape.container]
    msg = f"data is {data!r:.60}; expected {expected}"
    raise FeedCallError(msg)


def _check(item: object, shape: Shape) -> None:
    if not isinstance(item, dict):
        msg = f"data holds {item!r:.60}; expected objects"
        raise FeedCallError(msg)
    strange = next((name for name, types in shape.fields.items() if not _fits(item, name, types)), None)
    if strange is not None:
        kinds = " or ".join(kind.__name__ for kind in shape.fields[strange])
        msg = f"field {strange} is {item.get(strange)!r:.60}; expected {kinds}"
        raise FeedCallError(msg)


def _fits(item: Mapping[str, object], name: str, types: tuple[type, ...]) -> bool:
    value = item.get(name)
    return isinstance(value, types) and not isinstance(value, bool)
