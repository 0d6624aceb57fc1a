"""What a side feed is: levels of an index over time, for option chains that lack a spot or India VIX of their own.

One file in this room defines one `FEED`. A capture is of one index and day; India VIX is the index `INDIAVIX`. Levels
are judged where they are used, like everything else that was recorded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import timedelta

    from numpy.typing import NDArray

    from trading_assets.feeds.archives import RawFile
    from trading_assets.market.captures import Capture

INDIA_VIX = "INDIAVIX"


@dataclass(frozen=True, slots=True)
class Levels:
    """Levels of one index, n ≥ 0.

    Args:
        available_at: When each could first be used, UTC, datetime64[us], shape (n,), any order.
        level: Index points, of India VIX percent a year, shape (n,); NaN and 0 are missing.
    """

    available_at: NDArray[np.datetime64]
    level: NDArray[np.float64]

    def usable(self, low: float, high: float) -> NDArray[np.bool_]:
        """Mark the levels from `low` to `high`, shape (n,); a missing one is not usable."""
        return np.asarray((self.level > 0.0) & (self.level >= low) & (self.level <= high))


@dataclass(frozen=True, slots=True)
class SideFeed:
    """One side feed: what people must know about it, and how its recordings are read.

    Args:
        name: Name on the command line and in `spot_source` and `vix_source`.
        description: One sentence for people.
        cadence: Time between two levels.
        stale_after: How long after it became available a level may still be used.
        timestamps: What available_at is in this feed.
        captures: Splits one file into captures of one index and day. The text is the index to assume where the file
            does not say. Raises FeedError when the file is not of this feed.
        levels: Reads a capture. Raises FeedError, naming what and where, when the content is not in the format.
        at_close: Whether a capture is of the close of its day, which the market's calendar says.
    """

    name: str
    description: str
    cadence: timedelta
    stale_after: timedelta
    timestamps: str
    captures: Callable[[RawFile, str | None], Iterator[Capture]]
    levels: Callable[[Capture], Levels]
    at_close: bool = False
