"""Correcting probabilities that are too sure or too timid, only where it is shown to help."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.models.estimators import SCORE_DECIMALS
from trading_assets.models.fit_quality import brier
from trading_assets.models.log_odds import logit, sigmoid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: Below this many out-of-sample rows two more parameters are noise.
MIN_ROWS = 200
#: Next to none, but separated classes still have a finite line.
_WEAK_PENALTY = 1e4


@dataclass(frozen=True, slots=True)
class Calibration:
    """A line on the log-odds: calibrated = sigmoid(slope * logit(p) + offset).

    Args:
        slope: Above 0; below 1 the model was too sure.
        offset: Shift of the log-odds.
    """

    slope: float
    offset: float

    def apply(self, probabilities: Floats) -> Floats:
        """Return the calibrated probabilities, rounded like scores, same shape."""
        return np.round(sigmoid(self.slope * logit(probabilities) + self.offset), SCORE_DECIMALS)


def fit_calibration(labels: Floats, probabilities: Floats) -> Calibration | None:
    """Fit the line by maximum likelihood with next to no penalty.

    Args:
        labels: 0 or 1, shape (n,).
        probabilities: Out-of-sample probabilities of label 1, shape (n,).

    Returns:
        The line, or None when one class is absent, all probabilities are equal, or the slope would not be positive.

    Source: Platt (1999), Probabilistic outputs for support vector machines.
    """
    from sklearn.linear_model import LogisticRegression

    if len(np.unique(labels)) < len((0, 1)) or np.ptp(probabilities) == 0.0:
        return None
    line = LogisticRegression(C=_WEAK_PENALTY, solver="newton-cholesky", tol=1e-10)
    line.fit(logit(probabilities)[:, None], labels.astype(np.int64))
    slope, offset = (float(f"{value:.9e}") for value in (line.coef_[0][0], line.intercept_[0]))
    return Calibration(slope, offset) if slope > 0.0 else None


def calibration_if_better(labels: Floats, probabilities: Floats, last_fold: NDArray[np.bool_]) -> Calibration | None:
    """Return a calibration when one learnt on the earlier folds lowers the Brier score of the last.

    Args:
        labels: 0 or 1, shape (n,).
        probabilities: Out-of-sample probabilities of label 1, shape (n,).
        last_fold: Which rows are the last fold's, shape (n,).

    Returns:
        The line fitted on all rows, or None: too few rows (200 earlier ones), or no improvement.
    """
    earlier = ~last_fold
    if int(earlier.sum()) < MIN_ROWS or not last_fold.any():
        return None
    trial = fit_calibration(labels[earlier], probabilities[earlier])
    if trial is None:
        return None
    before = brier(labels[last_fold], probabilities[last_fold])
    after = brier(labels[last_fold], trial.apply(probabilities[last_fold]))
    if before is None or after is None or after >= before:
        return None
    return fit_calibration(labels, probabilities)
