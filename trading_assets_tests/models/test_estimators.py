"""The estimators: deterministic, indifferent to neighbours and to features nobody has seen."""

from __future__ import annotations

import numpy as np
import pytest

from trading_assets.errors import ModelError
from trading_assets.models.estimators import KINDS, Kind, fit, probabilities

random = np.random.default_rng(11)
MATRIX = np.round(random.normal(size=(300, 10)), 6)
MATRIX[::5, 3] = np.nan
LABELS = (MATRIX[:, 0] + 0.3 * random.normal(size=300) > 0.0).astype(float)


@pytest.mark.parametrize("kind", KINDS)
def test_they_learn_what_decides(kind: Kind) -> None:
    scores = probabilities(fit(kind, MATRIX, LABELS, 1), MATRIX)
    assert scores[LABELS == 1.0].mean() > scores[LABELS == 0.0].mean() + 0.2
    assert scores.min() >= 0.0
    assert scores.max() <= 1.0


@pytest.mark.parametrize("kind", KINDS)
def test_a_rows_score_has_the_same_bits_whatever_stands_beside_it(kind: Kind) -> None:
    estimator = fit(kind, MATRIX, LABELS, 1)
    whole = probabilities(estimator, MATRIX)
    alone = np.concatenate([probabilities(estimator, MATRIX[i : i + 1]) for i in range(40)])
    assert np.array_equal(whole[:40], alone)
    assert np.array_equal(whole[::-1], probabilities(estimator, MATRIX[::-1]))


@pytest.mark.parametrize("kind", KINDS)
def test_they_agree_with_scikit_learns_own_prediction(kind: Kind) -> None:
    estimator = fit(kind, MATRIX, LABELS, 1)
    assert np.allclose(probabilities(estimator, MATRIX), estimator.predict_proba(MATRIX)[:, 1], atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_a_feature_without_values_is_learnt_as_irrelevant(kind: Kind) -> None:
    matrix = MATRIX.copy()
    matrix[:, 6] = np.nan
    estimator = fit(kind, matrix, LABELS, 1)
    present = matrix.copy()
    present[:, 6] = 14.5
    assert np.array_equal(probabilities(estimator, matrix), probabilities(estimator, present))


@pytest.mark.parametrize("kind", KINDS)
def test_no_rows_have_no_scores(kind: Kind) -> None:
    assert probabilities(fit(kind, MATRIX, LABELS, 1), np.empty((0, 10))).shape == (0,)


def test_the_wrong_number_of_features_is_refused() -> None:
    with pytest.raises(ModelError, match="takes 10 features and was handed 9"):
        probabilities(fit("logistic_regression", MATRIX, LABELS, 1), MATRIX[:, :9])
