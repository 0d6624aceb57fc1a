"""Planted leaks are caught and named with strategy, proof and snapshot; honest strategies are not accused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from trading_assets.regression.differing import differs
from trading_assets.regression.leaks import Leak, first_leaks, signal_leaks
from trading_assets.regression.verify import Case, lookahead, row_order, streaming, verify
from trading_assets.strategies.oi_change_patterns import STRATEGY as OI
from trading_assets.strategies.pcr_analysis import STRATEGY as PCR
from trading_assets.strategies.strategy import Parameters, Strategy, Surface
from trading_assets_tests.market.chain_builder import at, random_day, session
from trading_assets_tests.strategies.scripted import scripted

if TYPE_CHECKING:
    from collections.abc import Callable

    from trading_assets.market.option_chain import OptionChain

DAY = random_day(np.random.default_rng(8), snapshots=24, strikes=7, gap_minutes=5.0)
EAGER = {
    "pcr_analysis": {"pcr_low": 1.0, "pcr_high": 1.02, "strikes_each_side": 2},
    "oi_change_patterns": {"enter": 0.05, "min_turnover": 0.0},
}


def on(measure: Callable[[OptionChain], np.ndarray], name: str = "planted") -> Strategy[Parameters]:
    """A strategy whose confidence and sides follow a measure of the chain."""

    def evaluate(chain: OptionChain, params: Parameters) -> Surface:
        del params
        x = np.asarray(measure(chain), dtype=float)
        return Surface(x > 0.5, x < -0.5, np.clip(0.5 + np.abs(x) / 1e4, 0.0, 1.0))

    return replace(scripted(), strategy_id=name, evaluate=evaluate)


def case(strategy: Strategy[Parameters]) -> Case:
    return Case(DAY, session(), {strategy.strategy_id: strategy})


def shifted_by_one(chain: OptionChain) -> np.ndarray:
    return np.append(chain.spot[1:], chain.spot[-1]) - chain.spot


def whole_sample_z_score(chain: OptionChain) -> np.ndarray:
    return (chain.spot - chain.spot.mean()) / (chain.spot.std() + 1e-9)


def back_filled(chain: OptionChain) -> np.ndarray:
    known = pd.Series(np.where(np.arange(len(chain.spot)) % 3 == 2, chain.spot - 25000.0, np.nan))
    return known.bfill().fillna(0.0).to_numpy()


def high_of_the_day(chain: OptionChain) -> np.ndarray:
    return chain.spot - chain.spot.max() + 20.0


def strikes_of_the_day(chain: OptionChain) -> np.ndarray:
    # the leak is in the shape: how many snapshots there will be
    return np.full(len(chain.spot), len(chain.spot) / 10.0)


LEAKS = (shifted_by_one, whole_sample_z_score, back_filled, high_of_the_day, strikes_of_the_day)


def honest_running_high(chain: OptionChain) -> np.ndarray:
    return chain.spot - np.maximum.accumulate(chain.spot) + 20.0


@pytest.mark.parametrize("leak", LEAKS)
def test_a_planted_leak_is_caught_and_named(leak: Callable[[OptionChain], np.ndarray]) -> None:
    found = lookahead(case(on(leak)), 8, np.random.default_rng(1))
    assert "truncated_future" in {one.proof for one in found}
    assert {one.strategy_id for one in found} == {"planted"}
    assert {one.underlying for one in found} == {"NIFTY"}
    moments = set(DAY["observed_at"])
    assert all(one.at in moments for one in found)


@pytest.mark.parametrize("leak", LEAKS)
def test_a_planted_leak_shows_in_the_stream(leak: Callable[[OptionChain], np.ndarray]) -> None:
    assert "streaming" in {one.proof for one in streaming(case(on(leak)), 3)}


def test_noise_catches_what_truncation_cannot() -> None:
    """A leak through the one next snapshot that hides itself at the end of what it is given."""

    def hiding(chain: OptionChain) -> np.ndarray:
        ahead = np.append(chain.spot[1:], np.nan) - chain.spot
        return np.where(np.isnan(ahead), 0.0, np.round(np.nan_to_num(ahead)))

    found = lookahead(case(on(hiding)), 12, np.random.default_rng(1))
    assert "poisoned_future" in {one.proof for one in found}


def ending(leak: Callable[[OptionChain], np.ndarray], side: str) -> Strategy[Parameters]:
    """Fires honestly now and then; only its way out follows a measure of the chain, whose slightest change shows."""

    def evaluate(chain: OptionChain, params: Parameters) -> Surface:
        del params
        fires = np.arange(len(chain.spot)) % 6 == 0
        return Surface(fires, fires, np.full(len(fires), 0.7), **{f"out_{side}": np.floor(10.0 * leak(chain)) % 2 == 1})

    return replace(scripted(), strategy_id="planted", evaluate=evaluate)


@pytest.mark.parametrize("side", ["long", "short"])
@pytest.mark.parametrize("leak", LEAKS)
def test_a_leak_in_a_way_out_is_caught_and_named(leak: Callable[[OptionChain], np.ndarray], side: str) -> None:
    planted = case(ending(leak, side))
    for found in (lookahead(planted, 8, np.random.default_rng(1)), streaming(planted, 3)):
        told = {one.field for one in found}
        assert f"out_{side}" in told
        assert told <= {f"out_{side}", "signals"}
        assert {one.strategy_id for one in found} == {"planted"}


def test_an_honest_way_out_is_not_accused_though_its_future_is_not_known_yet() -> None:
    planted = case(ending(honest_running_high, "long"))
    assert verify(planted, 12, np.random.default_rng(3)) == []
    assert planted.signals(DAY)["exit_at"].notna().any()


def test_an_end_told_before_it_has_come_is_a_leak_of_the_stream() -> None:
    """Pacing and ids are blameless: only the stored end differs."""
    whole = case(ending(honest_running_high, "long")).signals(DAY)
    early = whole.assign(exit_at=whole["exit_at"] - pd.Timedelta(minutes=5))
    assert {one.field for one in signal_leaks("streaming", whole, early)} == {"signals"}
    assert signal_leaks("streaming", whole, whole.copy()) == []


def test_the_first_leaking_snapshot_is_named() -> None:
    def late(chain: OptionChain) -> np.ndarray:
        x = np.zeros(len(chain.spot))
        if len(x) > 20:
            x[5] = chain.spot[20] - 20_000.0
        return x

    found = lookahead(case(on(late)), 24, np.random.default_rng(1))
    moment = np.unique(DAY["observed_at"])[5]
    assert {one.at for one in found} == {pd.Timestamp(moment, tz="UTC") if pd.Timestamp(moment).tz is None else moment}
    assert {one.field for one in found} >= {"long", "confidence"}
    assert "knowing the whole session" in str(found[0])


@pytest.mark.parametrize("strategy", [on(honest_running_high), PCR, OI], ids=["running_high", "pcr", "oi"])
def test_honest_strategies_are_not_accused(strategy: Strategy[Parameters]) -> None:
    honest = Case(DAY, session(), {strategy.strategy_id: strategy}, EAGER)
    assert verify(honest, 6, np.random.default_rng(3)) == []
    assert len(honest.signals(DAY)) > 0


def test_packaged_strategies_are_the_default() -> None:
    names = [strategy.strategy_id for strategy, _ in Case(DAY, session()).running()]
    assert {"pcr_analysis", "oi_change_patterns"} <= set(names)
    assert names == sorted(names)


def test_a_strategy_that_depends_on_the_run_is_caught_by_the_row_order() -> None:
    calls: list[int] = []

    def counting(chain: OptionChain) -> np.ndarray:
        calls.append(1)
        return np.full(len(chain.spot), float(len(calls) % 2))

    found = row_order(case(on(counting)), np.random.default_rng(1))
    assert {one.proof for one in found} == {"row_order"}
    assert found[0].field == "signals"


def test_late_snapshots_do_not_leak_into_earlier_decisions() -> None:
    late = DAY.copy()
    moments = np.unique(late["observed_at"])
    held_back = late["observed_at"] == moments[10]
    late.loc[held_back, "available_at"] = late["observed_at"].max()
    assert verify(Case(late, session(), {"pcr_analysis": PCR}, EAGER), 8, np.random.default_rng(1)) == []


def test_the_noise_is_the_callers_and_repeats() -> None:
    planted = case(on(high_of_the_day))
    first, again = (lookahead(planted, 5, np.random.default_rng(9)) for _ in range(2))
    assert [str(one) for one in first] == [str(one) for one in again]


def test_one_leak_per_proof_strategy_and_field_the_earliest() -> None:
    early, later = (Leak("streaming", "a", "NIFTY", at(c), "long", "") for c in ("10:00", "10:05"))
    other = Leak("streaming", "b", "NIFTY", at("10:05"), "long", "")
    assert first_leaks([later, other, early]) == [early, other]


def test_missing_equals_missing_and_tiny_differences_are_none() -> None:
    batch = np.array([np.nan, 0.5, 0.5, np.nan])
    other = np.array([np.nan, 0.5 + 1e-12, 0.5001, 0.5])
    assert differs(batch, other).tolist() == [False, False, True, True]
    assert differs(np.array([True, False]), np.array([True, True])).tolist() == [False, True]


def test_a_day_with_one_snapshot_has_no_cuts() -> None:
    one = DAY[DAY["observed_at"] == DAY["observed_at"].min()]
    assert verify(Case(one, session(), {"pcr_analysis": PCR}), 5, np.random.default_rng(1)) == []
