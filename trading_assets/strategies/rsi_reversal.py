"""`rsi_reversal`: an exhausted move turns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.market.bars import Bars, before, extreme
from trading_assets.market.indicators import rsi
from trading_assets.strategies.levels import Levels
from trading_assets.strategies.strategy import ExitPlan, Parameters, Strategy, Surface, confidence, parameter

if TYPE_CHECKING:
    from trading_assets.market.option_chain import OptionChain


@dataclass(frozen=True)
class RsiReversalParameters(Parameters):
    """Thresholds on RSI and swing."""

    oversold: float = parameter(30.0, "", "Crossed upwards it fires long.", high=100.0)
    overbought: float = parameter(70.0, "", "Crossed downwards it fires short.", high=100.0)
    recent_bars: float = parameter(3.0, "bars", "Bars of the newer low or high.", low=1.0)
    swing_bars: float = parameter(12.0, "bars", "Bars before them with the older one.", low=1.0)
    enter: float = parameter(0.0, "RSI points", "Size of the cross at which confidence is 0.5.")
    full: float = parameter(15.0, "RSI points", "Size at which confidence is 0.95.")


def evaluate(chain: OptionChain, params: RsiReversalParameters) -> Surface:
    """Fire long at the bar that crosses up through 30 above the swing's low, short at the one down through 70.

    Args:
        chain: The option chain of one session.
        params: Thresholds in force.
    """
    bars = Bars.of(chain)
    now = rsi(bars.close)
    was, recent, swing = before(now), int(params.recent_bars), int(params.swing_bars)
    low, high = extreme(bars.low, recent, np.min), extreme(bars.high, recent, np.max)
    higher_low = low > before(extreme(bars.low, swing, np.min), recent)
    lower_high = high < before(extreme(bars.high, swing, np.max), recent)
    long = bars.fired((was < params.oversold) & (now >= params.oversold) & higher_low)
    return Surface(
        long=long,
        short=bars.fired((was > params.overbought) & (now <= params.overbought) & lower_high),
        confidence=confidence(bars.on_snapshots(now - was), params.enter, params.full),
        levels=Levels(stop_spot=np.where(long, bars.on_snapshots(low), bars.on_snapshots(high))),
    )


STRATEGY = Strategy(
    strategy_id="rsi_reversal",
    version="1.1.0",
    family="mean reversion",
    description="RSI(14) on five-minute bars crosses up through 30 with a higher low of the index: buy CE; down "
    "through 70 with a lower high: buy PE. Out at that low (high).",
    parameters=RsiReversalParameters(),
    exit_plan=ExitPlan(stop_fraction=None, target_fraction=None, time_stop_minutes=None),
    window_ist=("09:45", "14:45"),
    evaluate=evaluate,
)
