"""`iv_rank_premium_sell`: volatility is high in its year and expected to fall: sell premium within wings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.market.surface_features import term_slope
from trading_assets.strategies.strategy import (
    ExitPlan,
    Leg,
    Parameters,
    Strategy,
    Surface,
    confidence,
    parameter,
    unjudged,
)

if TYPE_CHECKING:
    from trading_assets.market.option_chain import OptionChain

#: A 20-delta strangle sold, with a 10-delta one bought against it.
STRANGLE_IN_WINGS = (
    Leg("SELL", "CE", 0.20),
    Leg("SELL", "PE", 0.20),
    Leg("BUY", "CE", 0.10),
    Leg("BUY", "PE", 0.10),
)


@dataclass(frozen=True)
class PremiumSellParameters(Parameters):
    """Thresholds on the year's volatility."""

    enter: float = parameter(70.0, "", "Rank that fires, and at which confidence is 0.5.", high=100.0)
    full: float = parameter(100.0, "", "Rank at which confidence is 0.95.", high=150.0)
    min_percentile: float = parameter(70.0, "", "Share of the year's sessions with a lower volatility.", high=100.0)
    max_slope: float = parameter(0.0, "vol points", "The next expiry must be cheaper than the traded one by more.")


def evaluate(chain: OptionChain, params: PremiumSellParameters) -> Surface:
    """Fire long, selling within wings, when India VIX is high by rank and percentile and the term structure falls.

    Rank and percentile need 60 earlier sessions in the chain's history; without them nothing fires.

    Args:
        chain: The option chain of one session.
        params: Thresholds in force.
    """
    rank = chain.history.volatility_rank(chain.india_vix)
    high = (rank >= params.enter) & (chain.history.volatility_percentile(chain.india_vix) >= params.min_percentile)
    long = high & (term_slope(chain) < params.max_slope)
    return Surface(
        long,
        short=np.zeros_like(long),
        confidence=confidence(rank, params.enter, params.full),
        no_history=unjudged(chain.india_vix, rank),
    )


STRATEGY = Strategy(
    strategy_id="iv_rank_premium_sell",
    version="1.0.0",
    family="volatility",
    description="India VIX at rank 70 and percentile 70 or more of its year with a falling term structure: sell the "
    "20-delta strangle with 10-delta wings.",
    parameters=PremiumSellParameters(),
    exit_plan=ExitPlan(stop_fraction=2.0, target_fraction=0.50, time_stop_minutes=None),
    window_ist=("10:00", "14:00"),
    evaluate=evaluate,
    long_legs=STRANGLE_IN_WINGS,
    short_legs=(),
)
