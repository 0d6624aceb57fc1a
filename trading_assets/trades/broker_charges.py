"""Charges of imported executions: as stated, else computed once an order and shared out by units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.tables.money import paise, round_half_up
from trading_assets.tables.trades import CHARGE_COMPONENTS
from trading_assets.trades.charges import RoundTrips, charges
from trading_assets.trades.round_trips import Method

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from trading_assets.market.reference import ReferenceData
    from trading_assets.trades.charge_table import ChargeTable

_ORDER = ["account", "date", "order_id", "exchange", "underlying", "expiry", "strike", "option_type", "side"]
_PLANS = ("upstox", "zerodha")


@dataclass(frozen=True, slots=True)
class BrokerRules:
    """What imported executions are matched and charged under.

    Args:
        reference: Lots and closes.
        table: Charge rates.
        plan: Whose brokerage applies to a broker without a plan of its own.
        method: Which open units are closed first.
    """

    reference: ReferenceData
    table: ChargeTable
    plan: str
    method: Method = Method.FIFO


def value_paise(frame: pd.DataFrame) -> NDArray[np.int64]:
    """Value of executions, price times quantity, paise, shape (n,)."""
    return round_half_up(frame["price"].to_numpy() * frame["quantity"].to_numpy() * 100.0)


def execution_charges(frame: pd.DataFrame, rules: BrokerRules) -> NDArray[np.int64]:
    """Charges of each execution in paise, shape (n, components): as stated, else its share of its order's."""
    found = np.zeros((len(frame), len(CHARGE_COMPONENTS)), dtype=np.int64)
    stated = frame[CHARGE_COMPONENTS[0]].notna().to_numpy()
    found[stated] = paise(frame.loc[stated, list(CHARGE_COMPONENTS)].to_numpy())
    for broker, rows in frame[~stated].groupby("broker", sort=True):
        plan = str(broker) if broker in _PLANS else rules.plan
        found[rows.index.to_numpy()] = _order_charges(rows, plan, rules)
    return found


def _order_charges(rows: pd.DataFrame, plan: str, rules: BrokerRules) -> NDArray[np.int64]:
    order = rows.groupby(_ORDER, sort=True).ngroup().to_numpy()
    value, units = value_paise(rows), rows["quantity"].to_numpy()
    first = np.unique(order, return_index=True)[1]
    days = rows["date"].to_numpy(dtype="datetime64[D]")[first]
    total = np.bincount(order, value).astype(np.int64)
    # an option that is settled at nothing pays for its entry alone: the charges of one order
    legs = RoundTrips(
        exchange=rows["exchange"].to_numpy(dtype=str)[first],
        long=(rows["side"] == "BUY").to_numpy(dtype=bool)[first],
        entry_day=days,
        exit_day=days,
        entry_paise=total,
        exit_paise=np.zeros_like(total),
        settled=np.ones(len(total), dtype=bool),
    )
    whole = np.column_stack([charges(legs, rules.table, plan).components[name] for name in CHARGE_COMPONENTS])
    size = np.bincount(order, units).astype(np.int64)
    running = rows["quantity"].groupby(order).cumsum().to_numpy()
    share = whole[order] * running[:, None] // size[order, None]
    return np.asarray(share - whole[order] * (running - units)[:, None] // size[order, None], dtype=np.int64)


def exercise_charges(ended: pd.DataFrame, rules: BrokerRules) -> NDArray[np.int64]:
    """Charges of settlements: the tax on an option that is exercised, and nothing else."""
    days = ended["date"].to_numpy(dtype="datetime64[D]")
    trips = RoundTrips(
        exchange=ended["exchange"].to_numpy(dtype=str),
        long=(ended["side"] == "SELL").to_numpy(dtype=bool),
        entry_day=days,
        exit_day=days,
        entry_paise=np.zeros(len(ended), dtype=np.int64),
        exit_paise=value_paise(ended),
        settled=np.ones(len(ended), dtype=bool),
    )
    found = np.zeros((len(ended), len(CHARGE_COMPONENTS)), dtype=np.int64)
    found[:, CHARGE_COMPONENTS.index("stt")] = charges(trips, rules.table, rules.plan).components["stt"]
    return found
