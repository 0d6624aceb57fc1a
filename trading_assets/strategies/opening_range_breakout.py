"""`opening_range_breakout`: the index leaves the range of its first half hour on volume."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.market.bars import Bars, busy, opening_range
from trading_assets.market.traded_volume import bar_volume
from trading_assets.strategies.levels import Levels
from trading_assets.strategies.strategy import (
    VOLUME_STAND_IN,
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
class OpeningRangeParameters(Parameters):
    """Thresholds on range, break and volume."""

    range_minutes: float = parameter(30.0, "minutes", "Length of the opening range.", low=5.0)
    min_range_pct: float = parameter(0.25, "%", "A narrower range says nothing.")
    max_range_pct: float = parameter(1.2, "%", "A wider range leaves no room.")
    volume_multiple: float = parameter(1.5, "medians", "Volume of the breaking bar.")
    enter: float = parameter(0.05, "ranges", "Break that fires, and at which confidence is 0.5.")
    full: float = parameter(0.50, "ranges", "Break at which confidence is 0.95.")


def evaluate(chain: OptionChain, params: OpeningRangeParameters) -> Surface:
    """Fire long at a busy five-minute close above the opening range, short below it.

    The range and the volume are stand-ins, see `STRATEGY`: no feed records futures.

    Args:
        chain: The option chain of one session.
        params: Thresholds in force.
    """
    bars = Bars.of(chain)
    high, low = opening_range(chain, params.range_minutes)
    width = high - low
    usable = (100.0 * width / low >= params.min_range_pct) & (100.0 * width / low <= params.max_range_pct)
    lively = bars.on_snapshots(busy(bar_volume(chain, bars), params.volume_multiple)) == 1.0
    close = bars.close_known()
    size = np.where(close > high, close - high, np.where(close < low, low - close, 0.0)) / width
    broken = usable & lively & (size >= params.enter)
    return Surface(
        long=broken & (close > high),
        short=broken & (close < low),
        confidence=confidence(size, params.enter, params.full),
        levels=Levels(stop_spot=(high + low) / 2.0),
    )


STRATEGY = Strategy(
    strategy_id="opening_range_breakout",
    version="1.1.0",
    family="trend",
    description="Five-minute close outside the range of the first 30 minutes by 0.05 ranges or more, range 0.25 to "
    "1.2 % wide, option volume 1.5 times the median: buy CE above, PE below. Out in the other half of the range.",
    parameters=OpeningRangeParameters(),
    exit_plan=ExitPlan(stop_fraction=None, target_fraction=None, time_stop_minutes=None),
    window_ist=("09:45", "13:00"),
    evaluate=evaluate,
    stand_ins={"range of the future": "range of the index", **VOLUME_STAND_IN},
)
