"""Time to expiry and the dealers' gamma, per snapshot; NaN for undefined."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trading_assets.market.black76 import greeks
from trading_assets.market.leg_sums import CALL, PUT, mean_of_sides

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trading_assets.market.option_chain import OptionChain

    Floats = NDArray[np.float64]
    Rows = NDArray[np.intp]

_YEAR_MINUTES = 365.0 * 24.0 * 60.0
_ONE_PERCENT = 0.01


def minutes_to_expiry(chain: OptionChain, snapshots: Rows, expiry: Rows) -> Floats:
    """Calendar minutes to the expiry day's close, taken at the session's own closing time; at least one, shape (n,)."""
    close = chain.session.close
    days = (chain.expiries[expiry] - np.datetime64(chain.session.day, "D")).astype(np.float64)
    minutes = days * 1440.0 + close.hour * 60.0 + close.minute - chain.minutes_ist[snapshots]
    return np.maximum(minutes, 1.0)


def years_to_expiry(chain: OptionChain, snapshots: Rows, expiry: Rows) -> Floats:
    """The same in years of 365 days."""
    return minutes_to_expiry(chain, snapshots, expiry) / _YEAR_MINUTES


def sessions_to_expiry(chain: OptionChain) -> Floats:
    """Sessions left to the traded expiry, the rest of today as a fraction, shape (S,); NaN without an expiry.

    Weekdays after today count as sessions, holidays among them too, so it may be too large and never too small.
    """
    near, opened, close = chain.near(), chain.session.open, chain.session.close
    if not len(chain.expiries):
        return np.full(len(near), np.nan)
    tomorrow = np.datetime64(chain.session.day, "D") + 1
    later = np.busday_count(tomorrow, chain.expiries + 1)[near]
    length = (close - opened).total_seconds() / 60.0
    left = (close.hour * 60.0 + close.minute - chain.minutes_ist) / length
    return np.where(near >= 0, later + np.clip(left, 0.0, 1.0), np.nan)


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
    gamma = greeks(forward, chain.strikes[None, :], years, 0.0, iv / 100.0, True).gamma  # noqa: FBT003
    net = np.nan_to_num(oi[..., CALL]) - np.nan_to_num(oi[..., PUT])
    known = np.isfinite(gamma)
    total = np.cumsum(np.where(known, gamma * net, 0.0), axis=1)[:, -1]
    rupees = total * chain.lot_size[near] * chain.spot**2 * _ONE_PERCENT
    return np.where(known.any(axis=1) & (near >= 0), rupees, np.nan)
