"""Undefined values of the rollups need a reason: how many lack one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import orjson

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from trading_assets.tables.contract import Contract


def unexplained(frame: pd.DataFrame, contract: Contract) -> NDArray[np.float64]:
    """Count per row the missing numbers that `undefined_reasons` does not name, shape (n,).

    A text that is no JSON object explains nothing.
    """
    names = [column.name for column in contract.columns if column.nullable and column.kind in ("number", "money")]
    missing = frame[names].isna().to_numpy()
    counts = [
        sum(1 for name, absent in zip(names, row, strict=True) if absent and name not in _reasons(text))
        for row, text in zip(missing, frame["undefined_reasons"], strict=True)
    ]
    return np.array(counts, dtype=np.float64)


def _reasons(text: object) -> dict[str, object]:
    try:
        found = orjson.loads(text) if isinstance(text, str) else {}
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
