"""Drift: measures against scipy and by hand, and limits that stay quiet on what hangs together and is unchanged."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy.spatial.distance import jensenshannon
from scipy.stats import ks_2samp, wasserstein_distance

from trading_assets.models.drift import (
    MAX_REFERENCE_SESSIONS,
    Drift,
    bin_counts,
    drift,
    freeze,
    history,
    jensen_shannon,
    kolmogorov_smirnov,
    limits,
    psi,
    wasserstein,
)

Floats = NDArray[np.float64]
COUNTS = arrays(np.int64, 12, elements=st.integers(0, 10_000))


def quiet_sessions(count: int, seed: int, per_session: int = 60) -> list[Floats]:
    """No drift, and yet every session has a level of its own that lasts: the way of intraday features."""
    random = np.random.default_rng(seed)
    levels = np.zeros(count)
    for day in range(1, count):
        levels[day] = 0.5 * levels[day - 1] + random.normal()
    return [level + 0.6 * random.normal(size=per_session) for level in levels]


def test_psi_is_the_sum_over_bins() -> None:
    p, q = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.3, 0.5])
    expected = float(((q - p) * np.log(q / p)).sum())
    counts = (p * 1_000_000).astype(np.int64), (q * 1_000_000).astype(np.int64)
    assert float(psi(*counts)) == pytest.approx(expected, rel=1e-4)


@given(COUNTS, COUNTS)
def test_measures_of_counts_are_bounded_symmetric_and_zero_for_the_same(one: Floats, other: Floats) -> None:
    assert psi(one, one) == 0.0
    assert psi(one, other) >= 0.0
    assert psi(one, other) == pytest.approx(psi(other, one))
    assert 0.0 <= jensen_shannon(one, other) <= 1.0
    assert jensen_shannon(one, other) == pytest.approx(jensen_shannon(other, one))


def test_the_divergence_is_scipys() -> None:
    one, other = np.array([500_000, 300_000, 200_000]), np.array([100_000, 600_000, 300_000])
    assert float(jensen_shannon(one, other)) == pytest.approx(jensenshannon(one, other, base=2) ** 2, rel=1e-4)


@pytest.mark.parametrize("shift", [0.0, 0.4, 3.0])
@pytest.mark.parametrize("stretch", [0.5, 1.0, 2.0])
def test_distances_of_distributions_are_scipys(shift: float, stretch: float) -> None:
    random = np.random.default_rng(5)
    before, after = random.normal(size=4_000), shift + stretch * random.normal(size=3_000)
    reference = freeze(before)
    assert wasserstein(reference, after) == pytest.approx(wasserstein_distance(before, after) / before.std(), abs=0.03)
    assert kolmogorov_smirnov(reference, after) == pytest.approx(ks_2samp(before, after).statistic, abs=0.015)


@pytest.mark.parametrize(("elsewhere", "gap"), [(0.0, 1.0), (1.0, 0.0), (2.0, 1.0)])
def test_a_constant_that_moves_has_moved_wholly_up_or_down(elsewhere: float, gap: float) -> None:
    assert kolmogorov_smirnov(freeze(np.ones(50)), np.full(20, elsewhere)) == gap
    assert np.isnan(wasserstein(freeze(np.ones(50)), np.full(20, elsewhere)))


def test_bins_are_tenths_of_the_reference_and_missing_ones_have_their_own() -> None:
    reference = freeze(np.arange(1_000.0))
    assert bin_counts(np.arange(1_000.0), reference).tolist() == [100] * 10 + [0]
    assert bin_counts(np.array([-1e9, np.nan, np.nan, 1e9]), reference).tolist() == [1, *[0] * 8, 1, 2]
    assert len(freeze(np.array([1.0] * 95 + [2.0] * 5)).edges) == 1, "equal tenths are one edge"


def test_history_compares_each_five_sessions_with_all_others() -> None:
    random = np.random.default_rng(3)
    counts = random.integers(0, 30, (60, 11))
    found = history(counts)
    assert len(found) == 56
    others = np.delete(counts, range(7, 12), axis=0)
    assert found[7] == psi(others.sum(axis=0), counts[7:12].sum(axis=0))
    assert not len(history(counts[:59]))


def test_limits_are_what_is_usual_and_never_below_the_textbook() -> None:
    assert limits(np.full(56, 0.01)) == (0.1, 0.25)
    wild = np.linspace(0.0, 1.0, 101)
    assert limits(wild) == pytest.approx((0.95, 1.0))
    assert np.isnan(limits(np.empty(0))).all()


def test_the_textbook_cries_wolf_where_these_limits_are_quiet() -> None:
    found = [drift(quiet_sessions(125, seed)) for seed in range(60)]
    textbook = np.mean([one.psi > 0.25 for one in found])
    critical = np.mean([one.status == "critical" for one in found])
    alarmed = np.mean([one.status in {"warning", "critical"} for one in found])
    assert textbook > 0.5
    assert critical <= 0.05
    assert alarmed <= 0.15


@pytest.mark.parametrize("seed", range(5))
def test_a_planted_shift_and_a_feature_that_vanishes_are_critical(seed: int) -> None:
    sessions = quiet_sessions(85, seed)
    shifted = [*sessions[:-5], *(values + 8.0 for values in sessions[-5:])]
    vanished = [*sessions[:-5], *(np.full(60, np.nan) for _ in range(5))]
    assert drift(shifted).status == "critical"
    assert drift(shifted).kolmogorov_smirnov > 0.9
    gone = drift(vanished)
    assert (gone.status, gone.missing_share, gone.reference_missing_share) == ("critical", 1.0, 0.0)
    assert np.isnan([gone.wasserstein, gone.kolmogorov_smirnov]).all()


def test_the_window_does_not_move_the_reference_or_the_limits() -> None:
    sessions = quiet_sessions(80, 1)
    one, other = drift(sessions), drift([*sessions[:-5], *(values * 50.0 for values in sessions[-5:])])
    assert (one.warning_limit, one.critical_limit) == (other.warning_limit, other.critical_limit)
    assert one.psi != other.psi


def test_sessions_beyond_a_year_are_forgotten() -> None:
    sessions = quiet_sessions(MAX_REFERENCE_SESSIONS + 5, 2)
    assert drift([np.full(60, 1e6), *sessions]) == drift(sessions)
    assert drift(sessions).reference_sessions == MAX_REFERENCE_SESSIONS


@pytest.mark.parametrize("count", [0, 1, 5, 6, 64])
def test_a_short_history_is_measured_and_not_judged(count: int) -> None:
    found: Drift = drift(quiet_sessions(count, 4))
    assert found.status == "info"
    assert np.isnan([found.warning_limit, found.critical_limit]).all()
    assert np.isnan(found.psi) == (count <= 5)
    assert drift(quiet_sessions(65, 4)).status != "info"


def test_a_feature_without_any_value_is_no_drift() -> None:
    found = drift([np.full(10, np.nan)] * 70)
    assert (found.psi, found.status) == (pytest.approx(0.0, abs=0.05), "ok")
