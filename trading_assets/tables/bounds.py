"""The bounds a contract puts on its columns, as row masks. Plain numpy; `tables.schema` runs them through Pandera."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from trading_assets.tables.contract import FRAME_DTYPES, NEVER_MISSING, SECONDS_OF_A_DAY, dtype_name
from trading_assets.tables.money import no_paise

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from trading_assets.tables.contract import Column, Contract

BoundName = Literal["present", "finite", "low", "high", "paise", "choices", "midnight"]
_FLOATS = ("number", "money")
_LARGEST_CODE = 2**62


@dataclass(frozen=True)
class Bound:
    """One bound of one column.

    Args:
        column: The column.
        name: Which bound: present, finite, low, high, paise, choices or, of a day, midnight.
    """

    column: Column
    name: BoundName

    @property
    def expected(self) -> str:
        """The bound in words."""
        column = self.column
        return {
            "present": "present",
            "finite": "finite",
            "low": f"at least {column.low}",
            "high": f"at most {column.high}",
            "paise": "whole paise",
            "midnight": "a day without a time",
            "choices": f"one of {', '.join(column.choices)}",
        }[self.name]

    def broken(self, frame: pd.DataFrame) -> NDArray[np.bool_]:
        """Return which rows break the bound, shape (n,).

        A missing value breaks `present` and no other bound. A column that is absent or of another dtype breaks
        nothing here: that is a fact of the frame, which the schema reports.
        """
        if self.column.name not in frame:
            return np.zeros(len(frame), dtype=np.bool_)
        series = frame[self.column.name]
        if self.name == "present":
            return np.asarray(series.isna(), dtype=np.bool_)
        if dtype_name(series.dtype) != FRAME_DTYPES[self.column.kind]:
            return np.zeros(len(frame), dtype=np.bool_)
        if self.name == "choices":
            return np.asarray(series.notna() & ~series.isin(self.column.choices), dtype=np.bool_)
        if self.name == "midnight":
            days = series.to_numpy()
            return np.asarray(~np.isnat(days) & (days != days.astype("datetime64[D]")))
        return self.broken_numbers(series.to_numpy())

    def broken_numbers(self, values: NDArray[np.generic]) -> NDArray[np.bool_]:
        """Return which numbers break the bound, shape (n,)."""
        numbers = values.astype(np.float64, copy=False)
        if self.name == "present":
            return np.isnan(numbers)
        if self.name == "finite":
            return np.isinf(numbers)
        if self.name == "low":
            return np.asarray(numbers < (-np.inf if self.column.low is None else self.column.low))
        if self.name == "high":
            return np.asarray(numbers > (np.inf if self.column.high is None else self.column.high))
        return no_paise(numbers)


def bounds(contract: Contract) -> tuple[Bound, ...]:
    """Return every bound of a contract in column order; uniqueness of the key is `repeated_keys`."""
    return tuple(Bound(column, name) for column in contract.columns for name in _names(column))


def _names(column: Column) -> tuple[BoundName, ...]:
    wanted: dict[BoundName, bool] = {
        "present": not column.nullable and column.kind not in NEVER_MISSING,
        "finite": column.kind in _FLOATS,
        "low": column.low is not None,
        "high": column.high is not None,
        "paise": column.kind == "money",
        "choices": bool(column.choices),
        "midnight": column.kind == "date",
    }
    return tuple(name for name, holds in wanted.items() if holds)


def broken_bounds(contract: Contract, frame: pd.DataFrame) -> Iterator[tuple[Bound, NDArray[np.bool_]]]:
    """Yield the bounds that a frame breaks, in column order, with the rows that break each, shape (n,).

    The least and the largest value answer for most columns: to mark the rows takes ten times as long.
    """
    found = dict(frame.items())  # to ask for each by name takes twice as long
    for column in contract.columns:
        if column.name not in found or _keeps(column, found[column.name]):
            continue
        for name in _names(column):
            bound = Bound(column, name)
            mask = bound.broken(frame)
            if mask.any():
                yield bound, mask


def _keeps(column: Column, series: pd.Series) -> bool:
    """Whether a column surely breaks no bound; whatever is in doubt is left to the masks."""
    if dtype_name(series.dtype) != FRAME_DTYPES[column.kind]:
        return False
    if column.kind in ("text", "json", "time"):
        present = column.nullable or not series.array.isna().any()
        return present and (not column.choices or {*series.unique()} <= {*column.choices, np.nan})
    values = series.to_numpy()
    if column.kind == "date":
        # NaT is no multiple of a day either
        return not (values.view(np.int64) % SECONDS_OF_A_DAY).any()
    return column.kind == "flag" or not len(values) or _numbers_keep(column, values)


def _numbers_keep(column: Column, values: NDArray[np.generic]) -> bool:
    # of two numbers `minimum` takes a NaN, and `fmin` the other
    least, largest = (np.fmin, np.fmax) if column.nullable else (np.minimum, np.maximum)
    bottom, top = float(least.reduce(values)), float(largest.reduce(values))
    if np.isnan(bottom):
        return column.nullable  # nothing but missing values
    if np.isinf(bottom) or np.isinf(top):
        return False
    within = (column.low is None or bottom >= column.low) and (column.high is None or top <= column.high)
    return within and not (column.kind == "money" and no_paise(values.astype(np.float64, copy=False)).any())


def repeated_keys(contract: Contract, frame: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which rows repeat the key of an earlier row, shape (n,); nothing when a key column is absent."""
    import pandas as pd

    if len(frame) == 0 or any(name not in frame for name in contract.key) or rises(contract, frame):
        return np.zeros(len(frame), dtype=np.bool_)
    return np.asarray(pd.Series(row_codes(frame, contract.key)).duplicated())


def rises(contract: Contract, frame: pd.DataFrame) -> bool:
    """Whether each row surely follows the one before it in the order of the key, as stored rows do: none is repeated.

    It takes a quarter of the time of `row_codes`. A missing value that has to decide is in doubt.
    """
    tied = np.ones(len(frame) - 1, dtype=np.bool_)
    for name in contract.key:
        series, kind = frame[name], contract.column(name).kind
        if dtype_name(series.dtype) != FRAME_DTYPES[kind]:
            return False
        times = "datetime64[us]" if kind == "time" else None
        values = series.array if kind in ("text", "json") else series.to_numpy(times)
        before, after = values[:-1], values[1:]
        equal = np.asarray(before == after)
        if not equal.all():
            if not (~tied | equal | np.asarray(before < after)).all():
                return False
            tied &= equal
    return not tied.any()


def row_codes(frame: pd.DataFrame, names: Sequence[str]) -> NDArray[np.int64]:
    """Return numbers that are the same where rows agree on some columns, a missing value being one more, shape (n,)."""
    import pandas as pd

    codes, most = np.zeros(len(frame), dtype=np.int64), 1
    for name in names:
        found, uniques = pd.factorize(frame[name], use_na_sentinel=False)
        if most * len(uniques) > _LARGEST_CODE:
            codes, known = pd.factorize(codes)
            most = len(known)
        codes, most = codes * len(uniques) + found, most * len(uniques)
    return codes


def row_order(keys: Sequence[NDArray[np.generic]]) -> NDArray[np.intp] | None:
    """Return the stable order of rows by `keys`, the first the most significant; None when they are in order.

    Recordings and tables mostly are, and looking costs a tenth of sorting.
    """
    sorted_so_far = np.ones(max(len(keys[0]) - 1, 0), dtype=np.bool_)
    undecided = sorted_so_far.copy()
    for key in keys:
        sorted_so_far &= ~undecided | np.greater_equal(key[1:], key[:-1])
        undecided &= key[1:] == key[:-1]
    return None if sorted_so_far.all() else np.lexsort(tuple(reversed(keys)))
