"""Statistics of the minutes up to each snapshot, computed from the window's content alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trading_assets.market.asof import elapsed_minutes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trading_assets.market.option_chain import OptionChain

    Floats = NDArray[np.float64]

_ROUNDING = 1e-9


def trailing(chain: OptionChain, values: Floats, minutes: float) -> Floats:
    """Values from t - minutes up to and with t, a row per snapshot, the newest last, NaN where there is none.

    A row is all NaN until the session is that old, so that a short window never passes for a whole one.

    Args:
        chain: The option chain.
        values: Shape (S,), NaN missing.
        minutes: Length of the window, above 0.

    Returns:
        Shape (S, W), W the largest number of snapshots in a window.
    """
    elapsed = elapsed_minutes(chain)
    count = len(elapsed)
    first = np.searchsorted(elapsed, elapsed - minutes - _ROUNDING, side="left")
    width = int((np.arange(count) - first).max(initial=0)) + 1
    rows = np.arange(count)[:, None] - np.arange(width - 1, -1, -1)[None, :]
    inside = (rows >= first[:, None]) & (elapsed[:, None] >= minutes - _ROUNDING)
    return np.where(inside, np.append(values, np.nan)[np.where(inside, rows, count)], np.nan)


def median(window: Floats) -> Floats:
    """Median of the present values of each row, shape (S,); NaN for none."""
    ordered = np.sort(window, axis=1)  # NaN goes last
    present = np.isfinite(window).sum(axis=1)
    rows, safe = np.arange(len(window)), np.maximum(present, 1)
    middle = (ordered[rows, (safe - 1) // 2] + ordered[rows, np.minimum(safe // 2, safe - 1)]) / 2
    return np.where(present > 0, middle, np.nan)


def lowest(window: Floats) -> Floats:
    """Lowest present value of each row, shape (S,); NaN for none."""
    least = np.where(np.isfinite(window), window, np.inf).min(axis=1, initial=np.inf)
    return np.where(np.isfinite(least), least, np.nan)


def deviation(window: Floats) -> Floats:
    """Population deviation of the present values of each row, shape (S,); NaN below two.

    Sums run from the left over the row, so leading gaps change no bit.
    """
    present = np.isfinite(window)
    count = present.sum(axis=1)
    safe = np.maximum(count, 1)
    mean = np.cumsum(np.where(present, window, 0.0), axis=1)[:, -1] / safe
    squares = np.cumsum(np.where(present, (window - mean[:, None]) ** 2, 0.0), axis=1)[:, -1] / safe
    return np.where(count > 1, np.sqrt(squares), np.nan)


def last_where(values: Floats, mask: NDArray[np.bool_]) -> Floats:
    """Value of the last snapshot so far at which a mask holds, shape (S,); NaN before the first."""
    last = np.maximum.accumulate(np.where(mask, np.arange(len(values)), -1))
    return np.append(values, np.nan)[last]


def first_present(values: Floats) -> Floats:
    """First present value of the session up to each snapshot, shape (S,); NaN before it."""
    present = np.isfinite(values)
    if not present.any():
        return np.full(len(values), np.nan)
    return np.where(np.logical_or.accumulate(present), values[present.argmax()], np.nan)
