"""Levels of the simulated index: a mean-reverting close per calendar day, and a path between two closes.

Every day has a shock of its own, drawn from seed and date, weekends a small one. The close of a day is a fading sum of
the last shocks, so any session can be produced alone and joins the sessions around it, whatever the calendar closes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

import numpy as np

from trading_assets.feeds.simulated_script import followed
from trading_assets.feeds.simulated_spec import Regime

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    from trading_assets.feeds.simulated_spec import SimulationSpec

    Floats = NDArray[np.float64]

#: Where an index hovers, index points; others hover at the level of the last entry.
BASE_LEVELS = {"NIFTY": 23_500.0, "BANKNIFTY": 52_000.0, "FINNIFTY": 24_500.0, "SENSEX": 78_000.0, "": 25_000.0}

_BLOCK = 512  # days drawn by one generator
_MEMORY_DAYS = 700
_FADE = 0.995  # per calendar day: shocks halve in 138 days and levels stay within ±20 %
_REGIME_SHARES = (0.30, 0.45, 0.25)
_WEEKEND_SHOCK = 0.002
_SATURDAY = 5
_REACTION, _REACTION_TIME = 0.25, 0.06  # writers answer to the last 22 minutes of a full session
_VOL_FLOOR, _VOL_PER_SHOCK, _VOL_MEMORY = 0.085, 7.0, 0.90


@dataclass(frozen=True, slots=True)
class Texture:
    """How a regime moves within the day: shares of the level.

    Args:
        gap: Share of the day's shock that comes overnight.
        noise: Standard deviation of the random walk over a session. About that of the shock's part within the day,
            so that the walk so far tells next to nothing about the rest.
    """

    gap: float
    noise: float


TEXTURES: dict[str, Texture] = {
    "trend": Texture(gap=0.25, noise=0.0060),
    "range": Texture(gap=0.35, noise=0.0020),
    "volatile": Texture(gap=0.30, noise=0.0080),
}


@dataclass(frozen=True, slots=True)
class DayPath:
    """The index over one session, arrays of shape (s,).

    Args:
        spot: Level, index points, in steps of 0.05.
        log_return: Since the open.
        mood: What moves writers, from about -1 to 1: a swing of their own and what the index just did, saturated.
        volatility: Thirty-day volatility, fraction a year.
        regime: Mood of the day.
    """

    spot: Floats
    log_return: Floats
    mood: Floats
    volatility: Floats
    regime: Regime


def generator(spec: SimulationSpec, *numbers: int) -> np.random.Generator:
    """A generator of its own for seed, underlying and numbers."""
    return np.random.Generator(np.random.PCG64([spec.seed, *spec.underlying.encode(), *numbers]))


def opening_level(spec: SimulationSpec, day: date) -> float:
    """Level at the open of a day, index points: the script's; without one it does not depend on the regime."""
    if spec.script is not None:
        return spec.script.opening
    ordinal = day.toordinal()
    shocks, regimes = _shocks(spec, ordinal)
    return _base(spec) * float(np.exp(_faded(shocks[:-1]) + TEXTURES[regimes[-1]].gap * shocks[-1]))


def closing_level(spec: SimulationSpec, day: date) -> float:
    """Level at the close of a day of the seed's own regime, index points."""
    return _base(spec) * float(np.exp(_faded(_shocks(spec, day.toordinal())[0])))


def day_path(spec: SimulationSpec, day: date, elapsed: Floats) -> DayPath:
    """Path of one session.

    Args:
        spec: Seed, underlying and, where wanted, the regime.
        day: Session.
        elapsed: Share of the session's trading time that has passed at each snapshot, ascending in [0, 1], shape (s,).
    """
    shocks, regimes = _shocks(spec, day.toordinal())
    regime = spec.regime or regimes[-1]
    texture = TEXTURES[regime]
    rng = generator(spec, day.toordinal(), 1)
    opening = opening_level(spec, day)
    whole_day = float(np.log(closing_level(spec, day) / opening))
    wave = _Wave.drawn(rng)
    log_return = whole_day * elapsed + texture.noise * _bridge(rng, elapsed)
    lean = wave.at(elapsed) + _REACTION * _recent(log_return, elapsed) / texture.noise
    mood = np.tanh(3.0 * lean) / np.tanh(3.0) + 0.22 * _wander(rng, elapsed, 0.02)
    calm = _VOL_FLOOR + _VOL_PER_SHOCK * _recent_size(shocks[:-1])
    volatility = calm * np.exp(-4.0 * log_return + 0.02 * _wander(rng, elapsed, 0.1))
    spot = np.round(np.round(opening * np.exp(log_return) / 0.05) * 0.05, 2)
    path = DayPath(spot, log_return, mood, volatility, regime)
    return path if spec.script is None else followed(path, spec.script, elapsed, rng)


def _recent(log_return: Floats, elapsed: Floats) -> Floats:
    """What the index did over the last `_REACTION_TIME`, in deviations of a walk with deviation 1 a session."""
    before = np.interp(elapsed - _REACTION_TIME, elapsed, log_return)
    moved: Floats = (log_return - before) / np.sqrt(_REACTION_TIME)
    return moved


@dataclass(frozen=True, slots=True)
class _Wave:
    """Two sines of about three and nine periods a session, amplitude up to 1."""

    periods: Floats
    phases: Floats

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> _Wave:
        return cls(rng.uniform((2.3, 8.0), (3.1, 11.0)), rng.uniform(0.0, 2 * np.pi, 2))

    def at(self, elapsed: Floats) -> Floats:
        angles = 2 * np.pi * self.periods * elapsed[:, None] + self.phases
        level: Floats = np.sin(angles) @ np.array([0.8, 0.2])
        return level


def _base(spec: SimulationSpec) -> float:
    return BASE_LEVELS.get(spec.underlying, BASE_LEVELS[""])


def _shocks(spec: SimulationSpec, ordinal: int) -> tuple[Floats, list[Regime]]:
    """Log returns and regimes of the days up to `ordinal`, the last being its own."""
    first = ordinal - _MEMORY_DAYS + 1
    blocks = [_block(spec, number) for number in range(first // _BLOCK, ordinal // _BLOCK + 1)]
    start = first - first // _BLOCK * _BLOCK
    shocks = np.concatenate([shock for shock, _ in blocks])[start : start + _MEMORY_DAYS]
    kinds = np.concatenate([kind for _, kind in blocks])[start : start + _MEMORY_DAYS]
    names = get_args(Regime)
    return shocks, [names[kind] for kind in kinds.tolist()]


def _block(spec: SimulationSpec, number: int) -> tuple[Floats, NDArray[np.intp]]:
    rng = generator(spec, number)
    draws, size = rng.standard_normal(_BLOCK), rng.uniform(0.006, 0.012, _BLOCK)
    kinds = np.searchsorted(np.cumsum(_REGIME_SHARES[:2]), rng.random(_BLOCK), side="right")
    by_kind = np.stack([np.sign(draws) * size, 0.0025 * draws, 0.0100 * draws])
    shocks = by_kind[kinds, np.arange(_BLOCK)]
    weekday = (np.arange(_BLOCK) + number * _BLOCK - 1) % 7  # proleptic day 1 was a Monday
    return np.where(weekday >= _SATURDAY, _WEEKEND_SHOCK * draws, shocks), kinds


def _faded(shocks: Floats) -> float:
    return float(shocks[::-1] @ (_FADE ** np.arange(len(shocks))))


def _recent_size(shocks: Floats) -> float:
    weights = _VOL_MEMORY ** np.arange(60)
    return float(np.abs(shocks[::-1][:60]) @ weights / weights.sum())


def _bridge(rng: np.random.Generator, elapsed: Floats) -> Floats:
    """A random walk from 0 to about 0 with standard deviation 1 over the session, if it were let go."""
    steps = np.sqrt(np.diff(elapsed, prepend=0.0)) * rng.standard_normal(len(elapsed))
    walk = np.cumsum(steps)
    bridge: Floats = walk - elapsed * walk[-1]
    return bridge


def _wander(rng: np.random.Generator, elapsed: Floats, memory: float) -> Floats:
    """A stationary process of standard deviation 1 that forgets over `memory` of a session."""
    keep = np.exp(-np.diff(elapsed, prepend=0.0) / memory)
    noise = np.sqrt(1 - keep**2) * rng.standard_normal(len(elapsed))
    noise[0] = rng.standard_normal()
    level, walk = 0.0, np.empty(len(elapsed))
    for step, (kept, drawn) in enumerate(zip(keep.tolist(), noise.tolist(), strict=True)):
        level = kept * level + drawn
        walk[step] = level
    return walk
