"""`vwap_trend`: a trend is joined when it comes back to the volume-weighted mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.market.asof import slope
from trading_assets.market.bars import Bars, before
from trading_assets.market.traded_volume import vwap, vwap_distance_pct
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
class VwapTrendParameters(Parameters):
    """Thresholds on trend and pullback."""

    closes: float = parameter(3.0, "bars", "Closes in a row beyond the mean.", low=1.0)
    slope_minutes: float = parameter(15.0, "minutes", "Window of the mean's slope.", low=1.0)
    pullback_pct: float = parameter(0.05, "%", "Distance to the mean that counts as back.")
    enter: float = parameter(0.0, "% per hour", "Slope of the mean at which confidence is 0.5.")
    full: float = parameter(0.50, "% per hour", "Slope at which confidence is 0.95.")


def evaluate(chain: OptionChain, params: VwapTrendParameters) -> Surface:
    """Fire long when closes stood above a rising mean and the index came back to it, short the other way round.

    The weight is option volume, for the index has none and there is no futures feed.

    Args:
        chain: The option chain of one session.
        params: Thresholds in force.
    """
    mean, bars = vwap(chain), Bars.of(chain)
    over = bars.close - bars.at_ends(mean, chain)
    above, below = np.ones(len(over), dtype=bool), np.ones(len(over), dtype=bool)
    for back in range(int(params.closes)):
        earlier = before(over, back)
        above &= earlier > 0.0
        below &= earlier < 0.0
    trend = 6000.0 * slope(chain, mean, params.slope_minutes) / mean
    back_at_mean = np.abs(vwap_distance_pct(chain)) <= params.pullback_pct
    beyond = bars.on_snapshots(over)
    return Surface(
        long=(bars.on_snapshots(above) == 1.0) & (trend > params.enter) & back_at_mean,
        short=(bars.on_snapshots(below) == 1.0) & (trend < -params.enter) & back_at_mean,
        confidence=confidence(trend, params.enter, params.full),
        out_long=beyond < 0.0,
        out_short=beyond > 0.0,
    )


STRATEGY = Strategy(
    strategy_id="vwap_trend",
    version="1.2.0",
    family="trend",
    description="Three five-minute closes above (below) the volume-weighted mean, its slope of the same sign, and the "
    "index back within 0.05 % of it: buy CE (PE). Out at a five-minute close beyond the mean by then.",
    parameters=VwapTrendParameters(),
    exit_plan=ExitPlan(stop_fraction=None, target_fraction=None, time_stop_minutes=None),
    window_ist=("10:00", "14:45"),
    evaluate=evaluate,
    stand_ins=VWAP_STAND_IN,
)
