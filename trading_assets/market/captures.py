"""A raw capture: the bytes a recorder had, when it had them and where they came from. Reading them is a feed's work."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime


@dataclass(frozen=True)
class Capture:
    """One recorded answer of a feed for one underlying and one calendar day (IST).

    Args:
        feed: Name of the feed that reads it.
        underlying: Index the chain is of.
        day: Calendar day in IST it was received on; a session, or a closed day.
        received_at: When the recorder had it, tz-aware; of several snapshots, the last.
        raw: The bytes as recorded.
        source: File and archive member it came from, for people.
    """

    feed: str
    underlying: str
    day: date
    received_at: datetime
    raw: bytes
    source: str

    @cached_property
    def capture_id(self) -> str:
        """SHA-256 of the raw bytes, 64 hex."""
        return hashlib.sha256(self.raw).hexdigest()
