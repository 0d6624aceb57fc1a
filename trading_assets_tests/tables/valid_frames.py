"""A valid frame of any contract, made from the contract alone, and the value that breaks one bound of it."""

import pandas as pd

from trading_assets.tables.bounds import Bound
from trading_assets.tables.contract import Column, Contract

DAY = pd.Timestamp("2025-10-13")
TIME = pd.Timestamp("2025-10-13 05:00", tz="UTC")


def valid_frame(contract: Contract, rows: int = 4) -> pd.DataFrame:
    """Rows that keep every bound; key columns differ between rows, all others are alike."""
    return contract.frame(
        {
            column.name: [valid_value(column, row if column.name in contract.key else 0) for row in range(rows)]
            for column in contract.columns
        }
    )


def valid_value(column: Column, step: int) -> object:
    number = min((column.low or 0) + 0.25 * step, column.high if column.high is not None else float("inf"))
    values: dict[str, object] = {
        "date": DAY + pd.Timedelta(days=step),
        "time": TIME + pd.Timedelta(minutes=step),
        "text": column.choices[step % len(column.choices)] if column.choices else f"{column.name}-{step}",
        "json": "{}",
        "integer": int(column.low or 0) + step,
        "number": number,
        "money": number,
        "flag": True,
    }
    return values[column.kind]


def breaking_value(bound: Bound) -> object:
    """A value of the column's own dtype that breaks the bound."""
    column = bound.column
    if bound.name == "present":
        return {"date": pd.NaT, "time": pd.NaT, "text": None, "json": None}.get(column.kind, float("nan"))
    if bound.name == "low":
        return type(valid_value(column, 0))(column.low - 1)  # type: ignore[call-arg]
    if bound.name == "high":
        return type(valid_value(column, 0))(column.high + 1)  # type: ignore[call-arg]
    return {"finite": float("inf"), "paise": 0.125, "choices": "elsewhere", "midnight": DAY + pd.Timedelta(hours=9)}[
        bound.name
    ]
