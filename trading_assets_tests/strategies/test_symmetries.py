"""Laws that rules obey whatever the numbers: mirrored markets swap sides, units and other fields say nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_assets.market.history import SLOTS, SessionHistory
from trading_assets.strategies.evaluation import evaluated
from trading_assets_tests.strategies.desk import DESK
from trading_assets_tests.strategies.made_chain import BASE, MINUTES, STRIKES, made_chain, made_history
from trading_assets_tests.strategies.stories import STORIES

if TYPE_CHECKING:
    from trading_assets.market.option_chain import OptionChain
    from trading_assets.strategies.strategy import Surface

STRATEGIES = DESK
SEEDS = st.integers(0, 2**32 - 1)
#: Rules of the index alone that treat up and down alike, to the bit of a comparison with zero or of differences.
MIRRORED = ("ema_supertrend", "macd_momentum", "rsi_reversal")
#: Rules that look at open interest as shares of open interest.
SHARES = (
    "gamma_flip",
    "max_pain_reversion",
    "oi_change_patterns",
    "oi_wall_breakout",
    "oi_wall_rejection",
    "pcr_analysis",
)
#: What each rule looks at besides the index; a rule that is not named looks at the index alone.
LOOKS_AT = {
    "open_interest_lots": {*SHARES},
    "volume_units": {
        "bollinger_squeeze",
        "opening_range_breakout",
        "straddle_decay_short",
        "vwap_reversion",
        "vwap_trend",
    },
    "india_vix": {"iv_rank_premium_sell", "low_iv_long_vol", "straddle_decay_short", "vix_spike_reversal"},
    "implied_vol": {"gamma_flip", "iv_rank_premium_sell", "skew_shift"},
    "history": {
        "bollinger_squeeze",
        "gap_fade_or_go",
        "iv_rank_premium_sell",
        "low_iv_long_vol",
        "skew_shift",
        "straddle_decay_short",
    },
}


def said(strategy_id: str, chain: OptionChain) -> Surface:
    strategy = STRATEGIES[strategy_id]
    return evaluated(strategy, chain, strategy.parameters)


def walk(seed: int, step: float = 3.0) -> np.ndarray:
    """Moves of a random walk around a trend that pauses, points, shape (S,)."""
    rng = np.random.default_rng(seed)
    drift = rng.uniform(-0.8, 0.8) + 1.5 * np.sin(MINUTES / rng.uniform(12.0, 40.0) + rng.uniform(0.0, 6.0))
    return np.cumsum(rng.normal(0.0, step, len(MINUTES)) + drift)


@settings(max_examples=12)
@given(seed=SEEDS)
@pytest.mark.parametrize("strategy_id", MIRRORED)
def test_a_mirrored_index_swaps_the_sides(strategy_id: str, seed: int) -> None:
    moves = walk(seed)
    up, down = said(strategy_id, made_chain(BASE + moves)), said(strategy_id, made_chain(BASE - moves))
    settled = np.ones(len(MINUTES), dtype=bool)
    if strategy_id == "ema_supertrend":
        # the Supertrend starts up in either world; once both have turned they mirror each other
        settled = np.logical_or.accumulate(up.short) & np.logical_or.accumulate(down.short)
    assert up.long[settled].tolist() == down.short[settled].tolist()
    assert up.short[settled].tolist() == down.long[settled].tolist()


def test_random_walks_make_the_mirrored_rules_speak() -> None:
    walks = [made_chain(BASE + walk(seed)) for seed in range(40)]
    for strategy_id in MIRRORED:
        spoken = [said(strategy_id, chain) for chain in walks]
        assert sum(one.long.sum() for one in spoken) > 0, strategy_id
        assert sum(one.short.sum() for one in spoken) > 0, strategy_id


@settings(max_examples=6)
@given(seed=SEEDS, unit=st.sampled_from([0.25, 2.0, 64.0]))
@pytest.mark.parametrize("strategy_id", SHARES)
def test_the_unit_of_open_interest_does_not_matter(strategy_id: str, seed: int, unit: float) -> None:
    rng = np.random.default_rng(seed)
    shape = (len(MINUTES), len(STRIKES))
    calls, puts = (np.cumsum(rng.normal(0.0, 30.0, shape), axis=0) + rng.uniform(3e3, 9e3, shape[1]) for _ in "CP")
    calls, puts = np.maximum(np.round(calls), 0.0), np.maximum(np.round(puts), 0.0)
    spot = BASE + walk(seed)
    plain = said(strategy_id, made_chain(spot, call_oi=calls, put_oi=puts, days=1))
    scaled = said(strategy_id, made_chain(spot, call_oi=unit * calls, put_oi=unit * puts, days=1))
    assert scaled.long.tolist() == plain.long.tolist()
    assert scaled.short.tolist() == plain.short.tolist()
    np.testing.assert_allclose(scaled.confidence, plain.confidence, rtol=1e-12)


@pytest.mark.parametrize("field", sorted(LOOKS_AT))
@pytest.mark.parametrize("strategy_id", sorted(STRATEGIES))
def test_a_rule_looks_at_what_it_says_and_at_nothing_else(strategy_id: str, field: str) -> None:
    changed = False
    for (name, _), chain in STORIES.items():
        if name != strategy_id:
            continue
        if field == "history":
            nothing = np.full((3, SLOTS), np.nan)
            other = replace(chain, history=SessionHistory(nothing, nothing, nothing))
        else:
            other = replace(chain, **{field: np.full_like(getattr(chain, field), np.nan)})
        before, after = said(strategy_id, chain), said(strategy_id, other)
        changed |= before.long.tolist() != after.long.tolist() or before.short.tolist() != after.short.tolist()
    assert changed == (strategy_id in LOOKS_AT[field])


@pytest.mark.parametrize("strategy_id", sorted(STRATEGIES))
def test_a_rule_changes_nothing_it_is_given(strategy_id: str) -> None:
    for (name, _), chain in STORIES.items():
        if name == strategy_id:
            before = {key: np.array(value) for key, value in vars(chain).items() if isinstance(value, np.ndarray)}
            said(strategy_id, chain)
            for key, value in before.items():
                assert np.array_equal(getattr(chain, key), value, equal_nan=value.dtype.kind == "f"), key


@pytest.mark.parametrize("strategy_id", sorted(STRATEGIES))
def test_a_market_without_a_single_number_is_met_with_silence(strategy_id: str) -> None:
    plain = made_chain(history=made_history())
    nothing = {
        name: np.full_like(getattr(plain, name), np.nan)
        for name in ("spot", "india_vix", "forward", "bid", "ask", "last_price", "open_interest_lots", "implied_vol")
    }
    found = said(strategy_id, replace(plain, **nothing))
    assert not found.long.any()
    assert not found.short.any()


@settings(max_examples=10)
@given(seed=SEEDS, level=st.floats(8.0, 30.0))
def test_a_spike_of_the_volatility_index_is_a_share_of_its_level(seed: int, level: float) -> None:
    rng = np.random.default_rng(seed)
    shape = 1.0 + np.abs(np.cumsum(rng.normal(0.0, 0.006, len(MINUTES))))
    spot = BASE + walk(seed)
    one, other = (said("vix_spike_reversal", made_chain(spot, vix=scale * shape)) for scale in (level, 16.0))
    assert (one.long == other.long).mean() > 0.995  # a rise of exactly 8 % may round to either side
