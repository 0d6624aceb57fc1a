"""Open interest of the traded expiry against the close of the session before, as the feed states that close.

Not every feed states it (`market_snapshots.previous_open_interest_units`); then everything here is missing. The last
snapshot of the session before would be no substitute: the open interest of a live page is not final at the close.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trading_assets.market.leg_sums import CALL, PUT, sum_over_strikes
from trading_assets.market.once import once

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trading_assets.market.option_chain import OptionChain

    Floats = NDArray[np.float64]


def oi_change_day(chain: OptionChain) -> Floats:
    """Change of the traded expiry's open interest since the session before, lots, shape (S,).

    Legs count that have open interest now and had a stated close; NaN without any.

    Source: feature_definitions `oi_change_day`.
    """
    sums = _sums(chain)
    both = np.nan_to_num(sums[:, CALL]) + np.nan_to_num(sums[:, PUT])
    return np.where(np.isfinite(sums).any(axis=1), both, np.nan)


def pcr_oi_change(chain: OptionChain) -> Floats:
    """Change of put open interest since the session before over that of calls, a ratio, shape (S,).

    NaN where calls did not grow: the sign would say nothing. `net_oi_flow` is the form without that hole.

    Source: feature_definitions `pcr_oi_change`.
    """
    sums = _sums(chain)
    return sums[:, PUT] / np.where(sums[:, CALL] > 0.0, sums[:, CALL], np.nan)


@once
def _sums(chain: OptionChain) -> Floats:
    """Sum of the changes of each side, lots, shape (S, 2)."""
    before = chain.previous_open_interest_lots
    if before is None:
        return np.full((len(chain.spot), 2), np.nan)
    change = chain.traded(chain.open_interest_lots - np.where(before >= 0.0, before, np.nan))
    return sum_over_strikes(change, np.ones(change.shape[:2], dtype=bool))
