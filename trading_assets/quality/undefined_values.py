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
    reasons = [_reasons(text) for text in frame["undefined_reasons"]]
    counts = np.zeros(len(frame))
    for name in names:
        missing = np.isnan(frame[name].to_numpy())
        if missing.any():
            counts += missing & [name not in told for told in reasons]
    return counts


def _reasons(text: object) -> dict[str, object]:
    try:
        found = orjson.loads(text) if isinstance(text, str) else {}
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
