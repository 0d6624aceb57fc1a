"""What each feature is worth to a model: how much worse it predicts when that feature is shuffled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trading_assets.models.estimators import Classifier, probabilities
from trading_assets.models.fit_quality import log_loss

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def shuffled_losses(estimator: Classifier, matrix: Floats, labels: Floats, seed: int) -> Floats:
    """Return by how much the log-loss rises when one feature's values are dealt to other rows.

    Args:
        estimator: Fitted on other rows.
        matrix: Features of the rows it is judged on, NaN missing, shape (n, k), n ≥ 0.
        labels: 0 or 1, shape (n,).
        seed: Seed of the dealing.

    Returns:
        Nats per row and feature, shape (k,): about 0 for a feature that is not used, below it by chance; 0 for n = 0.

    Source: Breiman (2001), Machine Learning 45, section 10: permutation importance, out of sample.
    """
    rows, features = matrix.shape
    random = np.random.default_rng(seed)
    dealt = np.repeat(matrix[None], features, axis=0)
    for feature in range(features):
        dealt[feature, :, feature] = matrix[random.permutation(rows), feature]
    # all features in one call: asking a boosted model has a cost per call
    spoilt = probabilities(estimator, dealt.reshape(-1, features)).reshape(features, rows)
    whole = log_loss(labels, probabilities(estimator, matrix)) or 0.0
    return np.array([(log_loss(labels, guess) or 0.0) - whole for guess in spoilt])
