"""`oi_change_patterns`: follows the writers of options when the forward agrees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from trading_assets.market.option_flow import forward_change, writer_flow
from trading_assets.strategies.strategy import ExitPlan, Parameters, Strategy, Surface, confidence, parameter

if TYPE_CHECKING:
    from trading_assets.market.option_chain import OptionChain


@dataclass(frozen=True)
class OiChangeParameters(Parameters):
    """Thresholds on what writers did over the window."""

    strikes_each_side: float = parameter(5.0, "strikes", "Strikes each side of the money that count.", low=1.0)
    window_minutes: float = parameter(15.0, "minutes", "Window of the change.", low=1.0)
    min_turnover: float = parameter(0.01, "of open interest", "Sum of |OI change| below it is noise.", high=1.0)
    min_forward_move: float = parameter(0.0, "index points", "A forward that moved no more than this is flat.")
    enter: float = parameter(0.35, "|flow|", "Flow that fires, and at which confidence is 0.5.", high=1.0)
    full: float = parameter(0.80, "|flow|", "Flow at which confidence is 0.95.", high=1.0)


def evaluate(chain: OptionChain, params: OiChangeParameters) -> Surface:
    """Fire long when puts are written and the forward rose, short when calls are written and it fell.

    The rule asks for the future's buildup. Without a futures feed the forward's direction decides: up is long
    buildup or short covering, down is short buildup or long unwinding.

    Args:
        chain: The option chain of one session.
        params: Thresholds in force.
    """
    writers = writer_flow(chain, params.window_minutes, int(params.strikes_each_side))
    moved = forward_change(chain, params.window_minutes)
    active = writers.turnover >= params.min_turnover
    return Surface(
        long=active & (writers.flow >= params.enter) & (moved > params.min_forward_move),
        short=active & (writers.flow <= -params.enter) & (moved < -params.min_forward_move),
        confidence=confidence(writers.flow, params.enter, params.full),
    )


STRATEGY = Strategy(
    strategy_id="oi_change_patterns",
    version="1.0.0",
    family="oi flow",
    description="Open interest written over 15 minutes, at the money ±5 strikes, puts against calls: buy CE at +0.35 "
    "or more with a rising forward, buy PE at -0.35 or less with a falling one; at least 1 % of it must have moved.",
    parameters=OiChangeParameters(),
    exit_plan=ExitPlan(stop_fraction=0.25, target_fraction=0.40, time_stop_minutes=45.0),
    window_ist=("09:45", "15:00"),
    evaluate=evaluate,
    stand_ins={
        "open-interest buildup of the future": "direction of the parity forward of the traded expiry: up is long "
        "buildup or short covering, down is short buildup or long unwinding",
    },
)
