"""What went into a run: which columns of the snapshots are needed, and one hash per session over what was recorded."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.market.history import NO_HISTORY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    import pandas as pd
    from numpy.typing import NDArray

    from trading_assets.market.history import SessionHistory

#: Columns of `market_snapshots` that option chains, trades and the hash read; the other nine cost 4 MB a session.
COLUMNS = (
    "underlying",
    "snapshot_id",
    "observed_at",
    "available_at",
    "spot",
    "spot_source",
    "forward",
    "india_vix",
    "expiry",
    "strike",
    "option_type",
    "last_price",
    "bid",
    "ask",
    "volume_units",
    "open_interest_lots",
    "open_interest_units",
    "previous_open_interest_units",
    "implied_vol",
    "lot_size",
)
_TIMES = ("observed_at", "available_at")
#: Recorded as they are; open interest in units, because some feeds count in lots.
_RECORDED = ("last_price", "bid", "ask", "volume_units", "open_interest_units", "india_vix")
#: Counted where a feed says it at all, so that the hash of others is what it was before it was read.
_OF_SOME_FEEDS = "previous_open_interest_units"
_SHOWN = 16
#: Columns of the key, the last of `_columns`: they order a session's rows in half of the time that all of them take.
_KEYS = 4


def input_hash(frame: pd.DataFrame, histories: Mapping[str, SessionHistory]) -> str:
    """First 16 hex of SHA-256 over what was recorded in a session and before; any order of the rows, any feed.

    What is computed from it (forwards, volatilities, a spot repaired by parity) is left out: floats that are computed
    may differ in their last bit between machines. So are ids, which name captures and not what they say.

    Args:
        frame: Rows of `market_snapshots` of one session with at least `COLUMNS`, n ≥ 0.
        histories: What is known of the sessions before, by underlying.
    """
    digest = hashlib.sha256()
    for underlying in sorted(frame["underlying"].unique()):
        rows = frame[frame["underlying"] == underlying]
        columns = _columns(rows)
        order = _order(columns)
        digest.update(f"{underlying}:{len(rows)}\n".encode())
        for values in columns:
            digest.update(np.ascontiguousarray(values[order]).tobytes())
        known = histories.get(underlying, NO_HISTORY)
        for recorded in (known.closes, known.volatility):
            digest.update(_plain(recorded[np.isfinite(recorded).any(axis=1)]).tobytes())
    return digest.hexdigest()[:_SHOWN]


def whole_hash(sessions: Mapping[date, str]) -> str:
    """64 hex of SHA-256 over the hashes of all sessions of a range, in the order of their days."""
    lines = "\n".join(f"{day}:{sessions[day]}" for day in sorted(sessions))
    return hashlib.sha256(lines.encode()).hexdigest()


def _order(columns: Sequence[NDArray[np.generic]]) -> NDArray[np.intp]:
    """Order of the rows by their key, and by what they say where two have the same."""
    keys = columns[-_KEYS:]
    order = np.lexsort(keys)
    told_apart = np.logical_or.reduce([values[order][1:] != values[order][:-1] for values in keys])
    return order if told_apart.all() else np.lexsort(columns)


def _columns(rows: pd.DataFrame) -> list[NDArray[np.generic]]:
    """Recorded values, little-endian, one NaN and one zero; the key last, as `lexsort` wants it."""
    spot = np.where((rows["spot_source"] == "feed").to_numpy(), rows["spot"].to_numpy(np.float64), np.nan)
    before = rows[_OF_SOME_FEEDS].to_numpy(np.float64)
    told = [] if np.isnan(before).all() else [before]
    numbers = [spot, *(rows[name].to_numpy(np.float64) for name in _RECORDED), *told]
    times = [rows[name].dt.tz_convert("UTC").dt.tz_localize(None).to_numpy("datetime64[us]") for name in _TIMES]
    observed, available = (moments.astype("<i8") for moments in times)
    calls = (rows["option_type"] == "CE").to_numpy(dtype=bool)
    expiry = rows["expiry"].to_numpy("datetime64[D]").astype("<i8")
    return [*map(_plain, numbers), available, calls, rows["strike"].to_numpy("<f8"), expiry, observed]


def _plain(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(np.isnan(values), np.nan, values + 0.0).astype("<f8")
