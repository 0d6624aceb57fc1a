"""Building pandas frames that keep a contract: explicit casts, no guessing. Judging values is not done here."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionArray, ExtensionDtype
from pandas.api.internals import create_dataframe_from_blocks

from trading_assets.errors import ContractError
from trading_assets.tables.contract import FRAME_DTYPES, Column, Contract, dtype_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Array: TypeAlias = ExtensionArray | NDArray[np.generic]

#: what `infer_dtype` calls columns that hold days or moments and nothing else
_MOMENTS = ("string", "date", "datetime", "datetime64", "empty")
_LARGEST_EXACT = 2**53
#: Arrays that pandas keeps as rows of a block; it keeps every other kind as it is.
_PLAIN = (np.ndarray, pd.arrays.NumpyExtensionArray)


def empty(contract: Contract) -> pd.DataFrame:
    """Return a frame with the contract's columns and dtypes and no rows."""
    return _empty(contract).copy()


@cache
def _empty(contract: Contract) -> pd.DataFrame:
    """Made once: 45 columns take 4 ms, a copy of them a tenth of one."""
    return pd.DataFrame({name: pd.array([], dtype=dtype) for name, dtype in contract.dtypes.items()})


def conform(contract: Contract, values: Mapping[str, object] | pd.DataFrame, *, copy: bool = True) -> pd.DataFrame:
    """Order, complete and cast columns to a contract; see `Contract.frame`."""
    if isinstance(values, pd.DataFrame) and keeps_layout(contract, values):
        # casting takes ten times as long; no value is copied before one of the two frames is changed
        return values.reset_index(drop=True)
    known = set(contract.names)
    unknown = [name for name in values if name not in known]
    if unknown:
        msg = f"table {contract.name} does not know column(s) {', '.join(map(str, unknown))}."
        raise ContractError(msg)
    length = _length(values)
    arrays = (_array(contract, column, values, length) for column in contract.columns)
    made = {name: array.copy() if copy else array for name, array in zip(contract.names, arrays, strict=True)}
    return of_arrays(made, length)


def of_arrays(arrays: Mapping[str, Array], length: int) -> pd.DataFrame:
    """Put arrays of one length together as a frame with a fresh index; they are not copied.

    pandas takes three times as long to look for itself what 47 arrays are, twelve times for series, which it aligns.
    """
    blocks = [
        (np.asarray(array).reshape(1, -1) if isinstance(array, _PLAIN) else array, np.array([at]))
        for at, array in enumerate(arrays.values())
    ]
    return create_dataframe_from_blocks(blocks, pd.RangeIndex(length), _labels(tuple(arrays)).view())


def keeps_layout(contract: Contract, frame: pd.DataFrame) -> bool:
    """Whether a frame has the columns of a contract and no others, in their order and with their dtypes."""
    if not frame.columns.equals(_labels(tuple(contract.names))):  # to ask for each label takes ten times as long
        return False
    return [dtype_name(dtype) for dtype in frame.dtypes.array] == list(contract.dtypes.values())


@cache
def _labels(names: tuple[str, ...]) -> pd.Index:
    return pd.Index(names, dtype="str")


def _length(values: Mapping[str, object] | pd.DataFrame) -> int:
    given = (values[name] for name in values)  # a frame's `values` is an array, not a method
    lengths = {len(v) for v in given if hasattr(v, "__len__") and not isinstance(v, str)}
    if len(lengths) > 1:
        msg = f"columns have different lengths: {sorted(lengths)}."
        raise ContractError(msg)
    return lengths.pop() if lengths else 1


def _array(contract: Contract, column: Column, values: Mapping[str, object] | pd.DataFrame, length: int) -> Array:
    dtype = FRAME_DTYPES[column.kind]
    if column.name not in values:
        if not column.nullable:
            msg = f"table {contract.name} needs column {column.name} ({column.meaning})."
            raise ContractError(msg)
        return _missing(dtype).repeat(length)
    given = values[column.name]
    if isinstance(given, (pd.Series, ExtensionArray, np.ndarray)) and str(given.dtype) == dtype:
        return _stored(given) if isinstance(given, pd.Series) else given
    scalar = isinstance(given, str) or not hasattr(given, "__len__")
    series = pd.Series([given] if scalar else given, copy=False)
    try:
        cast = _stored(_cast(column, series))
    except (TypeError, ValueError, OverflowError) as error:
        msg = f"{contract.name}.{column.name} cannot hold {series.dtype} values as {column.kind}: {error}"
        raise ContractError(msg) from error
    return cast.repeat(length) if scalar else cast


@cache
def _missing(dtype: str) -> Array:
    """One missing value, to be repeated."""
    return _stored(pd.Series([None], dtype=dtype))


def _stored(series: pd.Series) -> Array:
    # `array` wraps what numpy stores, and building a frame would copy it twice
    return series.array if isinstance(series.dtype, ExtensionDtype) else series.to_numpy()


def _cast(column: Column, series: pd.Series) -> pd.Series:
    if dtype_name(series.dtype) == FRAME_DTYPES[column.kind]:
        return series
    if isinstance(series.dtype, pd.CategoricalDtype):
        series = series.astype("object")
    if column.kind in ("integer", "number", "money"):
        return _cast_number(column, series)
    casts = {"time": _cast_time, "date": _cast_date, "flag": _cast_flag, "text": _cast_text, "json": _cast_text}
    return casts[column.kind](series)


def _cast_number(column: Column, series: pd.Series) -> pd.Series:
    if column.kind != "integer" and series.isna().all():
        return series.astype("float64")
    numeric = pd.api.types.is_numeric_dtype(series) and not pd.api.types.is_complex_dtype(series)
    if not numeric and len(series):
        msg = "not numeric"
        raise TypeError(msg)
    if column.kind != "integer" and pd.api.types.is_integer_dtype(series) and not _fits_float(series):
        msg = "whole numbers too large for float64"
        raise ValueError(msg)
    cast = series.astype(FRAME_DTYPES[column.kind])
    if column.kind == "integer" and not (cast.to_numpy() == series.to_numpy()).all():
        msg = "not whole numbers"
        raise ValueError(msg)
    return cast


def _fits_float(series: pd.Series) -> bool:
    return not bool(((series > _LARGEST_EXACT) | (series < -_LARGEST_EXACT)).any())


def _cast_date(series: pd.Series) -> pd.Series:
    if series.isna().all():
        return pd.Series(pd.NaT, index=series.index, dtype="datetime64[s]")
    return _moments(series).astype("datetime64[s]")


def _moments(series: pd.Series) -> pd.Series:
    if pd.api.types.is_datetime64_any_dtype(series):
        return pd.to_datetime(series)
    # without a format pandas guesses: 03/02/2026 becomes the second of March, also between dates or missing values
    found = pd.api.types.infer_dtype(series, skipna=True)
    if found not in _MOMENTS:
        msg = f"{found} values are no days or moments"
        raise TypeError(msg)
    return pd.to_datetime(series, format="ISO8601" if found == "string" else None)


def _cast_flag(series: pd.Series) -> pd.Series:
    # astype("bool") would make True of a missing value and of every number but 0
    if len(series) and not pd.api.types.is_bool_dtype(series):
        msg = "not flags"
        raise TypeError(msg)
    return series.astype("bool")


def _cast_time(series: pd.Series) -> pd.Series:
    if series.isna().all():
        return pd.Series(pd.NaT, index=series.index, dtype="datetime64[us, UTC]")
    times = _moments(series)
    if times.dt.tz is None:
        msg = "times without a zone"
        raise TypeError(msg)
    return times.dt.tz_convert("UTC").astype("datetime64[us, UTC]")


def _cast_text(series: pd.Series) -> pd.Series:
    # "empty" of nothing but missing values; asking value by value took half of the time of writing text
    if pd.api.types.infer_dtype(series, skipna=True) not in ("string", "empty") and not series.isna().all():
        msg = "not text"
        raise TypeError(msg)
    return series.astype("str")
