"""What a judgement needs beside the rows: the session, the reference data and what was seen before."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    import pandas as pd

    from trading_assets.quality.volume_profile import VolumeProfile
    from trading_assets.settings import QualitySettings


class SessionHours(Protocol):
    """The part of a session that rules read; `market.calendar.Session` keeps it."""

    @property
    def day(self) -> date:
        """Session day."""

    @property
    def kind(self) -> str:
        """Regular or the name of the special session."""

    @property
    def intervals(self) -> tuple[tuple[datetime, datetime], ...]:
        """Trading hours, tz-aware, in order."""

    @property
    def hours_known(self) -> bool:
        """False when the session is announced and its hours are not."""


class OptionReference(Protocol):
    """The part of the reference data that rules read; `market.reference.ReferenceData` keeps it."""

    def strike_step(self, underlying: str) -> float:
        """Smallest distance of strikes, index points."""

    def tick_size(self, underlying: str) -> float:
        """Smallest price step of options, ₹."""

    def is_expiry(self, underlying: str, day: date) -> bool | None:
        """Whether an option expires on the day; None outside what is known."""


@dataclass(frozen=True)
class SnapshotFacts:
    """What is known about a session before its snapshots are judged.

    Args:
        day: Session, or the closed day the captures are of.
        session: Its hours; None on a closed day.
        closed_reason: Why the day is closed; None on a session.
        cadence_seconds: How often the feed says it records, s.
        reference: Strike steps, ticks and expiries.
        previous_spot: Last accepted spot of the session before, by underlying.
        listed_strikes: Strikes the feed listed for the nearest expiry before it filtered any, by snapshot_id.
        usual_volume: Volume of earlier sessions of the same kind, by underlying; none while history is short.
    """

    day: date
    session: SessionHours | None
    closed_reason: str | None
    cadence_seconds: float
    reference: OptionReference
    previous_spot: Mapping[str, float] = field(default_factory=dict)
    listed_strikes: Mapping[str, int] = field(default_factory=dict)
    usual_volume: Mapping[str, VolumeProfile] = field(default_factory=dict)


@dataclass(frozen=True)
class AuditContext:
    """What an audit needs beside the table's frame.

    Args:
        settings: Limits, bands and tolerated shares.
        issues: Rows of `quality_issues` of the session, any table; None when the audit shall find them itself.
        quarantined: Rows kept out of this table in the session.
        session: Hours of the session; None for a table without sessions.
    """

    settings: QualitySettings
    issues: pd.DataFrame | None = None
    quarantined: int = 0
    session: SessionHours | None = None
