"""`bollinger_squeeze`: a band that was narrow is left on volume."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.market.bars import Bars, before, busy, quantile
from trading_assets.market.indicators import bollinger_bands
from trading_assets.market.traded_volume import bar_volume
from trading_assets.strategies.strategy import (
    VOLUME_STAND_IN,
    ExitPlan,
    Parameters,
    Strategy,
    Surface,
    confidence,
    parameter,
    unjudged,
)

if TYPE_CHECKING:
    from trading_assets.market.option_chain import OptionChain


@dataclass(frozen=True)
class SqueezeParameters(Parameters):
    """Thresholds on the squeeze and its end."""

    look_back: float = parameter(120.0, "bars", "Widths the squeeze is judged against.", low=20.0)
    lowest_pct: float = parameter(
        10.0, "%", "The width before the break is among this share of the narrowest.", high=100.0
    )
    volume_multiple: float = parameter(1.5, "medians", "Volume of the breaking bar.")
    enter: float = parameter(0.0, "half bands", "Close beyond the band, in halves of it, at which confidence is 0.5.")
    full: float = parameter(0.50, "half bands", "Close beyond the band at which confidence is 0.95.")


def evaluate(chain: OptionChain, params: SqueezeParameters) -> Surface:
    """Fire long at a busy close above a band that was narrow before, short below it.

    120 bars reach beyond a session: the closes before come from the chain's history; without them nothing fires.

    Args:
        chain: The option chain of one session.
        params: Thresholds in force.
    """
    bars, count = Bars.of(chain), int(params.look_back)
    earlier = chain.history.closes_before(count + 20)
    today = slice(len(earlier), None)
    middle, half = bollinger_bands(np.concatenate([earlier, bars.close]))
    width = 200.0 * half / middle
    narrow = before(quantile(width, count, params.lowest_pct))
    squeezed = (before(width) <= narrow)[today]
    lively = squeezed & busy(bar_volume(chain, bars), params.volume_multiple)
    mid_band = bars.on_snapshots(middle[today])
    beyond = (bars.close - middle[today]) / np.where(half > 0.0, half, np.nan)[today]
    return Surface(
        long=bars.fired(lively & (beyond > 1.0)),
        short=bars.fired(lively & (beyond < -1.0)),
        confidence=confidence(bars.on_snapshots(np.abs(beyond) - 1.0), params.enter, params.full),
        no_history=unjudged(bars.close_known(), bars.on_snapshots(narrow[today])),
        out_long=chain.spot <= mid_band,
        out_short=chain.spot >= mid_band,
    )


STRATEGY = Strategy(
    strategy_id="bollinger_squeeze",
    version="1.1.0",
    family="breakout",
    description="Bollinger width in the lowest 10 % of the last 120 bars, then a close outside the band with option "
    "volume 1.5 times the median: buy CE above, PE below. Out at the middle of the band by then.",
    parameters=SqueezeParameters(),
    exit_plan=ExitPlan(stop_fraction=None, target_fraction=None, time_stop_minutes=None),
    window_ist=("09:45", "14:30"),
    evaluate=evaluate,
    stand_ins=VOLUME_STAND_IN,
)
