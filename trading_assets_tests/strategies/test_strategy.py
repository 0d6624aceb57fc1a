"""Parameters are typed, bounded and hashed; windows and confidence follow their formulas."""

import hashlib
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.errors import StrategyError
from trading_assets.strategies.discovery import load_strategies
from trading_assets.strategies.strategy import (
    ExitPlan,
    Parameters,
    Strategy,
    Surface,
    confidence,
    minute_of_day,
    parameter,
)
from trading_assets_tests.strategies.desk import DESK, ON_FUTURES


@dataclass(frozen=True)
class Own(Parameters):
    level: float = parameter(0.7, "ratio", "A level.", low=0.1, high=2.0)


def nothing(chain: object, params: Own) -> Surface:
    raise NotImplementedError


def strategy(version: str = "1.0.0", name: str = "mine") -> Strategy[Own]:
    return Strategy(name, version, "test", "Test.", Own(), ExitPlan(0.1, 0.2, 5.0), ("09:30", "14:45"), nothing)


def test_the_hash_is_over_name_version_and_sorted_json() -> None:
    text = b'mine|1.0.0|{"level":0.7,"max_spread":0.05,"min_open_interest":500.0,"strikes_each_side":10.0}'
    assert strategy().parameter_hash(Own()) == hashlib.sha256(text).hexdigest()[:12]


def test_every_part_changes_the_hash() -> None:
    hashes = {
        strategy().parameter_hash(Own()),
        strategy().parameter_hash(Own(level=0.8)),
        strategy(version="1.0.1").parameter_hash(Own()),
        strategy(name="other").parameter_hash(Own()),
    }
    assert len(hashes) == 4


def test_whole_and_float_values_hash_alike() -> None:
    assert Own(level=1).canonical() == Own(level=1.0).canonical()


def test_overrides_replace_and_keep_the_rest() -> None:
    changed = Own().with_overrides({"level": 1, "max_spread": 0.02}, "mine")
    assert isinstance(changed, Own)
    assert (changed.level, changed.max_spread, changed.min_open_interest) == (1.0, 0.02, 500.0)


@pytest.mark.parametrize("value", [0.0, 2.1, float("nan"), float("inf")])
def test_values_out_of_bounds_are_refused(value: float) -> None:
    with pytest.raises(StrategyError, match=r"strategies.mine.level is .* ratio; expected 0.1 to 2"):
        Own().with_overrides({"level": value}, "mine")


def test_an_infinite_value_is_refused_also_without_a_bound() -> None:
    with pytest.raises(StrategyError, match="min_open_interest is inf lots"):
        Own().with_overrides({"min_open_interest": float("inf")}, "mine")


def test_an_unknown_parameter_is_named_with_the_known_ones() -> None:
    with pytest.raises(StrategyError, match=r"strategies\.mine\.levle is no parameter; it has level, max_spread"):
        Own().with_overrides({"levle": 1.0}, "mine")


def test_the_window_includes_both_ends() -> None:
    minutes = np.array([569.99, 570.0, 700.0, 885.0, 885.01])
    assert strategy().in_window(minutes).tolist() == [False, True, True, True, False]
    assert minute_of_day("09:15") == 555.0


@pytest.mark.parametrize(
    ("strength", "expected"), [(0.30, 0.5), (0.70, 0.95), (0.50, 0.725), (-0.50, 0.725), (0.1, 0.5), (9.0, 0.95)]
)
def test_confidence_by_hand(strength: float, expected: float) -> None:
    assert confidence(np.array([strength]), 0.30, 0.70)[0] == pytest.approx(expected)


@given(strength=st.floats(-10, 10), step=st.floats(0, 5))
def test_confidence_is_bounded_and_grows_with_strength(strength: float, step: float) -> None:
    low, high = confidence(np.array([abs(strength), abs(strength) + step]), 0.3, 0.7)
    assert 0.5 <= low <= high <= 0.95


def test_confidence_of_a_missing_strength_is_missing() -> None:
    assert np.isnan(confidence(np.array([np.nan]), 0.3, 0.7)).all()


@pytest.mark.parametrize("name", sorted(load_strategies()))
def test_a_packaged_strategy_declares_itself(name: str) -> None:
    packaged = load_strategies()[name]
    assert packaged.description.endswith(".")
    assert len(packaged.version.split(".")) == 3
    first, last = (minute_of_day(text) for text in packaged.window_ist)
    assert 555 <= first < last <= 915
    for one in fields(packaged.parameters):
        value = getattr(packaged.parameters, one.name)
        assert one.metadata["meaning"].endswith(".")
        assert "unit" in one.metadata
        assert one.metadata["low"] <= value <= one.metadata["high"]


def test_rules_that_ask_for_a_future_say_what_stands_in_for_it() -> None:
    told = {name: one.stand_ins for name, one in DESK.items() if one.stand_ins}
    assert sorted(told) == sorted(ON_FUTURES)
    assert all("future" in asked for one in told.values() for asked in one)


@pytest.mark.recordings
def test_the_twenty_are_those_of_the_desk_and_futures_are_asked_for_where_declared(recordings: Path) -> None:
    told = orjson.loads((recordings.parent / "reference" / "strategies.json").read_bytes())["strategies"]
    rules = {one["strategy_id"]: one["rule"].lower() for one in told}
    assert sorted(rules) == sorted(DESK)
    words = ("future", "vwap", "volume >=", "volume>=")
    assert sorted(name for name, rule in rules.items() if any(word in rule for word in words)) == sorted(ON_FUTURES)
