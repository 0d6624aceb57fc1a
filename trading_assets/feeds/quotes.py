"""The uniform raw-quote layout every feed is read into, before units are unified: one row per option leg of a snapshot.

Open interest, volume and quantities are in the feed's own units. Missing is NaN and never 0: a feed that writes 0 for
"none" (price, spot, implied volatility) translates it. Values are not judged here: a negative open interest stays.
A snapshot is the rows of one underlying that share received_at and observed_at, be they of one capture or of several:
some recorders write one file per expiry or strike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trading_assets.errors import FeedError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

#: Times and contract of a leg; never missing.
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

#: Index options began in India in 2001 and are listed at most five years ahead; calendars end at the year 9999.
EXPIRIES = (np.datetime64("2000-01-01", "s"), np.datetime64("2200-01-01", "s"))

QUOTE_DTYPES: Mapping[str, str] = {**KEY_DTYPES, **dict.fromkeys(VALUE_NAMES, "float64")}


def quote_frame(values: Mapping[str, object]) -> pd.DataFrame:
    """Build a frame of the layout from arrays of one length, or scalars beside at least one array.

    Args:
        values: Every column of `KEY_DTYPES` and any of `VALUE_NAMES`; absent values are missing.

    Returns:
        A frame with exactly the columns of `QUOTE_DTYPES`, shape (n, 15), n ≥ 0.

    Raises:
        FeedError: A key column is absent or holds a missing value, a column cannot be cast, or an expiry is no year's
            in which an option can expire.
    """
    absent = [name for name in KEY_DTYPES if name not in values]
    if absent:
        msg = f"quotes need column(s) {', '.join(absent)}; found {', '.join(values)}."
        raise FeedError(msg)
    try:
        frame = pd.DataFrame({name: values.get(name, np.nan) for name in QUOTE_DTYPES})
        found = frame.dtypes.astype("str")
        casts = {name: dtype for name, dtype in QUOTE_DTYPES.items() if found[name] != dtype}
        frame = frame.astype(casts) if casts else frame  # casting what is right already took a third of the time
    except (TypeError, ValueError, OverflowError) as error:
        msg = f"quotes cannot be cast to their layout: {error}"
        raise FeedError(msg) from error
    missing = [name for name in KEY_DTYPES if frame[name].hasnans]
    if missing:
        msg = f"quotes have missing values in {', '.join(missing)}; a leg needs its times, expiry, strike and type."
        raise FeedError(msg)
    expiry = frame["expiry"].to_numpy()
    if len(expiry) and not EXPIRIES[0] <= expiry.min() <= expiry.max() < EXPIRIES[1]:
        msg = f"quotes expire from {expiry.min()} to {expiry.max()}; expected from {EXPIRIES[0]} to {EXPIRIES[1]}."
        raise FeedError(msg)
    return frame


def zero_is_missing(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn 0 into NaN, for fields in which the feed writes 0 when there is nothing; shape kept."""
    return np.where(values == 0.0, np.nan, values)


def without_zeros(values: Mapping[str, NDArray[np.float64]], names: Collection[str]) -> dict[str, NDArray[np.float64]]:
    """Return columns by name, 0 turned into NaN in those named; see `zero_is_missing`."""
    return {name: zero_is_missing(found) if name in names else found for name, found in values.items()}


def option_types(is_call: NDArray[np.bool_]) -> pd.Series:
    """Texts CE and PE of a mask, shape (n,), without building n Python strings."""
    return pd.Series(["PE", "CE"], dtype="str").take(is_call.astype(np.intp)).reset_index(drop=True)
