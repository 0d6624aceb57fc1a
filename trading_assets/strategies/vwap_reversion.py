"""`vwap_reversion`: an index stretched far from its volume-weighted mean comes back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.market.bars import Bars
from trading_assets.market.indicators import rsi
from trading_assets.market.traded_volume import vwap_distance_pct
from trading_assets.market.trailing import deviation, trailing
from trading_assets.strategies.strategy import (
    VWAP_STAND_IN,
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
class VwapReversionParameters(Parameters):
    """Thresholds on the stretch."""

    enter: float = parameter(2.2, "deviations", "Distance that fires, and at which confidence is 0.5.")
    full: float = parameter(4.0, "deviations", "Distance at which confidence is 0.95.")
    stop_deviations: float = parameter(3.0, "deviations", "Distance that closes the position.")
    window_minutes: float = parameter(60.0, "minutes", "Window of the deviation of the distance.", low=2.0)
    rsi_stretch: float = parameter(25.0, "RSI points from 50", "RSI must be further from 50.", high=50.0)


def evaluate(chain: OptionChain, params: VwapReversionParameters) -> Surface:
    """Fire short far above the mean with a high RSI, long far below it with a low one.

    The weight is option volume, for the index has none and there is no futures feed.

    Args:
        chain: The option chain of one session.
        params: Thresholds in force.
    """
    bars, distance = Bars.of(chain), vwap_distance_pct(chain)
    spread = deviation(trailing(chain, distance, params.window_minutes))
    stretch = distance / np.where(spread > 0.0, spread, np.nan)
    strength = bars.on_snapshots(rsi(bars.close)) - 50.0
    return Surface(
        long=(stretch <= -params.enter) & (strength < -params.rsi_stretch),
        short=(stretch >= params.enter) & (strength > params.rsi_stretch),
        confidence=confidence(stretch, params.enter, params.full),
        out_long=(distance >= 0.0) | (stretch <= -params.stop_deviations),
        out_short=(distance <= 0.0) | (stretch >= params.stop_deviations),
    )


STRATEGY = Strategy(
    strategy_id="vwap_reversion",
    version="1.2.0",
    family="mean reversion",
    description="The index 2.2 deviations or more from its volume-weighted mean and RSI beyond 75 or 25: trade back "
    "to the mean, out 3 deviations from it, both as they are by then.",
    parameters=VwapReversionParameters(),
    exit_plan=ExitPlan(stop_fraction=None, target_fraction=None, time_stop_minutes=None),
    window_ist=("10:00", "14:30"),
    evaluate=evaluate,
    stand_ins=VWAP_STAND_IN,
)
