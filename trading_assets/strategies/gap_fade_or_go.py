"""`gap_fade_or_go`: a gap that is half filled will be filled, one that grows goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.market.bars import opening_level, opening_range
from trading_assets.strategies.levels import Levels
from trading_assets.strategies.strategy import ExitPlan, Parameters, Strategy, Surface, confidence, parameter, unjudged

if TYPE_CHECKING:
    from trading_assets.market.option_chain import OptionChain


@dataclass(frozen=True)
class GapParameters(Parameters):
    """Thresholds on the gap."""

    enter: float = parameter(0.50, "%", "Gap against the last close that fires, and at which confidence is 0.5.")
    full: float = parameter(1.50, "%", "Gap at which confidence is 0.95.")
    filled: float = parameter(0.50, "of the gap", "Share that must be filled for the fade.", high=1.0)
    opening_minutes: float = parameter(15.0, "minutes", "Length of the opening whose extreme must be left.", low=1.0)


def evaluate(chain: OptionChain, params: GapParameters) -> Surface:
    """Fire against a gap that is half filled, and with one whose opening extreme is exceeded.

    The close of the session before comes from the chain's history; without it nothing fires.

    Args:
        chain: The option chain of one session.
        params: Thresholds in force.
    """
    opened, before = opening_level(chain), chain.history.previous_close
    gap = 100.0 * (opened / before - 1.0)
    high, low = opening_range(chain, params.opening_minutes)
    up, down = gap >= params.enter, gap <= -params.enter
    filled = (opened - chain.spot) / (opened - before) >= params.filled
    return Surface(
        long=(down & filled) | (up & (chain.spot > high)),
        short=(up & filled) | (down & (chain.spot < low)),
        confidence=confidence(gap, params.enter, params.full),
        levels=Levels(stop_spot=np.where(up, high, low)),
        no_history=unjudged(opened, gap),
    )


STRATEGY = Strategy(
    strategy_id="gap_fade_or_go",
    version="1.0.0",
    family="trend",
    description="The session opened 0.5 % or more from the last close. Half of the gap filled: trade the fade; the "
    "extreme of the first 15 minutes exceeded: trade with the gap. Out at that extreme.",
    parameters=GapParameters(),
    exit_plan=ExitPlan(stop_fraction=None, target_fraction=None, time_stop_minutes=None),
    window_ist=("09:30", "11:00"),
    evaluate=evaluate,
)
