"""`oi_wall_rejection`: the index turns back at a wall that is still being built."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.market.bars import Bars
from trading_assets.market.indicators import rsi
from trading_assets.market.leg_sums import CALL, PUT
from trading_assets.market.walls import wall_now
from trading_assets.strategies.levels import Levels
from trading_assets.strategies.strategy import ExitPlan, Parameters, Strategy, Surface, confidence, parameter

if TYPE_CHECKING:
    from trading_assets.market.option_chain import OptionChain


@dataclass(frozen=True)
class WallRejectionParameters(Parameters):
    """Thresholds on nearness, growth and stretch."""

    near_pct: float = parameter(0.15, "% of spot", "Distance to the wall that counts as near.")
    stop_pct: float = parameter(0.10, "% of the wall", "Distance beyond the wall that closes the position.")
    growth_pct: float = parameter(3.0, "%", "Growth of the wall's open interest that counts.")
    window_minutes: float = parameter(15.0, "minutes", "Window of the growth.", low=1.0)
    enter: float = parameter(
        15.0, "RSI points from 50", "Stretch that fires beyond it, and at which confidence is 0.5."
    )
    full: float = parameter(35.0, "RSI points from 50", "Stretch at which confidence is 0.95.")


def evaluate(chain: OptionChain, params: WallRejectionParameters) -> Surface:
    """Fire short at a growing call wall when the index is stretched up, long at a growing put wall when stretched down.

    Args:
        chain: The option chain of one session.
        params: Thresholds in force.
    """
    bars = Bars.of(chain)
    stretch = bars.on_snapshots(rsi(bars.close)) - 50.0
    near, stops = [], []
    for side, beyond in ((CALL, 1.0), (PUT, -1.0)):
        wall = wall_now(chain, side, params.window_minutes)
        distance = 100.0 * np.abs(wall.strike - chain.spot) / chain.spot
        near.append((distance <= params.near_pct) & (wall.change >= params.growth_pct))
        stops.append(wall.strike * (1.0 + beyond * params.stop_pct / 100.0))
    long = near[PUT] & (stretch < -params.enter)
    return Surface(
        long=long,
        short=near[CALL] & (stretch > params.enter),
        confidence=confidence(stretch, params.enter, params.full),
        levels=Levels(stop_spot=np.where(long, stops[PUT], stops[CALL])),
    )


STRATEGY = Strategy(
    strategy_id="oi_wall_rejection",
    version="1.1.0",
    family="mean reversion",
    description="Spot within 0.15 % of a wall whose open interest rose by 3 % or more in 15 minutes: buy PE at the "
    "call wall with RSI above 65, buy CE at the put wall with RSI below 35. Out 0.10 % beyond the wall.",
    parameters=WallRejectionParameters(),
    exit_plan=ExitPlan(stop_fraction=None, target_fraction=None, time_stop_minutes=None),
    window_ist=("10:00", "14:45"),
    evaluate=evaluate,
)
