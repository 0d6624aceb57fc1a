"""Who writes options and where the open interest stands: writers' flow, walls, the direction of the forward."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.market.asof import at_start, window_start
from trading_assets.market.chain_features import strikes_near
from trading_assets.market.leg_sums import CALL, PUT, balance, leg_change, sum_over_strikes
from trading_assets.market.once import once

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trading_assets.market.option_chain import OptionChain

    Floats = NDArray[np.float64]
    Mask = NDArray[np.bool_]

#: A premium that moved less than one tick did not move, ₹.
SMALLEST_MOVE = 0.05
_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Buildup:
    """What moved at each leg of the traded expiry over a window; masks of shape (S, K, 2), all False where neutral.

    On an option this is the direction of its premium: calls that are written (short buildup) are bearish, puts that
    are written bullish.

    Args:
        long_buildup: Premium and open interest rose.
        short_buildup: The premium fell, open interest rose.
        short_covering: The premium rose, open interest fell.
        long_unwinding: Both fell.
    """

    long_buildup: Mask
    short_buildup: Mask
    short_covering: Mask
    long_unwinding: Mask


@once
def oi_buildup(
    chain: OptionChain, minutes: float, smallest_move: float = SMALLEST_MOVE, smallest_share: float = 0.0
) -> Buildup:
    """Class every leg by how its premium and its open interest changed.

    Args:
        chain: The option chain.
        minutes: Length of the window.
        smallest_move: A premium that moved less did not move, ₹.
        smallest_share: Open interest that changed by less of itself did not change.

    Source: feature_definitions `oi_buildup`.
    """
    start = window_start(chain, minutes)
    oi, premium = leg_change(chain, chain.open_interest_lots, start), leg_change(chain, chain.mid, start)
    counts = np.abs(oi) >= smallest_share * chain.traded(chain.open_interest_lots)
    up, down = premium >= smallest_move - _ROUNDING, premium <= -smallest_move + _ROUNDING
    more, less = counts & (oi > 0.0), counts & (oi < 0.0)
    return Buildup(up & more, down & more, up & less, down & less)


@dataclass(frozen=True, eq=False)
class WriterFlow:
    """What option writers did over a window.

    Args:
        flow: (put OI written - call OI written) over their sum, within [-1, 1], shape (S,); NaN where none was.
        turnover: Sum of |OI change| over the open interest of the same legs, shape (S,); NaN without a window.
    """

    flow: Floats
    turnover: Floats


@once
def writer_flow(chain: OptionChain, minutes: float, strikes_each_side: int | None) -> WriterFlow:
    """Weigh the puts written against the calls written over a window around the money.

    A leg was written (short buildup) where its premium fell by a tick or more while its open interest rose. Legs
    count when open interest is present at both ends; the turnover is over their open interest now.

    Args:
        chain: The option chain.
        minutes: Length of the window.
        strikes_each_side: Scope around the money; None for all strikes.

    Source: feature_definitions `oi_buildup`, `net_oi_flow`.
    """
    start, scope = window_start(chain, minutes), strikes_near(chain, strikes_each_side)
    oi = leg_change(chain, chain.open_interest_lots, start)
    short_buildup = oi_buildup(chain, minutes).short_buildup
    written = sum_over_strikes(np.where(np.isfinite(oi), np.where(short_buildup, oi, 0.0), np.nan), scope)
    held = np.where(np.isfinite(oi), chain.traded(chain.open_interest_lots), np.nan)
    moved, total = _both_sides(sum_over_strikes(np.abs(oi), scope)), _both_sides(sum_over_strikes(held, scope))
    turnover = np.divide(moved, total, out=np.full(len(moved), np.nan), where=total > 0.0)
    return WriterFlow(balance(written[:, PUT], written[:, CALL]), turnover)


@once
def forward_change(chain: OptionChain, minutes: float) -> Floats:
    """Change of the traded expiry's parity forward over a window, points.

    There is no futures feed, so the forward of the traded expiry stands for the future. The future's open interest
    is unknown: a rise means long buildup *or* short covering, a fall short buildup *or* long unwinding.

    Returns:
        Shape (S,); NaN without a window start or without a parity forward at both ends.
    """
    forward = chain.traded(chain.forward)
    return forward - at_start(forward, window_start(chain, minutes))


def _both_sides(sums: Floats) -> Floats:
    return np.nan_to_num(sums[:, CALL], nan=0.0) + np.nan_to_num(sums[:, PUT], nan=0.0)
