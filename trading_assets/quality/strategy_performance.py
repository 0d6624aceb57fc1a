"""Rules of `strategy_performance`: counts of the funnel and sums agree, undefined numbers say why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trading_assets.quality.money_sums import paise_apart, paise_of
from trading_assets.quality.rule import Guard
from trading_assets.quality.undefined_values import unexplained as count_unexplained
from trading_assets.settings import Limits
from trading_assets.tables.strategy_performance import CONTRACT

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_strategy = Guard("strategy_performance", per="row")


def derived(frame: pd.DataFrame) -> dict[str, Floats]:
    """Per row: missing numbers without a reason."""
    return {"unexplained": count_unexplained(frame, CONTRACT)}


@_strategy.rule("consistency", "trades", Limits(critical=0.0), "{value:.0f} more winning and losing trades than trades")
def strategy_counts(winning_trades: Floats, losing_trades: Floats, trades_taken: Floats) -> Floats:
    """Winning plus losing trades beyond all trades."""
    return np.asarray(winning_trades + losing_trades - trades_taken, dtype=np.float64)


@_strategy.rule("consistency", "signals", Limits(critical=0.0), "{value:.0f} more signals were scored than generated")
def strategy_funnel(signals_scored: Floats, signals_generated: Floats) -> Floats:
    """Scored signals beyond generated ones."""
    return np.asarray(signals_scored - signals_generated, dtype=np.float64)


@_strategy.rule("consistency", "", Limits(critical=1e-9), "win rate is {value:.4f} off winning over all trades")
def strategy_win_rate(win_rate: Floats, winning_trades: Floats, trades_taken: Floats) -> Floats:
    """Distance of the win rate from winning over all trades; not judged without trades."""
    return np.abs(win_rate - winning_trades / np.where(trades_taken > 0, trades_taken, np.nan))


@_strategy.rule("consistency", "paise", Limits(critical=0.0), "total P&L is {value:.0f} paise off gross minus charges")
def strategy_total_pnl(total_pnl: Floats, gross_pnl: Floats, charges: Floats) -> Floats:
    """Paise between total P&L and gross P&L minus charges."""
    return paise_apart(total_pnl, paise_of(gross_pnl) - paise_of(charges))


@_strategy.rule("missing_data", "columns", Limits(warning=0.0), "{value:.0f} undefined number(s) do not say why")
def strategy_undefined_reasons(unexplained: Floats) -> Floats:
    """Missing numbers that undefined_reasons does not name."""
    return unexplained


RULES = (strategy_counts, strategy_funnel, strategy_win_rate, strategy_total_pnl, strategy_undefined_reasons)
