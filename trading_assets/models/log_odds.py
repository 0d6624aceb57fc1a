"""Probabilities to log-odds and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_SMALLEST = 1e-6
_LARGEST_ODDS = 700.0


def logit(probabilities: Floats) -> Floats:
    """Log-odds of probabilities, nats, same shape; probabilities are clipped to [1e-6, 1 - 1e-6]."""
    clipped = np.clip(probabilities, _SMALLEST, 1.0 - _SMALLEST)
    odds: Floats = np.log(clipped) - np.log1p(-clipped)
    return odds


def sigmoid(odds: Floats) -> Floats:
    """Probabilities of log-odds in nats, 0 to 1, same shape; they are clipped to ±700, where exp is finite."""
    result: Floats = 1.0 / (1.0 + np.exp(-np.clip(odds, -_LARGEST_ODDS, _LARGEST_ODDS)))
    return result
