"""How far trades went against and for us while they were open: the MAE/MFE scatter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.report.charts import HEIGHT, WIDTH, Tick, round_values
from trading_assets.report.numbers import counted, rupees, short_rupees

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

#: More trades than this are counted in squares; marks then grow with the count.
_MOST_POINTS = 400
_ACROSS, _DOWN = 30, 20
_SIZES = (4, 6, 8, 11)
_SINGLE = 7
_AXIS_PERCENTILE = 98
_ARM = 1.4


@dataclass(frozen=True)
class Marks:
    """Marks of one size in picture units: a path of dots for winners or of crosses for losers."""

    winners: str
    losers: str
    size: int


@dataclass(frozen=True)
class ExcursionPicture:
    """Adverse excursion across, favourable excursion up, in ₹; what the picture says in words."""

    sentences: tuple[str, ...]
    marks: tuple[Marks, ...]
    across_ticks: list[Tick]
    up_ticks: list[Tick]
    note: str


def excursion_picture(trades: pd.DataFrame) -> ExcursionPicture | None:
    """Draw the trades that were marked while open; None when there is none."""
    known = trades.loc[trades["mae"].notna() & trades["mfe"].notna()]
    if known.empty:
        return None
    adverse = np.maximum(-known["mae"].to_numpy(), 0.0)
    favourable = np.maximum(known["mfe"].to_numpy(), 0.0)
    won = known["net_pnl"].to_numpy() > 0
    reach = (_reach(adverse), _reach(favourable))
    beyond = int(((adverse > reach[0]) | (favourable > reach[1])).sum())
    across = np.minimum(adverse / reach[0], 1.0)
    up = np.minimum(favourable / reach[1], 1.0)
    crowded = len(known) > _MOST_POINTS
    return ExcursionPicture(
        sentences=tuple(_sentences(adverse, favourable, won)),
        marks=_crowd(across, up, won) if crowded else (_marks(across, up, won, _SINGLE),),
        across_ticks=[Tick(round(100 * v / reach[0], 2), short_rupees(v)) for v in round_values(0.0, reach[0], 4)],
        up_ticks=[Tick(round(100 - 100 * v / reach[1], 2), short_rupees(v)) for v in round_values(0.0, reach[1], 4)],
        note=_note(len(trades) - len(known), beyond, crowded=crowded),
    )


def _reach(distance: NDArray[np.float64]) -> float:
    """Return where the axis ends: beyond it lie the furthest few, which would press the rest into a corner."""
    return float(np.percentile(distance, _AXIS_PERCENTILE)) * 1.04 or 1.0


def _sentences(adverse: NDArray[np.float64], favourable: NDArray[np.float64], won: NDArray[np.bool_]) -> list[str]:
    found = []
    if won.any():
        found.append(f"Half of the winners were never more than {rupees(float(np.median(adverse[won])))} under water.")
    if not won.all():
        given = rupees(float(np.median(favourable[~won])))
        found.append(f"Half of the others had been at least {given} ahead before they were closed.")
    return found


def _note(unmarked: int, beyond: int, *, crowded: bool) -> str:
    parts = []
    if crowded:
        parts.append("Trades are counted in squares; a larger mark is more trades.")
    if beyond:
        parts.append(f"{counted(beyond, 'trade')} beyond the axes, drawn at the edge.")
    if unmarked:
        parts.append(f"{counted(unmarked, 'trade')} without a mark while open, not shown.")
    return " ".join(parts)


def _crowd(across: NDArray[np.float64], up: NDArray[np.float64], won: NDArray[np.bool_]) -> tuple[Marks, ...]:
    """Count trades in squares, winners and losers apart, and draw each square by the size of its count."""
    column = np.minimum((across * _ACROSS).astype(np.int64), _ACROSS - 1)
    row = np.minimum((up * _DOWN).astype(np.int64), _DOWN - 1)
    squares, counts = np.unique(np.column_stack([column, row, won]), axis=0, return_counts=True)
    grades = np.minimum(np.sqrt(counts / counts.max()) * len(_SIZES), len(_SIZES) - 1).astype(np.int64)
    # winners stand a little left of the middle of their square and losers right of it, so that neither hides the other
    place = (squares[:, 0] + np.where(squares[:, 2] > 0, 0.3, 0.7)) / _ACROSS
    height = (squares[:, 1] + 0.5) / _DOWN
    return tuple(
        _marks(place[grades == grade], height[grades == grade], squares[grades == grade, 2] > 0, size)
        for grade, size in enumerate(_SIZES)
        if (grades == grade).any()
    )


def _marks(across: NDArray[np.float64], up: NDArray[np.float64], won: NDArray[np.bool_], size: int) -> Marks:
    x, y = np.rint(across * WIDTH).astype(np.int64), np.rint((1 - up) * HEIGHT).astype(np.int64)
    arm = round(_ARM * size)
    dots = {f"M{a},{b}h0" for a, b in zip(x[won], y[won], strict=True)}
    crosses = {
        f"M{a - arm},{b - arm}l{2 * arm},{2 * arm}m0,{-2 * arm}l{-2 * arm},{2 * arm}"
        for a, b in zip(x[~won], y[~won], strict=True)
    }
    return Marks("".join(sorted(dots)), "".join(sorted(crosses)), size)
