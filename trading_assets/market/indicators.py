"""Indicators on bars of one session or longer. Each value depends on its own and earlier bars only.

A missing close is left out: the indicator there is NaN and goes on from the last close that was present. Windows are
computed from their content alone, so a value does not depend on where the array began, to the bit; Wilder's and
exponential averages do depend on the beginning, by definition, and forget it after about a hundred bars.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

RSI_BARS = 14
ATR_BARS = 14
MACD_FAST, MACD_SLOW, MACD_SIGNAL = 12, 26, 9
BOLLINGER_BARS = 20
BOLLINGER_DEVIATIONS = 2.0
_PERCENT = 100.0


def rsi(closes: ArrayLike, bars: int = RSI_BARS) -> Floats:
    """Wilder's relative strength index, 0 to 100.

    The first value averages the first `bars` changes; without any change in the window it is NaN, for 0/0 says nothing.

    Args:
        closes: Closes of equal bars, shape (n,), n ≥ 0, NaN where missing.
        bars: Changes in the average.

    Returns:
        Shape (n,); NaN for the first `bars` bars.

    Source: Wilder, J. W. (1978), New Concepts in Technical Trading Systems.
    """
    return _on_present(closes, lambda present: _relative_strength(present, bars))


def atr(high: ArrayLike, low: ArrayLike, close: ArrayLike, bars: int = ATR_BARS) -> Floats:
    """Wilder's average true range, in the unit of the prices.

    Args:
        high: Highest price of each bar, shape (n,), n ≥ 0, NaN where missing.
        low: Lowest price of each bar, shape (n,).
        close: Close of each bar, shape (n,).
        bars: True ranges in the average.

    Returns:
        Shape (n,); NaN for the first `bars` bars.

    Source: Wilder, J. W. (1978), New Concepts in Technical Trading Systems.
    """
    prices = np.column_stack([np.asarray(column, dtype=np.float64) for column in (high, low, close)])
    return _on_present(prices, lambda present: _after_first(_wilder(_true_range(present), bars), len(present)))


def macd(closes: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """MACD line, signal and histogram, in the unit of the closes: EMA12 - EMA26, its EMA9, and their difference.

    The averages start at the first close, the signal at the 26th, without a correction of their beginning. So does the
    library ta, to the last digits; TA-Lib and pandas-ta start from means of the first closes, which at 22,000 points is
    0.06 points of line and 0.08 of signal away at bar 100 and 1e-8 at bar 299.

    Args:
        closes: Closes of equal bars, shape (n,), n ≥ 0, NaN where missing.

    Returns:
        Three arrays of shape (n,); the line is NaN for the first 25 bars, signal and histogram for the first 33.

    Source: Appel, G. (2005), Technical Analysis: Power Tools for Active Investors.
    """
    line, signal, histogram = _on_present(closes, _macd_lines)
    return line, signal, histogram


def macd_pct(closes: ArrayLike) -> Floats:
    """MACD line in percent of the close, shape (n,); NaN for the first 25 bars and where the close is missing."""
    return _PERCENT * macd(closes)[0] / np.asarray(closes, dtype=np.float64)


def bollinger_width(closes: ArrayLike, bars: int = BOLLINGER_BARS) -> Floats:
    """Distance of the Bollinger bands in percent of their middle: two population deviations to each side.

    Args:
        closes: Closes of equal bars, shape (n,), n ≥ 0, NaN where missing.
        bars: Closes in the window.

    Returns:
        Shape (n,), ≥ 0; NaN for the first `bars` - 1 bars.

    Source: Bollinger, J. (2001), Bollinger on Bollinger Bands.
    """
    return _on_present(closes, lambda present: _band_width(present, bars))


def bollinger_bands(closes: ArrayLike, bars: int = BOLLINGER_BARS) -> tuple[Floats, Floats]:
    """Middle of the Bollinger bands and their distance from it, in the unit of the closes, each of shape (n,)."""
    middle, half = _on_present(closes, lambda present: _bands(present, bars))
    return middle, half


def exponential(closes: ArrayLike, span: int) -> Floats:
    """Exponential average that starts at the first close, shape (n,); NaN until it has seen `span` closes."""
    return _on_present(
        closes,
        lambda present: np.append(np.full(span - 1, np.nan), _exponential(present, span)[span - 1 :])[: len(present)],
    )


def supertrend(
    high: ArrayLike, low: ArrayLike, close: ArrayLike, bars: int = 10, multiple: float = 3.0
) -> tuple[Floats, Floats]:
    """Direction of the Supertrend, 1 up and -1 down, and its line, each of shape (n,).

    Args:
        high: Highest price of each bar, shape (n,), n ≥ 0, NaN where missing.
        low: Lowest price of each bar, shape (n,).
        close: Close of each bar, shape (n,).
        bars: True ranges in the average.
        multiple: Average true ranges between the middle of a bar and its band.

    Returns:
        Direction and line, NaN until the average true range is there. It starts up and turns where a close leaves the
        band on its other side; bands only tighten while it lasts. The line is the band whose other side turns it.
    """
    prices = np.column_stack([np.asarray(column, dtype=np.float64) for column in (high, low, close)])
    way, line = _on_present(prices, lambda present: _directions(present, bars, multiple))
    return way, line


def _directions(prices: Floats, bars: int, multiple: float) -> Floats:
    ranges = multiple * _after_first(_wilder(_true_range(prices), bars), len(prices)) if len(prices) else np.empty(0)
    middle = (prices[:, 0] + prices[:, 1]) / 2.0
    told, upper, lower, way, last = np.full((2, len(prices)), np.nan), np.inf, -np.inf, 1.0, np.nan
    for bar in np.flatnonzero(np.isfinite(ranges)).tolist():
        top, bottom = middle[bar] + ranges[bar], middle[bar] - ranges[bar]
        upper = top if last > upper else min(top, upper)
        lower = bottom if last < lower else max(bottom, lower)
        last = prices[bar, 2]
        way = -1.0 if way > 0.0 and last < lower else 1.0 if way < 0.0 and last > upper else way
        told[:, bar] = way, lower if way > 0.0 else upper
    return told


def _on_present(prices: ArrayLike, indicator: Callable[[Floats], Floats]) -> Floats:
    """Run `indicator` on the bars without a missing price: the first axis of `prices`, the last of the result."""
    values = np.asarray(prices, dtype=np.float64)
    present = np.isfinite(values).all(axis=tuple(range(1, values.ndim)))
    found = indicator(values[present])
    placed = np.full((*found.shape[:-1], len(values)), np.nan)
    placed[..., present] = found
    return placed


def _relative_strength(closes: Floats, bars: int) -> Floats:
    change = np.diff(closes)
    gain, loss = _wilder(np.maximum(change, 0.0), bars), _wilder(np.maximum(-change, 0.0), bars)
    moved = gain + loss > 0
    strength = np.divide(_PERCENT * gain, gain + loss, out=np.full(len(change), np.nan), where=moved)
    return _after_first(strength, len(closes))


def _true_range(bars: Floats) -> Floats:
    high, low, before = bars[1:, 0], bars[1:, 1], bars[:-1, 2]
    return np.maximum(high, before) - np.minimum(low, before)


def _macd_lines(closes: Floats) -> Floats:
    first = MACD_SLOW - 1
    line = (_exponential(closes, MACD_FAST) - _exponential(closes, MACD_SLOW))[first:]
    signal = _exponential(line, MACD_SIGNAL)
    signal[: MACD_SIGNAL - 1] = np.nan
    lines = np.full((3, len(closes)), np.nan)
    lines[:, first:] = line, signal, line - signal
    return lines


def _band_width(closes: Floats, bars: int) -> Floats:
    middle, half = _bands(closes, bars)
    width: Floats = _PERCENT * 2 * half / middle
    return width


def _bands(closes: Floats, bars: int) -> Floats:
    bands = np.full((2, len(closes)), np.nan)
    if len(closes) >= bars:
        window = np.lib.stride_tricks.sliding_window_view(closes, bars)
        bands[:, bars - 1 :] = window.mean(axis=1), BOLLINGER_DEVIATIONS * window.std(axis=1)
    return bands


def _wilder(values: Floats, bars: int) -> Floats:
    """Mean of the first `bars` values, then a share of 1/bars of each new one; NaN before, same shape."""
    smooth = np.full(len(values), np.nan)
    if len(values) >= bars:
        later = values[bars:].tolist()
        seed = float(values[:bars].mean())
        smooth[bars - 1 :] = list(accumulate(later, lambda mean, new: (mean * (bars - 1) + new) / bars, initial=seed))
    return smooth


def _exponential(values: Floats, span: int) -> Floats:
    """Exponential average that starts at the first value, same shape."""
    share = 2 / (span + 1)
    return np.array(
        list(accumulate(values.tolist(), lambda mean, new: (1 - share) * mean + share * new)), dtype=np.float64
    )


def _after_first(values: Floats, bars: int) -> Floats:
    """Put NaN before values that belong to the second bar on; empty for no bars."""
    return np.append(np.nan, values)[:bars]
