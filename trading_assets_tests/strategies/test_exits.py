"""How each packaged strategy is left: the levels of its first signal, worked out by hand from its story."""

from __future__ import annotations

import pandas as pd
import pytest

from trading_assets.strategies.discovery import load_strategies
from trading_assets.strategies.signal_rows import Describer, signals_frame
from trading_assets.strategies.signals import chain_signals
from trading_assets_tests.market.chain_builder import at
from trading_assets_tests.strategies.made_chain import BASE
from trading_assets_tests.strategies.stories import STORIES

STRATEGIES = load_strategies()
COLUMNS = ("stop_fraction", "target_fraction", "time_stop_minutes", "stop_spot", "target_spot", "stop_vix")
NONE = None

#: Clock of the first signal and its exits in the order of `COLUMNS`, for the rising story and its mirror.
EXITS: dict[tuple[str, str], tuple[str, tuple[float | None, ...]]] = {
    # half the way back to the wall of pain at the base
    ("max_pain_reversion", "long"): ("12:23", (0.3, NONE, NONE, NONE, BASE - 100, NONE)),
    ("max_pain_reversion", "short"): ("12:23", (0.3, NONE, NONE, NONE, BASE + 100, NONE)),
    # by the rule alone: see `test_moving_exits`
    ("bollinger_squeeze", "long"): ("12:00", (NONE,) * 6),
    ("ema_supertrend", "long"): ("11:00", (NONE,) * 6),
    ("macd_momentum", "long"): ("13:15", (NONE,) * 6),
    ("oi_wall_breakout", "short"): ("10:48", (NONE,) * 6),
    ("straddle_expansion", "long"): ("11:00", (NONE, 0.25, NONE, NONE, NONE, NONE)),
    ("vix_spike_reversal", "long"): ("10:41", (NONE,) * 6),
    ("vwap_reversion", "long"): ("12:29", (NONE,) * 6),
    ("vwap_trend", "long"): ("11:56", (NONE,) * 6),
    # 0.10 % beyond walls at 24,800 and 25,200
    ("oi_wall_rejection", "long"): ("11:50", (NONE, NONE, NONE, 24_775.2, NONE, NONE)),
    ("oi_wall_rejection", "short"): ("11:50", (NONE, NONE, NONE, 25_225.2, NONE, NONE)),
    # the middle of a range that swings by 50·sin
    ("opening_range_breakout", "long"): ("10:40", (NONE, NONE, NONE, 24_999.96, NONE, NONE)),
    ("opening_range_breakout", "short"): ("10:40", (NONE, NONE, NONE, 24_999.96, NONE, NONE)),
    # the extreme of the gap
    ("gap_fade_or_go", "long"): ("10:03", (NONE, NONE, NONE, BASE - 220, NONE, NONE)),
    ("gap_fade_or_go", "short"): ("10:03", (NONE, NONE, NONE, BASE + 220, NONE, NONE)),
    # the swing's low and high
    ("rsi_reversal", "long"): ("11:30", (NONE, NONE, NONE, 24_821.5, NONE, NONE)),
    ("rsi_reversal", "short"): ("11:30", (NONE, NONE, NONE, 25_178.5, NONE, NONE)),
    # premium and time alone
    ("pcr_analysis", "long"): ("10:52", (0.25, 0.4, 45.0, NONE, NONE, NONE)),
    ("oi_change_patterns", "short"): ("09:45", (0.25, 0.4, 45.0, NONE, NONE, NONE)),
    ("gamma_flip", "short"): ("11:00", (NONE, NONE, 45.0, NONE, NONE, NONE)),
    ("skew_shift", "long"): ("11:08", (NONE, NONE, 45.0, NONE, NONE, NONE)),
    ("straddle_decay_short", "long"): ("10:00", (0.3, 0.4, NONE, NONE, NONE, NONE)),
    ("iv_rank_premium_sell", "long"): ("10:00", (2.0, 0.5, NONE, NONE, NONE, NONE)),
    ("low_iv_long_vol", "long"): ("10:55", (0.15, 0.2, NONE, NONE, NONE, NONE)),
}


def signals_of(strategy_id: str, side: str) -> pd.DataFrame:
    """Signals of a story in time order."""
    strategy = STRATEGIES[strategy_id]
    rows, _ = chain_signals(Describer(STORIES[strategy_id, side]), strategy, strategy.parameters)
    return signals_frame(rows).sort_values(["timestamp", "leg"], ignore_index=True)


@pytest.mark.parametrize(("strategy_id", "side"), sorted(EXITS))
def test_a_signal_names_the_levels_that_close_it(strategy_id: str, side: str) -> None:
    clock, exits = EXITS[strategy_id, side]
    first = signals_of(strategy_id, side).iloc[0]
    assert first["timestamp"] == at(clock)
    assert tuple(None if pd.isna(first[name]) else first[name] for name in COLUMNS) == exits


def test_every_leg_of_a_position_has_the_same_exits() -> None:
    legs = signals_of("straddle_decay_short", "long")
    assert legs["leg"].tolist() == [1, 2, 3, 4]
    assert legs["side"].tolist() == ["SELL", "SELL", "BUY", "BUY"]
    for name in COLUMNS:
        assert len(legs[name].drop_duplicates()) == 1


def test_every_strategy_that_has_a_level_is_among_the_facts() -> None:
    for (strategy_id, side), _ in sorted(STORIES.items()):
        first = signals_of(strategy_id, side).iloc[0]
        if first[["stop_spot", "target_spot", "stop_vix"]].notna().any():
            assert strategy_id in {name for name, _ in EXITS}
