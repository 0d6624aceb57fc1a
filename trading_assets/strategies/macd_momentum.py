"""`macd_momentum`: momentum gathers on the side it is already on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from trading_assets.market.bars import Bars, before
from trading_assets.market.indicators import macd
from trading_assets.strategies.strategy import ExitPlan, Parameters, Strategy, Surface, confidence, parameter

if TYPE_CHECKING:
    from trading_assets.market.option_chain import OptionChain


@dataclass(frozen=True)
class MacdParameters(Parameters):
    """Confidence of the cross."""

    min_line_pct: float = parameter(0.0, "% of the close", "The line must be further from 0.")
    enter: float = parameter(0.0, "% of the close", "Histogram at which confidence is 0.5.")
    full: float = parameter(0.02, "% of the close", "Histogram at which confidence is 0.95.")


def evaluate(chain: OptionChain, params: MacdParameters) -> Surface:
    """Fire long where the line crosses above its signal, the histogram rose twice and the line is above 0; short below.

    Args:
        chain: The option chain of one session.
        params: Thresholds in force.
    """
    bars = Bars.of(chain)
    line, _, histogram = (100.0 * values / bars.close for values in macd(bars.close))
    one, two = before(histogram), before(histogram, 2)
    up = (histogram > 0.0) & (one <= 0.0) & (one > two) & (line > params.min_line_pct)
    down = (histogram < 0.0) & (one >= 0.0) & (one < two) & (line < -params.min_line_pct)
    known = bars.on_snapshots(histogram)
    return Surface(
        long=bars.fired(up),
        short=bars.fired(down),
        confidence=confidence(known, params.enter, params.full),
        out_long=known < 0.0,
        out_short=known > 0.0,
    )


STRATEGY = Strategy(
    strategy_id="macd_momentum",
    version="1.1.0",
    family="trend",
    description="MACD crosses its signal with a histogram rising for two bars, on the same side of 0: buy CE above, "
    "PE below. Out when they cross back.",
    parameters=MacdParameters(),
    exit_plan=ExitPlan(stop_fraction=None, target_fraction=None, time_stop_minutes=None),
    window_ist=("09:45", "14:45"),
    evaluate=evaluate,
)
