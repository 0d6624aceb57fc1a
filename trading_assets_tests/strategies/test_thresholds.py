"""Where each rule begins and ends: a threshold just inside what its story shows lets it speak, just beyond silences it.

Most numbers follow from the story by hand and are written beside it.
"""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from trading_assets.errors import StrategyError
from trading_assets.strategies.evaluation import evaluated
from trading_assets.strategies.strategy import HIGHEST_CONFIDENCE, LOWEST_CONFIDENCE, Parameters
from trading_assets_tests.strategies.desk import DESK
from trading_assets_tests.strategies.stories import STORIES

STRATEGIES = DESK
COMMON = {each.name for each in fields(Parameters)}

#: Strategy, parameter, a value at which the long story is told, and the nearest one at which it is not.
EDGES = [
    ("bollinger_squeeze", "volume_multiple", 3.99, 4.01),  # 400 units a minute after 100
    ("bollinger_squeeze", "lowest_pct", 2.6, 2.4),
    ("ema_supertrend", "enter", 0.125, 0.127),
    ("ema_supertrend", "slow", 69.0, 71.0),  # 70 bars close before 15:05
    ("gamma_flip", "momentum_minutes", 104.9, 105.1),  # the sign changes at 11:00
    ("gap_fade_or_go", "enter", 0.799, 0.801),  # 200 points of 25,000
    ("gap_fade_or_go", "filled", 0.699, 0.701),  # 140 of 200 points
    ("iv_rank_premium_sell", "enter", 89.9, 90.1),  # 19 between 10 and 20
    ("iv_rank_premium_sell", "min_percentile", 89.9, 90.1),
    ("iv_rank_premium_sell", "max_slope", 0.0, None),
    ("low_iv_long_vol", "enter", 94.9, 95.1),  # four of 80 sessions closed below 10.5
    ("low_iv_long_vol", "sessions", 80.0, 81.0),  # there are 80
    ("macd_momentum", "min_line_pct", 0.114, 0.115),
    ("max_pain_reversion", "enter", 1.58, 1.59),
    ("max_pain_reversion", "max_sessions", 1.13, 1.11),
    ("oi_change_patterns", "min_turnover", 0.053, 0.054),
    ("oi_change_patterns", "min_forward_move", 12.0, 12.1),  # 300 points in 374 minutes, 15 of them
    ("oi_wall_breakout", "enter", 22.2, 22.3),  # 9,000 to 7,000
    ("oi_wall_breakout", "window_minutes", 4.1, 3.9),
    ("oi_wall_rejection", "near_pct", 0.041, 0.040),
    ("oi_wall_rejection", "growth_pct", 9.9, 10.1),  # 9,000 to 9,900
    ("oi_wall_rejection", "enter", 49.9, 50.1),  # an index that only falls has an RSI of 0
    ("opening_range_breakout", "min_range_pct", 0.400, 0.401),  # 50 points each way
    ("opening_range_breakout", "max_range_pct", 0.401, 0.400),
    ("opening_range_breakout", "volume_multiple", 3.0, 3.01),  # 300 after 100
    ("opening_range_breakout", "enter", 0.401, 0.403),
    ("pcr_analysis", "pcr_low", 0.547, 0.546),
    ("rsi_reversal", "oversold", 20.7, 20.6),
    ("rsi_reversal", "swing_bars", 4.0, 3.0),
    ("skew_shift", "enter", 18.7, 18.8),
    ("skew_shift", "sessions", 80.0, 81.0),
    ("straddle_decay_short", "enter", 88.7, 88.8),
    ("straddle_decay_short", "max_distance_pct", 0.001, 0.0),
    ("straddle_decay_short", "low_minutes", 284.0, 286.0),  # a session is 285 minutes old at 14:00
    ("straddle_expansion", "enter", 1.33, 1.34),  # volatility of 16 after 12
    ("straddle_expansion", "max_move_pct", 0.001, 0.0),
    ("vix_spike_reversal", "enter", 16.6, 16.7),  # 12 to 14
    ("vwap_reversion", "enter", 14.3, 14.4),
    ("vwap_reversion", "rsi_stretch", 46.1, 46.2),
    ("vwap_trend", "pullback_pct", 0.037, 0.036),
    ("vwap_trend", "enter", 0.095, 0.096),
]


def told(strategy_id: str, **overrides: float) -> int:
    """How often the long story is told inside the window."""
    strategy, chain = STRATEGIES[strategy_id], STORIES[strategy_id, "long"]
    said = evaluated(strategy, chain, strategy.parameters.with_overrides(overrides, strategy_id))
    return int((said.long & strategy.in_window(chain.minutes_ist)).sum())


@pytest.mark.parametrize(("strategy_id", "name", "inside", "beyond"), EDGES)
def test_a_threshold_is_where_its_story_says(strategy_id: str, name: str, inside: float, beyond: float | None) -> None:
    assert told(strategy_id, **{name: inside}) > 0
    if beyond is not None:
        assert told(strategy_id, **{name: beyond}) == 0


def test_every_strategy_has_an_edge() -> None:
    assert {strategy_id for strategy_id, *_ in EDGES} == set(STRATEGIES)


@pytest.mark.parametrize("strategy_id", sorted(STRATEGIES))
def test_confidence_grows_from_enter_to_full_and_says_nothing_about_when_it_fires(strategy_id: str) -> None:
    strategy = STRATEGIES[strategy_id]
    for side in ("long", "short"):
        if (strategy_id, side) not in STORIES:
            continue
        chain = STORIES[strategy_id, side]
        plain = evaluated(strategy, chain, strategy.parameters)
        fired = np.flatnonzero(getattr(plain, side))
        assert (plain.confidence[fired] >= LOWEST_CONFIDENCE).all()
        assert (plain.confidence[fired] <= HIGHEST_CONFIDENCE).all()
        high = dict.fromkeys(["full"], min(1e9, strategy.parameters.__dataclass_fields__["full"].metadata["high"]))
        timid = evaluated(strategy, chain, strategy.parameters.with_overrides(high, strategy_id))
        assert getattr(timid, side).tolist() == getattr(plain, side).tolist()
        assert (timid.confidence[fired] <= plain.confidence[fired] + 1e-12).all()


@pytest.mark.parametrize("strategy_id", sorted(STRATEGIES))
def test_every_parameter_is_described_and_bounded(strategy_id: str) -> None:
    strategy = STRATEGIES[strategy_id]
    own = [each for each in fields(strategy.parameters) if each.name not in COMMON]
    assert len(own) >= 2
    for each in own:
        meaning, low, high = (each.metadata[name] for name in ("meaning", "low", "high"))
        assert meaning.endswith(".")
        assert low <= getattr(strategy.parameters, each.name) <= high
        with pytest.raises(StrategyError, match=rf"strategies\.{strategy_id}\.{each.name} is .*; expected"):
            strategy.parameters.with_overrides({each.name: low - 1.0}, strategy_id)


@pytest.mark.parametrize("strategy_id", sorted(STRATEGIES))
def test_a_description_has_the_numbers_that_are_in_force(strategy_id: str) -> None:
    strategy = STRATEGIES[strategy_id]
    assert strategy.description.endswith(".")
    assert strategy.description.count(":") >= 1, "it says what it trades after a colon"
    first, last = strategy.window_ist
    assert "09:15" <= first < last <= "15:15"
