"""Features of the traded expiry per snapshot, vectorised over the session. Each looks only at its own window.

Scope unless said otherwise: the traded expiry of `OptionChain.near`, every strike of the snapshot. All return (S,)
with NaN for undefined. Sums run strike by strike from the lowest, so strikes seen only later change no bit.

Source: feature_definitions of the desk; each function is named after its entry.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.market.asof import TOLERANCE_MINUTES, window_start
from trading_assets.market.leg_sums import (
    CALL,
    PUT,
    balance,
    forward_or_spot,
    leg_change,
    mean_of_sides,
    moneyness,
    strikes_listed,
    sum_over_strikes,
)
from trading_assets.market.once import once

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trading_assets.market.option_chain import OptionChain

    Floats = NDArray[np.float64]
    Mask = NDArray[np.bool_]
    Rows = NDArray[np.intp]

BAR_MINUTES = 5
#: A five-minute close may be this old at its bar's end before it counts as missing, minutes.
STALE_CLOSE_MINUTES = 10.0


@once
def atm_index(chain: OptionChain) -> Rows:
    """Index of the listed strike nearest to the forward, the lower on a tie, shape (S,); -1 where none is listed."""
    distance = np.abs(chain.strikes[None, :] - forward_or_spot(chain)[:, None])
    distance = np.where(strikes_listed(chain), distance, np.inf)
    if not distance.size:
        return np.full(len(chain.spot), -1, dtype=np.intp)
    found = np.isfinite(distance).any(axis=1)
    return np.where(found, distance.argmin(axis=1), -1)


@once
def strikes_near(chain: OptionChain, each_side: int | None) -> Mask:
    """Strikes in scope: at the money and `each_side` listed strikes above and below, shape (S, K).

    Args:
        chain: The option chain.
        each_side: Strikes on each side; None for every listed strike.
    """
    listed = strikes_listed(chain)
    if each_side is None:
        return listed
    rank, atm = np.cumsum(listed, axis=1), atm_index(chain)
    centre = np.take_along_axis(rank, np.maximum(atm, 0)[:, None], axis=1) if rank.size else rank
    scope: Mask = listed & (atm >= 0)[:, None] & (np.abs(rank - centre) <= each_side)
    return scope


def total_call_oi(chain: OptionChain) -> Floats:
    """Open interest of all calls of the traded expiry, lots."""
    return _totals(chain, None)[:, CALL]


def total_put_oi(chain: OptionChain) -> Floats:
    """Open interest of all puts of the traded expiry, lots."""
    return _totals(chain, None)[:, PUT]


def total_oi(chain: OptionChain) -> Floats:
    """Open interest of all calls and puts of the traded expiry, lots; NaN where a whole side is missing."""
    totals = _totals(chain, None)
    return totals[:, CALL] + totals[:, PUT]


@once
def pcr_oi(chain: OptionChain, strikes_each_side: int | None = None) -> Floats:
    """Put open interest over call open interest, a ratio of sums over the same strikes, never a mean of ratios.

    Args:
        chain: The option chain.
        strikes_each_side: Restrict to this many strikes each side of the money; None for all.

    Returns:
        Shape (S,), ≥ 0; NaN where the calls' open interest is 0 or missing.
    """
    totals = _totals(chain, strikes_each_side)
    calls = np.where(totals[:, CALL] > 0.0, totals[:, CALL], np.nan)
    return totals[:, PUT] / calls


def pcr_volume(chain: OptionChain) -> Floats:
    """Put volume over call volume of the traded expiry since the open, shape (S,); NaN where no call was traded."""
    traded = sum_over_strikes(chain.traded(chain.volume_units), strikes_listed(chain))
    return traded[:, PUT] / np.where(traded[:, CALL] > 0.0, traded[:, CALL], np.nan)


def oi_change(chain: OptionChain, minutes: float, tolerance_minutes: float = TOLERANCE_MINUTES) -> Floats:
    """Change of the traded expiry's open interest over a window, lots, over legs present at both ends.

    Args:
        chain: The option chain.
        minutes: Length of the window.
        tolerance_minutes: The window may start this much earlier, whatever the cadence.

    Returns:
        Shape (S,); NaN without a window start, across an expiry roll, or without a common leg.

    Source: feature_definitions `oi_change_1h`, with its tolerance: at a cadence of 20 minutes most hours have no start.
    """
    change = leg_change(chain, chain.open_interest_lots, window_start(chain, minutes, tolerance_minutes, 0.0))
    sums = sum_over_strikes(change, np.ones(change.shape[:2], dtype=bool))
    both = np.where(np.isfinite(sums), sums, 0.0)
    return np.where(np.isfinite(sums).any(axis=1), both[:, CALL] + both[:, PUT], np.nan)


def net_oi_flow(chain: OptionChain, minutes: float, strikes_each_side: int | None = None) -> Floats:
    """(change of put OI - change of call OI) over the sum of their absolutes, within [-1, 1].

    Args:
        chain: The option chain.
        minutes: Length of the window.
        strikes_each_side: Scope around the money; None for all strikes.

    Returns:
        Shape (S,); NaN without a window start or where neither side changed.
    """
    change = leg_change(chain, chain.open_interest_lots, window_start(chain, minutes))
    sums = sum_over_strikes(change, strikes_near(chain, strikes_each_side))
    return balance(sums[:, PUT], sums[:, CALL])


@once
def max_pain(chain: OptionChain) -> Floats:
    """Strike at which the holders of all options would be paid least, points.

    Returns:
        Shape (S,): argmin over listed strikes K of Σ CE_OI·max(K-k, 0) + PE_OI·max(k-K, 0); on a tie the strike
        nearest to the forward, then the lower; NaN where the total open interest is 0.
    """
    oi = np.nan_to_num(chain.traded(chain.open_interest_lots), nan=0.0)
    k, listed = chain.strikes, strikes_listed(chain)
    if not oi.size:
        return np.full(len(chain.spot), np.nan)
    calls, puts = oi[..., CALL], oi[..., PUT][:, ::-1]
    below = k * np.cumsum(calls, axis=1) - np.cumsum(calls * k, axis=1)
    above = (np.cumsum(puts * k[::-1], axis=1) - k[::-1] * np.cumsum(puts, axis=1))[:, ::-1]
    pain = below + above  # its kinks are strikes with open interest, so a listed one is always among the least
    least = pain.min(axis=1, keepdims=True)
    tied = listed & (pain <= least + 1e-12 * np.abs(least))
    distance = np.where(tied, np.abs(k[None, :] - forward_or_spot(chain)[:, None]), np.inf)
    return np.where(oi.sum(axis=(1, 2)) > 0.0, k[distance.argmin(axis=1)], np.nan)


@once
def straddle(chain: OptionChain) -> Floats:
    """Call mid plus put mid at the strike nearest to the forward, index points; NaN where either mid is missing."""
    mid, atm = chain.traded(chain.mid), atm_index(chain)
    if not mid.size:
        return np.full(len(atm), np.nan)
    legs = mid[np.arange(len(atm)), atm]
    return np.where(atm >= 0, legs[:, CALL] + legs[:, PUT], np.nan)


def expected_move_pct(chain: OptionChain) -> Floats:
    """Straddle in percent of the forward it is nearest to, shape (S,)."""
    return 100.0 * straddle(chain) / forward_or_spot(chain)


@once
def atm_iv(chain: OptionChain) -> Floats:
    """Implied volatility at the forward of the traded expiry, percent a year, shape (S,); see `atm_iv_of`."""
    return atm_iv_of(chain, chain.near())


def atm_iv_of(chain: OptionChain, expiry: Rows) -> Floats:
    """Implied volatility at the forward, percent a year.

    Linear in ln(K/F) between the nearest strikes below and above that have one (mean of CE and PE where both do).

    Args:
        chain: The option chain.
        expiry: Index of the expiry at each snapshot, shape (S,); -1 for none.

    Returns:
        Shape (S,); NaN unless the forward lies between two such strikes or on one.
    """
    at = np.arange(len(expiry))
    if not chain.implied_vol.size:
        return np.full(len(expiry), np.nan)
    iv = mean_of_sides(chain.implied_vol[at, expiry])
    forward = np.where(expiry >= 0, chain.forward[at, expiry], np.nan)
    x = moneyness(chain.strikes, forward)
    low, lowest = _nearest(np.where(np.isfinite(iv) & (x <= 0.0), -x, np.inf))
    high, highest = _nearest(np.where(np.isfinite(iv) & (x >= 0.0), x, np.inf))
    width = lowest + highest
    share = np.divide(lowest, width, out=np.zeros_like(width), where=np.isfinite(width) & (width > 0.0))
    value = iv[at, low] + share * (iv[at, high] - iv[at, low])
    return np.where(np.isfinite(width), value, np.nan)


@once
def five_minute_closes(chain: OptionChain) -> tuple[NDArray[np.datetime64], Floats]:
    """Spot at the end of every five minutes from the session's open up to the last snapshot.

    A snapshot may use the bars whose end is at or before its observed_at; those never change afterwards.

    Returns:
        Bar ends (B,), UTC, datetime64[us], rising, and closes (B,), points: the last spot at or before the end, NaN
        where that is older than 10 minutes. A cadence above 10 minutes thus has gaps, not invented bars.
    """
    opened = np.datetime64(chain.session.open.astimezone(UTC).replace(tzinfo=None), "us")
    if not len(chain.observed_at):
        return np.empty(0, dtype="datetime64[us]"), np.empty(0)
    step = np.timedelta64(BAR_MINUTES, "m").astype("timedelta64[us]")
    bars = max(0, int((chain.observed_at[-1] - opened) // step))
    ends = opened + step * np.arange(1, bars + 1)
    last = np.searchsorted(chain.observed_at, ends, side="right") - 1
    age = (ends - chain.observed_at[last]).astype(np.int64) / 60_000_000.0
    return ends, np.where((last >= 0) & (age <= STALE_CLOSE_MINUTES), chain.spot[last], np.nan)


def _totals(chain: OptionChain, strikes_each_side: int | None) -> Floats:
    return sum_over_strikes(chain.traded(chain.open_interest_lots), strikes_near(chain, strikes_each_side))


def _nearest(distance: Floats) -> tuple[Rows, Floats]:
    return distance.argmin(axis=1), distance.min(axis=1)
