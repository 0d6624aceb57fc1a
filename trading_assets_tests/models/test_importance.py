"""A feature is worth what is lost when it is shuffled: all of the edge, or nothing."""

from __future__ import annotations

import numpy as np
import pytest

from trading_assets.models.estimators import KINDS, Kind, fit, probabilities
from trading_assets.models.features import FEATURE_NAMES
from trading_assets.models.fit_quality import log_loss
from trading_assets.models.importance import shuffled_losses
from trading_assets_tests.models.labelled import trained_model

random = np.random.default_rng(11)
MATRIX = np.round(random.normal(size=(800, 4)), 6)
LABELS = (MATRIX[:, 2] + 0.3 * random.normal(size=800) > 0.0).astype(float)


@pytest.mark.parametrize("kind", KINDS)
def test_the_feature_that_decides_is_found_and_the_others_are_worth_nothing(kind: Kind) -> None:
    losses = shuffled_losses(fit(kind, MATRIX[:400], LABELS[:400], 1), MATRIX[400:], LABELS[400:], seed=5)
    assert losses.shape == (4,)
    assert losses.argmax() == 2
    assert losses[2] > 0.3
    assert np.abs(np.delete(losses, 2)).max() < 0.05


def test_each_figure_is_that_of_shuffling_one_column_alone() -> None:
    estimator = fit("hist_gradient_boosting", MATRIX[:400], LABELS[:400], 1)
    rows, labels = MATRIX[400:], LABELS[400:]
    found = shuffled_losses(estimator, rows, labels, seed=5)
    dealer = np.random.default_rng(5)
    whole = log_loss(labels, probabilities(estimator, rows)) or 0.0
    for feature in range(4):
        spoilt = rows.copy()
        spoilt[:, feature] = rows[dealer.permutation(len(rows)), feature]
        assert found[feature] == pytest.approx((log_loss(labels, probabilities(estimator, spoilt)) or 0.0) - whole)


def test_a_model_on_nothing_has_no_loss_and_its_rows_stay_as_they_were() -> None:
    estimator = fit("logistic_regression", MATRIX[:400], LABELS[:400], 1)
    before = MATRIX.copy()
    assert shuffled_losses(estimator, MATRIX[:0], LABELS[:0], seed=1).tolist() == [0.0] * 4
    shuffled_losses(estimator, MATRIX, LABELS, seed=1)
    assert np.array_equal(MATRIX, before)


def test_training_says_that_the_planted_edge_is_the_first_feature() -> None:
    for candidate in trained_model(600).candidates:
        assert tuple(candidate.importance) == FEATURE_NAMES
        assert max(candidate.importance, key=lambda name: candidate.importance[name]) == "signal_strength"
