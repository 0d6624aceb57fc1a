"""Round trips of imported executions as rows of `trades` and `fills`, with charges per order.

Matches of the same opening and closing order are one trade. What an export does not state is computed and marked
estimated; a flat fee is charged once an order and shared out by units. Open options that expire are settled at
intrinsic value when the level of their index is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trading_assets.tables import fills as fills_table
from trading_assets.tables import trades as trades_table
from trading_assets.tables.trades import CHARGE_COMPONENTS
from trading_assets.trades.broker_charges import BrokerRules, execution_charges, exercise_charges, value_paise
from trading_assets.trades.broker_rows import SETTLEMENT, fill_rows, trade_rows
from trading_assets.trades.round_trips import Executions, Matched, match
from trading_assets.trades.tape import micros

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from numpy.typing import NDArray

_CONTRACT = ["broker", "account", "exchange", "underlying", "expiry", "strike", "option_type"]


@dataclass(frozen=True, slots=True)
class BrokerSession:
    """What is known about the session that trades are closed on.

    Args:
        day: Session.
        levels: Last level of each index, points; an option of an index without one is not settled.
        strategies: strategy_id by signal_id, for tags that name a signal.
    """

    day: date
    levels: Mapping[str, float]
    strategies: Mapping[str, str]


def broker_trades(
    executions: pd.DataFrame, session: BrokerSession, rules: BrokerRules
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Build the trades that imported executions closed on a session.

    Args:
        executions: Rows of `executions` of the session and those before it, any order, n ≥ 0.
        session: The session.
        rules: How to match and charge.

    Returns:
        Rows of `trades` and of `fills`, each in key order.

    Raises:
        ReferenceDataError: A charge rate or lot is not known for a day.
    """
    day = pd.Timestamp(session.day)
    known = executions[executions["date"] <= day].sort_values("execution_id", ignore_index=True)
    if known.empty:
        return trades_table.CONTRACT.empty(), fills_table.CONTRACT.empty()
    amounts = np.column_stack((value_paise(known), execution_charges(known, rules)))
    held = match(_matchable(known, amounts), rules.method)
    ended = _settlements(known.iloc[held.open_rows], held.open.quantity, session, rules)
    whole = pd.concat([known, ended], ignore_index=True) if len(ended) else known
    closing = np.column_stack((value_paise(ended), exercise_charges(ended, rules)))
    found = match(_matchable(whole, np.concatenate((amounts, closing))), rules.method)
    pairs = _pairs(whole, found)
    pairs = pairs[(pairs["exit_date"] == day).to_numpy()]
    if pairs.empty:
        return trades_table.CONTRACT.empty(), fills_table.CONTRACT.empty()
    return trade_rows(pairs, session.strategies, rules), fill_rows(pairs)


def _matchable(frame: pd.DataFrame, amounts: NDArray[np.int64]) -> Executions:
    return Executions(
        contract=frame.groupby(_CONTRACT, sort=True).ngroup().to_numpy(dtype=np.int64),
        time=micros(frame["time"]),
        sequence=np.arange(len(frame)),
        bought=(frame["side"] == "BUY").to_numpy(dtype=bool),
        quantity=frame["quantity"].to_numpy(dtype=np.int64),
        amounts=amounts,
    )


def _settlements(
    held: pd.DataFrame, units: NDArray[np.int64], session: BrokerSession, rules: BrokerRules
) -> pd.DataFrame:
    """Return the executions that settle what is open and stops trading on the session."""
    names = zip(held["underlying"], held["expiry"], strict=True)
    closes = pd.to_datetime([rules.reference.expiry_close(name, expiry.date()) for name, expiry in names], utc=True)
    ends = closes.tz_convert("Asia/Kolkata").date == session.day if len(held) else np.zeros(0, dtype=bool)
    due = held.assign(quantity=units, time=closes.astype("datetime64[us, UTC]"))
    due = due[ends & held["underlying"].isin(list(session.levels)).to_numpy()]
    level = due["underlying"].map(dict(session.levels)).astype("float64")
    worth = (level - due["strike"]) * np.where(due["option_type"] == "CE", 1.0, -1.0)
    return due.assign(
        date=pd.Series(pd.Timestamp(session.day), index=due.index, dtype="datetime64[s]"),
        execution_id=due["execution_id"] + SETTLEMENT,
        order_id=due["execution_id"] + SETTLEMENT,
        side=np.where(due["side"] == "BUY", "SELL", "BUY"),
        price=np.maximum(worth, 0.0).round(2),
        tag=None,
        **dict.fromkeys(CHARGE_COMPONENTS, np.nan),
    ).sort_values("execution_id", ignore_index=True)


def _pairs(whole: pd.DataFrame, found: Matched) -> pd.DataFrame:
    """Return one row per opening and closing order, with their executions."""
    entry, leave = whole.iloc[found.entry], whole.iloc[found.leave]
    pairs = entry[[*_CONTRACT, "symbol", "side"]].reset_index(drop=True)
    for role, rows, amounts in (("entry", entry, found.entry_amounts), ("exit", leave, found.exit_amounts)):
        for name in ("date", "time", "execution_id", "order_id", "tag", "price"):
            pairs[f"{role}_{name}"] = rows[name].array
        pairs[f"{role}_paise"] = amounts[:, 0]
    stated = [rows[CHARGE_COMPONENTS[0]].notna().to_numpy() for rows in (entry, leave)]
    pairs["stated"] = stated[0] & stated[1]
    pairs["quantity"] = found.quantity
    for column, name in enumerate(CHARGE_COMPONENTS, start=1):
        pairs[name] = found.entry_amounts[:, column] + found.exit_amounts[:, column]
    return pairs
