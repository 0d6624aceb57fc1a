"""Mutants: every parameter and comparison is changed once, and what no signal shows survives by name."""

from __future__ import annotations

import ast
from dataclasses import fields

import numpy as np
import pytest

from trading_assets.market.option_chain import OptionChain
from trading_assets.regression.mutation import MutationResult, altered_sources, mutants, mutate
from trading_assets.strategies.discovery import load_strategies, load_text
from trading_assets.strategies.signal_rows import Describer
from trading_assets.strategies.signals import chain_signals
from trading_assets_tests.market.chain_builder import random_day, session

SOURCE = '''"""A rule for tests."""

from dataclasses import dataclass

from trading_assets.market.chain_features import pcr_oi
from trading_assets.strategies.strategy import ExitPlan, Parameters, Strategy, Surface, confidence, parameter

LIMIT = 3 > 2


@dataclass(frozen=True)
class Numbers(Parameters):
    """Numbers."""

    low: float = parameter(1.05, "", "Long below it.")
    high: float = parameter(1.10, "", "Short above it.")
    full: float = parameter(0.20, "", "Where confidence is full.")
    idle: float = parameter(7.0, "", "Read by nobody.")
    zero: float = parameter(0.0, "", "Added to the ratio.", high=0.5)


def evaluate(chain, params):
    pcr = pcr_oi(chain) + params.zero
    return Surface(
        long=(pcr < params.low) & (pcr > 0.0),
        short=pcr >= params.high,
        confidence=confidence(pcr - 1.0, 0.0, params.full),
    )


STRATEGY = Strategy(
    strategy_id="rule",
    version="1.0.0",
    family="test",
    description="A rule.",
    parameters=Numbers(),
    exit_plan=ExitPlan(None, None, 5.0),
    window_ist=("09:15", "15:30"),
    cooldown_minutes=0.0,
    evaluate=evaluate,
)
'''
RULE = load_text("rule.py", SOURCE)
DAYS = [random_day(np.random.default_rng(seed), snapshots=30, strikes=5, gap_minutes=6.0) for seed in (4, 1)]
DESCRIBERS = [Describer(OptionChain.from_frame(day, session())) for day in DAYS]


def result(source: str = SOURCE, describers: list[Describer] | None = None) -> MutationResult:
    rule = load_text("rule.py", source)
    return mutate([(rule, rule.parameters)], {"rule": source}, DESCRIBERS if describers is None else describers)


def changes(source: str = SOURCE) -> list[str]:
    return [mutant.change for mutant in mutants(RULE, RULE.parameters, source)]


def test_the_rule_speaks_on_the_days() -> None:
    assert all(len(chain_signals(one, RULE, RULE.parameters)[0]) > 3 for one in DESCRIBERS)


def test_every_comparison_and_junction_of_a_function_is_altered_once() -> None:
    told = dict(altered_sources(SOURCE))
    assert sorted(told) == [
        "line 25: `(pcr < params.low) & (pcr > 0.0)` to `(pcr < params.low) | (pcr > 0.0)`",
        "line 25: `pcr < params.low` to `pcr >= params.low`",
        "line 25: `pcr > 0.0` to `pcr <= 0.0`",
        "line 26: `pcr >= params.high` to `pcr < params.high`",
    ]
    plain = ast.unparse(ast.parse(SOURCE))
    assert len({plain, *told.values()}) == 5, "each text is another one"


@pytest.mark.parametrize(
    ("was", "now"), [(">", "<="), (">=", "<"), ("<", ">="), ("<=", ">"), ("==", "!="), ("!=", "==")]
)
def test_a_comparison_becomes_its_opposite(was: str, now: str) -> None:
    [(change, text)] = altered_sources(f"def rule(a, b):\n    return a {was} b\n")
    assert change == f"line 2: `a {was} b` to `a {now} b`"
    assert text.endswith(f"return a {now} b")


def test_what_is_outside_functions_and_chains_of_comparisons_are_left_alone() -> None:
    assert list(altered_sources("LIMIT = 3 > 2\n")) == []
    assert list(altered_sources("def rule(a):\n    return 1 < a < 3\n")) == []
    assert list(altered_sources("def rule(a, b):\n    return a in b\n")) == []


def test_both_junctions_are_swapped() -> None:
    told = dict(altered_sources("def rule(a, b):\n    return (a | b) & a\n"))
    assert sorted(told) == ["line 2: `(a | b) & a` to `a | b | a`", "line 2: `a | b` to `a & b`"]


def test_parameters_that_are_read_are_moved_and_others_are_not() -> None:
    told = changes()
    assert any(change == "low 1.05 to 0.525 or 2.1 or 0 or 0.105 or 10.5 or 105" for change in told)
    assert {"high", "full", "zero"} <= {change.split(" ")[0] for change in told}
    assert {"max_spread", "min_open_interest"} <= {change.split(" ")[0] for change in told}, "read by the choice of leg"
    assert not {"idle", "strikes_each_side"} & {change.split(" ")[0] for change in told}


def test_values_stay_within_the_bounds_of_a_parameter() -> None:
    [zero] = [change for change in changes() if change.startswith("zero ")]
    assert zero == "zero 0 to 0.5 or 0.1", "high is 0.5, and nothing is told twice"
    for mutant in mutants(RULE, RULE.parameters, SOURCE):
        for _, params in mutant.variants:
            for each in fields(params):
                assert each.metadata["low"] <= getattr(params, each.name) <= each.metadata["high"]


def test_a_mutant_of_a_parameter_changes_nothing_else() -> None:
    for mutant in mutants(RULE, RULE.parameters, SOURCE):
        if not mutant.change.startswith("line "):
            name = mutant.change.split(" ")[0]
            for strategy, params in mutant.variants:
                assert strategy is RULE
                moved = {f.name for f in fields(params) if getattr(params, f.name) != getattr(RULE.parameters, f.name)}
                assert moved == {name}


def test_altered_rules_keep_the_parameters_in_force() -> None:
    params = RULE.parameters.with_overrides({"low": 0.9}, "rule")
    altered = [mutant for mutant in mutants(RULE, params, SOURCE) if mutant.change.startswith("line ")]
    assert {mutant.variants[0][1].canonical() for mutant in altered} == {params.canonical()}


def test_on_days_with_both_sides_every_mutant_is_killed() -> None:
    found = result()
    assert found.mutants == len(changes()) == 10
    assert found.survivors == ()
    assert found.killed_share == 1.0


def test_a_comparison_of_the_way_out_is_held_by_the_exits() -> None:
    ending = SOURCE.replace(
        "confidence=confidence(pcr - 1.0, 0.0, params.full),",
        "confidence=confidence(pcr - 1.0, 0.0, params.full),\n        out_long=pcr > 1.2,",
    )
    found = result(ending)
    assert found.mutants == len(changes(ending)) == len(changes()) + 1
    assert any("pcr > 1.2" in change for change in changes(ending))
    assert found.survivors == ()


def test_a_comparison_that_decides_nothing_survives() -> None:
    idle = SOURCE.replace("short=pcr >= params.high,", "short=(pcr >= params.high) & (pcr != 77.0),")
    assert "rule: line 26: `pcr != 77.0` to `pcr == 77.0`" not in result(idle).survivors, "its opposite silences it"
    dead = SOURCE.replace("short=pcr >= params.high,", "short=(pcr >= params.high) | (pcr == 77.0) & (pcr == 78.0),")
    assert any("pcr == 78.0" in one for one in result(dead).survivors)


def test_a_silent_day_kills_little_and_a_second_day_helps() -> None:
    night = Describer(DESCRIBERS[0].chain.select(slice(0, 2)))
    alone, both = result(describers=[night]), result(describers=[night, DESCRIBERS[1]])
    assert len(both.survivors) < len(alone.survivors)
    assert set(both.survivors) <= set(alone.survivors)


def test_chains_in_any_order_give_the_same_result() -> None:
    assert result(describers=DESCRIBERS[::-1]) == result()


def test_a_parameter_shown_only_by_an_extreme_value_is_told_as_loose() -> None:
    assert any(one.startswith("rule: min_open_interest 500 to 250 or 1000 or") for one in result().loose)
    assert not any(one.startswith("rule: low 1.05 ") for one in result().loose)
    assert not set(result().loose) & set(result().survivors)


def test_a_rule_that_fails_when_altered_is_killed() -> None:
    fragile = SOURCE.replace(
        "    pcr = pcr_oi(chain) + params.zero\n",
        "    pcr = pcr_oi(chain) + params.zero\n    if len(pcr) < 1:\n        raise ValueError\n",
    )
    assert not any("len(pcr)" in one for one in result(fragile).survivors)


def test_no_mutant_at_all_kills_nothing() -> None:
    assert MutationResult(0, ()).killed_share == 0.0
    assert MutationResult(4, ("one",)).killed_share == 0.75


def test_every_packaged_rule_has_mutants_of_both_kinds() -> None:
    from importlib.resources import files

    for name, strategy in load_strategies().items():
        source = (files("trading_assets.strategies") / f"{name}.py").read_text(encoding="utf-8")
        told = [change for change, _ in altered_sources(source)]
        assert told or "confidence" in source, name
        names = {mutant.change.split(" ")[0] for mutant in mutants(strategy, strategy.parameters, source)}
        assert {"max_spread", "min_open_interest"} <= names, name
