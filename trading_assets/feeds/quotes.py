"""The uniform raw-quote layout every feed is read into, before units are unified: one row per option leg of a snapshot.

Open interest, volume and quantities are in the feed's own units. Missing is NaN and never 0: a feed that writes 0 for
"none" (price, spot, implied volatility) translates it. Values are not judged here: a negative open interest stays.
A snapshot is the rows of one underlying that share received_at and observed_at, be they of one capture or of several:
some recorders write one file per expiry or strike.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd

from trading_assets.errors import FeedError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

Value = TypeVar("Value", bound=np.generic)

#: Times and contract of a leg, as feeds give them; never missing.
KEY_NAMES = ("observed_at", "received_at", "expiry", "strike", "is_call")

#: The same in a frame.
KEY_DTYPES: Mapping[str, str] = {
    "observed_at": "datetime64[us, UTC]",
    "received_at": "datetime64[us, UTC]",
    "expiry": "datetime64[s]",
    "strike": "float64",
    "option_type": "str",
}

#: Values of a leg; NaN is missing. Prices in ₹, vendor_implied_vol and india_vix in percent a year.
VALUE_NAMES = (
    "spot",
    "last_price",
    "bid",
    "ask",
    "bid_quantity",
    "ask_quantity",
    "volume",
    "open_interest",
    "vendor_implied_vol",
    "india_vix",
)

#: What a feed says of a leg that stands all day: open interest at the close of the session before, as it counts it.
DAY_NAMES = ("previous_open_interest",)
#: Every number of a leg.
NUMBER_NAMES = ("strike", *VALUE_NAMES, *DAY_NAMES)

#: Index options began in India in 2001 and are listed at most five years ahead; calendars end at the year 9999.
EXPIRIES = (np.datetime64("2000-01-01", "s"), np.datetime64("2200-01-01", "s"))

QUOTE_DTYPES: Mapping[str, str] = {**KEY_DTYPES, **dict.fromkeys((*VALUE_NAMES, *DAY_NAMES), "float64")}


@dataclass(frozen=True, slots=True, eq=False)
class Quotes:
    """Legs of a capture in the order it has them, n ≥ 0; made by `quotes_of`, which sees to it that no key is missing.

    Arrays and not a frame: a frame of a chain takes 0.4 ms to make and joining 375 of them 15 ms, arrays a tenth.

    Args:
        observed_at: Exchange time, UTC, datetime64[us], shape (n,).
        received_at: Capture time, UTC, datetime64[us], shape (n,).
        expiry: Midnight of the day, datetime64[s], shape (n,).
        is_call: Mask of calls, shape (n,).
        numbers: strike and every column of `VALUE_NAMES` and `DAY_NAMES`, float64, each of shape (n,).
    """

    observed_at: NDArray[np.datetime64]
    received_at: NDArray[np.datetime64]
    expiry: NDArray[np.datetime64]
    is_call: NDArray[np.bool_]
    numbers: Mapping[str, NDArray[np.float64]]

    def __len__(self) -> int:
        return len(self.is_call)

    def frame(self) -> pd.DataFrame:
        """Return the legs as a frame for people and generators, its columns and dtypes those of `QUOTE_DTYPES`."""
        values = {
            "observed_at": pd.DatetimeIndex(self.observed_at, tz="UTC"),
            "received_at": pd.DatetimeIndex(self.received_at, tz="UTC"),
            "expiry": self.expiry,
            "option_type": option_types(self.is_call),
            **self.numbers,
        }
        return pd.DataFrame({name: values[name] for name in QUOTE_DTYPES})


def quotes_of(values: Mapping[str, object]) -> Quotes:
    """Build quotes from arrays of one length, or scalars beside at least one array.

    Args:
        values: `KEY_NAMES` and any of `NUMBER_NAMES`; absent values are missing. Times are aware datetimes, or arrays
            of datetime64 in UTC.

    Raises:
        FeedError: A key is absent or missing in a row, a column cannot be cast, or an expiry is no year's in which an
            option can expire.
    """
    absent = [name for name in KEY_NAMES if name not in values]
    if absent:
        msg = f"quotes need column(s) {', '.join(absent)}; found {', '.join(values)}."
        raise FeedError(msg)
    count = next(len(value) for value in values.values() if isinstance(value, (np.ndarray, list)))
    try:
        found = Quotes(
            observed_at=_column(_utc(values["observed_at"]), "datetime64[us]", count),
            received_at=_column(_utc(values["received_at"]), "datetime64[us]", count),
            expiry=_column(values["expiry"], "datetime64[s]", count),
            is_call=_column(values["is_call"], "bool", count),
            numbers={name: _column(values.get(name, np.nan), "float64", count) for name in NUMBER_NAMES},
        )
    except (TypeError, ValueError, OverflowError) as error:
        msg = f"quotes cannot be cast to their layout: {error}"
        raise FeedError(msg) from error
    _require_keys(found)
    return found


def _utc(time: object) -> object:
    """An aware time as numpy knows it; an array as it is."""
    if not isinstance(time, datetime):
        return time
    if time.tzinfo is None:
        msg = f"{time} has no zone"
        raise TypeError(msg)
    return np.datetime64(time.astimezone(UTC).replace(tzinfo=None), "us")


def _column(values: object, dtype: str, count: int) -> NDArray[Any]:
    column = np.asarray(values, dtype=dtype)
    if column.ndim == 0:
        return np.full(count, column, dtype=dtype)
    if column.shape != (count,):
        msg = f"a column of shape {column.shape} stands beside one of {count} rows"
        raise ValueError(msg)
    return column


def _require_keys(quotes: Quotes) -> None:
    keys = {"observed_at": quotes.observed_at, "received_at": quotes.received_at, "expiry": quotes.expiry}
    missing = [name for name, column in keys.items() if np.isnat(column).any()]
    missing += ["strike"] if np.isnan(quotes.numbers["strike"]).any() else []
    if missing:
        msg = f"quotes have missing values in {', '.join(missing)}; a leg needs its times, expiry, strike and type."
        raise FeedError(msg)
    expiry = quotes.expiry
    if len(expiry) and not EXPIRIES[0] <= expiry.min() <= expiry.max() < EXPIRIES[1]:
        msg = f"quotes expire from {expiry.min()} to {expiry.max()}; expected from {EXPIRIES[0]} to {EXPIRIES[1]}."
        raise FeedError(msg)


def joined(parts: Sequence[NDArray[Value]]) -> NDArray[Value]:
    """One array of all parts; a recording of a whole day is one part, which is not copied."""
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def zero_is_missing(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn 0 into NaN, for fields in which the feed writes 0 when there is nothing; shape kept."""
    return np.where(values == 0.0, np.nan, values)


def without_zeros(values: Mapping[str, NDArray[np.float64]], names: Collection[str]) -> dict[str, NDArray[np.float64]]:
    """Return columns by name, 0 turned into NaN in those named; see `zero_is_missing`."""
    return {name: zero_is_missing(found) if name in names else found for name, found in values.items()}


def option_types(is_call: NDArray[np.bool_]) -> pd.Series:
    """Texts CE and PE of a mask, shape (n,), without building n Python strings."""
    return pd.Series(["PE", "CE"], dtype="str").take(is_call.astype(np.intp)).reset_index(drop=True)
