"""What a session has accepted so far: the only state the rules of snapshots have, kept alike by gate and batch."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

#: After this many successive snapshots that agree with each other and not with the accepted spot, the market has moved:
#: without it one wrong first spot, or a true gap, would condemn the rest of the session.
CONFIRMATIONS = 3


@dataclass
class UnderlyingMemory:
    """Accepted snapshots of one underlying.

    Args:
        spot: Last accepted spot; NaN before the first.
        observed: Exchange time of the last accepted snapshot, datetime64[us]; NaT before the first.
        seen_times: Exchange times accepted so far.
        seen_content: How often each fingerprint was accepted.
        pending: Spots refused in succession for their jump alone.
    """

    spot: float = float("nan")
    observed: np.datetime64 = field(default_factory=lambda: np.datetime64("NaT", "us"))
    seen_times: set[np.datetime64] = field(default_factory=set)
    seen_content: dict[int, int] = field(default_factory=dict)
    pending: list[float] = field(default_factory=list)

    def reference_spot(self) -> float:
        """Return the spot that the next one is compared with; NaN when there is none."""
        return self.pending[-1] if len(self.pending) >= CONFIRMATIONS - 1 else self.spot

    def accept(self, spot: float, observed: np.datetime64, content: int) -> None:
        """Remember an accepted snapshot."""
        self.spot, self.observed = spot, observed
        self.seen_times.add(observed)
        self.seen_content[content] = self.seen_content.get(content, 0) + 1
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
