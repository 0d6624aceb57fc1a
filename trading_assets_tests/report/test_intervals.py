"""Intervals agree with published values and with what statistics demands of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.report.intervals import bootstrap_mean, wilson


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        # R. G. Newcombe, Statistics in Medicine 17 (1998), table I, the score method without continuity correction
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_agrees_with_published_intervals(successes: int, trials: int, low: float, high: float) -> None:
    found = wilson(successes, trials)
    assert found is not None
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


@given(st.integers(min_value=1, max_value=10_000), st.data())
def test_wilson_holds_the_share_and_stays_within_bounds(trials: int, data: st.DataObject) -> None:
    successes = data.draw(st.integers(min_value=0, max_value=trials))
    found, mirrored = wilson(successes, trials), wilson(trials - successes, trials)
    assert found is not None
    assert mirrored is not None
    assert 0.0 <= found.low <= successes / trials <= found.high <= 1.0
    assert found.low < found.high
    assert found.low == pytest.approx(1 - mirrored.high, abs=1e-12)


def test_wilson_is_undefined_without_trials() -> None:
    assert wilson(0, 0) is None


def test_bootstrap_agrees_with_the_normal_interval_of_many_independent_sessions() -> None:
    values = np.random.default_rng(1).normal(100, 500, 4_000)
    found = bootstrap_mean(values, np.arange(4_000), seed=1)
    assert found is not None
    half = 1.96 * values.std(ddof=1) / np.sqrt(4_000)
    assert found.low == pytest.approx(values.mean() - half, abs=0.15 * half)
    assert found.high == pytest.approx(values.mean() + half, abs=0.15 * half)


def test_trades_of_one_session_do_not_pretend_to_be_independent() -> None:
    of_session = np.random.default_rng(2).normal(0, 500, 40)
    alike = np.repeat(of_session, 25)
    session = np.repeat(np.arange(40), 25)
    together, apart = bootstrap_mean(alike, session, seed=3), bootstrap_mean(alike, np.arange(1_000), seed=3)
    assert together is not None
    assert apart is not None
    # 25 copies of each value hold no more evidence than one: the honest interval is about 5 times as wide
    assert 4.0 < (together.high - together.low) / (apart.high - apart.low) < 6.0


def test_bootstrap_is_undefined_for_a_single_session_and_repeats_itself() -> None:
    assert bootstrap_mean(np.array([1.0, 2.0]), np.array([4, 4]), seed=1) is None
    assert bootstrap_mean(np.array([]), np.array([], dtype=np.int64), seed=1) is None
    values, session = np.array([1.0, 5.0, -3.0, 2.0]), np.array([1, 2, 2, 3])
    assert bootstrap_mean(values, session, seed=9) == bootstrap_mean(values, session, seed=9)


@given(st.lists(st.integers(1, 30), min_size=2, max_size=20), st.floats(-1e5, 1e5))
def test_trades_that_all_earn_the_same_leave_no_doubt_however_uneven_the_sessions(
    sizes: list[int], each: float
) -> None:
    session = np.repeat(np.arange(len(sizes)), sizes)
    found = bootstrap_mean(np.full(len(session), each), session, seed=2)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((each, each), rel=1e-9, abs=1e-9)


@given(st.lists(st.floats(-1e5, 1e5), min_size=4, max_size=40))
def test_the_interval_lies_between_the_worst_and_the_best_session(values: list[float]) -> None:
    found = bootstrap_mean(np.array(values), np.arange(len(values)), seed=2)
    assert found is not None
    assert min(values) - 1e-6 <= found.low <= found.high <= max(values) + 1e-6


def test_bootstrap_does_not_depend_on_the_order_of_trades() -> None:
    values, session = np.array([1.0, 5.0, -3.0, 2.0]), np.array([1, 2, 2, 3])
    order = np.array([3, 1, 0, 2])
    assert bootstrap_mean(values[order], session[order], seed=9) == bootstrap_mean(values, session, seed=9)
