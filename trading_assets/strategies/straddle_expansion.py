"""`straddle_expansion`: options get dearer before the index has moved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.market.asof import at_start, window_start
from trading_assets.market.chain_features import straddle
from trading_assets.market.trailing import median, trailing
from trading_assets.strategies.strategy import (
    BUY_STRADDLE,
    ExitPlan,
    Parameters,
    Strategy,
    Surface,
    confidence,
    parameter,
)

if TYPE_CHECKING:
    from trading_assets.market.option_chain import OptionChain


@dataclass(frozen=True)
class StraddleExpansionParameters(Parameters):
    """Thresholds on the straddle against its recent median."""

    window_minutes: float = parameter(30.0, "minutes", "Window of the median and of the move.", low=1.0)
    max_move_pct: float = parameter(0.20, "%", "The index must have moved less.")
    enter: float = parameter(1.15, "medians", "Straddle that fires, and at which confidence is 0.5.")
    full: float = parameter(1.45, "medians", "Straddle at which confidence is 0.95.")


def evaluate(chain: OptionChain, params: StraddleExpansionParameters) -> Surface:
    """Fire long, buying the straddle, when it is dear against its own last half hour while the index stood still.

    Args:
        chain: The option chain of one session.
        params: Thresholds in force.
    """
    price = straddle(chain)
    usual = median(trailing(chain, price, params.window_minutes))
    ratio = price / usual
    move = 100.0 * (chain.spot / at_start(chain.spot, window_start(chain, params.window_minutes)) - 1.0)
    long = (ratio >= params.enter) & (np.abs(move) < params.max_move_pct)
    return Surface(
        long,
        short=np.zeros_like(long),
        confidence=confidence(ratio, params.enter, params.full),
        out_long=price < usual,
    )


STRATEGY = Strategy(
    strategy_id="straddle_expansion",
    version="1.2.0",
    family="volatility",
    description="At-the-money straddle at 1.15 times its 30-minute median or more while the index moved less than "
    "0.20 %: buy the straddle. Out below its 30-minute median by then, or 25 % up.",
    parameters=StraddleExpansionParameters(),
    exit_plan=ExitPlan(stop_fraction=None, target_fraction=0.25, time_stop_minutes=None),
    window_ist=("09:45", "13:30"),
    evaluate=evaluate,
    long_legs=BUY_STRADDLE,
    short_legs=(),
)
