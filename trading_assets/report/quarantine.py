"""Quarantined rows counted by session and reasons: what reports show of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
import pandas as pd

from trading_assets.report.numbers import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Columns of `quarantined_counts`: session, reasons in words, rows.
COLUMNS = ("date", "reasons", "rows")


def quarantined_counts(quarantined_rows: pd.DataFrame) -> pd.DataFrame:
    """Count rows by session and set of reasons.

    Args:
        quarantined_rows: Frame of that contract, or its columns `date` and `reasons`, n ≥ 0 rows.

    Returns:
        Columns `date`, `reasons` (words, joined by commas) and `rows`, sorted by date and reasons.
    """
    grouped = quarantined_rows.groupby(["date", "reasons"], sort=True, dropna=False).size()
    counts = grouped.rename("rows").reset_index()
    counts["reasons"] = [reason_words(text) for text in counts["reasons"]]
    return counts.loc[:, list(COLUMNS)].astype({"date": "datetime64[s]", "reasons": "str", "rows": "int64"})


def by_reason(counts: pd.DataFrame) -> Iterator[tuple[str, int]]:
    """Yield reasons with their rows over all sessions, most rows first, then by name."""
    totals = counts.groupby("reasons", sort=True)["rows"].sum()
    yield from sorted(((str(k), int(v)) for k, v in totals.items()), key=lambda pair: (-pair[1], pair[0]))


def reason_words(reasons: object) -> str:
    """Read the JSON list of a row's reasons as words; what is not such a list is shown as it is."""
    if not isinstance(reasons, str) or pd.isna(reasons):
        return "no reason recorded"
    try:
        listed = orjson.loads(reasons)
    except orjson.JSONDecodeError:
        return plain(reasons)
    names = listed if isinstance(listed, list) else [listed]
    return ", ".join(plain(str(name)) for name in names) or "no reason recorded"
