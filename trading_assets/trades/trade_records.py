"""Writing simulated round trips as rows of `trades`, `fills` and `signal_outcomes`."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trading_assets.tables import fills as fills_table
from trading_assets.tables import signal_outcomes as outcomes_table
from trading_assets.tables import trades as trades_table
from trading_assets.tables.money import rupees
from trading_assets.tables.scored_signals import MODEL_COLUMNS

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    from trading_assets.trades.charges import Charges

SOURCE = "simulated"
_FROM_SIGNAL = (
    "symbol",
    "underlying",
    "expiry",
    "strike",
    "option_type",
    "side",
    "signal_id",
    *(column.name for column in MODEL_COLUMNS),
)


def trade_id(signal_id: str, source: str = SOURCE) -> str:
    """Return the id of the round trip of a signal: TRADE_ and 16 hex."""
    return "TRADE_" + _digest(f"{signal_id}|{source}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _times(micros: pd.Series) -> pd.Series:
    return pd.Series(micros.to_numpy().astype("datetime64[us]")).dt.tz_localize("UTC")


def gross_paise(legs: pd.DataFrame) -> NDArray[np.int64]:
    """Price P&L of round trips before charges, paise, shape (n,)."""
    sign = np.where(legs["long"], 1, -1)
    gained = (legs["exit_price"].to_numpy() - legs["entry_price"].to_numpy()) * legs["quantity"].to_numpy()
    return np.asarray(sign * gained, dtype=np.int64)


def trade_rows(legs: pd.DataFrame, signals: pd.DataFrame, charged: Charges, day: date) -> pd.DataFrame:
    """Write round trips as rows of `trades`, ordered by trade_id.

    Args:
        legs: Round trips taken (`trades.legs.COLUMNS`, exchange and trade_id), n ≥ 0.
        signals: The signal of each, n rows in the same order.
        charged: Their charges, in the same order.
        day: The session.
    """
    gross, total = gross_paise(legs), charged.total
    quantity = legs["quantity"].to_numpy()
    values = {
        **{name: signals[name].to_numpy() for name in _FROM_SIGNAL},
        **{name: rupees(amount) for name, amount in charged.components.items()},
        "date": pd.Timestamp(day),
        "trade_id": legs["trade_id"],
        "exchange": legs["exchange"],
        "strategy_name": signals["strategy_id"].to_numpy(),
        "entry_time": _times(legs["entry_time"]),
        "exit_time": _times(legs["exit_time"]),
        "entry_price": legs["entry_price"] / 100.0,
        "exit_price": legs["exit_price"] / 100.0,
        "stop_price": legs["stop"] / 100.0,
        "target_price": legs["target"] / 100.0,
        "quantity": quantity,
        "lots": quantity // legs["lot_size"],
        "lot_size": legs["lot_size"],
        "gross_pnl": rupees(gross),
        "charges": rupees(total),
        "charges_version": charged.version,
        "charges_estimated": True,
        "net_pnl": rupees(gross - total),
        "is_winning_trade": gross > total,
        "exit_reason": legs["exit_reason"],
        "mae": legs["worst"] * quantity / 100.0,
        "mfe": legs["best"] * quantity / 100.0,
        "mark_count": legs["marks"],
        "initial_risk": _initial_risk(legs) / 100.0,
        "signal_strength": signals["confidence"].to_numpy(),
        "source": SOURCE,
    }
    if not len(legs):
        return trades_table.CONTRACT.empty()
    return trades_table.CONTRACT.frame(values).sort_values("trade_id", ignore_index=True)


def _initial_risk(legs: pd.DataFrame) -> pd.Series:
    premium = legs["entry_price"].where(legs["long"])
    at_stop = (legs["entry_price"] - legs["stop"]).abs()
    return at_stop.fillna(premium) * legs["quantity"]


def fill_rows(legs: pd.DataFrame, day: date) -> pd.DataFrame:
    """Write the two executions of every round trip as rows of `fills`, ordered by fill_id; inputs as `trade_rows`."""
    if not len(legs):
        return fills_table.CONTRACT.empty()
    bought = {"entry": legs["long"], "exit": ~legs["long"]}
    frames = [
        fills_table.CONTRACT.frame(
            {
                "date": pd.Timestamp(day),
                "fill_id": [_digest(f"{trade}|{role}") for trade in legs["trade_id"]],
                "trade_id": legs["trade_id"],
                "time": _times(legs[f"{role}_time"]),
                "side": np.where(buys, "BUY", "SELL"),
                "role": role,
                "price": legs[f"{role}_price"] / 100.0,
                "quantity": legs["quantity"],
                "basis": legs[f"{role}_basis"],
                "source": SOURCE,
                "snapshot_id": legs[f"{role}_snapshot"],
            }
        )
        for role, buys in bought.items()
    ]
    return pd.concat(frames).sort_values("fill_id", ignore_index=True)


def outcome_rows(signals: pd.DataFrame, reasons: NDArray[np.object_], legs: pd.DataFrame, day: date) -> pd.DataFrame:
    """Write what became of every signal as rows of `signal_outcomes`, ordered by signal_id.

    Args:
        signals: All scored signals, n ≥ 0, ordered by signal_id.
        reasons: "" for a signal that was taken, else why it was rejected, shape (n,).
        legs: Round trips taken, as for `trade_rows`.
        day: The session.
    """
    if not len(signals):
        return outcomes_table.CONTRACT.empty()
    rejected = reasons != ""
    why = reasons.copy()
    why[~rejected] = None
    trades = np.full(len(signals), None, dtype=object)
    trades[legs["row"].to_numpy()] = legs["trade_id"].to_numpy()
    return outcomes_table.CONTRACT.frame(
        {
            "date": pd.Timestamp(day),
            "signal_id": signals["signal_id"],
            "strategy_id": signals["strategy_id"],
            "outcome": np.where(rejected, "rejected", "taken").astype(object),
            "reason": why,
            "trade_id": trades,
        }
    )
