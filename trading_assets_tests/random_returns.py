"""1,000 random return series, the same on every machine: what metrics are compared on with other libraries."""

from __future__ import annotations

import hashlib

import numpy as np

SERIES = 1_000
#: Annual risk-free rate of the even and of the odd series.
RATES = (0.0, 0.065)


def random_series() -> list[list[float]]:
    """Returns of 4 to 299 sessions, fat-tailed, a tenth of them 0; every third series never loses."""
    generator = np.random.default_rng(20240101)
    drawn = []
    for number in range(SERIES):
        values = generator.standard_t(4, generator.integers(4, 300)) * 0.01
        values[generator.random(len(values)) < 0.1] = 0.0
        drawn.append(np.clip(values, -0.5, None).round(6).tolist() if number % 3 else (abs(values) / 2).tolist())
    return drawn


def digest() -> str:
    """SHA-256 of the series, 64 hex: answers of another library belong to these and no others."""
    return hashlib.sha256(repr(random_series()).encode()).hexdigest()
