"""Legs of the traded expiry: which strikes are listed, how legs are summed and what changed since a window's start.

Sums run strike by strike from the lowest, so strikes seen only later in the session change no bit of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trading_assets.market.once import once

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trading_assets.market.option_chain import OptionChain

    Floats = NDArray[np.float64]
    Mask = NDArray[np.bool_]
    Rows = NDArray[np.intp]

#: Positions on the side axis of a chain.
CALL, PUT = 0, 1


@once
def strikes_listed(chain: OptionChain) -> Mask:
    """Whether the traded expiry has any leg at a strike, shape (S, K)."""
    legs = np.isfinite(chain.traded(chain.open_interest_lots)) | np.isfinite(chain.traded(chain.mid))
    listed: Mask = legs[..., CALL] | legs[..., PUT]  # to reduce an axis of two takes twenty times as long
    return listed


@once
def forward_or_spot(chain: OptionChain) -> Floats:
    """Parity forward of the traded expiry, else spot, points."""
    forward = chain.traded(chain.forward)
    return np.where(np.isfinite(forward), forward, chain.spot)


def moneyness(strikes: Floats, forward: Floats) -> Floats:
    """ln(K/F) of every strike against the forward of each snapshot, shape (S, K); NaN without a forward.

    Source: feature_definitions `moneyness_k`.
    """
    return np.log(strikes[None, :] / forward[:, None])


def sum_over_strikes(values: Floats, scope: Mask) -> Floats:
    """Sum of the present values in scope, from the lowest strike up.

    Args:
        values: Shape (S, K, 2), NaN missing.
        scope: Shape (S, K).

    Returns:
        Shape (S, 2); NaN where nothing is present.
    """
    present = np.isfinite(values) & scope[..., None]
    sums, found = np.zeros((len(values), 2)), np.zeros((len(values), 2), dtype=np.bool_)
    # strike by strike: numpy takes more than twice as long to reduce the axis in the middle
    for leg, there in zip(np.where(present, values, 0.0).swapaxes(0, 1), present.swapaxes(0, 1), strict=True):
        sums += leg
        found |= there
    return np.where(found, sums, np.nan)


def balance(plus: Floats, minus: Floats) -> Floats:
    """(plus - minus) / (|plus| + |minus|), within [-1, 1]; NaN where both are 0 or one is missing."""
    size = np.abs(plus) + np.abs(minus)
    return (plus - minus) / np.where(size > 0.0, size, np.nan)


def leg_change(chain: OptionChain, values: Floats, start: Rows) -> Floats:
    """Change of a leg's value of the traded expiry since each window's start.

    Args:
        chain: The option chain.
        values: Shape (S, E, K, 2).
        start: Indices from `asof.window_start`, shape (S,).

    Returns:
        Shape (S, K, 2); NaN without a start or where either end is missing.
    """
    if not len(chain.expiries):
        return np.full((len(start), *values.shape[2:]), np.nan)
    earlier = values[start, chain.near()].astype(np.float64)
    earlier[start < 0] = np.nan
    return chain.traded(values) - earlier


def mean_of_sides(values: Floats) -> Floats:
    """Mean of call and put where both are present, else the one that is.

    Args:
        values: Shape (n, K, 2), NaN missing.

    Returns:
        Shape (n, K), NaN where neither is present.
    """
    call, put = values[..., CALL], values[..., PUT]  # see `strikes_listed`
    has_call, has_put = np.isfinite(call), np.isfinite(put)
    other = np.where(has_put, put, np.nan)
    return np.where(has_call, np.where(has_put, (call + put) / 2.0, call), other)
