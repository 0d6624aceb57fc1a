"""When two arrays say the same: missing equals missing, and the last bits of a float say nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Confidence is stored in steps of 1e-4; other values are compared as closely.
_RESOLUTION = 1e-9


def differs(batch: NDArray[np.generic], other: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Where two arrays of one shape differ, same shape."""
    if batch.dtype.kind == "b":
        unequal: NDArray[np.bool_] = batch != other
        return unequal
    close: NDArray[np.bool_] = np.isclose(
        batch.astype(float), other.astype(float), rtol=_RESOLUTION, atol=_RESOLUTION, equal_nan=True
    )
    return ~close
