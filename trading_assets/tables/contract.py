"""What a table contract is. Facts of one column live here; anything with a threshold or two columns is a rule.

One declaration drives everything else: the frame's dtypes, the Pandera schema (`tables.schema`), the parquet
schema at rest (`storage`), the empty SQL view and the data dictionary. Nothing here imports pandas at load time.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

from trading_assets.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

Kind = Literal["date", "time", "text", "json", "integer", "number", "money", "flag"]

#: dtype of each kind in a frame. `money` is ₹ as float64 that is a whole number of paise (see `tables.money`)
#: and decimal(18, 2) at rest. `number` uses NaN for missing; `integer` and `flag` are never missing.
FRAME_DTYPES: Mapping[Kind, str] = {
    "date": "datetime64[s]",
    "time": "datetime64[us, UTC]",
    "text": "str",
    "json": "str",
    "integer": "int64",
    "number": "float64",
    "money": "float64",
    "flag": "bool",
}
#: Kinds whose dtype cannot hold a missing value.
NEVER_MISSING: frozenset[Kind] = frozenset({"integer", "flag"})
#: A `date` in a frame is a whole number of these.
SECONDS_OF_A_DAY = 86_400


@cache
def dtype_name(dtype: object) -> str:
    """Return a dtype as text; numpy takes 2 µs to say each, and an audit asks for hundreds."""
    return str(dtype)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, kind, meaning, unit and bounds.

    Args:
        name: Column name, also in SQL.
        kind: One of `Kind`.
        meaning: One sentence for the data dictionary.
        unit: Unit of the values, empty for text.
        nullable: Whether a missing value is allowed. Never for integers and flags.
        low: Smallest allowed value, inclusive; None for no bound. Infinity is never allowed.
        high: Largest allowed value, inclusive.
        choices: The only allowed texts, empty for any.
    """

    name: str
    kind: Kind
    meaning: str
    unit: str = ""
    nullable: bool = False
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.nullable and self.kind in NEVER_MISSING:
            msg = f"column {self.name}: kind {self.kind} cannot be nullable; use number or text."
            raise ContractError(msg)


@dataclass(frozen=True, slots=True)
class Contract:
    """One table: its columns in order, its key and the sentences people read about it.

    Args:
        name: Table name in SQL and in the store.
        columns: Columns in stored order.
        key: Columns that identify a row.
        grain: What one row is.
        ready: When a partition is complete.
        readers: Who reads it.
        partitioned: True when stored as one file per session, False for one file in all.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    grain: str
    ready: str
    readers: str
    partitioned: bool = True

    @property
    def names(self) -> list[str]:
        """Column names in stored order."""
        return [column.name for column in self.columns]

    @property
    def dtypes(self) -> dict[str, str]:
        """Frame dtype per column name."""
        return {column.name: FRAME_DTYPES[column.kind] for column in self.columns}

    def column(self, name: str) -> Column:
        """Return one column by name.

        Raises:
            ContractError: No such column.
        """
        for column in self.columns:
            if column.name == name:
                return column
        msg = f"table {self.name} has no column {name!r}; its columns are {', '.join(self.names)}."
        raise ContractError(msg)

    def frame(self, values: Mapping[str, object] | pd.DataFrame, *, copy: bool = True) -> pd.DataFrame:
        """Build a frame with exactly this table's columns, order and dtypes and a fresh index.

        Columns that are absent from `values` become missing when they are nullable. Casting is explicit and safe:
        text never becomes a number, a naive time never becomes UTC.

        Args:
            values: Columns of equal length (arrays, series or a frame), or scalars beside at least one array.
            copy: Whether the arrays given stay the caller's; else the frame is of them.

        Returns:
            A frame of this contract, shape (n, len(columns)), n ≥ 0.

        Raises:
            ContractError: A column is unknown, absent and not nullable, or cannot be cast.
        """
        from trading_assets.tables.frames import conform

        return conform(self, values, copy=copy)

    def empty(self) -> pd.DataFrame:
        """Return a frame of this contract without rows."""
        from trading_assets.tables.frames import empty

        return empty(self)
