"""The Black formula without units, inverted: which total volatility makes an out-of-the-money option worth β.

With x = -|ln(F/K)| and s the volatility times √T, the undiscounted price over √(F·K) is
b(x, s) = e^(x/2)·N(x/s + s/2) - e^(-x/2)·N(x/s - s/2), which has its one inflection at s = √(2|x|). From there up,
Halley's steps are taken on b itself; below it on 1/ln b, which is so close to linear in s² that options worth 1e-12 of
the forward need three steps, as those at the money do.

Source: the normalisation, the two branches and the objective 1/ln b are those of Jäckel, P. (2015), Let's be rational.
The start values are our own: Newton's step from the inflection above it, an inverse of Bachelier's formula below it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import erfcx, ndtr

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    #: (β, x, s) → Newton's step -f/f' of an objective f, and f''/f'.
    Objective = Callable[[Floats, Floats, Floats], tuple[Floats, Floats]]

_ROOT_HALF = float(np.sqrt(0.5))
_ROOT_TWO_PI = float(np.sqrt(2 * np.pi))
#: Rows solved together so that temporaries stay in the processor's cache.
_CHUNK = 8192
#: s up to 1 takes 3 steps, 6 takes 6, 10 takes 10; options of a week have s around 0.03.
_MAX_STEPS = 16
#: Halley's error is cubed by a step, so a relative step of 1e-6 is the last one that changes anything.
_LAST_STEP = 1e-6
#: Where the two start values of a cheap option meet, in units of ln(|x|/β√2π).
_FAR = 2.0


def total_volatility(beta: Floats, x: Floats) -> Floats:
    """Solve b(x, s) = β for s, volatility times √T.

    Args:
        beta: Normalised time values, shape (n,), strictly between 0 and e^(x/2).
        x: Normalised moneyness, shape (n,), ≤ 0.

    Returns:
        Total volatilities > 0, shape (n,), NaN where 16 steps do not find one. A row's value does not depend on the
        other rows, to the bit.
    """
    found = np.full(len(beta), np.nan)
    for start in range(0, len(beta), _CHUNK):
        piece = slice(start, start + _CHUNK)
        found[piece] = _solve(beta[piece], x[piece])
    return found


def _solve(beta: Floats, x: Floats) -> Floats:
    root = np.sqrt(-2 * x)  # the inflection: x/s is -root/2 there and s/2 is root/2
    at_inflection = 0.5 * np.exp(0.5 * x) - np.exp(-0.5 * x) * ndtr(-root)
    low = beta < at_inflection
    high = ~low
    found = np.empty(len(beta))
    start = root[high] + (beta[high] - at_inflection[high]) * _ROOT_TWO_PI * np.exp(-0.5 * x[high])
    found[high] = _halley(_on_value, beta[high], x[high], start)
    found[low] = _halley(_on_logarithm, beta[low], x[low], np.minimum(_bachelier(beta[low], x[low]), root[low]))
    return found


def _halley(objective: Objective, beta: Floats, x: Floats, start: Floats) -> Floats:
    s, open_rows = start, np.ones(len(start), dtype=np.bool_)
    for _ in range(_MAX_STEPS):
        newton, curvature = objective(beta, x, s)
        step = newton / np.maximum(1 + 0.5 * newton * curvature, 0.25)
        s = np.where(open_rows, s + step, s)
        open_rows &= ~(np.abs(step) <= _LAST_STEP * s)
        if not open_rows.any():
            return s
    return np.where(open_rows, np.nan, s)


def _on_value(beta: Floats, x: Floats, s: Floats) -> tuple[Floats, Floats]:
    h, t = x / s, 0.5 * s
    value = np.exp(0.5 * x) * ndtr(h + t) - np.exp(-0.5 * x) * ndtr(h - t)
    slope = np.exp(-0.5 * (h * h + t * t)) / _ROOT_TWO_PI
    return (beta - value) / slope, (h * h - t * t) / s


def _on_logarithm(beta: Floats, x: Floats, s: Floats) -> tuple[Floats, Floats]:
    """Step on 1/ln b; the exponential e^(-(h²+t²)/2) is common to b and b', so it never has to be formed."""
    h, t = x / s, 0.5 * s
    scaled = erfcx(-(h + t) * _ROOT_HALF) - erfcx(-(h - t) * _ROOT_HALF)
    log_value, log_beta = np.log(0.5 * scaled) - 0.5 * (h * h + t * t), np.log(beta)
    relative_slope = 2 / (_ROOT_TWO_PI * scaled)
    newton = log_value / relative_slope * (log_beta - log_value) / log_beta
    return newton, (h * h - t * t) / s - relative_slope * (1 + 2 / log_value)


def _bachelier(beta: Floats, x: Floats) -> Floats:
    """Start value for small s: v = |x|/s from β/|x| = φ(v)/v - N(-v) ≈ φ(v) / (v (1 + 0.8 v + v²)); within 31 %."""
    depth = np.log(-x / (beta * _ROOT_TWO_PI))
    near = np.exp(np.minimum(depth, _FAR))
    near /= 1 + 0.9 * near
    far = np.sqrt(np.maximum(2 * depth, 1.0))
    for _ in range(2):
        far = np.sqrt(np.maximum(2 * (depth - np.log(far * (1 + 0.8 * far + far * far))), 1.0))
    start: Floats = -x / np.where(depth < _FAR, near, far)
    return start
