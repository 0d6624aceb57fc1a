"""`skew_shift`: puts that are unusually dear against calls for this time of day, and getting cheaper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.market.asof import slope
from trading_assets.market.history import BAR_MINUTES
from trading_assets.market.surface_features import skew_25d
from trading_assets.strategies.strategy import ExitPlan, Parameters, Strategy, Surface, confidence, parameter, unjudged

if TYPE_CHECKING:
    from trading_assets.market.option_chain import OptionChain


@dataclass(frozen=True)
class SkewShiftParameters(Parameters):
    """Thresholds on the skew's score."""

    enter: float = parameter(2.0, "deviations", "Score that fires, and at which confidence is 0.5.")
    full: float = parameter(4.0, "deviations", "Score at which confidence is 0.95.")
    sessions: float = parameter(20.0, "sessions", "Earlier sessions it is compared with.", low=2.0)
    slope_minutes: float = parameter(15.0, "minutes", "Window of the slope.", low=1.0)


def evaluate(chain: OptionChain, params: SkewShiftParameters) -> Surface:
    """Fire long when the skew is high for the time of day and falls, short when low and rising.

    The same five minutes of 20 earlier sessions must be in the chain's history; without them nothing fires.

    Args:
        chain: The option chain of one session.
        params: Thresholds in force.
    """
    skew = skew_25d(chain)
    slot = (chain.minutes_ist // BAR_MINUTES).astype(np.intp)
    score = chain.history.skew_score(skew, slot, int(params.sessions))
    turn = slope(chain, skew, params.slope_minutes)
    return Surface(
        long=(score >= params.enter) & (turn < 0.0),
        short=(score <= -params.enter) & (turn > 0.0),
        confidence=confidence(score, params.enter, params.full),
        no_history=unjudged(skew, score),
    )


STRATEGY = Strategy(
    strategy_id="skew_shift",
    version="1.0.0",
    family="volatility",
    description="Score of the 25-delta skew against the same five minutes of 20 sessions: buy CE at +2 or more and "
    "falling, buy PE at -2 or less and rising.",
    parameters=SkewShiftParameters(),
    exit_plan=ExitPlan(stop_fraction=None, target_fraction=None, time_stop_minutes=45.0),
    window_ist=("10:00", "15:00"),
    evaluate=evaluate,
)
