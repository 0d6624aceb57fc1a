"""The quotes a simulation trades on: one underlying's session as arrays over (contract, snapshot)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Micros = NDArray[np.int64]
    Flags = NDArray[np.bool_]

#: Columns of `market_snapshots` that are traded on.
COLUMNS = (
    "underlying",
    "observed_at",
    "available_at",
    "snapshot_id",
    "spot",
    "india_vix",
    "expiry",
    "strike",
    "option_type",
    "bid",
    "ask",
    "lot_size",
)
_STRIKE_SPAN = 2**32


@dataclass(frozen=True, slots=True)
class Tape:
    """Snapshots of one underlying in the order a trader had them, and the quotes of the contracts asked for.

    Args:
        observed: Exchange time, microseconds since 1970 UTC, strictly rising, shape (S,).
        available: When each could be used, never falling, shape (S,).
        snapshot_id: Their ids, shape (S,).
        spot: Index level, points, shape (S,).
        vix: India VIX, percent a year, NaN where unknown, shape (S,).
        keys: Keys of the contracts (`contract_keys`), rising, shape (C,).
        bid: Best bid in paise, NaN where the snapshot has none, shape (C, S).
        ask: Best ask, likewise.
        lot_size: Units per lot, 0 where the snapshot lacks the contract, shape (C, S).
    """

    observed: NDArray[np.int64]
    available: NDArray[np.int64]
    snapshot_id: NDArray[np.object_]
    spot: NDArray[np.float64]
    vix: NDArray[np.float64]
    keys: NDArray[np.int64]
    bid: NDArray[np.float64]
    ask: NDArray[np.float64]
    lot_size: NDArray[np.int64]

    def stale(self, max_age: int) -> Flags:
        """Tell which snapshots were older than `max_age` microseconds when they arrived, shape (S,)."""
        return np.asarray(self.available - self.observed > max_age, dtype=bool)

    def marks(self, max_age: int) -> tuple[Floats, Floats]:
        """Return bids and asks an open position is marked and closed on, NaN elsewhere, each of shape (C, S).

        They are above 0, not crossed and of a snapshot that is not stale.
        """
        unusable = (self.bid > self.ask) | self.stale(max_age)
        bids = np.where((self.bid > 0) & ~unusable, self.bid, np.nan)
        return bids, np.where((self.ask > 0) & ~unusable, self.ask, np.nan)


def micros(times: pd.Series) -> Micros:
    """Return times as microseconds since 1970 UTC, int64, same shape."""
    return np.asarray(times.to_numpy(dtype="datetime64[us]").astype(np.int64), dtype=np.int64)


def contract_keys(contracts: pd.DataFrame) -> Micros:
    """Return one integer per row that names its contract within an underlying.

    Args:
        contracts: Columns expiry, strike and option_type, n rows.

    Returns:
        Shape (n,); equal exactly for equal contracts, strikes told apart to 0.01 points.
    """
    expiry = contracts["expiry"].to_numpy(dtype="datetime64[D]").astype(np.int64)
    strike = np.rint(contracts["strike"].to_numpy(dtype=np.float64) * 100.0).astype(np.int64)
    put = (contracts["option_type"] == "PE").to_numpy(dtype=bool)
    return np.asarray(expiry * _STRIKE_SPAN + strike * 2 + put, dtype=np.int64)


def build_tape(snapshots: pd.DataFrame, wanted: Micros) -> Tape:
    """Lay out the quotes of the wanted contracts.

    A snapshot that arrives after a newer one is left out: nobody trades on an older quote.

    Args:
        snapshots: Rows of `market_snapshots` of one underlying and session, any order.
        wanted: Contract keys, any order, repeats allowed.
    """
    times, first, snapshot = np.unique(micros(snapshots["observed_at"]), return_index=True, return_inverse=True)
    available = micros(snapshots["available_at"])[first]
    order = np.lexsort((times, available))
    newest = np.maximum.accumulate(times[order]) if len(order) else times
    kept = order[np.concatenate(([True], newest[1:] > newest[:-1]))[: len(order)]]
    place = np.full(len(times), -1)
    place[kept] = np.arange(len(kept))
    keys = np.unique(wanted)
    column, rows = _rows_of(snapshots, keys)
    at = place[snapshot[rows]]
    column, rows, at = column[at >= 0], rows[at >= 0], at[at >= 0]
    quotes = {name: snapshots[name].to_numpy(dtype=np.float64)[rows] for name in ("bid", "ask", "lot_size")}
    shape = (len(keys), len(kept))
    return Tape(
        observed=times[kept],
        available=available[kept],
        snapshot_id=snapshots["snapshot_id"].iloc[first[kept]].to_numpy(dtype=object),
        spot=snapshots["spot"].to_numpy(dtype=np.float64)[first[kept]],
        vix=snapshots["india_vix"].to_numpy(dtype=np.float64)[first[kept]],
        keys=keys,
        bid=_grid(shape, (column, at), _paise(quotes["bid"])),
        ask=_grid(shape, (column, at), _paise(quotes["ask"])),
        lot_size=np.nan_to_num(_grid(shape, (column, at), quotes["lot_size"])).astype(np.int64),
    )


def _rows_of(snapshots: pd.DataFrame, keys: Micros) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    found = contract_keys(snapshots)
    column = np.minimum(np.searchsorted(keys, found), max(len(keys) - 1, 0))
    rows = np.flatnonzero(keys[column] == found) if len(keys) else np.empty(0, dtype=np.intp)
    return column[rows], rows


def _paise(prices: Floats) -> Floats:
    return np.asarray(np.rint(prices * 100.0), dtype=np.float64)


def _grid(shape: tuple[int, int], cells: tuple[NDArray[np.intp], NDArray[np.int64]], values: Floats) -> Floats:
    grid = np.full(shape, np.nan)
    grid[cells] = values
    return grid
