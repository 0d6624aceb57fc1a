"""Candidate round trips: one row per signal leg that found an entry, with its exit. Limits and tables come later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trading_assets.trades.exits import NEVER, Positions, find_exits

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    from trading_assets.trades.entries import Clock, Entries
    from trading_assets.trades.tape import Tape

    Floats = NDArray[np.float64]

#: Columns of the frame and their dtypes: times in microseconds since 1970 UTC, amounts in paise (per unit for prices,
#: stop and target, worst and best), `row` the signal's place among all signals.
COLUMNS = {
    "row": "int64",
    "long": "bool",
    "entry_time": "int64",
    "exit_time": "int64",
    "entry_price": "int64",
    "exit_price": "int64",
    "stop": "float64",
    "target": "float64",
    "quantity": "int64",
    "lot_size": "int64",
    "exit_reason": "object",
    "entry_basis": "object",
    "exit_basis": "object",
    "worst": "float64",
    "best": "float64",
    "marks": "int64",
    "entry_snapshot": "object",
    "exit_snapshot": "object",
}
_MICROS_PER_MINUTE = 60_000_000
_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Plan:
    """Signals of one underlying that found an entry.

    Args:
        signals: Rows of `scored_signals`, n ≥ 0.
        rows: Their places among all signals, shape (n,).
        entries: Their entries, shape (n,).
        lots: Lots per trade.
        day: The session.
    """

    signals: pd.DataFrame
    rows: NDArray[np.intp]
    entries: Entries
    lots: int
    day: date


def empty_legs() -> pd.DataFrame:
    """Return the frame without rows."""
    return pd.DataFrame({name: pd.Series([], dtype=dtype) for name, dtype in COLUMNS.items()})


def build_legs(plan: Plan, tape: Tape, clock: Clock) -> pd.DataFrame:
    """Find the exits of planned entries.

    Args:
        plan: Signals and entries.
        tape: Quotes of the underlying.
        clock: Limits of the session.

    Returns:
        `COLUMNS`, one row per planned entry, in its order.
    """
    if not len(plan.rows):
        return empty_legs()
    positions = _positions(plan, tape, clock)
    exits = find_exits(positions, tape, clock)
    entry = plan.entries.at
    long = positions.sign > 0
    lot_size = tape.lot_size[plan.entries.contract, entry]
    return pd.DataFrame(
        {
            "row": plan.rows.astype(np.int64),
            "long": long,
            "entry_time": tape.observed[entry],
            "exit_time": exits.time,
            "entry_price": plan.entries.price.astype(np.int64),
            "exit_price": exits.price.astype(np.int64),
            "stop": positions.stop,
            "target": positions.target,
            "quantity": plan.lots * lot_size,
            "lot_size": lot_size,
            "exit_reason": exits.reason,
            "entry_basis": np.where(long, "ask", "bid").astype(object),
            "exit_basis": exits.basis,
            "worst": exits.worst,
            "best": exits.best,
            "marks": exits.marks,
            "entry_snapshot": tape.snapshot_id[entry],
            "exit_snapshot": tape.snapshot_id[exits.at],
        }
    )


def _positions(plan: Plan, tape: Tape, clock: Clock) -> Positions:
    signals, entries = plan.signals, plan.entries
    sign = np.where((signals["side"] == "BUY").to_numpy(dtype=bool), 1.0, -1.0)
    minutes = signals["time_stop_minutes"].to_numpy(dtype=np.float64)
    wait = np.nan_to_num(minutes * _MICROS_PER_MINUTE).astype(np.int64)
    return Positions(
        contract=entries.contract,
        entry=entries.at,
        sign=sign,
        price=entries.price,
        stop=price_level(entries.price, -sign * signals["stop_fraction"].to_numpy(dtype=np.float64), clock.tick),
        target=price_level(entries.price, sign * signals["target_fraction"].to_numpy(dtype=np.float64), clock.tick),
        deadline=np.where(np.isnan(minutes), NEVER, tape.observed[entries.at] + wait),
        expires=signals["expiry"].to_numpy(dtype="datetime64[D]") == np.datetime64(plan.day, "D"),
        strike=signals["strike"].to_numpy(dtype=np.float64),
        put=(signals["option_type"] == "PE").to_numpy(dtype=bool),
    )


def price_level(entry: Floats, move: Floats, tick: int) -> Floats:
    """Return the price `move` away from the entry, rounded to the tick farther from it.

    Args:
        entry: Entry prices, paise, shape (n,).
        move: Signed fraction of the entry price, NaN for no level, shape (n,).
        tick: Price step, paise.

    Returns:
        Paise, shape (n,); NaN without a level and where it would not be above 0.
    """
    away = np.where(move < 0, -1.0, 1.0)
    # 50 * 1.1 / 5 is 11.000000000000002: without the tolerance it would round to the next tick
    steps = away * np.ceil(away * entry * (1.0 + move) / tick - _ROUNDING)
    level = steps * tick
    return np.asarray(np.where(level > 0, level, np.nan), dtype=np.float64)
