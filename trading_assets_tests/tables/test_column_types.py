"""Columns as other libraries hand them over: nullable, categorical, Arrow and object columns keep their values or are
refused; nothing is guessed from text between dates, cut off or rounded away."""

from datetime import date

import pandas as pd
import pytest

from trading_assets.errors import ContractError
from trading_assets.tables.contract import FRAME_DTYPES, NEVER_MISSING, Column, Contract, Kind

DAY, MOMENT = "2026-01-28", "2026-01-28T03:45:00Z"
SAMPLES: dict[Kind, list[object]] = {
    "integer": [1, 2],
    "number": [1.5, 2.0],
    "money": [1.25, 2.0],
    "flag": [True, False],
    "text": ["a", "b"],
    "json": ["{}", "[]"],
    "date": [DAY, "2026-01-29"],
    "time": [MOMENT, "2026-01-28T03:46:00Z"],
}
#: dtypes of others whose values a kind keeps; whatever is not named here is refused
KEPT: dict[Kind, tuple[str, ...]] = {
    "integer": ("Int64", "Float64", "int32", "uint64", "float32", "int64[pyarrow]", "double[pyarrow]"),
    "number": ("Float64", "float32", "double[pyarrow]"),
    "money": ("Float64", "float32", "double[pyarrow]"),
    "flag": ("boolean", "bool[pyarrow]"),
    "text": ("string", "object", "category", "string[pyarrow]", "large_string[pyarrow]"),
    "json": ("string", "object", "category", "string[pyarrow]", "large_string[pyarrow]"),
    "date": ("string", "object", "category", "datetime64[ns]", "date32[day][pyarrow]", "timestamp[ns][pyarrow]"),
    "time": ("string", "object", "category", "datetime64[ns, UTC]"),
}


def cast(kind: Kind, series: pd.Series) -> pd.Series:
    column = Column("x", kind, "Any.", nullable=kind not in NEVER_MISSING)
    return Contract("t", (column,), ("x",), "", "", "").frame({"x": series})["x"]


def handed_over(kind: Kind, dtype: str, values: list[object]) -> pd.Series | None:
    """The values as a column of a dtype; None when pandas has no such column."""
    moments = kind in {"date", "time"} and ("date" in dtype or "timestamp" in dtype)
    try:
        series = pd.Series(pd.to_datetime(values) if moments else values).astype(dtype)
    except (TypeError, ValueError, NotImplementedError):
        return None
    return series


@pytest.mark.parametrize(("kind", "dtype"), [(kind, dtype) for kind, dtypes in KEPT.items() for dtype in dtypes])
def test_a_column_of_another_library_keeps_its_values(kind: Kind, dtype: str) -> None:
    series = handed_over(kind, dtype, SAMPLES[kind])
    assert series is not None
    found = cast(kind, series)
    assert str(found.dtype) == FRAME_DTYPES[kind]
    assert found.tolist() == cast(kind, pd.Series(SAMPLES[kind])).tolist()


@pytest.mark.parametrize("kind", ["integer", "number", "money"])
@pytest.mark.parametrize("dtype", ["complex128", "category", "object", "string"])
def test_what_only_looks_like_numbers_is_refused(kind: Kind, dtype: str) -> None:
    with pytest.raises(ContractError, match=rf"t\.x cannot hold .* values as {kind}: not numeric"):
        cast(kind, pd.Series([1, 2]).astype(dtype))


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_missing_value_of_any_column_is_missing_or_refused_and_never_a_value(kind: Kind) -> None:
    for dtype in KEPT[kind]:
        series = handed_over(kind, dtype, [SAMPLES[kind][0], None])
        if series is None or not series.isna().any():
            continue
        if kind in NEVER_MISSING:
            with pytest.raises(ContractError, match=rf"t\.x cannot hold .* values as {kind}: "):
                cast(kind, series)
        else:
            assert cast(kind, series).isna().tolist() == [False, True], dtype


@pytest.mark.parametrize("kind", ["date", "time"])
@pytest.mark.parametrize(
    "values",
    [
        ["03/02/2026", None],
        ["03/02/2026", date(2026, 2, 3)],
        [date(2026, 2, 3), 1.5],
        [20260203, None],
        [True, None],
        [b"2026-02-03"],
    ],
    ids=str,
)
def test_a_day_is_not_guessed_between_missing_values_or_dates(kind: Kind, values: list[object]) -> None:
    series = pd.Series(values, dtype="object")
    for given in (series, series.iloc[::-1], series.astype("category")):
        with pytest.raises(ContractError, match=rf"t\.x cannot hold .* values as {kind}: "):
            cast(kind, given)


@pytest.mark.parametrize("kind", ["number", "money"])
def test_a_whole_number_is_not_rounded_away(kind: Kind) -> None:
    exact = [2**53, -(2**53), 0]
    for dtype in ("int64", "Int64", "int64[pyarrow]"):
        assert cast(kind, pd.Series(exact).astype(dtype)).tolist() == exact
        for beyond in (2**53 + 1, -(2**53) - 1):
            with pytest.raises(ContractError, match="whole numbers too large for float64"):
                cast(kind, pd.Series([1, beyond]).astype(dtype))
