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
_STEPS = 50


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
    """Fit the line by maximum likelihood (Newton's method with a ridge of 1e-6).

    Args:
        labels: 0 or 1, shape (n,).
        probabilities: Out-of-sample probabilities of label 1, shape (n,).

    Returns:
        The line, or None when one class is absent, all probabilities are equal, or the slope would not be positive.

    Source: Platt (1999), Probabilistic outputs for support vector machines.
    """
    if len(np.unique(labels)) < len((0, 1)) or np.ptp(probabilities) == 0.0:
        return None
    odds = logit(probabilities)
    design = np.column_stack([odds, np.ones(len(odds))])
    line = np.array([1.0, 0.0])
    for _ in range(_STEPS):
        fitted = sigmoid(design @ line)
        slope_of_loss = design.T @ (fitted - labels) + 1e-6 * (line - [1.0, 0.0])
        curvature = (design * (fitted * (1.0 - fitted))[:, None]).T @ design + 1e-6 * np.eye(2)
        step = np.linalg.solve(curvature, slope_of_loss)
        line = line - step
        if float(np.abs(step).max()) < 1e-12:  # noqa: PLR2004 - as converged as float64 gets
            break
    slope, offset = (float(f"{value:.9e}") for value in line)
    return Calibration(slope, offset) if np.isfinite(line).all() and slope > 0.0 else None


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
