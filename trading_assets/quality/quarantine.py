"""Rows of `quarantined_rows`: what was kept out of a table, whole, with every reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import orjson
import pandas as pd

from trading_assets.quality.row_text import json_lists, rows_as_json, short_hash
from trading_assets.tables.quarantined_rows import CONTRACT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date, datetime

    from numpy.typing import NDArray

_TABLE = "market_snapshots"
_RAW_BYTES_SHOWN = 2_000


@dataclass(frozen=True)
class Unreadable:
    """A capture that its feed could not read.

    Args:
        feed: Feed that recorded it.
        underlying: Index the capture is of.
        day: Calendar day in IST it was received on.
        capture_id: SHA-256 of the raw bytes.
        received_at: When the recorder had it, tz-aware.
        raw: The bytes, or their beginning.
        reason: What the feed said.
        rule: Name of what is wrong.
    """

    feed: str
    underlying: str
    day: date
    capture_id: str
    received_at: datetime
    raw: bytes
    reason: str
    rule: str = "unreadable"


@dataclass(frozen=True)
class Reason:
    """Why rows are refused.

    Args:
        name: Name of the rule or bound.
        holds: Rows it refuses, shape (n,).
        sentence: Says in words what was found at a row.
    """

    name: str
    holds: NDArray[np.bool_]
    sentence: Callable[[int], str]


def quarantine_unreadable(captures: Sequence[Unreadable]) -> pd.DataFrame:
    """Keep captures aside that cannot be used as a whole: one row each, severity critical, reason `rule`.

    Args:
        captures: What could not be read, none or more.

    Returns:
        Rows of `quarantined_rows`, sorted by key; `raw` shows the first 2,000 bytes.
    """
    if not captures:
        return CONTRACT.empty()
    frame = CONTRACT.frame(
        {
            "date": pd.to_datetime([capture.day for capture in captures]).astype("datetime64[s]"),
            "table_name": [_TABLE] * len(captures),
            "row_id": [short_hash(capture.capture_id, "0", capture.rule) for capture in captures],
            "feed": [capture.feed for capture in captures],
            "underlying": [capture.underlying for capture in captures],
            "capture_id": [capture.capture_id for capture in captures],
            "received_at": pd.to_datetime([capture.received_at for capture in captures], utc=True),
            "severity": "critical",
            "reasons": [f'["{capture.rule}"]' for capture in captures],
            "detail": [f"{capture.rule}: {capture.reason}" for capture in captures],
            "raw": [_beginning(capture.raw) for capture in captures],
        }
    )
    return frame.sort_values(list(CONTRACT.key), ignore_index=True)


def _beginning(raw: bytes) -> str:
    shown = raw[:_RAW_BYTES_SHOWN].decode("utf-8", errors="replace")
    return orjson.dumps({"bytes": len(raw), "beginning": shown}, option=orjson.OPT_SORT_KEYS).decode()


def quarantine_rows(candidates: pd.DataFrame, refused: NDArray[np.intp], reasons: Sequence[Reason]) -> pd.DataFrame:
    """Keep refused candidates aside.

    Args:
        candidates: Frame with the dtypes of `market_snapshots`, n rows.
        refused: Positions of the rows that are kept out, shape (m,).
        reasons: Every reason that holds somewhere, the most telling first.

    Returns:
        m rows of `quarantined_rows`, sorted by key.
    """
    if not len(refused):
        return CONTRACT.empty()
    rows = candidates.iloc[refused].reset_index(drop=True)
    raw = rows_as_json(rows)
    capture_id = rows["capture_id"].fillna("")
    position = candidates.groupby(candidates["capture_id"].fillna(""), sort=False).cumcount().to_numpy()[refused]
    identity = zip(capture_id, position.tolist(), raw, strict=True)
    frame = CONTRACT.frame(
        {
            "date": rows["date"],
            "table_name": _TABLE,
            "row_id": [short_hash(capture, str(at), text) for capture, at, text in identity],
            "feed": rows["feed"].fillna(""),
            "underlying": rows["underlying"].fillna(""),
            "capture_id": capture_id,
            "observed_at": rows["observed_at"],
            "received_at": rows["received_at"],
            "severity": "critical",
            "reasons": json_lists([(reason.name, reason.holds[refused]) for reason in reasons], len(rows)),
            "detail": _details(refused, reasons),
            "raw": raw,
        }
    )
    return frame.sort_values(list(CONTRACT.key), ignore_index=True)


def _details(refused: NDArray[np.intp], reasons: Sequence[Reason]) -> list[str]:
    """Say for each refused row the first thing that was wrong, and how many more."""
    held = np.stack([reason.holds[refused] for reason in reasons], axis=1)
    first, more = held.argmax(axis=1).tolist(), (held.sum(axis=1) - 1).tolist()
    said = [reasons[which].sentence(row) for which, row in zip(first, refused.tolist(), strict=True)]
    return [text if not also else f"{text} (and {also} more)" for text, also in zip(said, more, strict=True)]
