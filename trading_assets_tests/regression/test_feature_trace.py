"""A leak is traced to the function that first saw the future: the inner one, not the rule that used it."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from trading_assets.market.asof import slope
from trading_assets.market.chain_features import pcr_oi, straddle
from trading_assets.market.option_chain import OptionChain
from trading_assets.regression.feature_trace import leaking_feature, traced
from trading_assets.regression.verify import Case, lookahead, streaming
from trading_assets.strategies.discovery import load_strategies
from trading_assets.strategies.strategy import Parameters, Strategy, Surface
from trading_assets_tests.market.chain_builder import random_day, session
from trading_assets_tests.strategies.scripted import scripted

if TYPE_CHECKING:
    from collections.abc import Callable

DAY = random_day(np.random.default_rng(8), snapshots=24, strikes=5, gap_minutes=5.0)
CHAIN = OptionChain.from_frame(DAY, session())
KNOWN = 10
#: The same morning without its afternoon, which is how a leak shows.
MORNING = CHAIN.select(slice(0, KNOWN))


def high_of_the_day(chain: OptionChain) -> np.ndarray:
    return np.full(len(chain.spot), chain.spot.max())


def high_so_far(chain: OptionChain) -> np.ndarray:
    return np.maximum.accumulate(chain.spot)


def back_filled(chain: OptionChain) -> np.ndarray:
    return pd.Series(np.where(np.arange(len(chain.spot)) % 3 == 2, chain.spot, np.nan)).bfill().fillna(0.0).to_numpy()


def shifted_by_one(chain: OptionChain) -> np.ndarray:
    return np.append(chain.spot[1:], chain.spot[-1])


def whole_sample_z_score(chain: OptionChain) -> np.ndarray:
    return (chain.spot - chain.spot.mean()) / chain.spot.std()


def distance(levels: np.ndarray, chain: OptionChain) -> np.ndarray:
    """An honest function that is handed a leak."""
    return levels - chain.spot


PLANTED = (shifted_by_one, whole_sample_z_score, back_filled, high_of_the_day)


def with_rule(rule: Callable[[OptionChain], np.ndarray]) -> Strategy[Parameters]:
    def evaluate(chain: OptionChain, params: Parameters) -> Surface:
        del params
        x = rule(chain)
        return Surface(x > 1.0, x < -1.0, np.clip(0.5 + np.abs(x) / 1e4, 0.0, 1.0))

    return replace(scripted(), strategy_id="planted", evaluate=evaluate)


def blamed(rule: Callable[[OptionChain], np.ndarray]) -> str:
    return leaking_feature(with_rule(rule), Parameters(), (CHAIN, MORNING), KNOWN)


@pytest.mark.parametrize("leak", PLANTED)
def test_the_leaking_function_is_named(leak: Callable[[OptionChain], np.ndarray]) -> None:
    assert blamed(lambda chain: leak(chain) - chain.spot) == leak.__name__


def test_the_inner_function_is_named_before_those_that_use_it() -> None:
    assert blamed(lambda chain: distance(high_of_the_day(chain), chain)) == "high_of_the_day"
    assert blamed(lambda chain: distance(high_so_far(chain), chain) + high_of_the_day(chain)) == "high_of_the_day"


def test_a_leak_within_the_rule_itself_is_the_rule_s() -> None:
    def rule(chain: OptionChain) -> Surface:
        x = chain.spot - chain.spot[::-1].max()
        return Surface(x > 1.0, x < -1.0, np.full(len(x), 0.5))

    strategy = replace(scripted(), evaluate=lambda chain, _: rule(chain))
    assert leaking_feature(strategy, Parameters(), (CHAIN, MORNING), KNOWN) == "evaluate"


def test_honest_functions_are_never_blamed() -> None:
    assert blamed(lambda chain: distance(high_so_far(chain), chain)) == "evaluate", "no function differs"


def test_functions_of_the_market_are_seen_with_their_values() -> None:
    def rule(chain: OptionChain) -> np.ndarray:
        return slope(chain, pcr_oi(chain), 30.0) + straddle(chain)

    seen = traced(with_rule(rule), Parameters(), CHAIN)
    names = [name for name, _ in seen]
    assert {"pcr_oi", "slope", "straddle", "mid"} <= set(names)
    assert names.index("pcr_oi") < names.index("slope"), "in the order they return"
    np.testing.assert_array_equal(seen["pcr_oi", 1], pcr_oi(CHAIN))


def test_calls_of_one_function_are_counted_apart() -> None:
    def rule(chain: OptionChain) -> np.ndarray:
        return pcr_oi(chain, 1) - pcr_oi(chain, 2)

    seen = traced(with_rule(rule), Parameters(), CHAIN)
    np.testing.assert_array_equal(seen["pcr_oi", 1], pcr_oi(CHAIN, 1))
    np.testing.assert_array_equal(seen["pcr_oi", 2], pcr_oi(CHAIN, 2))


def test_what_is_cached_on_the_chain_is_seen_again() -> None:
    chain = CHAIN.select(slice(None))
    assert chain.mid.shape == chain.bid.shape, "computed before the trace"
    assert ("mid", 1) in traced(with_rule(straddle), Parameters(), chain)


def test_only_arrays_with_an_entry_per_snapshot_are_kept() -> None:
    seen = traced(with_rule(pcr_oi), Parameters(), CHAIN)
    assert all(len(values) == len(CHAIN.observed_at) for values in seen.values())
    assert all(values.dtype.kind in "bf" for values in seen.values())


def test_the_profiler_in_force_is_put_back_also_after_a_failure() -> None:
    def own(*_: object) -> None:
        """A profiler of somebody else."""

    def broken(chain: OptionChain) -> np.ndarray:
        raise ValueError(len(chain.spot))

    before = sys.getprofile()
    sys.setprofile(own)
    try:
        traced(with_rule(straddle), Parameters(), CHAIN)
        assert sys.getprofile() is own
        with pytest.raises(Exception, match="24"):
            traced(with_rule(broken), Parameters(), CHAIN)
        assert sys.getprofile() is own
    finally:
        sys.setprofile(before)


@pytest.mark.parametrize("leak", PLANTED)
def test_proofs_name_strategy_feature_and_snapshot(leak: Callable[[OptionChain], np.ndarray]) -> None:
    case = Case(DAY, session(), {"planted": with_rule(lambda chain: leak(chain) - chain.spot)})
    moments = set(DAY["observed_at"])
    for found in (lookahead(case, 4, np.random.default_rng(1)), streaming(case, 2)):
        surfaces = [one for one in found if one.field != "signals"]
        assert surfaces
        assert {(one.strategy_id, one.feature) for one in surfaces} == {("planted", leak.__name__)}
        assert all(one.at in moments for one in surfaces)
        assert str(surfaces[0]).endswith(f", first seen in {leak.__name__}")


def test_a_leak_names_no_snapshot_later_than_the_first() -> None:
    """The first snapshot that a leak changes is the earliest at which the day's high is not yet known."""
    case = Case(DAY, session(), {"planted": with_rule(lambda chain: high_of_the_day(chain) - chain.spot)})
    found = [one for one in streaming(case, 1) if one.field == "confidence"]
    assert found[0].at == DAY["observed_at"].min()


def test_packaged_rules_lean_on_functions_that_can_be_named() -> None:
    strategies = load_strategies()
    for name in ("pcr_analysis", "vwap_trend", "gamma_flip", "ema_supertrend"):
        strategy = strategies[name]
        assert traced(strategy, strategy.parameters, CHAIN), name
