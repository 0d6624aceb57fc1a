"""What a session has accepted so far: the only state the rules of snapshots have, kept alike by gate and batch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

#: After this many successive snapshots that agree with each other and not with the accepted spot, the market has moved:
#: without it one wrong first spot, or a true gap, would condemn the rest of the session.
CONFIRMATIONS = 3


class Seen(NamedTuple):
    """What is remembered of one snapshot.

    Args:
        observed: Exchange time in UTC, without a zone; None where it is missing.
        content: Fingerprint of its content.
        spot: Its spot.
        expiry: Days to the nearest expiry it holds; -1 without one.
        strikes: Strikes it has of that expiry.
    """

    observed: datetime | None
    content: int
    spot: float
    expiry: float = -1.0
    strikes: float = 0.0


@dataclass
class UnderlyingMemory:
    """Accepted snapshots of one underlying.

    Args:
        spot: Last accepted spot; NaN before the first.
        observed: Exchange time of the last accepted snapshot; None before the first.
        seen_times: Exchange times accepted so far.
        seen_content: How often each fingerprint was accepted.
        pending: Spots refused in succession for their jump alone.
        strikes: Most strikes accepted so far of a nearest expiry, by the days to it.
    """

    spot: float = float("nan")
    observed: datetime | None = None
    seen_times: set[datetime] = field(default_factory=set)
    seen_content: dict[int, int] = field(default_factory=dict)
    pending: list[float] = field(default_factory=list)
    strikes: dict[float, float] = field(default_factory=dict)

    def reference_spot(self) -> float:
        """Return the spot that the next one is compared with; NaN when there is none."""
        return self.pending[-1] if len(self.pending) >= CONFIRMATIONS - 1 else self.spot

    def accept(self, seen: Seen) -> None:
        """Remember an accepted snapshot."""
        self.spot, self.observed = seen.spot, seen.observed
        if seen.observed is not None:
            self.seen_times.add(seen.observed)
        self.seen_content[seen.content] = self.seen_content.get(seen.content, 0) + 1
        self.strikes[seen.expiry] = max(self.strikes.get(seen.expiry, 0.0), seen.strikes)
        self.pending.clear()

    def refuse(self, spot: float, jump_percent: float, *, only_jump: bool) -> None:
        """Remember a refused snapshot; refusals for the jump alone that agree with each other confirm a new level.

        Args:
            spot: Its spot.
            jump_percent: Jump that is refused, %.
            only_jump: Whether nothing but the jump was wrong with it.
        """
        if not only_jump:
            return
        if self.pending and abs(spot / self.pending[-1] - 1.0) * 100.0 > jump_percent:
            self.pending.clear()
        self.pending.append(spot)


@dataclass
class SessionMemory:
    """Accepted snapshots of a session, by underlying.

    Args:
        underlyings: Memory by underlying.
    """

    underlyings: dict[str, UnderlyingMemory] = field(default_factory=dict)

    def of(self, underlying: str, previous_spot: float) -> UnderlyingMemory:
        """Return the memory of an underlying, starting from the last spot of the session before (NaN for none)."""
        if underlying not in self.underlyings:
            self.underlyings[underlying] = UnderlyingMemory(spot=previous_spot)
        return self.underlyings[underlying]
