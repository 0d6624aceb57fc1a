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
from trading_assets.trades.closings import REASONS as CLOSED_BY
from trading_assets.trades.entries import REASONS
from trading_assets.trades.exits import BASES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from numpy.typing import NDArray

    from trading_assets.trades.charges import Charges

SOURCE = "simulated"
_ROLES = np.array(["entry", "exit"], dtype=object)
_SIDES = np.array(["SELL", "BUY"], dtype=object)
_COPIED = (
    "symbol",
    "underlying",
    "expiry",
    "strike",
    "option_type",
    "side",
    "signal_id",
    *(column.name for column in MODEL_COLUMNS),
)


def digests(texts: Iterable[str]) -> NDArray[np.uint64]:
    """Return the first 64 bits of the SHA-256 of each text, in whose order their hex texts sort, shape (n,)."""
    found = b"".join(hashlib.sha256(text.encode()).digest()[:8] for text in texts)
    return np.frombuffer(found, dtype=">u8").astype(np.uint64)


def trade_digests(signal_ids: Iterable[str], source: str = SOURCE) -> NDArray[np.uint64]:
    """Return what tells the round trips of signals apart, in whose order their `trade_ids` sort, shape (n,)."""
    return digests(f"{signal}|{source}" for signal in signal_ids)


def trade_ids(values: NDArray[np.uint64]) -> pd.Series:
    """Return the ids of round trips from their digests: TRADE_ and 16 hex, shape (n,)."""
    return pd.Series([f"TRADE_{text}" for text in hexed(values)], dtype=object)


def hexed(values: NDArray[np.uint64]) -> list[str]:
    """Return each value as 16 hex."""
    text = values.astype(">u8").tobytes().hex()
    return [text[start : start + 16] for start in range(0, len(text), 16)]


def _times(micros: NDArray[np.int64]) -> pd.Series:
    return pd.Series(micros.astype("datetime64[us]")).dt.tz_localize("UTC")


def gross_paise(legs: pd.DataFrame) -> NDArray[np.int64]:
    """Price P&L of round trips before charges, paise, shape (n,)."""
    sign = np.where(legs["long"], 1, -1)
    gained = (legs["exit_price"].to_numpy() - legs["entry_price"].to_numpy()) * legs["quantity"].to_numpy()
    return np.asarray(sign * gained, dtype=np.int64)


def trade_rows(legs: pd.DataFrame, signals: pd.DataFrame, charged: Charges, day: date, limits: str) -> pd.DataFrame:
    """Write round trips as rows of `trades`, in their order.

    Args:
        legs: Round trips taken (`simulation.Execution.legs` and trade_id), n ≥ 0.
        signals: All scored signals, ordered by signal_id.
        charged: The charges of the round trips, in the same order.
        day: The session.
        limits: Sizing and limits they were traded under, JSON.
    """
    if not len(legs):
        return trades_table.CONTRACT.empty()
    gross, total = gross_paise(legs), charged.total
    quantity = legs["quantity"].to_numpy()
    origin = signals[[*_COPIED, "strategy_id", "confidence"]].iloc[legs["row"].to_numpy()]
    values = {
        **{name: origin[name] for name in _COPIED},
        **{name: rupees(amount) for name, amount in charged.components.items()},
        "date": pd.Timestamp(day),
        "trade_id": legs["trade_id"],
        "exchange": legs["exchange"],
        "strategy_name": origin["strategy_id"],
        "entry_time": _times(legs["entry_time"].to_numpy()),
        "exit_time": _times(legs["exit_time"].to_numpy()),
        "entry_price": legs["entry_price"] / 100.0,
        "exit_price": legs["exit_price"] / 100.0,
        "stop_price": legs["stop"] / 100.0,
        "target_price": legs["target"] / 100.0,
        "trailing_distance": legs["trail"] / 100.0,
        "quantity": quantity,
        "lots": legs["lots"],
        "lot_size": legs["lot_size"],
        "gross_pnl": rupees(gross),
        "charges": rupees(total),
        "charges_version": charged.version,
        "charges_estimated": True,
        "net_pnl": rupees(gross - total),
        "is_winning_trade": gross > total,
        "exit_reason": CLOSED_BY[legs["exit_reason"].to_numpy()],
        "mae": legs["worst"] * quantity / 100.0,
        "mfe": legs["best"] * quantity / 100.0,
        "mark_count": legs["marks"],
        "initial_risk": np.rint(legs["risk"] * quantity) / 100.0,
        "desk_limits": limits,
        "signal_strength": origin["confidence"],
        "source": SOURCE,
    }
    return trades_table.CONTRACT.frame(values)


def fill_rows(legs: pd.DataFrame, day: date) -> pd.DataFrame:
    """Write the two executions of every round trip as rows of `fills`, ordered by fill_id; legs as for `trade_rows`."""
    if not len(legs):
        return fills_table.CONTRACT.empty()
    trades = legs["trade_id"].to_numpy(dtype=object)
    ids = digests(f"{trade}|{role}" for role in _ROLES for trade in trades)
    order = np.argsort(ids)
    buys = legs["long"].to_numpy(dtype=np.intp)
    executed = {
        name: pd.concat([legs[f"{role}_{name}"] for role in _ROLES]).iloc[order]
        for name in ("time", "price", "basis", "snapshot")
    }
    return fills_table.CONTRACT.frame(
        {
            "date": pd.Timestamp(day),
            "fill_id": hexed(ids[order]),
            "trade_id": np.tile(trades, 2)[order],
            "time": _times(executed["time"].to_numpy()),
            "side": _SIDES[np.concatenate((buys, 1 - buys))[order]],
            "role": np.repeat(_ROLES, len(trades))[order],
            "price": executed["price"] / 100.0,
            "quantity": np.tile(legs["quantity"].to_numpy(), 2)[order],
            "basis": BASES[executed["basis"].to_numpy()],
            "source": SOURCE,
            "snapshot_id": executed["snapshot"],
        }
    )


def outcome_rows(signals: pd.DataFrame, reasons: NDArray[np.int64], legs: pd.DataFrame, day: date) -> pd.DataFrame:
    """Write what became of every signal as rows of `signal_outcomes`, ordered by signal_id.

    Args:
        signals: All scored signals, n ≥ 0, ordered by signal_id.
        reasons: 0 for a signal that was taken, else why it was rejected (`entries.REASONS`), shape (n,).
        legs: Round trips taken, as for `trade_rows`.
        day: The session.
    """
    if not len(signals):
        return outcomes_table.CONTRACT.empty()
    trades = np.full(len(signals), None, dtype=object)
    trades[legs["row"].to_numpy()] = legs["trade_id"].to_numpy()
    return outcomes_table.CONTRACT.frame(
        {
            "date": pd.Timestamp(day),
            "signal_id": signals["signal_id"],
            "strategy_id": signals["strategy_id"],
            "outcome": np.array(["taken", *["rejected"] * (len(REASONS) - 1)], dtype=object)[reasons],
            "reason": np.array([None, *REASONS[1:]], dtype=object)[reasons],
            "trade_id": trades,
        }
    )
