"""The hash of a session's input sees every recorded value and nothing else: no order, no id, no computed float."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_assets.market.history import SLOTS, SessionHistory
from trading_assets.market.option_chain import chains
from trading_assets.regression.inputs import COLUMNS, input_hash, whole_hash
from trading_assets.strategies.signals import signals
from trading_assets.tables.market_snapshots import CONTRACT
from trading_assets_tests.market.chain_builder import random_day, session
from trading_assets_tests.strategies.scripted import scripted

FRAME = random_day(np.random.default_rng(3), snapshots=6, strikes=3)
PLAIN = input_hash(FRAME, {})


def changed(column: str, value: object, row: int = 5) -> pd.DataFrame:
    """The frame with one value of one row replaced."""
    first = np.arange(len(FRAME)) == row
    return FRAME.assign(**{column: np.where(first, value, FRAME[column])})


def history(sessions: int, level: float = 25_000.0, skew: float = 1.0) -> dict[str, SessionHistory]:
    grid = np.full((sessions, SLOTS), np.nan)
    grid[:, 140:180] = level
    return {
        "NIFTY": SessionHistory(grid, np.where(np.isfinite(grid), 14.0, np.nan), np.where(np.isfinite(grid), skew, 0))
    }


def test_it_is_sixteen_hex_and_repeats() -> None:
    assert len(PLAIN) == 16
    assert int(PLAIN, 16) >= 0
    assert input_hash(FRAME.copy(), {}) == PLAIN


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000))
def test_the_order_of_the_rows_does_not_matter(seed: int) -> None:
    rows = np.random.default_rng(seed).permutation(len(FRAME))
    assert input_hash(FRAME.iloc[rows], {}) == PLAIN
    assert input_hash(FRAME.iloc[rows].reset_index(drop=True), {}) == PLAIN


@settings(max_examples=5)
@given(seed=st.integers(0, 10_000))
def test_nor_does_it_where_two_rows_are_one_leg_at_one_time(seed: int) -> None:
    twice = pd.concat([FRAME, FRAME.iloc[[4, 9]].assign(bid=[0.05, np.nan], ask=7.0)], ignore_index=True)
    rows = np.random.default_rng(seed).permutation(len(twice))
    assert input_hash(twice.iloc[rows], {}) == input_hash(twice, {}) != PLAIN


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("bid", 1.05),
        ("ask", 999.0),
        ("last_price", np.nan),
        ("volume_units", 76.0),
        ("open_interest_units", 0.0),
        ("india_vix", 12.5),
        ("spot", 25_123.45),
        ("strike", 24_000.0),
    ],
)
def test_every_recorded_value_counts(column: str, value: float) -> None:
    assert input_hash(changed(column, value), {}) != PLAIN


@pytest.mark.parametrize("column", ["observed_at", "available_at", "expiry"])
def test_times_and_expiries_count(column: str) -> None:
    moved = FRAME.assign(**{column: FRAME[column] + pd.to_timedelta((np.arange(len(FRAME)) == 5) * 1, unit="D")})
    assert input_hash(moved, {}) != PLAIN


def test_a_swapped_side_a_lost_row_and_another_index_count() -> None:
    swapped = FRAME.assign(option_type=FRAME["option_type"].map({"CE": "PE", "PE": "CE"}))
    assert input_hash(swapped, {}) != PLAIN
    assert input_hash(FRAME.iloc[1:], {}) != PLAIN
    assert input_hash(FRAME.assign(underlying="BANKNIFTY"), {}) != PLAIN


@pytest.mark.parametrize("column", ["forward", "implied_vol", "open_interest_lots"])
def test_what_is_computed_from_it_does_not_count(column: str) -> None:
    assert input_hash(changed(column, 1.0), {}) == PLAIN


@pytest.mark.parametrize("column", ["snapshot_id", "capture_id", "feed"])
def test_names_of_captures_do_not_count(column: str) -> None:
    assert input_hash(FRAME.assign(**{column: "other"}), {}) == PLAIN


def test_a_spot_repaired_by_parity_is_computed_and_one_of_the_feed_is_not() -> None:
    parity = FRAME.assign(spot_source="parity")
    assert input_hash(parity, {}) != PLAIN
    assert input_hash(parity.assign(spot=parity["spot"] + 1e-9), {}) == input_hash(parity, {})


def test_the_sign_of_zero_and_the_kind_of_missing_do_not_count() -> None:
    assert input_hash(changed("bid", -0.0), {}) == input_hash(changed("bid", 0.0), {})
    odd = np.array([0x7FF8_0000_0000_0001], dtype=np.uint64).view(np.float64)[0]
    assert input_hash(changed("bid", odd), {}) == input_hash(changed("bid", np.nan), {})


def test_underlyings_are_told_apart_whatever_their_order() -> None:
    other = FRAME.assign(underlying="BANKNIFTY", bid=FRAME["bid"] + 5.0)
    both = pd.concat([FRAME, other], ignore_index=True)
    assert input_hash(both, {}) == input_hash(both.iloc[::-1], {})
    named = pd.concat([FRAME.assign(underlying="BANKNIFTY"), other.assign(underlying="NIFTY")], ignore_index=True)
    assert input_hash(both, {}) != input_hash(named, {})


def test_earlier_sessions_count_by_their_levels_and_volatility() -> None:
    known = input_hash(FRAME, history(2))
    assert known != PLAIN
    assert input_hash(FRAME, history(3)) != known
    assert input_hash(FRAME, history(2, level=25_000.05)) != known
    assert input_hash(FRAME, history(2, skew=1.5)) == known, "the skew is computed"
    plain = history(2)["NIFTY"]
    calmer = SessionHistory(plain.closes, plain.volatility - 0.5, plain.skew)
    assert input_hash(FRAME, {"NIFTY": calmer}) != known


def test_sessions_that_are_not_known_and_other_indices_do_not_count() -> None:
    assert input_hash(FRAME, {"NIFTY": SessionHistory(*(np.full((9, SLOTS), np.nan) for _ in range(3)))}) == PLAIN
    assert input_hash(FRAME, {"BANKNIFTY": history(2)["NIFTY"]}) == PLAIN


def test_an_empty_session_has_a_hash_of_its_own() -> None:
    assert input_hash(CONTRACT.empty(), {}) != PLAIN


def test_the_listed_columns_are_all_that_strategies_and_the_hash_need() -> None:
    slim = FRAME[list(COLUMNS)]
    clocks = {"long": ["09:15", "09:27"], "strategy_id": "scripted"}
    strategies = {"scripted": scripted(**clocks)}
    assert input_hash(slim, {}) == PLAIN
    assert set(chains(slim, session())) == {"NIFTY"}
    pd.testing.assert_frame_equal(signals(slim, session(), {}, strategies), signals(FRAME, session(), {}, strategies))


@pytest.mark.parametrize("name", sorted(set(COLUMNS) - {"open_interest_lots", "implied_vol", "forward"}))
def test_no_listed_column_can_be_left_out(name: str) -> None:
    slim = FRAME[[column for column in COLUMNS if column != name]]
    with pytest.raises(KeyError, match=name):
        _ = (input_hash(slim, {}), chains(slim, session()))


def test_the_hash_of_a_range_is_over_days_and_hashes_in_order_of_days() -> None:
    days = {date(2025, 10, 16): "b", date(2025, 10, 15): "a"}
    assert whole_hash(days) == whole_hash(dict(sorted(days.items())))
    assert whole_hash(days) != whole_hash({date(2025, 10, 15): "b", date(2025, 10, 16): "a"})
    assert len(whole_hash({})) == 64
