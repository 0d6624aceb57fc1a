"""The daily returns that metrics are computed on, and what several of them need, worked out once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.measured import finite

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Returns closer than this are equal: it is a paisa on a capital of ten trillion rupees.
RESOLUTION = 1e-15


@dataclass(frozen=True)
class ReturnSeries:
    """Daily returns of consecutive sessions, sessions without a trade included as 0.

    Args:
        returns: Net P&L over the capital allocated at the start of the session, fractions, shape (n,), n ≥ 0.
        risk_free_rate: Annual, a fraction; spread over sessions geometrically.
        sessions_per_year: Sessions that make a year.
    """

    returns: NDArray[np.float64]
    risk_free_rate: float = 0.0
    sessions_per_year: int = 252

    def __post_init__(self) -> None:
        object.__setattr__(self, "returns", finite(self.returns, "daily returns"))

    @cached_property
    def excess(self) -> NDArray[np.float64]:
        """Returns above the risk-free rate of one session, shape (n,)."""
        return self.returns - session_rate(self.risk_free_rate, self.sessions_per_year)

    @cached_property
    def growth(self) -> NDArray[np.float64]:
        """Compounded equity per unit of capital, starting with 1, shape (n + 1,)."""
        return np.concatenate(([1.0], np.cumprod(1.0 + self.returns)))

    @cached_property
    def ruined(self) -> bool:
        """Whether compounded equity falls below 0, from where on it has no growth."""
        return bool(self.growth.min() < 0.0)

    @cached_property
    def mean_excess(self) -> float:
        """Mean return above the risk-free rate of one session; n ≥ 1."""
        return float(self.excess.sum() / len(self.excess))

    @cached_property
    def away(self) -> NDArray[np.float64]:
        """Returns minus their mean, shape (n,), n ≥ 1."""
        return np.asarray(self.returns - self.returns.sum() / len(self.returns), dtype=np.float64)

    @cached_property
    def squares(self) -> NDArray[np.float64]:
        """Squares of `away`, shape (n,); products, for a power of floats costs twenty times as much."""
        return self.away * self.away

    @cached_property
    def deviation(self) -> float:
        """Standard deviation of returns (ddof 1), also of those above a rate; n ≥ 2."""
        return math.sqrt(self.squares.sum() / (len(self.squares) - 1))

    @cached_property
    def depths(self) -> NDArray[np.float64]:
        """Fall of compounded equity below its peak so far, a fraction of the peak ≥ 0, shape (n + 1,)."""
        return np.asarray(1.0 - self.growth / np.maximum.accumulate(self.growth), dtype=np.float64)

    @cached_property
    def deepest(self) -> float:
        """Largest of `depths`."""
        return float(self.depths.max())

    @cached_property
    def shape(self) -> tuple[float, float]:
        """Third and fourth standardised moment of returns that are not all equal, biased estimators."""
        third, fourth = (float((self.squares * more).sum()) / len(self.squares) for more in (self.away, self.squares))
        variance = float(self.squares.sum()) / len(self.squares)
        return third / variance**1.5, fourth / variance**2

    @cached_property
    def flat(self) -> bool:
        """Whether all returns are equal."""
        return len(self.returns) == 0 or float(self.returns.max() - self.returns.min()) <= RESOLUTION


def session_rate(annual: float, sessions_per_year: int) -> float:
    """Risk-free return of one session from an annual rate, compounding."""
    return float((1.0 + annual) ** (1.0 / sessions_per_year) - 1.0)
