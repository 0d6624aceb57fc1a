"""`max_pain_reversion`: close to expiry the index is drawn to where option holders are paid least."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from trading_assets.market.chain_features import max_pain, straddle
from trading_assets.market.surface_features import sessions_to_expiry
from trading_assets.strategies.levels import Levels
from trading_assets.strategies.strategy import ExitPlan, Parameters, Strategy, Surface, confidence, parameter

if TYPE_CHECKING:
    from trading_assets.market.option_chain import OptionChain


@dataclass(frozen=True)
class MaxPainParameters(Parameters):
    """Thresholds on the distance to max pain."""

    enter: float = parameter(0.60, "straddles", "Distance that fires, and at which confidence is 0.5.")
    full: float = parameter(1.50, "straddles", "Distance at which confidence is 0.95.")
    target_share: float = parameter(0.50, "of the way", "Part of the way to max pain that is the target.", high=1.0)
    max_sessions: float = parameter(1.5, "sessions", "Only when the traded expiry is no further away.")


def evaluate(chain: OptionChain, params: MaxPainParameters) -> Surface:
    """Fire long when the index stands well below max pain, short when well above, shortly before expiry.

    Args:
        chain: The option chain of one session.
        params: Thresholds in force.
    """
    centre = max_pain(chain)
    distance = (chain.spot - centre) / straddle(chain)
    soon = sessions_to_expiry(chain) <= params.max_sessions
    return Surface(
        long=soon & (distance <= -params.enter),
        short=soon & (distance >= params.enter),
        confidence=confidence(distance, params.enter, params.full),
        levels=Levels(target_spot=chain.spot + params.target_share * (centre - chain.spot)),
    )


STRATEGY = Strategy(
    strategy_id="max_pain_reversion",
    version="1.1.0",
    family="expiry",
    description="At most 1.5 sessions before expiry: buy PE when the index is 0.60 straddles or more above max pain, "
    "buy CE when as much below. Out half the way to max pain, or at a loss of 30 %.",
    parameters=MaxPainParameters(),
    exit_plan=ExitPlan(stop_fraction=0.30, target_fraction=None, time_stop_minutes=None),
    window_ist=("12:00", "14:45"),
    evaluate=evaluate,
)
