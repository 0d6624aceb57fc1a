"""What a session may know of the sessions before it, handed in with the option chain.

Without a history everything here is missing, and the strategies that need one stay silent. What is asked of the last
N sessions is asked of the last N that have it, so that it depends on them alone and not on how far back records reach.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.market.indicators import bollinger_width
from trading_assets.market.once import once

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence
    from datetime import date

    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Rows = NDArray[np.intp]

BAR_MINUTES = 5
#: Five-minute slots of a day, by the clock: an evening session is not compared with a morning.
SLOTS = 24 * 60 // BAR_MINUTES
#: How far back anything looks.
YEAR_SESSIONS = 252
#: Below it rank and percentile of a year say nothing.
FEWEST_SESSIONS = 60
_IST = np.timedelta64(330, "m")


@dataclass(frozen=True, eq=False)
class SessionHistory:
    """The sessions of the calendar before a session, the oldest first; NaN where nothing is known.

    Args:
        closes: Index level at the end of each five minutes of the day, points, shape (N, SLOTS).
        volatility: India VIX then, percent a year, same shape.
        skew: 25-delta skew then, vol points, same shape.
    """

    closes: Floats
    volatility: Floats
    skew: Floats

    @classmethod
    def empty(cls) -> SessionHistory:
        """No earlier session."""
        return cls(*(np.empty((0, SLOTS)) for _ in range(3)))

    @classmethod
    def of_bars(cls, bars: pd.DataFrame, days: Sequence[date]) -> SessionHistory:
        """Place bars into the sessions they belong to; see `session_bars.histories`."""
        asked = np.array(days, dtype="datetime64[D]")
        ended = bars["ended_at"].dt.tz_localize(None).to_numpy("datetime64[us]") + _IST
        place = np.searchsorted(asked, bars["date"].to_numpy("datetime64[D]"))
        known = np.append(asked, np.datetime64("NaT"))[place] == bars["date"].to_numpy("datetime64[D]")
        slot = (ended - ended.astype("datetime64[D]")).astype("timedelta64[m]").astype(np.intp) // BAR_MINUTES
        grids = []
        for name in ("close", "india_vix", "skew_25d"):
            grid = np.full((len(asked), SLOTS), np.nan)
            grid[place[known], slot[known]] = bars[name].to_numpy(np.float64)[known]
            grids.append(grid)
        return cls(*grids)

    @cached_property
    def remembered(self) -> dict[Hashable, object]:
        """What was computed of it, see `once`."""
        return {}

    @property
    def previous_close(self) -> float:
        """Last level of the session before, points; NaN where that session is not known, whatever came earlier."""
        return float(_last_of_each(self.closes[-1:])[0]) if len(self.closes) else float("nan")

    def volatility_rank(self, now: Floats) -> Floats:
        """Where a volatility stands between the least and the most closes of the last 252 sessions, 0 to 100, (S,).

        Beyond them it is below 0 or above 100; NaN below 60 sessions or where all are equal.
        """
        year = self._year()
        if not len(year) or year.max() <= year.min():
            return np.full(len(now), np.nan)
        rank: Floats = 100.0 * (now - year.min()) / (year.max() - year.min())
        return rank

    def volatility_percentile(self, now: Floats) -> Floats:
        """Share of the last 252 sessions that closed at a lower volatility, 0 to 100, (S,); NaN below 60 sessions."""
        year = np.sort(self._year())
        if not len(year):
            return np.full(len(now), np.nan)
        share = 100.0 * np.searchsorted(year, now, side="left") / len(year)
        return np.where(np.isfinite(now), share, np.nan)

    def skew_score(self, now: Floats, slot: Rows, sessions: int) -> Floats:
        """Population deviations of a skew from its mean in the same five minutes of the last sessions, shape (S,).

        Args:
            now: Skew at each snapshot, shape (S,).
            slot: Five-minute slot of the day at each snapshot, shape (S,).
            sessions: How many sessions; NaN where fewer have the slot, or all are equal.
        """
        known = np.isfinite(self.skew)
        recent = known & (np.cumsum(known[::-1], axis=0)[::-1] <= sessions)
        enough = recent.sum(axis=0) == sessions
        values = np.where(recent, self.skew, 0.0)
        mean = values.sum(axis=0) / sessions
        squares = np.where(recent, (self.skew - mean) ** 2, 0.0).sum(axis=0)
        spread = np.sqrt(np.where(enough & (squares > 0.0), squares, np.nan) / sessions)
        score: Floats = (now - mean[slot]) / spread[slot]
        return score

    @once
    def closes_before(self, count: int) -> Floats:
        """The last closes before the session, oldest first, back to a session that is not known; at most `count`."""
        unknown = np.flatnonzero(~np.isfinite(self.closes).any(axis=1))
        recent = self.closes[unknown[-1] + 1 :] if len(unknown) else self.closes
        flat = recent[np.isfinite(recent)]
        return flat[max(0, len(flat) - count) :]

    @once
    def width_quantile(self, percent: float, sessions: int) -> float:
        """Quantile of the Bollinger widths of the last sessions' bars, percent; NaN with fewer sessions."""
        known = self.closes[np.isfinite(self.closes).any(axis=1)][-sessions:]
        if len(known) < sessions:
            return float("nan")
        widths = np.concatenate([bollinger_width(closes) for closes in known])
        widths = widths[np.isfinite(widths)]
        return float(np.percentile(widths, percent)) if len(widths) else float("nan")

    @once
    def _year(self) -> Floats:
        year = _last_of_each(self.volatility[-YEAR_SESSIONS:])
        year = year[np.isfinite(year)]
        return year if len(year) >= FEWEST_SESSIONS else year[:0]


def _last_of_each(values: Floats) -> Floats:
    """Last present value of each session, shape (N,); NaN for none."""
    present = np.isfinite(values)
    last = SLOTS - 1 - present[:, ::-1].argmax(axis=1)
    picked: Floats = values[np.arange(len(values)), last]
    return picked


#: What a chain knows of earlier sessions when nobody tells it.
NO_HISTORY = SessionHistory.empty()
