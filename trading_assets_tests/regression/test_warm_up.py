"""Warm-ups: declared windows are enough and not a snapshot too long, on every row; a false declaration is named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_assets.market.chain_features import oi_change, pcr_oi, total_oi
from trading_assets.market.declared_features import FEATURES, Feature
from trading_assets.market.option_chain import OptionChain
from trading_assets.market.trailing import median, trailing
from trading_assets.regression.warm_up import warm_up
from trading_assets_tests.market.chain_builder import random_day, session
from trading_assets_tests.strategies.made_chain import MINUTES, made_chain, made_history

BY_NAME = {feature.name: feature for feature in FEATURES}
PATH = 25_000.0 + 40.0 * np.sin(MINUTES / 17.0) + MINUTES / 10.0
INTEREST = (900.0 + MINUTES + 30.0 * np.sin(MINUTES / 9.0))[:, None]
MADE = made_chain(PATH, call_oi=INTEREST, put_oi=1000.0, history=made_history())
#: One-minute snapshots of a whole session, and its first three hours.
WHOLE = replace(MADE, previous_open_interest_lots=np.full_like(MADE.open_interest_lots, 800.0))
HALF = WHOLE.select(slice(0, 180))


def irregular(seed: int, holes: float = 0.0) -> OptionChain:
    frame = random_day(np.random.default_rng(seed), snapshots=26, strikes=3, gap_minutes=6.0, holes=holes)
    return OptionChain.from_frame(frame, session())


def told(feature: Feature, chain: OptionChain = HALF) -> list[tuple[str, str]]:
    return [(leak.feature, leak.field) for leak in warm_up(chain, [feature])]


def test_names_are_unique_and_windows_and_bars_exclude_each_other() -> None:
    assert len(BY_NAME) == len(FEATURES)
    assert all(feature.bars is None or feature.minutes == 0.0 for feature in FEATURES)


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
def test_every_declaration_holds_on_every_minute(feature: Feature) -> None:
    assert told(feature) == []


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
def test_no_declared_feature_is_always_missing(feature: Feature) -> None:
    values = feature.compute(HALF)
    assert values.shape == HALF.spot.shape
    assert np.isfinite(values).any() or feature.name == "writer_flow_15", "else nothing was proven"


@settings(max_examples=4)
@given(seed=st.integers(0, 500), holes=st.sampled_from([0.0, 0.2]))
def test_they_hold_at_any_cadence_and_with_legs_missing(seed: int, holes: float) -> None:
    assert warm_up(irregular(seed, holes)) == []


@pytest.mark.parametrize("name", ["pcr_slope_30", "oi_change_1h", "net_oi_flow_15", "straddle_median_30"])
def test_a_window_declared_too_short_is_not_sufficient(name: str) -> None:
    feature = BY_NAME[name]
    assert told(replace(feature, minutes=feature.minutes / 2)) == [(name, "not sufficient")]


@pytest.mark.parametrize("name", ["pcr_slope_30", "oi_change_1h", "forward_change_15"])
def test_a_window_declared_too_long_is_not_minimal(name: str) -> None:
    feature = BY_NAME[name]
    assert told(replace(feature, minutes=feature.minutes + 2.0)) == [(name, "not minimal")]


@pytest.mark.parametrize(("name", "field"), [("total_oi", "not minimal"), ("pcr_oi", "not minimal")])
def test_a_level_that_claims_a_window_needs_less(name: str, field: str) -> None:
    assert told(replace(BY_NAME[name], minutes=10.0)) == [(name, field)]


def test_a_running_value_that_claims_to_be_a_level_is_caught() -> None:
    def since_open(chain: OptionChain) -> np.ndarray:
        return np.cumsum(total_oi(chain))

    [leak] = warm_up(HALF, [Feature("since_open", "", since_open)])
    assert (leak.feature, leak.field) == ("since_open", "not sufficient")
    assert str(leak.at) == "2025-10-15 03:46:00+00:00", "the second snapshot is the first that differs"
    assert "since the open" in leak.detail


def test_a_feature_that_knows_when_the_backfill_began_is_caught() -> None:
    def numbered(chain: OptionChain) -> np.ndarray:
        return median(trailing(chain, np.arange(len(chain.spot), dtype=float), 10.0))

    assert told(Feature("numbered", "", numbered, 10.0)) == [("numbered", "not sufficient")]


def test_rolling_sums_by_the_running_total_are_the_same_wherever_they_start() -> None:
    def rolling(chain: OptionChain) -> np.ndarray:
        return oi_change(chain, 20.0)

    assert told(Feature("rolling", "", rolling, 20.0)) == []


@pytest.mark.parametrize(
    ("name", "bars"),
    [("rsi", 15), ("bollinger_width", 20), ("macd_pct", 26), ("macd_signal", 34), ("atr", 15), ("supertrend", 11)],
)
def test_bars_are_counted_exactly(name: str, bars: int) -> None:
    feature = BY_NAME[name]
    assert feature.bars == bars
    assert told(replace(feature, bars=bars - 1)) == [(name, "not sufficient")]
    assert told(replace(feature, bars=bars + 1)) == [(name, "not minimal")]


def test_the_first_value_on_bars_comes_with_the_declared_close() -> None:
    values = BY_NAME["rsi"].compute(WHOLE)
    first = int(np.isfinite(values).argmax())
    assert MINUTES[first] == 75, "fifteen bars of five minutes"


def test_a_missing_close_excuses_a_missing_value() -> None:
    spot = PATH.copy()
    spot[40:56] = np.nan  # longer than a close may be old
    broken = made_chain(spot).select(slice(0, 150))
    assert told(BY_NAME["rsi"], broken) == []
    assert told(BY_NAME["macd_pct"], broken) == []


def test_a_chain_of_one_snapshot_proves_without_failing() -> None:
    assert warm_up(HALF.select(slice(0, 1))) == []


def test_one_finding_per_feature_the_first() -> None:
    wrong = [replace(BY_NAME[name], minutes=7.0) for name in ("oi_change_1h", "net_oi_flow_15")]
    found = warm_up(HALF, wrong)
    assert [leak.feature for leak in found] == ["oi_change_1h", "net_oi_flow_15"]
    assert {leak.proof for leak in found} == {"warm_up"}
    assert {leak.strategy_id for leak in found} == {"every strategy"}


def test_level_features_on_one_snapshot_are_those_of_the_session() -> None:
    at = 77
    alone = HALF.select(slice(at, at + 1))
    for feature in FEATURES:
        if (feature.bars, feature.since_open, feature.minutes, feature.sessions) == (None, None, 0.0, 0):
            np.testing.assert_array_equal(feature.compute(alone)[0], feature.compute(HALF)[at], feature.name)
    assert pcr_oi(alone).shape == (1,)


def test_a_window_that_leans_on_the_cadence_is_compared_where_both_have_a_value() -> None:
    """Half-hourly snapshots after a busy hour: a start far too early counts or not by the gaps since the open."""
    busy, sparse = list(range(0, 60, 2)), [60, 88, 121, 149, 182, 210]
    chain = WHOLE.select(np.array([*busy, *sparse]))
    for name in ("pcr_slope_30", "net_oi_flow_15", "oi_change_1h"):
        assert told(BY_NAME[name], chain) == []
    window = BY_NAME["pcr_slope_30"].compute

    def summed(one: OptionChain) -> np.ndarray:
        return np.where(np.isnan(window(one)), np.nan, np.cumsum(pcr_oi(one)))

    assert told(Feature("summed", "", summed, 30.0), chain) == [("summed", "not sufficient")]


def test_after_an_expiry_roll_there_is_no_window_and_no_finding() -> None:
    rolled = made_chain(PATH, days=0)
    afternoon = rolled.select(slice(200, 300))
    assert (np.diff(afternoon.near()) != 0).sum() == 1, "the roll of an expiry day"
    assert warm_up(afternoon, [BY_NAME[name] for name in ("pcr_slope_30", "net_oi_flow_15", "forward_change_15")]) == []
