"""`gamma_flip`: the dealers' gamma changes sign: moves feed on themselves, or die."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.market.asof import at_start, window_start
from trading_assets.market.chain_features import straddle
from trading_assets.market.surface_features import gex
from trading_assets.market.trailing import first_present
from trading_assets.strategies.strategy import ExitPlan, Parameters, Strategy, Surface, confidence, parameter

if TYPE_CHECKING:
    from trading_assets.market.option_chain import OptionChain


@dataclass(frozen=True)
class GammaFlipParameters(Parameters):
    """Thresholds on the move."""

    momentum_minutes: float = parameter(15.0, "minutes", "Window of the move that is followed.", low=1.0)
    enter: float = parameter(
        0.50, "straddles", "Move since the open that is faded beyond it, and at which confidence is 0.5."
    )
    full: float = parameter(1.50, "straddles", "Move at which confidence is 0.95.")


def evaluate(chain: OptionChain, params: GammaFlipParameters) -> Surface:
    """Fire with the last 15 minutes when gamma turns negative, against the day's large move when it turns positive.

    The sign of the gamma is an assumption about who holds what, see `surface_features.gex`.

    Args:
        chain: The option chain of one session.
        params: Thresholds in force.
    """
    gamma, near = gex(chain), chain.near()
    was = np.concatenate([[np.nan], gamma[:-1]]) if len(gamma) else gamma
    was = np.where(np.diff(near, prepend=-1) == 0, was, np.nan)  # another expiry's gamma is no change of sign
    to_negative, to_positive = (was > 0.0) & (gamma < 0.0), (was < 0.0) & (gamma > 0.0)
    move = chain.spot - at_start(chain.spot, window_start(chain, params.momentum_minutes))
    day = (chain.spot - first_present(chain.spot)) / straddle(chain)
    return Surface(
        long=(to_negative & (move > 0.0)) | (to_positive & (day < -params.enter)),
        short=(to_negative & (move < 0.0)) | (to_positive & (day > params.enter)),
        confidence=np.nan_to_num(confidence(day, params.enter, params.full), nan=0.5),
    )


STRATEGY = Strategy(
    strategy_id="gamma_flip",
    version="1.0.0",
    family="dealer flow",
    description="Gamma exposure turns negative: trade the direction of the last 15 minutes; it turns positive: fade a "
    "move of the day of more than half a straddle.",
    parameters=GammaFlipParameters(),
    exit_plan=ExitPlan(stop_fraction=None, target_fraction=None, time_stop_minutes=45.0),
    window_ist=("09:45", "15:00"),
    evaluate=evaluate,
)
