"""Walls of open interest: the strikes above and below the index where most calls and puts are open.

Source: feature_definitions `call_wall / put_wall`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.market.asof import window_start
from trading_assets.market.leg_sums import CALL
from trading_assets.market.once import once

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trading_assets.market.option_chain import OptionChain

    Floats = NDArray[np.float64]
    Rows = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Wall:
    """A wall and how its open interest changed over a window.

    Args:
        strike: Points, shape (S,); NaN where there is none.
        change: Of its open interest since the window's start, percent, shape (S,); NaN without a start.
    """

    strike: Floats
    change: Floats


@once
def wall_now(chain: OptionChain, side: int, minutes: float) -> Wall:
    """The wall each snapshot stands before, and how it has grown.

    Args:
        chain: The option chain.
        side: `leg_sums.CALL` for the wall at or above the index, `PUT` for the one at or below.
        minutes: Window of the change.
    """
    start = window_start(chain, minutes)
    return _wall(chain, _strikes(chain, side), side, start)


@once
def wall_before(chain: OptionChain, side: int, minutes: float) -> Wall:
    """The wall that stood at the window's start, and how it has changed since."""
    start = window_start(chain, minutes)
    return _wall(chain, np.where(start >= 0, _strikes(chain, side)[start], -1), side, start)


def _strikes(chain: OptionChain, side: int) -> Rows:
    """Index of the strike with the largest open interest beyond spot, the lower on a tie, shape (S,); -1 for none."""
    oi, spot = chain.traded(chain.open_interest_lots)[..., side], chain.spot[:, None]
    if not oi.size:
        return np.full(len(chain.spot), -1, dtype=np.intp)
    beyond = chain.strikes >= spot if side == CALL else chain.strikes <= spot
    height = np.where(beyond & (oi > 0.0), oi, 0.0)
    return np.where(height.max(axis=1) > 0.0, height.argmax(axis=1), -1)


def _wall(chain: OptionChain, strike: Rows, side: int, start: Rows) -> Wall:
    if not chain.open_interest_lots.size:
        nothing = np.full(len(chain.spot), np.nan)
        return Wall(nothing, nothing)
    near, rows = chain.near(), np.arange(len(strike))
    now = chain.open_interest_lots[rows, near, strike, side]
    then = chain.open_interest_lots[start, near, strike, side]
    known = (strike >= 0) & (start >= 0) & (then > 0.0)
    change = np.divide(100.0 * (now - then), then, out=np.full(len(strike), np.nan), where=known)
    return Wall(np.where(strike >= 0, chain.strikes[strike], np.nan), change)
