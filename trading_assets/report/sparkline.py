"""A small line picture in one line of markdown, for places that render images but neither HTML nor scripts.

The Dagster UI shows markdown below 1,000 characters without a click; a sparkline always stays below.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

#: Markdown of this many characters or more hides behind a click in the Dagster UI.
MARKDOWN_LIMIT = 1_000
# 90 steps of at most 6 characters and 350 around them: below the limit whatever the values are
_MOST_POINTS = 90
_STEP = 2
_HEIGHT = 28
_MARGIN = 2
_LABEL_LIMIT = 60
# readable on white and on near-black alike: at least 3:1 against both
_INK, _BASELINE = "#3b82c4", "#808080"
#: Characters that a data URI inside markdown parentheses may carry as they are.
_SAFE = "/:=',;-."


def sparkline(values: ArrayLike, label: str = "") -> str:
    """Draw values as a line, `![label](data:image/svg+xml,…)`, always below 1,000 characters.

    Args:
        values: Numbers in order, shape (n,), n ≥ 0; NaN and infinity leave a gap. More than 90 are thinned so that
            the highest and the lowest of each stretch stay.
        label: Alternative text; characters with a meaning in markdown are dropped, 60 are kept.

    Returns:
        Markdown of one image, or the words `no values` when there is nothing to draw. A thin grey line marks 0
        when values lie on both sides of it; a dot marks the last value.
    """
    numbers = np.asarray(values, dtype=np.float64).ravel()
    numbers = np.where(np.isfinite(numbers), numbers, np.nan)
    if np.isnan(numbers).all():
        return "no values"
    words = re.sub(r"[^\w .,:+&₹%−-]", "", label)[:_LABEL_LIMIT].strip() or "sparkline"  # noqa: RUF001
    return f"![{words}](data:image/svg+xml,{quote(_svg(thin(numbers, _MOST_POINTS)), safe=_SAFE)})"


def thin(values: NDArray[np.float64], most: int) -> NDArray[np.float64]:
    """Reduce values to at most `most` points, keeping ends, the extremes of each stretch, and gaps.

    Args:
        values: Shape (n,), NaN where missing.
        most: Largest count of points wanted, at least 2.

    Returns:
        The values themselves when there are few enough; otherwise, in order, the lowest and highest of each stretch.
    """
    return values[thinned_positions(values, most)]


def thinned_positions(values: NDArray[np.float64], most: int) -> NDArray[np.int64]:
    """Return the ascending positions that `thin` keeps, shape (≤ most,)."""
    size = len(values)
    if size <= most:
        return np.arange(size)
    stretches = np.array_split(np.arange(1, size - 1), max(1, (most - 2) // 2))
    kept = [0, size - 1]
    for stretch in stretches:
        part = values[stretch]
        if np.isnan(part).all():
            kept.append(int(stretch[0]))
        else:
            kept += [int(stretch[np.nanargmin(part)]), int(stretch[np.nanargmax(part)])]
    return np.unique(np.array(kept, dtype=np.int64))


def _svg(values: NDArray[np.float64]) -> str:
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    width = _STEP * max(1, len(values) - 1) + 2 * _MARGIN + 1
    heights = _rows(values, low, high)
    last = int(np.flatnonzero(~np.isnan(values))[-1])
    baseline = ""
    if low < 0 < high:
        row = int(_rows(np.array([0.0]), low, high)[0])
        baseline = f"<path d='M0,{row}H{width}' stroke='{_BASELINE}'/>"
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{_HEIGHT}'>{baseline}"
        f"<path fill='none' stroke='{_INK}' d='{_path(heights)}'/>"
        f"<circle cx='{_MARGIN + _STEP * last}' cy='{int(heights[last])}' r='2' fill='{_INK}'/></svg>"
    )


def _rows(values: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    """Map values to whole picture rows, top = high; a flat line lies in the middle. NaN stays."""
    room = _HEIGHT - 2 * _MARGIN
    # halves keep the span finite for values near the float64 limit
    span = high / 2 - low / 2
    share = (high / 2 - values / 2) / span if span > 0 else np.where(np.isnan(values), np.nan, 0.5)
    return np.rint(_MARGIN + share * room)


def _path(rows: NDArray[np.float64]) -> str:
    """Write rows as relative steps, the shortest form of a line; a gap lifts the pen, a lone point is a short dash."""
    missing = np.isnan(rows)
    pieces: list[str] = []
    column, row = 0, 0
    for position in np.flatnonzero(~missing):
        starts = position == 0 or missing[position - 1]
        ends = position == len(rows) - 1 or missing[position + 1]
        right, down = _MARGIN + _STEP * int(position), int(rows[position])
        pieces.append(f"{'m' if starts else 'l'}{right - column}{_signed(down - row)}")
        if starts and ends:
            pieces.append("h1")
            right += 1
        column, row = right, down
    return "".join(pieces)


def _signed(number: int) -> str:
    return str(number) if number < 0 else f",{number}"
