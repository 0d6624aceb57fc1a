"""Geometry of the pictures: axes, round tick values, SVG paths. No markup, no colours: those are the template's."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

#: Pictures are drawn in a box of this many units and stretched to their place; labels are text beside them.
WIDTH, HEIGHT = 1_000, 400
#: Labels beyond the most that still fit where all are shown.
_FEW_MORE = 2


@dataclass(frozen=True)
class Tick:
    """A label at a place along an axis, in percent from the left or from the top."""

    place: float
    label: str


@dataclass(frozen=True)
class Axis:
    """A range of values, high above low, shown from the bottom (or left) to the top (or right)."""

    low: float
    high: float

    @staticmethod
    def around(values: NDArray[np.float64], *also: float) -> Axis:
        """Return the axis that holds all values and the others named, with some air; 0 to 1 for nothing at all."""
        found = np.concatenate([values[np.isfinite(values)], np.array(also, dtype=np.float64)])
        if not len(found):
            return Axis(0.0, 1.0)
        low, high = float(found.min()), float(found.max())
        air = (high - low) * 0.06 or max(1.0, abs(high) * 0.01)
        return Axis(low - air, high + air)

    def share(self, value: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how far along the axis values lie, 0 at the low end and 1 at the high end."""
        return (value - self.low) / (self.high - self.low)

    def rows(self, value: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return picture rows of values, the high end on top."""
        return (1 - self.share(value)) * HEIGHT

    def ticks(self, most: int, written: Callable[[float], str]) -> list[Tick]:
        """Return labels at round values, placed from the top, highest last."""
        return [
            Tick(round(100 * (1 - float(self.share(np.array(value)))), 2), written(value))
            for value in round_values(self.low, self.high, most)
        ]


def round_values(low: float, high: float, most: int) -> list[float]:
    """Return ascending multiples of 1, 2 or 5 times a power of ten within low to high, at most `most` + 1 of them."""
    step = 10.0 ** math.floor(math.log10((high - low) / most))
    step *= next(factor for factor in (1, 2, 5, 10) if (high - low) / (step * factor) <= most)
    first, last = math.ceil(low / step), math.floor(high / step)
    return [position * step for position in range(first, last + 1)]


def columns(size: int) -> NDArray[np.float64]:
    """Return the picture columns of `size` values in order, first at the left edge, last at the right."""
    return np.linspace(0.0, WIDTH, size) if size > 1 else np.full(size, WIDTH / 2)


def line(across: NDArray[np.float64], down: NDArray[np.float64]) -> str:
    """Write a line through points as SVG path data in whole units; empty for no points."""
    points = [f"{x:.0f},{y:.0f}" for x, y in zip(across, down, strict=True)]
    return f"M{'L'.join(points)}" if points else ""


def area(across: NDArray[np.float64], down: NDArray[np.float64], base: float) -> str:
    """Write the area between a line and the row `base` as SVG path data; empty for no points."""
    if not len(across):
        return ""
    return f"{line(across, down)}V{base:.0f}H{across[0]:.0f}Z"


def spread_labels(labels: Sequence[str], most: int) -> list[Tick]:
    """Choose about `most` evenly spaced labels of points from edge to edge, the first and the last among them."""
    last = len(labels) - 1
    return [Tick(round(100 * place / last, 2) if last else 50.0, labels[place]) for place in _spread(len(labels), most)]


def slot_labels(labels: Sequence[str], most: int) -> list[Tick]:
    """Choose about `most` evenly spaced labels of bars, each in the middle of its slot."""
    size = len(labels)
    return [Tick(round(100 * (place + 0.5) / size, 2), labels[place]) for place in _spread(size, most)]


def _spread(size: int, most: int) -> list[int]:
    if size <= most + _FEW_MORE:
        return list(range(size))  # to leave out one of six is a gap that looks like a missing session
    chosen = np.unique(np.linspace(0, size - 1, min(most, size)).round().astype(np.int64))
    return [int(place) for place in chosen]
