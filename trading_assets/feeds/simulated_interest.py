"""Open interest and volume of the simulated market: writers who follow the index, and a day that trades in a U.

Puts are written after the index rose, calls after it fell, and both in swings of the writers' own that have nothing to
do with the index: the put-call ratio swings between about 0.5 and 1.8, follows the index and never foretells it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trading_assets.feeds.simulated_path import DayPath

    Floats = NDArray[np.float64]

_PUBLISHED_MINUTES = 3  # exchanges publish open interest with a delay: minute by minute it mostly stands still
_NEAR_LOTS = 2_400_000.0
_PCR_SWING = 0.43
_LEAN_PER_RETURN = 2.0


def open_interest(rng: np.random.Generator, path: DayPath, strikes: Floats, elapsed: Floats, days: Floats) -> Floats:
    """Open interest in lots, whole, at least 0, shape (s, e, k, 2), calls first.

    Args:
        rng: Draws how it is spread over the strikes.
        path: The index.
        strikes: Shape (k,).
        elapsed: Share of the session at each snapshot, shape (s,).
        days: Calendar days to each expiry, shape (e,), ≥ 0.
    """
    published = _published(elapsed)
    lean = np.interp(published, elapsed, path.mood)
    drift = np.interp(published, elapsed, path.log_return)
    weights = _spread(rng, float(path.spot[0]), strikes, len(days))
    growth = 0.75 + 0.55 * published
    side = np.empty((len(elapsed), len(days), 2))
    for expiry, total in enumerate(_totals(days).tolist()):
        ratio = np.exp(_PCR_SWING * 0.6**expiry * lean + _LEAN_PER_RETURN * drift)
        side[:, expiry, 0] = total * growth / (1.0 + ratio)
        side[:, expiry, 1] = total * growth * ratio / (1.0 + ratio)
    interest: Floats = np.floor(side[:, :, None, :] * weights)
    return interest


def volume(rng: np.random.Generator, interest: Floats, elapsed: Floats, pace: Floats) -> Floats:
    """Lots traded since the open, whole, never falling, shape (s, e, k, 2).

    Args:
        rng: Draws how busy each minute and contract is.
        interest: Open interest, lots, shape (s, e, k, 2).
        elapsed: Share of the session at each snapshot, shape (s,).
        pace: Multiple of the usual volume, shape (s,).
    """
    busy = 1.0 + 1.5 * (2.0 * elapsed - 1.0) ** 2
    traded = np.cumsum(np.diff(elapsed, prepend=0.0) * busy * pace * rng.gamma(4.0, 0.25, len(elapsed)))
    appetite = interest[0] * rng.uniform(2.0, 9.0, interest.shape[1:])
    lots: Floats = np.floor(traded[:, None, None, None] * appetite)
    return lots


def quantities(rng: np.random.Generator, shape: tuple[int, ...], lot_sizes: NDArray[np.int64]) -> Floats:
    """Units at the best price, whole lots, at least one, of a shape (s, e, k, 2).

    They stand all session: noise of every snapshot would take as many bytes of a committed file as all prices.
    """
    lots = 1.0 + np.floor(rng.gamma(1.5, 6.0, shape)[:1])
    standing: Floats = np.broadcast_to(lots * lot_sizes[None, :, None, None], shape)
    return standing


def _published(elapsed: Floats) -> Floats:
    step = _PUBLISHED_MINUTES / 375.0
    return np.floor(elapsed / step + 1e-9) * step


def _totals(days: Floats) -> Floats:
    """Lots of calls and puts together by expiry, more the nearer it is."""
    order = np.arange(len(days))
    return _NEAR_LOTS * 0.35**order / (1.0 + 0.12 * days)


def _spread(rng: np.random.Generator, spot: float, strikes: Floats, expiries: int) -> Floats:
    """Share of each strike in its side, shape (e, k, 2): calls above, puts below, more on round strikes."""
    centre = spot * np.array([1.008, 0.992])
    width = 0.011 * spot
    hump = 1.0 / (1.0 + ((strikes[:, None] - centre) / width) ** 2)
    round_strike = 1.0 + 0.4 * (strikes % 100 == 0) + 0.8 * (strikes % 500 == 0)
    uneven = np.exp(0.25 * rng.standard_normal((expiries, len(strikes), 2)))
    weights = hump * round_strike[:, None] * uneven
    shares: Floats = weights / weights.sum(axis=1, keepdims=True)
    return shares
