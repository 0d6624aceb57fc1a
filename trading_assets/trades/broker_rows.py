"""Writing matched executions as rows of `trades` and `fills`."""

from __future__ import annotations

import hashlib
from math import gcd
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trading_assets.tables import fills as fills_table
from trading_assets.tables import trades as trades_table
from trading_assets.tables.money import rupees
from trading_assets.tables.trades import CHARGE_COMPONENTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trading_assets.trades.broker_charges import BrokerRules

#: Follows the id of an execution in the id of its settlement at expiry.
SETTLEMENT = ":settlement"
_ORDERS = ["broker", "account", "entry_date", "exit_date", "entry_order_id", "exit_order_id"]
_OPTION = ["exchange", "underlying", "expiry", "strike", "option_type", "side"]
_UNTAGGED = "imported"


def trade_rows(pairs: pd.DataFrame, strategies: Mapping[str, str], rules: BrokerRules) -> pd.DataFrame:
    """Write matches as trades: those of the same opening and closing order together, ordered by trade_id.

    Args:
        pairs: Matches with their executions, n ≥ 1.
        strategies: strategy_id by signal_id.
        rules: Lots and the version of the charge table.
    """
    sums = ["quantity", "entry_paise", "exit_paise", *CHARGE_COMPONENTS]
    grouped = pairs.groupby([*_ORDERS, *_OPTION], sort=True, dropna=False)
    whole = grouped.agg(
        **{name: (name, "sum") for name in sums},
        symbol=("symbol", "first"),
        tag=("entry_tag", "first"),
        first=("entry_execution_id", "min"),
        last=("exit_execution_id", "min"),
        entry_time=("entry_time", "min"),
        exit_time=("exit_time", "max"),
        stated=("stated", "all"),
    ).reset_index()
    return _rows(whole, strategies, rules).sort_values("trade_id", ignore_index=True)


def _rows(whole: pd.DataFrame, strategies: Mapping[str, str], rules: BrokerRules) -> pd.DataFrame:
    sign = np.where(whole["side"] == "BUY", 1, -1)
    gross = sign * (whole["exit_paise"] - whole["entry_paise"]).to_numpy()
    total = whole[list(CHARGE_COMPONENTS)].to_numpy().sum(axis=1)
    lots = _lots(whole, rules)
    tags = [tag if isinstance(tag, str) else None for tag in whole["tag"]]
    settled = whole["last"].str.endswith(SETTLEMENT).to_numpy(dtype=bool)
    values = {
        **{name: whole[name].array for name in ("symbol", *_OPTION, "entry_time", "exit_time", "quantity")},
        **{name: rupees(whole[name]) for name in CHARGE_COMPONENTS},
        "date": whole["exit_date"].array,
        "trade_id": [trade_id(*ends) for ends in zip(whole["first"], whole["last"], strict=True)],
        "strategy_name": [strategies.get(tag, tag) if tag else _UNTAGGED for tag in tags],
        "entry_price": whole["entry_paise"].to_numpy() / whole["quantity"].to_numpy() / 100.0,
        "exit_price": whole["exit_paise"].to_numpy() / whole["quantity"].to_numpy() / 100.0,
        "lot_size": lots,
        "lots": whole["quantity"].to_numpy() // lots,
        "gross_pnl": rupees(gross),
        "charges": rupees(total),
        "net_pnl": rupees(gross - total),
        "is_winning_trade": gross > total,
        "charges_version": np.where(whole["stated"], "stated", rules.table.version).astype(object),
        "charges_estimated": ~whole["stated"].to_numpy(dtype=bool),
        "exit_reason": np.where(settled, "expiry", "broker").astype(object),
        "mark_count": np.zeros(len(whole), dtype=np.int64),
        "initial_risk": rupees(whole["entry_paise"].where(whole["side"] == "BUY", 0)),
        "signal_id": [tag if tag in strategies else None for tag in tags],
        "source": whole["broker"].array,
    }
    frame = trades_table.CONTRACT.frame(values)
    return frame.assign(initial_risk=frame["initial_risk"].where(frame["side"] == "BUY"))


def _lots(whole: pd.DataFrame, rules: BrokerRules) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Lot of each trade on its entry day; its common divisor with a quantity that is no multiple of it."""
    contracts = zip(whole["underlying"], whole["expiry"], whole["entry_date"], whole["quantity"], strict=True)
    return np.array(
        [
            gcd(rules.reference.lot_size(name, expiry.date(), entered.date()), int(units))
            for name, expiry, entered, units in contracts
        ],
        dtype=np.int64,
    )


def trade_id(entry_execution: str, exit_execution: str) -> str:
    """Return the id of the round trip whose orders begin with these executions."""
    return "TRADE_" + _digest(f"{entry_execution}|{exit_execution}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def fill_rows(pairs: pd.DataFrame) -> pd.DataFrame:
    """Write the executions of matches as fills, the units each trade has of them; ordered by fill_id."""
    orders = pairs.groupby([*_ORDERS, *_OPTION], sort=True, dropna=False)
    firsts = (orders[f"{role}_execution_id"].transform("min") for role in ("entry", "exit"))
    trades = [trade_id(*ends) for ends in zip(*firsts, strict=True)]
    frames = [_fills(pairs.assign(trade_id=trades), role) for role in ("entry", "exit")]
    return pd.concat(frames).sort_values("fill_id", ignore_index=True)


def _fills(pairs: pd.DataFrame, role: str) -> pd.DataFrame:
    names = {f"{role}_{name}": name for name in ("execution_id", "time", "price")}
    own = pairs.rename(columns=names).groupby(["trade_id", "execution_id"], sort=True)
    whole = own.agg(
        quantity=("quantity", "sum"),
        **{name: (name, "first") for name in ("time", "price", "exit_date", "side", "broker")},
    ).reset_index()
    bought = (whole["side"] == "BUY").to_numpy() == (role == "entry")
    settled = whole["execution_id"].str.endswith(SETTLEMENT).to_numpy(dtype=bool)
    keys = zip(whole["trade_id"], whole["execution_id"], strict=True)
    return fills_table.CONTRACT.frame(
        {
            "date": whole["exit_date"].array,
            "fill_id": [_digest(f"{trade}|{role}|{execution}") for trade, execution in keys],
            "trade_id": whole["trade_id"].array,
            "time": whole["time"].array,
            "side": np.where(bought, "BUY", "SELL").astype(object),
            "role": role,
            "price": whole["price"].array,
            "quantity": whole["quantity"].array,
            "basis": np.where(settled, "intrinsic", "broker").astype(object),
            "source": whole["broker"].array,
        }
    )
