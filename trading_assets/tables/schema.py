"""Pandera schemas generated from contracts, run so that they can neither be switched off nor explode.

Measured with Pandera 0.35: its defaults pass infinity for `ge`, pass anything under PANDERA_VALIDATION_ENABLED=false,
and need 107 s and 5 GB to say that each of a million rows is bad. Here every bound is a frame-level check that returns
a row mask of ours, with few failure cases, inside an explicit configuration; a million bad rows take about 0.1 s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.tables.bounds import bounds, broken_bounds, repeated_keys
from trading_assets.tables.contract import dtype_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd
    import pandera.pandas as pa
    from numpy.typing import NDArray
    from pandera.errors import SchemaError

    from trading_assets.tables.contract import Contract


@dataclass(frozen=True)
class Violation:
    """One bound that a frame breaks.

    Args:
        column: The column, or the key columns joined by commas.
        bound: One of `tables.bounds`, or key, dtype, absent, extra; `mask` for a further check.
        rows: Positions of the rows that break it, ascending; empty when the whole column is wrong.
        first: The first offending value, for people.
        expected: What was expected, in words.
        rule: Name of the further check that failed; None for a bound of the contract.
    """

    column: str
    bound: str
    rows: NDArray[np.intp]
    first: str
    expected: str
    rule: str | None = None

    @property
    def count(self) -> int:
        """How many rows break it; 0 when the whole column is wrong."""
        return len(self.rows)

    @property
    def sentence(self) -> str:
        """What was found, where, and what was expected."""
        if not self.count:
            return f"{self.column} is {self.first}, expected {self.expected}"
        return f"{self.column} in {self.count} row(s), first row {self.rows[0]}: {self.first}, expected {self.expected}"


def schema(contract: Contract, masks: Mapping[str, NDArray[np.bool_]] | None = None) -> pa.DataFrameSchema:
    """Build the Pandera schema of a contract.

    Args:
        contract: The contract.
        masks: Further checks by name: which rows break them, shape (n,) of the frame to be validated.

    Returns:
        Columns with their dtypes, nothing else allowed, and one frame-level check per bound, the key and each mask.
    """
    import pandera.pandas as pa

    checks = [_check(f"{bound.column.name}:{bound.name}", bound.broken) for bound in bounds(contract)]
    checks.append(_check("key", lambda frame: repeated_keys(contract, frame)))
    checks.extend(_check(name, _kept(mask)) for name, mask in (masks or {}).items())
    columns = {name: pa.Column(dtype, nullable=True) for name, dtype in contract.dtypes.items()}
    return pa.DataFrameSchema(columns, checks=checks, strict=True, coerce=False, name=contract.name)


def _schema_of_nothing_wrong(contract: Contract, masks: Mapping[str, NDArray[np.bool_]]) -> pa.DataFrameSchema:
    """All of `schema` as one check, of a frame that has its dtypes: what Pandera adds to each check is 0.2 ms."""
    import pandera.pandas as pa

    def nothing_wrong(frame: pd.DataFrame) -> bool:
        of_rules = any(mask.any() for mask in masks.values())
        return not of_rules and not any(broken_bounds(contract, frame)) and not repeated_keys(contract, frame).any()

    every = pa.Check(nothing_wrong, name="all", ignore_na=False)
    return pa.DataFrameSchema(checks=every, name=contract.name)


def _kept(mask: NDArray[np.bool_]) -> Callable[[pd.DataFrame], NDArray[np.bool_]]:
    return lambda _: mask


def _check(name: str, broken: Callable[[pd.DataFrame], NDArray[np.bool_]]) -> pa.Check:
    """Make a check that says yes or no: given a mask, Pandera copies every row that fails, check after check."""
    import pandera.pandas as pa

    return pa.Check(lambda frame: not broken(frame).any(), name=name, ignore_na=False)


def violations(
    contract: Contract, frame: pd.DataFrame, masks: Mapping[str, NDArray[np.bool_]] | None = None
) -> tuple[Violation, ...]:
    """Validate a frame through Pandera and say which bounds it breaks.

    Args:
        contract: The contract.
        frame: Any frame, n ≥ 0 rows; it is not changed.
        masks: Further checks by name, as for `schema`.

    Returns:
        One violation per broken bound, in the schema's order; none when the frame keeps the contract. A frame with
        two columns of one name is told that and nothing else.
    """
    from pandera.config import ValidationDepth, config_context
    from pandera.errors import SchemaErrors

    if not frame.columns.is_unique:
        repeated = frame.columns[frame.columns.duplicated()].unique()
        return tuple(
            _of_column(str(name), "extra", "there more than once", "one column of a name") for name in repeated
        )
    plain = frame.reset_index(drop=True)
    dtypes = contract.dtypes
    as_promised = keeps_dtypes(contract, plain)
    found = [] if as_promised else _other_dtypes(dtypes, plain)
    with config_context(validation_enabled=True, validation_depth=ValidationDepth.SCHEMA_AND_DATA):
        if as_promised and _passes(_schema_of_nothing_wrong(contract, masks or {}), plain):
            return ()
        try:
            schema(contract, masks).validate(plain, lazy=True, inplace=True)
        except SchemaErrors as errors:
            found += [_violation(contract, plain, error, masks or {}) for error in errors.schema_errors]
    return tuple({(item.column, item.bound, item.rule): item for item in found}.values())


def keeps_dtypes(contract: Contract, frame: pd.DataFrame) -> bool:
    """Whether a frame has the columns of a contract, in any order, with their dtypes, and no others."""
    from trading_assets.tables.frames import keeps_layout

    return keeps_layout(contract, frame) or contract.dtypes == {
        str(name): dtype_name(dtype) for name, dtype in zip(frame.columns, frame.dtypes, strict=True)
    }


def _passes(promise: pa.DataFrameSchema, frame: pd.DataFrame) -> bool:
    from pandera.errors import SchemaError

    try:
        promise.validate(frame, inplace=True)
    except SchemaError:
        return False
    return True


def _other_dtypes(dtypes: Mapping[str, str], frame: pd.DataFrame) -> list[Violation]:
    """Find columns of another dtype, also those Pandera takes for the same: Int64 for int64, object for str."""
    return [
        _of_column(name, "dtype", str(frame[name].dtype), dtype)
        for name, dtype in dtypes.items()
        if name in frame and str(frame[name].dtype) != dtype
    ]


def _of_column(column: str, bound: str, found: str, expected: str) -> Violation:
    return Violation(column, bound, np.zeros(0, dtype=np.intp), found, expected)


def _violation(
    contract: Contract, frame: pd.DataFrame, error: SchemaError, masks: Mapping[str, NDArray[np.bool_]]
) -> Violation:
    name = str(getattr(error.check, "name", ""))
    if name == "key":
        rows = np.flatnonzero(repeated_keys(contract, frame))
        first = ", ".join(str(frame[key].iloc[rows[0]]) for key in contract.key)
        return Violation(",".join(contract.key), "key", rows, first, "a key that is not repeated")
    if name in masks:
        rows = np.flatnonzero(masks[name])
        return Violation(contract.name, "mask", rows, f"row {rows[0]}", f"{name} to hold", rule=name)
    broken = [bound for bound in bounds(contract) if f"{bound.column.name}:{bound.name}" == name]
    if not broken:
        return _structural(contract, frame, error)
    rows = np.flatnonzero(broken[0].broken(frame))
    column = broken[0].column.name
    return Violation(column, broken[0].name, rows, str(frame[column].iloc[rows[0]]), broken[0].expected)


def _structural(contract: Contract, frame: pd.DataFrame, error: SchemaError) -> Violation:
    named = error.schema.name if error.schema.name in contract.dtypes else str(error.failure_cases)
    if named in frame and named in contract.dtypes:
        return _of_column(named, "dtype", str(frame[named].dtype), contract.dtypes[named])
    if named in contract.dtypes:
        return _of_column(named, "absent", "absent", contract.dtypes[named])
    return _of_column(named, "extra", "a column the table does not know", "only the columns of the contract")
