"""Levels of side feeds joined as of a moment: the latest that was available by then and is not stale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import timedelta

    from numpy.typing import NDArray

    from trading_assets.feeds.side_feed import Levels

    Floats = NDArray[np.float64]
    Times = NDArray[np.datetime64]

_NEVER = np.datetime64("NaT", "us")


@dataclass(frozen=True, slots=True)
class Series:
    """Levels of one index from one side feed.

    Args:
        source: Name of the feed.
        stale_after: How long a level may be used.
        available_at: Ascending, datetime64[us], shape (n,).
        level: Shape (n,), all above 0.
    """

    source: str
    stale_after: timedelta
    available_at: Times
    level: Floats

    def latest(self, at: Times) -> tuple[Times, Floats]:
        """When the level in force at each moment became available, and the level; NaT and NaN where there is none."""
        if not len(self.level):
            return np.full(len(at), _NEVER), np.full(len(at), np.nan)
        position = np.searchsorted(self.available_at, at, side="right") - 1
        since = self.available_at[np.maximum(position, 0)]
        fresh = (position >= 0) & (at - since <= np.timedelta64(self.stale_after))
        return np.where(fresh, since, _NEVER), np.where(fresh, self.level[np.maximum(position, 0)], np.nan)


def series(source: str, stale_after: timedelta, parts: Sequence[Levels]) -> Series:
    """Put the levels of captures in order; of two for one moment the later recorded stays.

    Args:
        source: Name of the feed.
        stale_after: How long a level may be used.
        parts: In the order they were recorded; their levels are usable.
    """
    available = np.concatenate([part.available_at for part in parts]) if parts else np.empty(0, "datetime64[us]")
    level = np.concatenate([part.level for part in parts]) if parts else np.empty(0)
    order = np.argsort(available, kind="stable")
    return Series(source, stale_after, available[order].astype("datetime64[us]"), level[order])


@dataclass(frozen=True, slots=True)
class SideLevels:
    """Everything side feeds know of a session.

    Args:
        by_index: Series by index; India VIX is `side_feed.INDIA_VIX`.
    """

    by_index: Mapping[str, Sequence[Series]]

    def as_of(self, index: str, at: Times) -> tuple[Floats, NDArray[np.object_]]:
        """Level of an index at each moment, and which feed it is from: of several the one that was available last.

        Args:
            index: Name of the index.
            at: Moments, UTC, datetime64[us], shape (n,).

        Returns:
            Levels, NaN where there is none, and names of feeds, None there; each of shape (n,).
        """
        since, level = np.full(len(at), _NEVER), np.full(len(at), np.nan)
        source = np.full(len(at), None, dtype=object)
        for one in self.by_index.get(index, ()):
            available, found = one.latest(at)
            later = ~np.isnat(available) & (np.isnat(since) | (available > since))
            since, level = np.where(later, available, since), np.where(later, found, level)
            source[later] = one.source
        return level, source


#: No side feed has recorded anything.
NO_LEVELS = SideLevels({})
