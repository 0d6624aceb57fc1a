"""Quotes of the simulated option chain: Black-76 on a surface with skew and term structure, spreads in whole ticks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.market.black76 import price

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_DAYS_PER_YEAR = 365.0
_MONTH = 30.0 / _DAYS_PER_YEAR
_TERM, _SKEW, _SMILE, _WINGS = 0.03, 0.05, 0.012, 3.5
_SPREAD = 0.003  # of the price, at least one tick


@dataclass(frozen=True, slots=True)
class Board:
    """The contracts of a session and when they are quoted; the axes of every array of the simulation.

    Args:
        strikes: Ascending, index points, shape (k,).
        years: Time to each expiry at each snapshot, shape (s, e).
        tick: Price step, ₹.
        lot_sizes: Units in a lot of each expiry, shape (e,).
    """

    strikes: Floats
    years: Floats
    tick: float
    lot_sizes: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ChainPrices:
    """Prices in ₹, arrays of shape (s, e, k, 2), calls first.

    Args:
        mid: Model price, not on the grid.
        bid: Highest tick at least half a spread below; NaN where that is below one tick.
        ask: Lowest tick at least half a spread above.
        volatility: Of the model, fraction a year, shape (s, e, k).
    """

    mid: Floats
    bid: Floats
    ask: Floats
    volatility: Floats


def forwards(spot: Floats, years: Floats, rate: float) -> Floats:
    """Forward of each expiry, index points, shape (s, e), carried at the rate."""
    return spot[:, None] * np.exp(rate * years)


@dataclass(frozen=True, slots=True)
class Mood:
    """What the surface follows, arrays of shape (s,).

    Args:
        volatility: Thirty-day volatility, fraction a year.
        skew: Multiple of the market's usual skew.
    """

    volatility: Floats
    skew: Floats


def surface(forward: Floats, strikes: Floats, years: Floats, mood: Mood) -> Floats:
    """Volatility by strike, fraction a year, shape (s, e, k).

    Args:
        forward: Shape (s, e).
        strikes: Shape (k,).
        years: Shape (s, e), above 0.
        mood: Volatility and skew.

    Returns:
        Higher for short expiries and for low strikes; in standardised moneyness, so the shape is that of every expiry.
    """
    at_money = mood.volatility[:, None] * (1.0 - _TERM * np.log(years / _MONTH))
    scale = at_money * np.sqrt(years)
    z = np.log(strikes / forward[:, :, None]) / scale[:, :, None]
    z = np.clip(z, -_WINGS, _WINGS)
    skew = _SKEW * mood.skew[:, None, None]
    return at_money[:, :, None] * (1.0 - skew * z + _SMILE * z * z)


def chain_prices(board: Board, forward: Floats, mood: Mood, rate: float) -> ChainPrices:
    """Quote every contract.

    Args:
        board: Contracts and times.
        forward: Shape (s, e), index points.
        mood: Volatility and skew.
        rate: Annual, continuous.
    """
    smile = surface(forward, board.strikes, board.years, mood)
    mid = price(
        forward[:, :, None, None],
        board.strikes[:, None],
        board.years[:, :, None, None],
        rate,
        smile[..., None],
        np.array([True, False]),
    )
    half = np.maximum(board.tick, _SPREAD * mid) / 2.0
    bid = _on_grid(np.floor((mid - half) / board.tick + 1e-6), board.tick)
    ask = _on_grid(np.ceil((mid + half) / board.tick - 1e-6), board.tick)
    return ChainPrices(mid, np.where(bid >= board.tick, bid, np.nan), np.maximum(ask, board.tick), smile)


def last_prices(rng: np.random.Generator, prices: ChainPrices, tick: float) -> Floats:
    """Last trade: somewhere between bid and ask, on the grid, shape (s, e, k, 2)."""
    low = np.nan_to_num(prices.bid, nan=tick)
    place = rng.random(prices.mid.shape[:2])[:, :, None, None]
    return _on_grid(np.round((low + place * (prices.ask - low)) / tick), tick)


def _on_grid(ticks: Floats, tick: float) -> Floats:
    return np.round(ticks * tick, 2)
