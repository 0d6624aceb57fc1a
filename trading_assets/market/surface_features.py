"""Features of the volatility surface, time to expiry and the dealers' gamma, per snapshot; NaN for undefined.

Source: feature_definitions `skew_25d`, `butterfly_25d`, `term_slope`, `gex`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.market import forwards
from trading_assets.market.black76 import forward_delta, forward_gamma
from trading_assets.market.chain_features import atm_index, atm_iv, atm_iv_of
from trading_assets.market.expiries import expiry_close, sessions_until
from trading_assets.market.leg_sums import CALL, PUT, mean_of_sides, moneyness
from trading_assets.market.once import once

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trading_assets.market.option_chain import OptionChain

    Floats = NDArray[np.float64]
    Rows = NDArray[np.intp]

_YEAR_MINUTES = 365.0 * 24.0 * 60.0
_ONE_PERCENT = 0.01
#: An expiry nearer than three hours has no volatility that a term structure could start from.
_SHORT_MINUTES = 180.0


@once
def expiry_closes(chain: OptionChain) -> NDArray[np.datetime64]:
    """When contracts of each expiry stop trading, UTC, datetime64[us], shape (E,).

    The session's calendar says it: special hours, and a day to which a holiday moved the expiry. A session that was
    made by hand has none and closes every day as it does itself. Index options of BSE trade the same hours.
    """
    calendar, close = chain.session.calendar, chain.session.close
    moments = [
        datetime.combine(day, close.timetz()) if calendar is None else expiry_close(calendar, day)
        for day in chain.expiries.tolist()
    ]
    return np.array([at.astimezone(UTC).replace(tzinfo=None) for at in moments], dtype="datetime64[us]")


def minutes_to_expiry(chain: OptionChain, snapshots: Rows, expiry: Rows) -> Floats:
    """Calendar minutes to the close of the expiry day, at least one, shape (n,); NaN after it."""
    return forwards.minutes_to_expiry(chain.observed_at[snapshots], expiry_closes(chain)[expiry])


def years_to_expiry(chain: OptionChain, snapshots: Rows, expiry: Rows) -> Floats:
    """The same in years of 365 days.

    Source: feature_definitions `time_to_expiry_years`.
    """
    return minutes_to_expiry(chain, snapshots, expiry) / _YEAR_MINUTES


@once
def time_to_expiry_years(chain: OptionChain) -> Floats:
    """Years to the close of the traded expiry, shape (S,); NaN without an expiry and after its close."""
    near, rows = chain.near(), np.arange(len(chain.spot))
    if not len(chain.expiries):
        return np.full(len(rows), np.nan)
    return np.where(near >= 0, years_to_expiry(chain, rows, near), np.nan)


@once
def moneyness_k(chain: OptionChain) -> Floats:
    """ln(K/F) of every strike of the traded expiry, shape (S, K); NaN without a forward."""
    return moneyness(chain.strikes, chain.traded(chain.forward))


def moneyness_atm(chain: OptionChain) -> Floats:
    """The same of the strike nearest to the forward, shape (S,): how far from the money the nearest strike is."""
    at, values = atm_index(chain), moneyness_k(chain)
    if not values.size:
        return np.full(len(at), np.nan)
    return np.where(at >= 0, values[np.arange(len(at)), at], np.nan)


@once
def sessions_to_expiry(chain: OptionChain) -> Floats:
    """Sessions left to the traded expiry, the rest of today as a fraction, shape (S,); NaN without an expiry.

    Sessions after today are those of the session's calendar, holidays left out and special ones in; without a calendar
    every weekday is one.
    """
    near, opened, close = chain.near(), chain.session.open, chain.session.close
    if not len(chain.expiries):
        return np.full(len(near), np.nan)
    calendar, day = chain.session.calendar, chain.session.day
    if calendar is None:
        later = np.busday_count(np.datetime64(day, "D") + 1, chain.expiries + 1)[near]
    else:
        later = np.array([sessions_until(calendar, day, expiry) for expiry in chain.expiries.tolist()])[near]
    length = (close - opened).total_seconds() / 60.0
    left = (close.hour * 60.0 + close.minute - chain.minutes_ist) / length
    return np.where(near >= 0, later + np.clip(left, 0.0, 1.0), np.nan)


def skew_25d(chain: OptionChain) -> Floats:
    """Volatility of the 25-delta put less that of the 25-delta call of the traded expiry, vol points, shape (S,)."""
    put, call = wing_vols(chain, 0.25)
    return put - call


def butterfly_25d(chain: OptionChain) -> Floats:
    """Mean of those two volatilities less the one at the money, vol points, shape (S,)."""
    put, call = wing_vols(chain, 0.25)
    return (put + call) / 2.0 - atm_iv(chain)


@once
def wing_vols(chain: OptionChain, delta: float) -> tuple[Floats, Floats]:
    """Volatility of the put and of the call of a delta of the traded expiry, percent a year, each of shape (S,).

    Forward delta without discounting, linear in delta between strikes.
    """
    iv = mean_of_sides(chain.traded(chain.implied_vol))
    if not iv.size:
        nothing = np.full(len(chain.spot), np.nan)
        return nothing, nothing
    near, rows = chain.near(), np.arange(len(chain.spot))
    forward, years = chain.traded(chain.forward)[:, None], years_to_expiry(chain, rows, near)[:, None]
    call = forward_delta(forward, chain.strikes[None, :], years, iv / 100.0, True)  # noqa: FBT003
    return _at_delta(call, iv, 1.0 - delta), _at_delta(call, iv, delta)


@once
def term_slope(chain: OptionChain) -> Floats:
    """At-the-money volatility of the expiry after the traded one less that of the traded one, vol points, shape (S,).

    NaN where the traded expiry is nearer than three hours.
    """
    near, rows = chain.near(), np.arange(len(chain.spot))
    if not len(chain.expiries):
        return np.full(len(rows), np.nan)
    following = np.where((near >= 0) & (near + 1 < len(chain.expiries)), near + 1, -1)
    slope = atm_iv_of(chain, following) - atm_iv_of(chain, near)
    return np.where(minutes_to_expiry(chain, rows, near) > _SHORT_MINUTES, slope, np.nan)


@once
def gex(chain: OptionChain) -> Floats:
    """Gamma of calls less that of puts, ₹ per move of one percent, traded expiry, shape (S,).

    The sign takes customers to be long puts and short calls, so dealers are long calls and short puts: an assumption,
    not a measurement.
    """
    near, rows = chain.near(), np.arange(len(chain.spot))
    iv, oi = mean_of_sides(chain.traded(chain.implied_vol)), chain.traded(chain.open_interest_lots)
    if not iv.size:
        return np.full(len(rows), np.nan)
    forward, years = chain.traded(chain.forward)[:, None], years_to_expiry(chain, rows, near)[:, None]
    gamma = forward_gamma(forward, chain.strikes[None, :], years, iv / 100.0)
    net = np.nan_to_num(oi[..., CALL]) - np.nan_to_num(oi[..., PUT])
    known = np.isfinite(gamma)
    total = np.cumsum(np.where(known, gamma * net, 0.0), axis=1)[:, -1]
    rupees = total * chain.lot_size[near] * chain.spot**2 * _ONE_PERCENT
    return np.where(known.any(axis=1) & (near >= 0), rupees, np.nan)


def _at_delta(call: Floats, iv: Floats, wanted: float) -> Floats:
    """Volatility where the call delta is `wanted`, between the nearest strikes above and below it, shape (S,)."""
    above, below = np.where(call >= wanted, call, np.inf), np.where(call <= wanted, call, -np.inf)
    high, low, rows = above.argmin(axis=1), below.argmax(axis=1), np.arange(len(call))
    top, bottom = above[rows, high], below[rows, low]
    width = top - bottom
    bracketed = np.isfinite(width)
    share = np.divide(wanted - bottom, width, out=np.zeros(len(call)), where=bracketed & (width > 0.0))
    return np.where(bracketed, iv[rows, low] + share * (iv[rows, high] - iv[rows, low]), np.nan)
