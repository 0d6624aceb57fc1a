"""Rupees that are exact to the paisa. Frames carry ₹ as float64; anything that adds money adds paise here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trading_assets.errors import ContractError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_HALF_MILLIPAISA = 1e-3


def paise(rupees: ArrayLike) -> NDArray[np.int64]:
    """Convert ₹ to whole paise.

    Args:
        rupees: Amounts in ₹, any shape, each within 0.001 paise of a whole paisa.

    Returns:
        Paise, int64, same shape.

    Raises:
        ContractError: A value is missing, infinite or not a whole number of paise.
    """
    scaled = np.asarray(rupees, dtype=np.float64) * 100.0
    whole = np.rint(np.where(np.isinf(scaled), np.nan, scaled))
    # relative part: float64 ₹ beyond 10**11 cannot hold a thousandth of a paisa
    tolerance = np.maximum(_HALF_MILLIPAISA, np.abs(scaled) * 1e-12)
    if not np.all(np.abs(scaled - whole) <= tolerance):
        bad = scaled[~(np.abs(scaled - whole) <= tolerance)].ravel()[0] / 100.0
        msg = f"₹ {bad!r} is not a whole number of paise; round where the amount is made, not where it is added."
        raise ContractError(msg)
    return whole.astype(np.int64)


def rupees(amount_paise: ArrayLike) -> NDArray[np.float64]:
    """Convert whole paise to the nearest float64 ₹, same shape; `paise` of it returns the input."""
    return np.asarray(amount_paise, dtype=np.int64) / 100.0


def round_half_up(amount_paise: ArrayLike) -> NDArray[np.int64]:
    """Round fractional paise half up (away from zero for negatives) to whole paise, as contract notes do.

    Raises:
        ContractError: A value is missing or infinite.
    """
    values = np.asarray(amount_paise, dtype=np.float64)
    if not np.isfinite(values).all():
        msg = "an amount to round is missing or infinite; say why it is undefined instead of rounding it."
        raise ContractError(msg)
    # 1e-7 paise absorbs binary representation: 0.5 paise computed as 0.49999999999 still rounds up
    return (np.sign(values) * np.floor(np.abs(values) + 0.5 + 1e-7)).astype(np.int64)


def total(rupee_amounts: ArrayLike) -> float:
    """Sum ₹ exactly, through paise; 0.0 for none."""
    return float(paise(rupee_amounts).sum() / 100.0)
