"""Scripts of simulated sessions: what the index, its volatility, skew, volume and walls do by the clock.

The seed's own market is calm and takes years to show every pattern a strategy waits for; a script shows them in a day.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trading_assets.feeds.simulated_path import DayPath

    Floats = NDArray[np.float64]

#: Values by minute of the session, joined by straight lines.
Knots = tuple[tuple[float, float], ...]
_MINUTES = 375.0
_FLAT: Knots = ((0.0, 1.0),)


@dataclass(frozen=True, slots=True)
class Wall:
    """A strike at which open interest is written and bought back.

    Args:
        strike: Index points.
        option: 0 for its calls, 1 for its puts.
        share: Multiple of what would be open there.
    """

    strike: float
    option: int
    share: Knots


@dataclass(frozen=True, slots=True)
class Script:
    """What happens in a session.

    Args:
        opening: Index level at the open, points.
        move: Of the index since the open, percent.
        volatility: Thirty-day volatility, fraction a year.
        skew: Multiple of the market's skew.
        pace: Multiple of the market's volume.
        walls: Walls of open interest.
        noise: Standard deviation of the index around the script, percent.
    """

    opening: float
    move: Knots
    volatility: Knots
    skew: Knots = _FLAT
    pace: Knots = _FLAT
    walls: tuple[Wall, ...] = ()
    noise: float = 0.004


def along(knots: Knots, elapsed: Floats) -> Floats:
    """Values of a script at shares of the session, shape (s,); the first and last value beyond its ends."""
    minutes, values = zip(*knots, strict=True)
    told: Floats = np.interp(elapsed * _MINUTES, minutes, values)
    return told


def followed(path: DayPath, script: Script, elapsed: Floats, rng: np.random.Generator) -> DayPath:
    """Return the path with the index and the volatility of a script; the writers' mood stays."""
    move = along(script.move, elapsed) / 100.0
    move = move + script.noise / 100.0 * rng.standard_normal(len(elapsed)) * (elapsed > 0.0)
    spot = np.round(np.round(script.opening * (1.0 + move) / 0.05) * 0.05, 2)
    return replace(path, spot=spot, log_return=np.log1p(move), volatility=along(script.volatility, elapsed))


def with_walls(interest: Floats, script: Script, strikes: Floats, elapsed: Floats) -> Floats:
    """Open interest with the walls of a script, whole lots, shape (s, e, k, 2)."""
    built = interest.copy()
    for wall in script.walls:
        built[:, :, strikes == wall.strike, wall.option] *= along(wall.share, elapsed)[:, None, None]
    whole: Floats = np.floor(built)
    return whole
