"""Volume of the chain and the price it was traded around.

An index has no volume and there is no futures feed. The stand-in for the future's volume is that of the whole option
chain in units, and the volume-weighted price is the index weighted by it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.market.once import once

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trading_assets.market.bars import Bars
    from trading_assets.market.option_chain import OptionChain

    Floats = NDArray[np.float64]


@once
def volume_so_far(chain: OptionChain) -> Floats:
    """Units traded in all legs since the open, shape (S,), never falling; NaN before any volume was seen.

    A leg that drops out of a snapshot takes its volume along, so the largest total so far counts.
    """
    volume = chain.volume_units.reshape(len(chain.spot), math.prod(chain.volume_units.shape[1:]))
    if not volume.size:
        return np.full(len(volume), np.nan)
    present = np.isfinite(volume)
    total = np.cumsum(np.where(present, volume, 0.0), axis=1)[:, -1]
    seen = np.logical_or.accumulate(present.any(axis=1))
    return np.where(seen, np.maximum.accumulate(total), np.nan)


@once
def vwap(chain: OptionChain) -> Floats:
    """Index weighted by the units traded in the chain since the snapshot before, points, shape (S,).

    Returns:
        NaN until something was traded; a snapshot without a spot adds nothing.
    """
    traded = np.diff(np.nan_to_num(volume_so_far(chain)), prepend=0.0)
    weight = np.where(np.isfinite(chain.spot), traded, 0.0)
    amount = np.cumsum(np.where(weight > 0.0, weight * np.nan_to_num(chain.spot), 0.0))
    total = np.cumsum(weight)
    return amount / np.where(total > 0.0, total, np.nan)


def vwap_distance_pct(chain: OptionChain) -> Floats:
    """Distance of the index from that price, percent of it, above it positive, shape (S,)."""
    mean = vwap(chain)
    return 100.0 * (chain.spot - mean) / mean


def bar_volume(chain: OptionChain, bars: Bars) -> Floats:
    """Units traded in each bar, shape (B,); NaN before any volume was seen."""
    return np.diff(bars.at_ends(volume_so_far(chain), chain), prepend=0.0)
