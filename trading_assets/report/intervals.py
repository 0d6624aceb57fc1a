"""How sure a figure is: 95 % intervals of a win rate and of a mean P&L."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Two-sided 95 % point of the standard normal distribution.
_Z = 1.959963984540054
_RESAMPLES = 1_000
_TAILS = (2.5, 97.5)


@dataclass(frozen=True)
class Interval:
    """A 95 % interval, low ≤ high, in the unit of the figure it belongs to."""

    low: float
    high: float


def wilson(successes: int, trials: int) -> Interval | None:
    """Return the 95 % Wilson score interval of a share, within 0 to 1; None without trials.

    Unlike the normal approximation it never leaves 0 to 1 and does not collapse when every trial went one way.

    Source:
        E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", Journal of the American
        Statistical Association 22 (1927), 209-212.
    """
    if trials == 0:
        return None
    observed, weight = successes / trials, _Z**2 / trials
    centre = (observed + weight / 2) / (1 + weight)
    half = _Z / (1 + weight) * math.sqrt(observed * (1 - observed) / trials + weight / (4 * trials))
    # at 0 and n the bounds are 0 and 1 exactly; rounding must not step outside the observed share
    return Interval(max(0.0, min(observed, centre - half)), min(1.0, max(observed, centre + half)))


def bootstrap_mean(values: NDArray[np.float64], session: NDArray[np.int64], seed: int) -> Interval | None:
    """Return the 95 % percentile bootstrap interval of a mean, resampling whole sessions.

    Trades of one session share its market; resampling them one by one would pretend to more evidence than there is.

    Args:
        values: One value per trade, shape (n,).
        session: Number of each trade's session, shape (n,); any whole numbers.
        seed: Seed of the resampling; the same seed gives the same interval.

    Returns:
        The interval, or None below two sessions, where it is undefined.
    """
    names, place = np.unique(session, return_inverse=True)
    sessions = len(names)
    if sessions < 2:  # noqa: PLR2004 - one session has no spread
        return None
    sums = np.bincount(place, weights=values, minlength=sessions)
    sizes = np.bincount(place, minlength=sessions)
    drawn = np.random.default_rng(seed).multinomial(sessions, np.full(sessions, 1 / sessions), size=_RESAMPLES)
    means = (drawn @ sums) / (drawn @ sizes)
    low, high = np.percentile(means, _TAILS)
    return Interval(float(low), float(high))
