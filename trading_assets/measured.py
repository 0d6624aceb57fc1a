"""What a metric is and what it returns: a number, or the reason why there is none. Never infinity, never a stand-in."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np

from trading_assets.errors import MetricInputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True)
class Measured:
    """The outcome of one metric: exactly one of the two is there.

    Args:
        value: Finite number in the metric's unit, or None when the metric is undefined.
        reason: Why it is undefined, in snake_case, or None when it is defined.
    """

    value: float | None
    reason: str | None = None

    def __post_init__(self) -> None:
        if (self.value is None) == (self.reason is None):
            msg = f"a metric has a value or a reason, one of them; got value {self.value!r} and reason {self.reason!r}."
            raise MetricInputError(msg)
        if self.value is not None and not math.isfinite(self.value):
            msg = f"a metric came out as {self.value!r}; an undefined metric carries a reason instead."
            raise MetricInputError(msg)


def defined(value: float) -> Measured:
    """Wrap a finite number."""
    return Measured(float(value))


def undefined(reason: str) -> Measured:
    """Say why there is no number, in snake_case."""
    return Measured(None, reason)


def exact_sum(values: NDArray[np.float64]) -> float:
    """Return the exactly rounded sum, shape (n,), so that the order of trades cannot change a digit."""
    return math.fsum(values.tolist())


def finite(values: ArrayLike, what: str) -> NDArray[np.float64]:
    """Return the values as a float64 vector.

    Args:
        values: Numbers, shape (n,), n ≥ 0.
        what: What they are, for the message.

    Raises:
        MetricInputError: A value is missing or infinite, or the input has another shape.
    """
    vector = np.asarray(values, dtype=np.float64)
    if vector.ndim != 1:
        msg = f"{what} must be one-dimensional, got shape {vector.shape}."
        raise MetricInputError(msg)
    bad = ~np.isfinite(vector)
    if bad.any():
        first = int(bad.argmax())
        msg = (
            f"{what} holds {int(bad.sum())} missing or infinite of {len(vector)} values (first: position {first}, "
            f"{vector[first]}). A missing value is not zero: fill or drop it where it arises."
        )
        raise MetricInputError(msg)
    return vector


Input = TypeVar("Input")


@dataclass(frozen=True, slots=True)
class Metric(Generic[Input]):
    """One registered metric.

    Args:
        name: Name of the metric.
        function: What computes it; the first line of its docstring is the definition.
        unit: Unit of the value, empty for a ratio or a count.
        fills: The columns it fills, as `table.column`.
        reasons: Every reason for which the function leaves it undefined.
        least: Below this many sessions the number exists but is not shown.
    """

    name: str
    function: Callable[[Input], Measured]
    unit: str
    fills: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    least: int = 0

    @property
    def definition(self) -> str:
        """The definition, one sentence with the unit."""
        return (self.function.__doc__ or "").strip().split("\n", maxsplit=1)[0]

    def column_of(self, table: str) -> str | None:
        """Column of `table` that it fills first, or None."""
        return next((fill.partition(".")[2] for fill in self.fills if fill.startswith(f"{table}.")), None)
