"""`oi_wall_breakout`: a wall of open interest gives way while its writers cover."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.market.bars import Bars
from trading_assets.market.leg_sums import CALL, PUT
from trading_assets.market.trailing import last_where
from trading_assets.market.walls import wall_before
from trading_assets.strategies.strategy import ExitPlan, Parameters, Strategy, Surface, confidence, parameter

if TYPE_CHECKING:
    from trading_assets.market.option_chain import OptionChain


@dataclass(frozen=True)
class WallBreakoutParameters(Parameters):
    """Thresholds on how fast a wall is dismantled."""

    window_minutes: float = parameter(15.0, "minutes", "Window of the change, and age of the wall.", low=1.0)
    enter: float = parameter(5.0, "%", "Fall of open interest at the wall that fires, and at which confidence is 0.5.")
    full: float = parameter(20.0, "%", "Fall at which confidence is 0.95.")


def evaluate(chain: OptionChain, params: WallBreakoutParameters) -> Surface:
    """Fire long at a five-minute close above a call wall that shrinks, short at one below a put wall that does.

    The wall is that of the window's start: by definition no close lies beyond the wall of the same moment. Out at a
    close back inside the wall that gave way last, whatever the wall is by then.

    Args:
        chain: The option chain of one session.
        params: Thresholds in force.
    """
    close = Bars.of(chain).close_known()
    above, below = (wall_before(chain, side, params.window_minutes) for side in (CALL, PUT))
    long = (close > above.strike) & (above.change <= -params.enter)
    short = (close < below.strike) & (below.change <= -params.enter)
    return Surface(
        long,
        short,
        confidence=confidence(np.where(long, above.change, below.change), params.enter, params.full),
        out_long=close <= last_where(above.strike, long),
        out_short=close >= last_where(below.strike, short),
    )


STRATEGY = Strategy(
    strategy_id="oi_wall_breakout",
    version="1.2.0",
    family="oi flow",
    description="A five-minute close beyond the call (put) wall of 15 minutes ago whose open interest fell by 5 % or "
    "more since: buy CE (PE). Out at a five-minute close back inside the wall.",
    parameters=WallBreakoutParameters(),
    exit_plan=ExitPlan(stop_fraction=None, target_fraction=None, time_stop_minutes=None),
    window_ist=("09:45", "15:00"),
    evaluate=evaluate,
)
