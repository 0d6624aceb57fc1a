"""Every packaged strategy fires in every direction it defines on a chain made for it, and not beside its story."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from trading_assets.market.history import NO_HISTORY
from trading_assets.strategies.entries import entries
from trading_assets.strategies.evaluation import evaluated
from trading_assets_tests.strategies.desk import DESK, SIDES
from trading_assets_tests.strategies.made_chain import BASE, made_chain, made_history
from trading_assets_tests.strategies.stories import STORIES, gamma, gapped

if TYPE_CHECKING:
    from trading_assets.market.option_chain import OptionChain

STRATEGIES = DESK
#: Strategies that say nothing without earlier sessions.
NEED_HISTORY = (
    "bollinger_squeeze",
    "gap_fade_or_go",
    "iv_rank_premium_sell",
    "low_iv_long_vol",
    "skew_shift",
    "straddle_decay_short",
)


def fires(strategy_id: str, chain: OptionChain) -> dict[str, np.ndarray]:
    """Snapshots inside the window at which each side fires."""
    strategy = STRATEGIES[strategy_id]
    said = evaluated(strategy, chain, strategy.parameters)
    allowed = strategy.in_window(chain.minutes_ist)
    return {"long": np.flatnonzero(said.long & allowed), "short": np.flatnonzero(said.short & allowed)}


def test_every_strategy_has_a_story_for_every_direction() -> None:
    assert set(STORIES) == set(SIDES)


@pytest.mark.parametrize(("strategy_id", "side"), sorted(STORIES))
def test_it_fires_where_its_story_says(strategy_id: str, side: str) -> None:
    found = fires(strategy_id, STORIES[strategy_id, side])
    assert len(found[side]) > 0
    other = "short" if side == "long" else "long"
    if strategy_id not in {"ema_supertrend", "macd_momentum", "vwap_trend", "rsi_reversal", "gap_fade_or_go"}:
        assert len(found[other]) == 0
    strategy, chain = STRATEGIES[strategy_id], STORIES[strategy_id, side]
    for leg in getattr(strategy, f"{side}_legs"):
        assert (entries(chain, leg, found[side], strategy.parameters).refused == "").all(), leg


@pytest.mark.parametrize("strategy_id", sorted(STRATEGIES))
def test_it_says_nothing_on_a_market_that_stands_still(strategy_id: str) -> None:
    quiet = fires(strategy_id, made_chain(call_oi=2000.0, put_oi=2000.0, history=made_history()))
    assert len(quiet["long"]) == len(quiet["short"]) == 0


@pytest.mark.parametrize("strategy_id", NEED_HISTORY)
def test_without_earlier_sessions_it_stays_silent(strategy_id: str) -> None:
    strategy = STRATEGIES[strategy_id]
    for (name, _), chain in STORIES.items():
        alone = evaluated(strategy, replace(chain, history=NO_HISTORY), strategy.parameters)
        assert not (alone.long | alone.short).any()
        if name == strategy_id:
            assert alone.no_history is not None
            assert alone.no_history[strategy.in_window(chain.minutes_ist)].mean() > 0.5


@pytest.mark.parametrize("strategy_id", sorted(STRATEGIES))
def test_it_says_the_same_on_every_prefix_and_nothing_on_an_empty_chain(strategy_id: str) -> None:
    strategy = STRATEGIES[strategy_id]
    for (name, _), chain in STORIES.items():
        if name == strategy_id:
            whole = evaluated(strategy, chain, strategy.parameters)
            for count in (0, 1, 40, 105, 200, 287):
                part = evaluated(strategy, chain.select(slice(0, count)), strategy.parameters)
                assert part.long.tolist() == whole.long[:count].tolist()
                assert part.short.tolist() == whole.short[:count].tolist()
                np.testing.assert_allclose(part.confidence, whole.confidence[:count], rtol=0, atol=1e-9)


def test_gamma_that_turns_positive_fades_a_large_move_of_the_day() -> None:
    assert len(fires("gamma_flip", gamma("positive", up=True))["short"]) == 1
    assert len(fires("gamma_flip", gamma("positive", up=False))["long"]) == 1


def test_a_gap_that_grows_is_followed() -> None:
    assert len(fires("gap_fade_or_go", gapped(200.0, 300.0))["long"]) > 0
    assert len(fires("gap_fade_or_go", gapped(-200.0, -300.0))["short"]) > 0


def test_sold_premium_is_never_unhedged() -> None:
    for strategy in STRATEGIES.values():
        for legs in (strategy.long_legs, strategy.short_legs):
            for option_type in ("CE", "PE"):
                sides = [leg.side for leg in legs if leg.option_type == option_type]
                assert sides.count("SELL") <= sides.count("BUY")


def test_wings_are_two_percent_away_and_long_volatility_buys_the_next_expiry() -> None:
    chain, strategy = made_chain(), STRATEGIES["straddle_decay_short"]
    now = np.array([100])
    strikes = [chain.strikes[entries(chain, leg, now, strategy.parameters).strike[0]] for leg in strategy.long_legs]
    assert strikes == [BASE, BASE, BASE * 1.02, BASE * 0.98]
    later = STRATEGIES["low_iv_long_vol"]
    assert {int(entries(chain, leg, now, later.parameters).expiry[0]) for leg in later.long_legs} == {1}
