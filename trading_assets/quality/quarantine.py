"""Rows of `quarantined_rows`: what was kept out of a table, whole, with every reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    import pandas as pd

    from trading_assets.quality.facts import SnapshotFacts
    from trading_assets.settings import QualitySettings


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
    """

    feed: str
    underlying: str
    day: date
    capture_id: str
    received_at: datetime
    raw: bytes
    reason: str


def quarantine_unreadable(captures: Sequence[Unreadable]) -> pd.DataFrame:
    """Keep unreadable captures aside: one row each, severity critical, reason `unreadable`."""
    raise NotImplementedError


def quarantine_closed_day(candidates: pd.DataFrame, facts: SnapshotFacts, settings: QualitySettings) -> pd.DataFrame:
    """Keep every row captured on a closed day aside, with the reason the day is closed."""
    raise NotImplementedError
