"""Five-minute bars of a session, and what each snapshot knows of them: a bar counts once its end has passed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.market.asof import medians_so_far
from trading_assets.market.chain_features import BAR_MINUTES, five_minute_closes
from trading_assets.market.once import once
from trading_assets.market.trailing import first_present

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from trading_assets.market.option_chain import OptionChain

    Floats = NDArray[np.float64]
    Mask = NDArray[np.bool_]
    Rows = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Bars:
    """Bars of a session from its open on.

    Args:
        ends: UTC, datetime64[us], shape (B,).
        close: Last spot at or before the end, points, shape (B,); NaN where that is too old.
        high: Highest spot seen in the bar, points, shape (B,); NaN where no snapshot lies in it.
        low: Lowest spot seen in the bar, points, shape (B,).
        known: Last bar that ended at or before each snapshot, shape (S,); -1 for none yet.
    """

    ends: NDArray[np.datetime64]
    close: Floats
    high: Floats
    low: Floats
    known: Rows

    @staticmethod
    def of(chain: OptionChain) -> Bars:
        """Build the bars of a chain's spot."""
        return _bars(chain)

    def close_known(self) -> Floats:
        """Close of the last bar each snapshot knows, points, shape (S,); NaN before the first."""
        return self.on_snapshots(self.close)

    def on_snapshots(self, values: Floats | Mask) -> Floats:
        """Give each snapshot the value of the last bar it knows, shape (S,); NaN before the first.

        Args:
            values: One per bar, shape (B,).
        """
        return np.append(values.astype(np.float64), np.nan)[self.known]

    def fired(self, bars: Mask) -> Mask:
        """Whether the last bar a snapshot knows is one of these and it is the first snapshot to know it, shape (S,).

        Args:
            bars: One per bar, shape (B,).
        """
        fresh = np.diff(self.known, prepend=-1) > 0
        told: Mask = fresh & np.append(bars, np.zeros(1, dtype=bool))[self.known]
        return told

    def at_ends(self, values: Floats, chain: OptionChain) -> Floats:
        """Value of the last snapshot at or before each bar's end, shape (B,); NaN before the first snapshot.

        Args:
            values: One per snapshot, shape (S,).
            chain: The chain of the snapshots.
        """
        last = np.searchsorted(chain.observed_at, self.ends, side="right") - 1
        return np.where(last >= 0, values[last], np.nan) if len(values) else np.full(len(self.ends), np.nan)


@once
def _bars(chain: OptionChain) -> Bars:
    ends, close = five_minute_closes(chain)
    known = np.searchsorted(ends, chain.observed_at, side="right") - 1
    bar = np.searchsorted(ends, chain.observed_at, side="left")
    seen = (bar < len(ends)) & np.isfinite(chain.spot)
    high, low = np.full(len(ends), -np.inf), np.full(len(ends), np.inf)
    np.maximum.at(high, bar[seen], chain.spot[seen])
    np.minimum.at(low, bar[seen], chain.spot[seen])
    high, low = (np.where(np.isfinite(level), level, np.nan) for level in (high, low))
    return Bars(ends, close, high, low, known)


def next_end(chain: OptionChain, bars: int) -> np.datetime64:
    """End of the bar after a number of bars, UTC."""
    return _opened(chain) + np.timedelta64((bars + 1) * BAR_MINUTES, "m")


def before(values: Floats, bars: int = 1) -> Floats:
    """Values some bars earlier, shape (B,); NaN for the first."""
    return np.concatenate([np.full(bars, np.nan), values])[: len(values)]


def busy(volume: Floats, multiple: float) -> Mask:
    """Whether a bar trades at least a multiple of the median of all bars of the session before it, shape (B,).

    Args:
        volume: Units of each bar, shape (B,), NaN missing.
        multiple: Of the median.
    """
    marked: Mask = volume >= multiple * before(medians_so_far(volume))
    return marked


@once
def opening_level(chain: OptionChain) -> Floats:
    """First spot of the session, points, shape (S,); NaN before it, and all NaN where the first five minutes lack."""
    early = np.isfinite(chain.spot) & (minutes_since_open(chain) < BAR_MINUTES)
    return first_present(chain.spot) if early.any() else np.full(len(early), np.nan)


@once
def opening_range(chain: OptionChain, minutes: float) -> tuple[Floats, Floats]:
    """Highest and lowest spot of the session's first minutes, points, each of shape (S,); NaN until they are over.

    Args:
        chain: The option chain.
        minutes: Length of the opening, counted from the session's open.
    """
    count, passed = len(chain.spot), minutes_since_open(chain)
    inside = (passed < minutes) & np.isfinite(chain.spot)
    if not inside.any():
        return np.full(count, np.nan), np.full(count, np.nan)
    over = passed >= minutes
    high, low = chain.spot[inside].max(), chain.spot[inside].min()
    return np.where(over, high, np.nan), np.where(over, low, np.nan)


def extreme(values: Floats, bars: int, of: Callable[..., Floats]) -> Floats:
    """Extreme of each bar and those before it, shape (B,); NaN where one is missing or too few are there.

    Args:
        values: Shape (B,).
        bars: Length of the window.
        of: `numpy.min` or `numpy.max`.
    """
    found = np.full(len(values), np.nan)
    if len(values) >= bars:
        found[bars - 1 :] = of(np.lib.stride_tricks.sliding_window_view(values, bars), axis=1)
    return found


def quantile(values: Floats, bars: int, percent: float) -> Floats:
    """Quantile of the last `bars` values, of which all must be present, shape (B,); NaN elsewhere."""
    found = np.full(len(values), np.nan)
    if len(values) >= bars:
        windows = np.lib.stride_tricks.sliding_window_view(values, bars)
        whole = np.isfinite(windows).all(axis=1)
        found[bars - 1 :][whole] = np.percentile(windows[whole], percent, axis=1)
    return found


def minutes_since_open(chain: OptionChain) -> Floats:
    """Minutes since the session's open, shape (S,)."""
    passed: Floats = (chain.observed_at - _opened(chain)).astype(np.int64) / 60_000_000.0
    return passed


def _opened(chain: OptionChain) -> np.datetime64:
    return np.datetime64(chain.session.open.astimezone(UTC).replace(tzinfo=None), "us")
