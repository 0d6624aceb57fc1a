"""Rules of `trades`: money agrees to the paisa, time runs forward, quantities are whole lots."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trading_assets.quality.hours import seconds, seconds_outside
from trading_assets.quality.money_sums import paise_apart, paise_of, paise_sum
from trading_assets.quality.rule import Guard
from trading_assets.settings import Limits
from trading_assets.tables.trades import CHARGE_COMPONENTS

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Times = NDArray[np.datetime64]

_trade = Guard("trades", per="row")


def derived(frame: pd.DataFrame) -> dict[str, Floats]:
    """Per row: charge components in paise, and price P&L in ₹ per unit."""
    sign = np.where((frame["side"] == "BUY").to_numpy(dtype=np.bool_), 1.0, -1.0)
    moved = frame["exit_price"].to_numpy() - frame["entry_price"].to_numpy()
    return {"components_paise": paise_sum(frame, CHARGE_COMPONENTS), "gain_per_unit": sign * moved}


@_trade.rule("consistency", "paise", Limits(critical=0.0), "net P&L is {value:.0f} paise off gross minus charges")
def trade_net_pnl(net_pnl: Floats, gross_pnl: Floats, charges: Floats) -> Floats:
    """Paise between net P&L and gross P&L minus charges."""
    return paise_apart(net_pnl, paise_of(gross_pnl) - paise_of(charges))


@_trade.rule("consistency", "paise", Limits(critical=0.0), "charges are {value:.0f} paise off their components")
def trade_charges(charges: Floats, components_paise: Floats) -> Floats:
    """Paise between charges and the sum of the components."""
    return paise_apart(charges, components_paise)


@_trade.rule(
    "consistency", "paise per unit", Limits(warning=0.5), "gross P&L is {value:.2f} paise a unit off its prices"
)
def trade_gross_pnl(gross_pnl: Floats, gain_per_unit: Floats, quantity: Floats) -> Floats:
    """Paise per unit between gross P&L and price difference times quantity; average prices may round."""
    return np.abs(gross_pnl - gain_per_unit * quantity) / quantity * 100.0


@_trade.rule("consistency", "s", Limits(critical=0.0), "exit is {value:.0f} s before the entry")
def exit_before_entry(entry_time: Times, exit_time: Times) -> Floats:
    """Seconds by which the exit precedes the entry."""
    return seconds(entry_time - exit_time)


@_trade.rule("consistency", "s", Limits(critical=0.0), "exit lies {value:.0f} s outside the hours of the session")
def trade_outside_session(exit_time: Times, opens: Times, closes: Times) -> Floats:
    """Seconds by which the exit misses the session's hours; imported positions may be entered on an earlier day."""
    return seconds_outside(exit_time, opens, closes)


@_trade.rule("consistency", "", Limits(critical=0.0), "entry price is not above 0")
def trade_entry_price(entry_price: Floats) -> Floats:
    """1 where the entry price is 0 or less; an exit at expiry may be worth 0."""
    return np.asarray(entry_price <= 0, dtype=np.float64)


@_trade.rule("consistency", "units", Limits(critical=0.0), "quantity is {value:.0f} units off lots times lot size")
def trade_quantity(quantity: Floats, lots: Floats, lot_size: Floats) -> Floats:
    """Units between quantity and lots times lot size."""
    return np.asarray(np.abs(quantity - lots * lot_size), dtype=np.float64)


@_trade.rule("consistency", "", Limits(critical=0.0), "is_winning_trade does not say whether net P&L is above 0")
def trade_winning_flag(is_winning_trade: Flags, net_pnl: Floats) -> Floats:
    """1 where the flag differs from net P&L above 0."""
    return np.asarray(is_winning_trade != (net_pnl > 0), dtype=np.float64)


RULES = (
    trade_net_pnl,
    trade_charges,
    trade_gross_pnl,
    exit_before_entry,
    trade_outside_session,
    trade_entry_price,
    trade_quantity,
    trade_winning_flag,
)
