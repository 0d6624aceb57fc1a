"""The twenty strategies the desk defined: they are packaged for good, and others may stand beside them."""

from __future__ import annotations

from trading_assets.strategies.discovery import load_strategies

NAMES = [
    "bollinger_squeeze",
    "ema_supertrend",
    "gamma_flip",
    "gap_fade_or_go",
    "iv_rank_premium_sell",
    "low_iv_long_vol",
    "macd_momentum",
    "max_pain_reversion",
    "oi_change_patterns",
    "oi_wall_breakout",
    "oi_wall_rejection",
    "opening_range_breakout",
    "pcr_analysis",
    "rsi_reversal",
    "skew_shift",
    "straddle_decay_short",
    "straddle_expansion",
    "vix_spike_reversal",
    "vwap_reversion",
    "vwap_trend",
]
#: What the tests know of each strategy (its story, that it is silent in a still market) they know of these.
DESK = {name: strategy for name, strategy in load_strategies().items() if name in NAMES}
SIDES = [(name, side) for name, one in DESK.items() for side in ("long", "short") if getattr(one, f"{side}_legs")]
#: Of the desk's rules, those that ask for what a future would say.
ON_FUTURES = [
    "bollinger_squeeze",
    "oi_change_patterns",
    "opening_range_breakout",
    "straddle_decay_short",
    "vwap_reversion",
    "vwap_trend",
]
