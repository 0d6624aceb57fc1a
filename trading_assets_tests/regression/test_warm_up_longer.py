"""Warm-ups of bars, of the session so far and of earlier sessions: enough, minimal, false declarations caught."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from trading_assets.market.bars import Bars
from trading_assets.market.declared_features import FEATURES, Feature
from trading_assets.market.indicators import bollinger_width
from trading_assets.regression.warm_up import warm_up
from trading_assets_tests.regression.test_warm_up import BY_NAME, HALF, WHOLE, told
from trading_assets_tests.strategies.made_chain import made_chain, made_history

if TYPE_CHECKING:
    from trading_assets.market.option_chain import OptionChain


@pytest.mark.parametrize("name", [feature.name for feature in FEATURES if feature.recursive])
def test_what_remembers_since_the_open_must_say_so(name: str) -> None:
    assert told(replace(BY_NAME[name], recursive=False)) == [(name, "not sufficient")]


def test_a_window_of_bars_is_asked_on_its_bars_alone() -> None:
    feature = BY_NAME["bollinger_width"]
    assert not feature.recursive

    def since_open(chain: OptionChain) -> np.ndarray:
        return feature.compute(chain) + 1e-6 * np.cumsum(np.ones(len(chain.spot)))

    assert told(replace(feature, compute=since_open)) == [("bollinger_width", "not sufficient")]


def test_a_clock_does_not_pass_for_a_number_of_bars() -> None:
    def by_the_clock(chain: OptionChain) -> np.ndarray:
        bars = Bars.of(chain)
        return np.where(bars.known < 19, np.nan, bars.on_snapshots(bollinger_width(bars.close, 10)))

    [leak] = warm_up(HALF, [Feature("by_the_clock", "", by_the_clock, bars=20)])
    assert leak.field == "not minimal"
    assert "has a value on 19 bars" in leak.detail


def test_a_value_on_bars_that_changes_between_two_bars_is_caught() -> None:
    def restless(chain: OptionChain) -> np.ndarray:
        return BY_NAME["rsi"].compute(chain) + 0.01 * (chain.minutes_ist % 5.0)

    [leak] = warm_up(HALF, [replace(BY_NAME["rsi"], compute=restless)])
    assert leak.field == "not sufficient"
    assert "first snapshot that knew the same bars" in leak.detail


def test_a_market_that_stands_still_excuses_a_ratio_of_its_moves() -> None:
    still = made_chain(25_000.0).select(slice(0, 150))
    assert np.isnan(BY_NAME["rsi"].compute(still)).all()
    assert told(BY_NAME["rsi"], still) == []


def test_bars_without_a_snapshot_have_no_range_and_count_for_nothing_that_needs_one() -> None:
    chain = WHOLE.select(np.array([*range(60), *range(67, 260)]))
    for name in ("atr", "supertrend", "rsi", "bollinger_width"):
        assert told(BY_NAME[name], chain) == []
    assert told(replace(BY_NAME["atr"], bars=14), chain) == [("atr", "not sufficient")]


@pytest.mark.parametrize(
    ("minutes", "found"), [(29.0, []), (30.0, []), (31.0, [("opening_range_high", "not minimal")])]
)
def test_the_opening_range_has_no_value_before_it_is_over(minutes: float, found: list[tuple[str, str]]) -> None:
    assert told(replace(BY_NAME["opening_range_high"], since_open=minutes)) == found


def test_what_looks_ahead_or_forgets_within_the_session_is_caught() -> None:
    def whole_day(chain: OptionChain) -> np.ndarray:
        return np.full(len(chain.spot), chain.spot.max())

    def forgetful(chain: OptionChain) -> np.ndarray:
        return np.where(np.arange(len(chain.spot)) == 50, np.nan, chain.spot)

    assert told(Feature("whole_day", "", whole_day, since_open=0.0)) == [("whole_day", "not sufficient")]
    assert told(Feature("forgetful", "", forgetful, since_open=0.0)) == [("forgetful", "not sufficient")]


@pytest.mark.parametrize("name", [feature.name for feature in FEATURES if feature.sessions])
def test_earlier_sessions_are_counted_exactly(name: str) -> None:
    feature = BY_NAME[name]
    fewer = told(replace(feature, sessions=feature.sessions - 1)) if feature.sessions > 1 else None
    assert fewer in (None, [(name, "not sufficient")])
    assert told(replace(feature, sessions=feature.sessions + 1)) == [(name, "not minimal")]


def test_a_history_that_is_too_short_or_has_a_hole_proves_nothing() -> None:
    short = replace(HALF, history=made_history(30))
    assert told(replace(BY_NAME["iv_rank_252"], sessions=61), short) == []
    holed = made_history()
    closes = holed.closes.copy()
    closes[-3] = np.nan
    assert (
        told(replace(BY_NAME["skew_score_20"], sessions=21), replace(HALF, history=replace(holed, closes=closes))) == []
    )
