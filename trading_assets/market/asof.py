"""Windows over irregular snapshots: which earlier snapshot a window starts at, and what changed since. Never ahead."""

from __future__ import annotations

from bisect import insort
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.market.once import once

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trading_assets.market.option_chain import OptionChain

    Floats = NDArray[np.float64]
    Rows = NDArray[np.intp]

#: A window may start this much earlier than asked for, whatever the cadence, minutes.
TOLERANCE_MINUTES = 5.0
#: … or this many median gaps between the snapshots so far, when that is more.
TOLERANCE_GAPS = 1.5


@once
def elapsed_minutes(chain: OptionChain) -> Floats:
    """Minutes since the first snapshot of the session, shape (S,)."""
    micros = chain.observed_at.astype("datetime64[us]").astype(np.int64)
    return (micros - micros[:1]) / 60_000_000.0


def median_gap(minutes: Floats) -> Floats:
    """Median gap between snapshots, from the first up to each one, in minutes.

    Args:
        minutes: Rising times, shape (S,).

    Returns:
        Shape (S,); 0 at the first snapshot, which has no gap yet. Entry s knows nothing after s.
    """
    return np.append(0.0, medians_so_far(np.diff(minutes)))[: len(minutes)]


def medians_so_far(values: Floats) -> Floats:
    """Median of the present values up to and with each one, shape (n,); NaN before the first. It knows nothing later.

    Args:
        values: Shape (n,), n ≥ 0, NaN missing.
    """
    ordered: list[float] = []
    medians = []
    for value in values.tolist():
        if value == value:  # noqa: PLR0124 - NaN is not itself; asking numpy took longer than the median
            insort(ordered, value)
        count = len(ordered)
        medians.append((ordered[(count - 1) // 2] + ordered[count // 2]) / 2.0 if count else np.nan)
    return np.array(medians, dtype=np.float64)


@once
def window_start(
    chain: OptionChain, minutes: float, tolerance_minutes: float = TOLERANCE_MINUTES, gaps: float = TOLERANCE_GAPS
) -> Rows:
    """Index of the snapshot a window of `minutes` starts at, for every snapshot.

    It is the latest snapshot at or before t - minutes, accepted when it is not older than
    t - minutes - max(tolerance_minutes, gaps · median gap so far), and when both trade the same expiry.

    Args:
        chain: The option chain.
        minutes: Length of the window, above 0.
        tolerance_minutes: Smallest tolerance, minutes.
        gaps: Median gaps between the snapshots so far that are tolerated too; 0 for the minutes alone.

    Returns:
        Shape (S,); -1 where the window has no acceptable start.
    """
    elapsed, near = elapsed_minutes(chain), chain.near()
    target = elapsed - minutes
    start = np.searchsorted(elapsed, target, side="right") - 1
    tolerance = np.maximum(tolerance_minutes, gaps * _usual_gap(chain))
    accepted = (start >= 0) & (elapsed[start] >= target - tolerance) & (near >= 0) & (near[start] == near)
    return np.where(accepted, start, -1)


@once
def _usual_gap(chain: OptionChain) -> Floats:
    return median_gap(elapsed_minutes(chain))


def at_start(values: Floats, start: Rows) -> Floats:
    """Values at each window's start.

    Args:
        values: Shape (S, …).
        start: Indices from `window_start`, shape (S,).

    Returns:
        Shape (S, …), NaN where the window has no start.
    """
    picked = values[start].astype(np.float64)
    picked[start < 0] = np.nan
    return picked


def slope(chain: OptionChain, values: Floats, minutes: float) -> Floats:
    """Change of a value since the start of its window, per elapsed minute.

    Args:
        chain: The option chain.
        values: A value per snapshot, shape (S,), NaN missing.
        minutes: Length of the window, above 0.

    Returns:
        Shape (S,), unit of `values` per minute; NaN without a start or where either end is missing.
    """
    elapsed, start = elapsed_minutes(chain), window_start(chain, minutes)
    return (values - at_start(values, start)) / (elapsed - at_start(elapsed, start))
