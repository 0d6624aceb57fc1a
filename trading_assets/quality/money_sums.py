"""Sums that have to agree to the paisa, for the rules of trades and rollups."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def paise_of(rupees: Floats) -> Floats:
    """Round ₹ to whole paise as floats; NaN stays, unlike in `tables.money`, which refuses it."""
    return np.asarray(np.rint(np.asarray(rupees, dtype=np.float64) * 100.0))


def paise_sum(frame: pd.DataFrame, columns: Sequence[str]) -> Floats:
    """Sum columns of ₹ per row, in paise, shape (n,)."""
    summed = np.zeros(len(frame))
    for name in columns:
        summed += paise_of(frame[name].to_numpy())
    return summed


def paise_apart(rupees: Floats, expected_paise: Floats) -> Floats:
    """Absolute difference in paise, shape (n,)."""
    return np.abs(paise_of(rupees) - expected_paise)
