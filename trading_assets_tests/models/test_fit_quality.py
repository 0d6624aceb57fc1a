"""The measures equal scikit-learn's, and say None where they are undefined."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.metrics import log_loss as sklearn_log_loss

from trading_assets.models.fit_quality import (
    brier,
    calibration_bins,
    calibration_error,
    judge,
    log_loss,
    net_pnl_lift,
    precision_at,
    roc_auc,
)

pairs = st.lists(
    st.tuples(st.sampled_from([0.0, 1.0]), st.integers(1, 99).map(lambda n: n / 100.0)), min_size=1, max_size=60
)


@given(pairs)
def test_they_equal_scikit_learn(rows: list[tuple[float, float]]) -> None:
    labels, scores = np.array(rows).T
    assert log_loss(labels, scores) == pytest.approx(sklearn_log_loss(labels, scores, labels=[0, 1]))
    assert brier(labels, scores) == pytest.approx(brier_score_loss(labels, scores, labels=[0, 1]))
    if len(set(labels)) > 1:
        assert roc_auc(labels, scores) == pytest.approx(roc_auc_score(labels, scores))
    else:
        assert roc_auc(labels, scores) is None


def test_a_sure_and_wrong_probability_costs_much_but_is_finite() -> None:
    assert log_loss(np.array([1.0]), np.array([0.0])) == pytest.approx(27.6, abs=0.1)


def test_nothing_is_undefined_not_zero() -> None:
    none = np.empty(0)
    assert judge(none, none, 0.4, none) == {
        "rows": 0.0,
        "log_loss": None,
        "brier": None,
        "roc_auc": None,
        "precision_at_threshold": None,
        "taken": None,
        "calibration_error": None,
        "net_pnl_lift": None,
    }


def test_precision_counts_the_threshold_itself_as_taken() -> None:
    labels, scores = np.array([1.0, 0.0, 1.0]), np.array([0.4, 0.5, 0.39])
    assert precision_at(labels, scores, 0.4) == 0.5
    assert precision_at(labels, scores, 0.6) is None
    assert judge(labels, scores, 0.4, labels)["taken"] == pytest.approx(2 / 3)


@given(pairs, st.integers(1, 12))
def test_calibration_bins_hold_every_row_once_and_keep_equal_probabilities_together(
    rows: list[tuple[float, float]], most: int
) -> None:
    labels, scores = np.array(rows).T
    bins = calibration_bins(labels, scores, most)
    assert 1 <= len(bins) <= most
    assert sum(b.rows for b in bins) == len(rows)
    assert sum(b.rows * b.win_rate for b in bins) == pytest.approx(labels.sum())
    assert sum(b.rows * b.mean_probability for b in bins) == pytest.approx(scores.sum())
    said = [b.mean_probability for b in bins]
    assert said == sorted(set(said))


def test_calibration_error_by_hand() -> None:
    labels, scores = np.array([0.0, 1.0, 1.0, 1.0]), np.array([0.2, 0.2, 0.9, 0.9])
    # two bins of two: said 0.2 against 0.5 and 0.9 against 1.0
    assert calibration_error(labels, scores) == pytest.approx((0.3 + 0.1) / 2)
    assert calibration_error(np.array([0.0, 1.0]), np.array([0.5, 0.5])) == 0.0


def test_what_is_always_a_tenth_too_sure_is_a_tenth_off() -> None:
    random = np.random.default_rng(3)
    true = random.uniform(0.05, 0.85, 200_000)
    labels = (random.random(len(true)) < true).astype(float)
    assert calibration_error(labels, true) == pytest.approx(0.0, abs=0.01)
    assert calibration_error(labels, true + 0.1) == pytest.approx(0.1, abs=0.01)


def test_the_lift_is_what_the_threshold_adds_per_trade() -> None:
    earned, scores = np.array([300.0, -100.0, -50.0, 50.0]), np.array([0.6, 0.4, 0.39, 0.1])
    assert net_pnl_lift(earned, scores, 0.4) == 100.0 - 50.0
    assert net_pnl_lift(earned, scores, 0.0) == 0.0
    assert net_pnl_lift(earned, scores, 0.9) is None
