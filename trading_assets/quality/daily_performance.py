"""Rules of `daily_performance`: the day's sums and counts agree, undefined numbers say why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trading_assets.quality.money_sums import paise_apart, paise_of, paise_sum
from trading_assets.quality.rule import Guard
from trading_assets.quality.undefined_values import unexplained
from trading_assets.settings import Limits
from trading_assets.tables.daily_performance import CONTRACT
from trading_assets.tables.trades import CHARGE_COMPONENTS

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_day = Guard("daily_performance", per="row")


def derived(frame: pd.DataFrame) -> dict[str, Floats]:
    """Per row: charge components in paise, and missing numbers without a reason."""
    return {"components_paise": paise_sum(frame, CHARGE_COMPONENTS), "unexplained": unexplained(frame, CONTRACT)}


@_day.rule("consistency", "trades", Limits(critical=0.0), "{value:.0f} more winning and losing trades than trades")
def day_counts(winning_trades: Floats, losing_trades: Floats, total_trades: Floats) -> Floats:
    """Winning plus losing trades beyond all trades."""
    return np.asarray(winning_trades + losing_trades - total_trades, dtype=np.float64)


@_day.rule("consistency", "", Limits(critical=1e-9), "win rate is {value:.4f} off winning over all trades")
def day_win_rate(win_rate: Floats, winning_trades: Floats, total_trades: Floats) -> Floats:
    """Distance of the win rate from winning over all trades; not judged without trades."""
    return np.abs(win_rate - winning_trades / np.where(total_trades > 0, total_trades, np.nan))


@_day.rule("consistency", "paise", Limits(critical=0.0), "net P&L is {value:.0f} paise off gross minus charges")
def day_net_pnl(net_pnl: Floats, gross_pnl: Floats, charges: Floats) -> Floats:
    """Paise between net P&L and gross P&L minus charges."""
    return paise_apart(net_pnl, paise_of(gross_pnl) - paise_of(charges))


@_day.rule("consistency", "paise", Limits(critical=0.0), "charges are {value:.0f} paise off their components")
def day_charges(charges: Floats, components_paise: Floats) -> Floats:
    """Paise between charges and the sum of the components."""
    return paise_apart(charges, components_paise)


@_day.rule("consistency", "paise", Limits(critical=0.0), "wins and losses are {value:.0f} paise off net P&L")
def day_wins_and_losses(net_pnl: Floats, sum_wins: Floats, sum_losses: Floats) -> Floats:
    """Paise between net P&L and the sum of wins and losses."""
    return paise_apart(net_pnl, paise_of(sum_wins) + paise_of(sum_losses))


@_day.rule("missing_data", "columns", Limits(warning=0.0), "{value:.0f} undefined number(s) do not say why")
def day_undefined_reasons(unexplained: Floats) -> Floats:
    """Missing numbers that undefined_reasons does not name."""
    return unexplained


RULES = (day_counts, day_win_rate, day_net_pnl, day_charges, day_wins_and_losses, day_undefined_reasons)
