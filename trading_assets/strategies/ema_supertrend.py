"""`ema_supertrend`: two trend measures agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from trading_assets.market.bars import Bars
from trading_assets.market.indicators import exponential, supertrend
from trading_assets.strategies.strategy import ExitPlan, Parameters, Strategy, Surface, confidence, parameter

if TYPE_CHECKING:
    from trading_assets.market.option_chain import OptionChain


@dataclass(frozen=True)
class EmaSupertrendParameters(Parameters):
    """Lengths of the trend measures."""

    fast: float = parameter(9.0, "bars", "Fast average.", low=1.0)
    slow: float = parameter(21.0, "bars", "Slow average.", low=2.0)
    atr_bars: float = parameter(10.0, "bars", "Average true range of the Supertrend.", low=1.0)
    multiple: float = parameter(3.0, "ranges", "Width of the Supertrend.")
    enter: float = parameter(0.0, "% of the close", "Distance of the averages at which confidence is 0.5.")
    full: float = parameter(0.20, "% of the close", "Distance at which confidence is 0.95.")


def evaluate(chain: OptionChain, params: EmaSupertrendParameters) -> Surface:
    """Fire long while the fast average is above the slow one and the Supertrend is up, short while both are down.

    Args:
        chain: The option chain of one session.
        params: Thresholds in force.
    """
    bars = Bars.of(chain)
    fast, slow = (exponential(bars.close, int(span)) for span in (params.fast, params.slow))
    apart = bars.on_snapshots(100.0 * (fast - slow) / bars.close)
    way, _ = supertrend(bars.high, bars.low, bars.close, int(params.atr_bars), params.multiple)
    trend = bars.on_snapshots(way)
    return Surface(
        long=(apart > params.enter) & (trend > 0.0),
        short=(apart < -params.enter) & (trend < 0.0),
        confidence=confidence(apart, params.enter, params.full),
        out_long=trend < 0.0,
        out_short=trend > 0.0,
    )


STRATEGY = Strategy(
    strategy_id="ema_supertrend",
    version="1.2.0",
    family="trend",
    description="EMA 9 above EMA 21 and Supertrend(10, 3) up on five-minute bars: buy CE; both down: buy PE. Out when "
    "the Supertrend flips.",
    parameters=EmaSupertrendParameters(),
    exit_plan=ExitPlan(stop_fraction=None, target_fraction=None, time_stop_minutes=None),
    window_ist=("09:45", "15:00"),
    evaluate=evaluate,
)
