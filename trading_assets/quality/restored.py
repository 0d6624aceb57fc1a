"""Candidates of a session put together again from what passed and what was kept aside, so that it can be re-judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import orjson
import pandas as pd

from trading_assets.tables.market_snapshots import CONTRACT

if TYPE_CHECKING:
    from collections.abc import Sequence

_NOT_ROWS = '["unreadable"]'


def restored_candidates(snapshots: pd.DataFrame, quarantined: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that the verdict over a session was given.

    Args:
        snapshots: Rows of `market_snapshots`, n ≥ 0.
        quarantined: Rows of `quarantined_rows`, m ≥ 0; captures that could not be read hold no rows and are left out.

    Returns:
        Frame with the dtypes of `market_snapshots`, in no particular order.
    """
    aside = quarantined[(quarantined["table_name"] == CONTRACT.name) & (quarantined["reasons"] != _NOT_ROWS)]
    if aside.empty:
        return snapshots
    rows = [orjson.loads(text) for text in aside["raw"]]
    raw = CONTRACT.frame(
        pd.DataFrame({c.name: _read(c.kind, [row.get(c.name) for row in rows]) for c in CONTRACT.columns})
    )
    present = [frame for frame in (snapshots, raw) if len(frame)]
    return pd.concat(present, ignore_index=True)


def _read(kind: str, values: Sequence[object]) -> pd.Series:
    """Undo `row_text.rows_as_json` for one column: infinities are texts there, times ISO 8601."""
    if kind in ("number", "money", "integer"):
        return pd.Series([np.nan if value is None else float(str(value)) for value in values], dtype="float64")
    if kind == "time":
        return pd.to_datetime(pd.Series(values, dtype="object"), utc=True, format="ISO8601")
    return pd.Series(values, dtype="object" if kind == "date" else "str")
