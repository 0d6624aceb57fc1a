"""`low_iv_long_vol`: volatility is cheap in its year and the index hardly moves: buy it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.market.bars import Bars
from trading_assets.market.indicators import bollinger_width
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

#: Both options at the money of the expiry after the traded one.
NEXT_STRADDLE = (Leg("BUY", "CE", expiries_later=1), Leg("BUY", "PE", expiries_later=1))


@dataclass(frozen=True)
class LowVolatilityParameters(Parameters):
    """Thresholds on cheapness and stillness."""

    enter: float = parameter(
        85.0,
        "",
        "Share of the year's sessions with a higher volatility that fires, and at which confidence is 0.5.",
        high=100.0,
    )
    full: float = parameter(100.0, "", "Share at which confidence is 0.95.", high=150.0)
    decile: float = parameter(10.0, "%", "The band must be within this share of its narrowest widths.", high=100.0)
    sessions: float = parameter(20.0, "sessions", "Earlier sessions whose widths are compared.", low=1.0)


def evaluate(chain: OptionChain, params: LowVolatilityParameters) -> Surface:
    """Fire long, buying the next expiry's straddle, when India VIX is low in its year and the Bollinger band is narrow.

    Needs 60 earlier sessions of volatility and 20 of bars in the chain's history; without them nothing fires.

    Args:
        chain: The option chain of one session.
        params: Thresholds in force.
    """
    cheap = 100.0 - chain.history.volatility_percentile(chain.india_vix)
    bars = Bars.of(chain)
    narrowest = chain.history.width_quantile(params.decile, int(params.sessions))
    width = bars.on_snapshots(bollinger_width(bars.close))
    long = (cheap >= params.enter) & (width <= narrowest)
    return Surface(
        long,
        short=np.zeros_like(long),
        confidence=confidence(cheap, params.enter, params.full),
        no_history=unjudged(chain.india_vix, cheap) | unjudged(width, width - narrowest),
    )


STRATEGY = Strategy(
    strategy_id="low_iv_long_vol",
    version="1.0.0",
    family="volatility",
    description="India VIX at percentile 15 or less of its year and the Bollinger width at its 20-session low decile: "
    "buy the at-the-money straddle of the next expiry.",
    parameters=LowVolatilityParameters(),
    exit_plan=ExitPlan(stop_fraction=0.15, target_fraction=0.20, time_stop_minutes=None),
    window_ist=("10:00", "14:30"),
    evaluate=evaluate,
    long_legs=NEXT_STRADDLE,
    short_legs=(),
)
