"""`straddle_decay_short`: options are dear, calm and getting cheaper: sell them, never unhedged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.market.chain_features import straddle
from trading_assets.market.traded_volume import vwap_distance_pct
from trading_assets.market.trailing import first_present, lowest, trailing
from trading_assets.strategies.strategy import (
    VWAP_STAND_IN,
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

#: A straddle sold, with a call and a put 2 % away bought against it.
IRON_FLY = (
    Leg("SELL", "CE"),
    Leg("SELL", "PE"),
    Leg("BUY", "CE", distance=0.02),
    Leg("BUY", "PE", distance=-0.02),
)


@dataclass(frozen=True)
class StraddleDecayParameters(Parameters):
    """Thresholds on calm."""

    enter: float = parameter(
        60.0, "", "Rank of India VIX in the year that fires, and at which confidence is 0.5.", high=100.0
    )
    full: float = parameter(95.0, "", "Rank at which confidence is 0.95.", high=100.0)
    max_distance_pct: float = parameter(0.15, "%", "Distance of the index from its volume-weighted mean.")
    low_minutes: float = parameter(30.0, "minutes", "The straddle must be at its low of this long.", low=1.0)


def evaluate(chain: OptionChain, params: StraddleDecayParameters) -> Surface:
    """Fire long, selling the iron fly, when India VIX is high in its year but falls, and the straddle is at its low.

    The rank needs 60 earlier sessions in the chain's history; without them nothing fires. The weight of the mean is
    option volume, for the index has none.

    Args:
        chain: The option chain of one session.
        params: Thresholds in force.
    """
    rank = chain.history.volatility_rank(chain.india_vix)
    price = straddle(chain)
    calm = np.abs(vwap_distance_pct(chain)) < params.max_distance_pct
    falling = chain.india_vix < first_present(chain.india_vix)
    at_low = price <= lowest(trailing(chain, price, params.low_minutes))
    long = (rank >= params.enter) & calm & falling & at_low
    return Surface(
        long,
        short=np.zeros_like(long),
        confidence=confidence(rank, params.enter, params.full),
        no_history=unjudged(chain.india_vix, rank),
    )


STRATEGY = Strategy(
    strategy_id="straddle_decay_short",
    version="1.0.0",
    family="volatility",
    description="India VIX at rank 60 or more of its year and below its open, the index within 0.15 % of its "
    "volume-weighted mean, the straddle at its 30-minute low: sell the straddle with wings 2 % away.",
    parameters=StraddleDecayParameters(),
    exit_plan=ExitPlan(stop_fraction=0.30, target_fraction=0.40, time_stop_minutes=None),
    window_ist=("10:00", "14:00"),
    evaluate=evaluate,
    stand_ins=VWAP_STAND_IN,
    long_legs=IRON_FLY,
    short_legs=(),
)
