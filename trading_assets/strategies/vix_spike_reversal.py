"""`vix_spike_reversal`: after a scare has passed its peak the index recovers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.market.asof import slope
from trading_assets.market.trailing import first_present, lowest, trailing
from trading_assets.strategies.strategy import ExitPlan, Parameters, Strategy, Surface, confidence, parameter

if TYPE_CHECKING:
    from trading_assets.market.option_chain import OptionChain


@dataclass(frozen=True)
class VixSpikeParameters(Parameters):
    """Thresholds on the day's rise of India VIX."""

    enter: float = parameter(
        8.0, "%", "Rise above the session's first value that fires, and at which confidence is 0.5."
    )
    full: float = parameter(20.0, "%", "Rise at which confidence is 0.95.")
    window_minutes: float = parameter(15.0, "minutes", "Window of the slope and of the index's low.", low=1.0)


def evaluate(chain: OptionChain, params: VixSpikeParameters) -> Surface:
    """Fire long when India VIX rose sharply at some time today, falls now, and the index is off its low.

    Args:
        chain: The option chain of one session.
        params: Thresholds in force.
    """
    vix = chain.india_vix
    highest = np.fmax.accumulate(vix)
    rise = 100.0 * (highest / first_present(vix) - 1.0)
    turned = slope(chain, vix, params.window_minutes) < 0.0
    off_low = chain.spot > lowest(trailing(chain, chain.spot, params.window_minutes))
    long = (rise >= params.enter) & turned & off_low
    return Surface(
        long,
        short=np.zeros_like(long),
        confidence=confidence(rise, params.enter, params.full),
        out_long=vix > np.append(np.nan, highest)[:-1],
    )


STRATEGY = Strategy(
    strategy_id="vix_spike_reversal",
    version="1.2.0",
    family="volatility",
    description="India VIX rose by 8 % or more today, its 15-minute slope is negative and the index is above its "
    "15-minute low: buy CE. Out at a new high of India VIX.",
    parameters=VixSpikeParameters(),
    exit_plan=ExitPlan(stop_fraction=None, target_fraction=None, time_stop_minutes=None),
    window_ist=("10:00", "14:45"),
    evaluate=evaluate,
    short_legs=(),
)
