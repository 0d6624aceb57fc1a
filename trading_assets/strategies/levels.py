"""Levels of the index and of India VIX at which a position is closed, fixed at the snapshot that opens it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Mask = NDArray[np.bool_]
    Rows = NDArray[np.intp]

#: Levels and their steps: points to a hundredth, fractions to 1e-4, so that no float's last bits are stored.
_DECIMALS = {"stop_spot": 2, "target_spot": 2, "stop_vix": 2, "stop_fraction": 4}


@dataclass(frozen=True, eq=False)
class Levels:
    """Levels of a position opened at each snapshot, shape (S,), NaN for none; None for none at all.

    Args:
        stop_spot: Index level at or beyond which it has failed, points: below for a position that wants a rise.
        target_spot: Index level at or beyond which it has worked, points.
        stop_vix: India VIX above which it has failed, percent a year.
        stop_fraction: Loss of the entry premium that closes it, instead of the exit plan's.
    """

    stop_spot: Floats | None = None
    target_spot: Floats | None = None
    stop_vix: Floats | None = None
    stop_fraction: Floats | None = None

    def filled(self, count: int) -> Levels:
        """Return them on their grids, all of shape (count,)."""
        return Levels(
            *(
                np.full(count, np.nan) if values is None else np.round(values, _DECIMALS[name])
                for name, values in self.given().items()
            )
        )

    def given(self) -> dict[str, Floats | None]:
        """Return the arrays by name."""
        return {name: getattr(self, name) for name in _DECIMALS}

    def at(self, snapshot: int) -> dict[str, float | None]:
        """Levels of one snapshot by name, None for none."""
        told = {name: float(values[snapshot]) for name, values in self.given().items() if values is not None}
        return {name: told[name] if name in told and np.isfinite(told[name]) else None for name in self.given()}

    def passed(self, opened: Rows | int, spot: Floats, vix: Floats, view: float) -> Mask:
        """Whether a level is reached.

        Args:
            opened: Snapshots whose levels count, broadcast against the others.
            spot: Index levels to judge, points, shape (n,).
            vix: India VIX to judge, percent a year, shape (n,).
            view: 1 for a position that wants a rise, -1 for a fall.

        Returns:
            Shape (n,), False where the level or the value is missing.
        """
        stop, target, highest = (
            np.nan if values is None else values[opened] for values in (self.stop_spot, self.target_spot, self.stop_vix)
        )
        reached: Mask = (view * spot <= view * stop) | (view * spot >= view * target) | (vix > highest)
        return reached


#: A rule whose positions are closed by the exit plan alone.
NO_LEVELS = Levels()
