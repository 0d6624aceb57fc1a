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
class Known:
    """What is known beside the executions.

    Args:
        levels: Last level of an index on the session its options expired, points, by index and day; options without
            one are not settled.
        strategies: strategy_id by signal_id, for tags that name a signal.
    """

    levels: Mapping[tuple[str, date], float]
    strategies: Mapping[str, str]


def open_at_expiry(executions: pd.DataFrame, rules: BrokerRules) -> set[tuple[str, date]]:
    """Return index and day of every expiry that executions were held to: the levels that settle them."""
    if executions.empty:
        return set()
    known, amounts = _charged(executions, rules)
    held = known.iloc[match(_matchable(known, amounts), rules.method).open_rows]
    closes = _expiry_closes(held, rules)
    return {(str(name), close.date()) for name, close in zip(held["underlying"], closes, strict=True)}


def broker_trades(executions: pd.DataFrame, known: Known, rules: BrokerRules) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Build the trades that imported executions closed, of all sessions at once.

    What was closed until a session depends on executions until then only: a later one changes no earlier trade.

    Args:
        executions: Rows of `executions`, any order, n ≥ 0.
        known: Levels at expiry and strategies.
        rules: How to match and charge.

    Returns:
        Rows of `trades` and of `fills`, each in key order.

    Raises:
        ReferenceDataError: A charge rate or lot is not known for a day.
    """
    if executions.empty:
        return trades_table.CONTRACT.empty(), fills_table.CONTRACT.empty()
    whole, amounts = _charged(executions, rules)
    held = match(_matchable(whole, amounts), rules.method)
    ended = _settlements(whole.iloc[held.open_rows], held.open.quantity, known.levels, rules)
    if len(ended):
        whole = pd.concat([whole, ended], ignore_index=True)
        amounts = np.concatenate((amounts, np.column_stack((value_paise(ended), exercise_charges(ended, rules)))))
        held = match(_matchable(whole, amounts), rules.method)
    pairs = _pairs(whole, held)
    if pairs.empty:
        return trades_table.CONTRACT.empty(), fills_table.CONTRACT.empty()
    return trade_rows(pairs, known.strategies, rules), fill_rows(pairs)


def _charged(executions: pd.DataFrame, rules: BrokerRules) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """Return the executions in key order with their value and charges, paise, shape (n, 1 + components)."""
    ordered = executions.sort_values("execution_id", ignore_index=True)
    return ordered, np.column_stack((value_paise(ordered), execution_charges(ordered, rules)))


def _matchable(frame: pd.DataFrame, amounts: NDArray[np.int64]) -> Executions:
    return Executions(
        contract=frame.groupby(_CONTRACT, sort=True).ngroup().to_numpy(dtype=np.int64),
        time=micros(frame["time"]),
        sequence=np.arange(len(frame)),
        bought=(frame["side"] == "BUY").to_numpy(dtype=bool),
        quantity=frame["quantity"].to_numpy(dtype=np.int64),
        amounts=amounts,
    )


def _expiry_closes(held: pd.DataFrame, rules: BrokerRules) -> pd.DatetimeIndex:
    """When each option stops trading, in IST."""
    known = {key: rules.reference.expiry_close(key[0], key[1].date()) for key in {*_named(held)}}
    return pd.DatetimeIndex(pd.to_datetime([known[key] for key in _named(held)], utc=True)).tz_convert("Asia/Kolkata")


def _named(held: pd.DataFrame) -> list[tuple[str, pd.Timestamp]]:
    return list(zip(held["underlying"], held["expiry"], strict=True))


def _settlements(
    held: pd.DataFrame, units: NDArray[np.int64], levels: Mapping[tuple[str, date], float], rules: BrokerRules
) -> pd.DataFrame:
    """Return the executions that settle what was open when it stopped trading, where the level then is known."""
    closes = _expiry_closes(held, rules)
    keys = zip(held["underlying"], closes, strict=True)
    level = np.array([levels.get((str(name), close.date()), np.nan) for name, close in keys], dtype=np.float64)
    worth = (level - held["strike"].to_numpy()) * np.where(held["option_type"] == "CE", 1.0, -1.0)
    due = held.assign(
        quantity=units,
        time=closes.tz_convert("UTC").as_unit("us"),
        date=closes.tz_localize(None).normalize().as_unit("s"),
        execution_id=held["execution_id"] + SETTLEMENT,
        order_id=held["execution_id"] + SETTLEMENT,
        side=np.where(held["side"] == "BUY", "SELL", "BUY"),
        price=np.maximum(worth, 0.0).round(2),
        tag=None,
        **dict.fromkeys(CHARGE_COMPONENTS, np.nan),
    )
    return due[~np.isnan(level)].sort_values("execution_id", ignore_index=True)


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
