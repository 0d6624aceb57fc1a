"""Rupees that are exact to the paisa. Frames carry ₹ as float64; anything that adds money adds paise here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trading_assets.errors import ContractError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_DUST = 1e-3
#: rupees in float64 tell one paisa from the next up to here, and thousands of such amounts add up in int64
MOST_PAISE = 2**50


def paise(rupees: ArrayLike) -> NDArray[np.int64]:
    """Convert ₹ to whole paise.

    Args:
        rupees: Amounts in ₹, any shape, each within 0.001 paise of a whole paisa and up to `MOST_PAISE`.

    Returns:
        Paise, int64, same shape.

    Raises:
        ContractError: A value is missing, infinite, too large or not a whole number of paise.
    """
    amounts = np.asarray(rupees, dtype=np.float64)
    bad = amounts[~np.isfinite(amounts) | no_paise(amounts)]
    if len(bad):
        large = np.isfinite(bad[0]) and abs(bad[0]) > MOST_PAISE / 100
        found = "too large to be exact to the paisa" if large else "not a whole number of paise"
        msg = f"₹ {float(bad[0])!r} is {found}; round where the amount is made, not where it is added."
        raise ContractError(msg)
    return np.rint(amounts * 100.0).astype(np.int64)


def no_paise(rupees: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which ₹ are no whole paise, or too many to be exact, same shape; missing and infinite are not judged."""
    with np.errstate(invalid="ignore", over="ignore"):
        scaled = np.abs(rupees * 100.0)
        # relative part: two roundings, of the division that made the rupees and of this product
        tolerance = np.maximum(_DUST, scaled * 2.0**-51)
        whole = (np.abs(scaled - np.rint(scaled)) <= tolerance) & (scaled <= MOST_PAISE)
    return np.asarray(np.isfinite(rupees) & ~whole)


def rupees(amount_paise: ArrayLike) -> NDArray[np.float64]:
    """Convert whole paise to the nearest float64 ₹, same shape; `paise` of it returns the input."""
    return np.asarray(amount_paise, dtype=np.int64) / 100.0


def round_half_up(amount_paise: ArrayLike) -> NDArray[np.int64]:
    """Round fractional paise half up (away from zero for negatives) to whole paise, as contract notes do.

    Raises:
        ContractError: A value is missing, infinite or too large.
    """
    values = np.asarray(amount_paise, dtype=np.float64)
    if not (np.abs(values) <= MOST_PAISE).all():
        msg = "an amount to round is missing or infinite; say why it is undefined instead of rounding it."
        raise ContractError(msg)
    # 1e-7 paise absorbs binary representation: 0.5 paise computed as 0.49999999999 still rounds up
    return (np.sign(values) * np.floor(np.abs(values) + 0.5 + 1e-7)).astype(np.int64)


def total(rupee_amounts: ArrayLike) -> float:
    """Sum ₹ exactly, through paise; 0.0 for none."""
    return float(paise(rupee_amounts).sum() / 100.0)
