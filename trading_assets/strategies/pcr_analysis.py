"""`pcr_analysis`: buys against an extreme put-call ratio once it turns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from trading_assets.market.asof import slope
from trading_assets.market.chain_features import pcr_oi
from trading_assets.strategies.strategy import ExitPlan, Parameters, Strategy, Surface, confidence, parameter

if TYPE_CHECKING:
    from trading_assets.market.option_chain import OptionChain


@dataclass(frozen=True)
class PcrParameters(Parameters):
    """Thresholds on the put-call ratio of open interest and its slope."""

    pcr_low: float = parameter(0.70, "", "At or below it the market is oversold.")
    pcr_high: float = parameter(1.40, "", "At or above it the market is overbought.")
    slope_minutes: float = parameter(30.0, "minutes", "Window of the slope.", low=1.0)
    enter: float = parameter(0.30, "|pcr - 1|", "Strength at which confidence is 0.5.")
    full: float = parameter(0.70, "|pcr - 1|", "Strength at which confidence is 0.95.")


def evaluate(chain: OptionChain, params: PcrParameters) -> Surface:
    """Fire long when the ratio is low and rising, short when it is high and falling.

    Args:
        chain: The option chain of one session.
        params: Thresholds in force.
    """
    pcr = pcr_oi(chain, int(params.strikes_each_side))
    trend = slope(chain, pcr, params.slope_minutes)
    return Surface(
        long=(pcr <= params.pcr_low) & (trend > 0.0),
        short=(pcr >= params.pcr_high) & (trend < 0.0),
        confidence=confidence(pcr - 1.0, params.enter, params.full),
    )


STRATEGY = Strategy(
    strategy_id="pcr_analysis",
    version="1.0.0",
    family="sentiment",
    description="Put-call ratio of open interest, nearest expiry, at the money ±10 strikes, and its 30-minute slope: "
    "buy CE at 0.70 or less and rising, buy PE at 1.40 or more and falling.",
    parameters=PcrParameters(),
    exit_plan=ExitPlan(stop_fraction=0.25, target_fraction=0.40, time_stop_minutes=45.0),
    window_ist=("09:30", "14:45"),
    evaluate=evaluate,
)
