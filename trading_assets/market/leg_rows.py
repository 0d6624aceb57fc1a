"""Where each row of `market_snapshots` sits in the dense option chain: scattered once, columns taken through it.

Nothing here depends on the order of the rows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from trading_assets.errors import ContractError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Rows = NDArray[np.intp]

Value = TypeVar("Value", bound=np.generic)

#: Columns of `market_snapshots` that a chain is made of; the other ten take as long to read as all of these.
COLUMNS = (
    "underlying",
    "snapshot_id",
    "observed_at",
    "available_at",
    "spot",
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
    "previous_open_interest_units",
    "implied_vol",
    "lot_size",
)
#: Index of each option type on the last axis.
SIDES = ("CE", "PE")


@dataclass(frozen=True, eq=False)
class LegRows:
    """Row number of every leg of a session's rows of one underlying.

    Args:
        rows: The rows, n ≥ 0.
        times: Distinct observed_at, UTC, datetime64[us], shape (S,), rising.
        strikes: Distinct strikes, points, shape (K,), rising.
        row_of: Row number per snapshot, expiry, strike and side, shape (S, E, K, 2); -1 where there is no row.
    """

    rows: pd.DataFrame
    times: NDArray[np.datetime64]
    strikes: Floats
    row_of: Rows

    @classmethod
    def of(cls, rows: pd.DataFrame, expiries: NDArray[np.datetime64], place: str) -> LegRows:
        """Scatter the rows.

        Args:
            rows: Rows of one underlying whose expiries are all among `expiries`.
            expiries: datetime64[D], shape (E,), rising.
            place: Table, session and underlying, for the error.

        Raises:
            ContractError: Two rows are the same leg at the same time.
        """
        observed, strike = _utc(rows["observed_at"]), rows["strike"].to_numpy(np.float64)
        times, strikes = distinct(observed), distinct(strike)
        cells = (
            np.searchsorted(times, observed),
            np.searchsorted(expiries, rows["expiry"].to_numpy().astype("datetime64[D]")),
            np.searchsorted(strikes, strike),
            np.where((rows["option_type"] == SIDES[0]).to_numpy(), 0, 1),
        )
        row_of = np.full((len(times), len(expiries), len(strikes), len(SIDES)), -1, dtype=np.intp)
        row_of[cells] = np.arange(len(rows))
        if np.count_nonzero(row_of >= 0) != len(rows):
            _raise_duplicate(rows, row_of[cells], place)
        return cls(rows, times, strikes, row_of)

    def by_leg(self, name: str) -> Floats:
        """A column per leg, shape (S, E, K, 2), NaN where there is no row."""
        return self._padded(name)[self.row_of]

    def by_expiry(self, name: str) -> Floats:
        """A column per snapshot and expiry, shape (S, E), from the first leg present."""
        snapshots, expiries, strikes, sides = self.row_of.shape
        return self._padded(name)[_first_row(self.row_of.reshape(snapshots, expiries, strikes * sides))]

    def by_snapshot(self, name: str) -> Floats:
        """A column per snapshot, shape (S,), from the first leg present."""
        return self._padded(name)[self._first()]

    def available_at(self) -> NDArray[np.datetime64]:
        """Decision time per snapshot, UTC, datetime64[us], shape (S,)."""
        return _utc(self.rows["available_at"])[self._first()]

    def snapshot_id(self) -> NDArray[np.object_]:
        """Identity per snapshot, text, shape (S,)."""
        ids: NDArray[np.object_] = self.rows["snapshot_id"].iloc[self._first()].to_numpy(dtype=object)
        return ids

    def lot_size(self) -> NDArray[np.int64]:
        """Units per lot of each expiry, shape (E,)."""
        snapshots, expiries, strikes, sides = self.row_of.shape
        by_expiry = self.row_of.swapaxes(0, 1).reshape(expiries, snapshots * strikes * sides)
        lots: NDArray[np.int64] = self.rows["lot_size"].to_numpy(np.int64)[_first_row(by_expiry)]
        return lots

    def previous_open_interest(self) -> Floats | None:
        """Open interest of the close before per leg, lots, shape (S, E, K, 2); None where no row says it."""
        name = "previous_open_interest_units"
        known = self.rows[name].notna().any()
        return self.by_leg(name) / self.lot_size()[:, None, None] if known else None

    def _first(self) -> Rows:
        snapshots, *legs = self.row_of.shape
        return _first_row(self.row_of.reshape(snapshots, math.prod(legs)))

    def _padded(self, name: str) -> Floats:
        # NaN behind the last row: row -1 reads as missing; -0.0 is 0.0, as it is once stored
        return np.append(self.rows[name].to_numpy(np.float64) + 0.0, np.nan)


def distinct(values: NDArray[Value]) -> NDArray[Value]:
    """Return the distinct values, rising; quick where rows repeat the value before, as those of a snapshot do."""
    changes = np.ones(len(values), dtype=np.bool_)
    np.not_equal(values[1:], values[:-1], out=changes[1:])
    return np.unique(values[changes])


def in_time(observed: NDArray[np.datetime64], available: NDArray[np.datetime64]) -> NDArray[np.bool_]:
    """Snapshots no later-observed one overtook; judged in the order they became available."""
    order = np.lexsort((observed, available))
    seen = np.maximum.accumulate(observed[order].astype(np.int64))
    kept = np.ones(len(order), dtype=bool)
    kept[order[1:]] = observed[order[1:]].astype(np.int64) > seen[:-1]
    return kept


def _utc(column: pd.Series) -> NDArray[np.datetime64]:
    micros: NDArray[np.datetime64] = column.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy("datetime64[us]")
    return micros


def _first_row(row_of: Rows) -> Rows:
    """Row number of the first present leg along the last axis, -1 for none."""
    if not row_of.size:
        return np.full(row_of.shape[:-1], -1, dtype=np.intp)
    first = (row_of >= 0).argmax(axis=-1)
    picked: Rows = np.take_along_axis(row_of, first[..., None], axis=-1)[..., 0]
    return picked


def _raise_duplicate(rows: pd.DataFrame, winner: Rows, place: str) -> None:
    lost = np.flatnonzero(winner != np.arange(len(rows)))
    first = rows.iloc[lost[0]]
    leg = f"{first['expiry']:%Y-%m-%d} {first['strike']:g} {first['option_type']} at {first['observed_at']}"
    msg = (
        f"{place}: {len(lost)} of {len(rows)} rows repeat a leg (first: {leg}); one row per underlying, "
        f"observed_at, expiry, strike and option_type is expected. Quarantine the repeats."
    )
    raise ContractError(msg)
