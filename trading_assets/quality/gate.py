"""The live gate: one snapshot at a time, as it arrives, by the very rules that judge a whole session. numpy only."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.quality.examine import examine
from trading_assets.quality.memory import SessionMemory
from trading_assets.quality.rule import CRITICAL
from trading_assets.quality.snapshot_rows import NUMBERS, SnapshotRows
from trading_assets.tables.bounds import Bound, bounds
from trading_assets.tables.market_snapshots import CONTRACT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from numpy.typing import ArrayLike, NDArray

    from trading_assets.quality.facts import SnapshotFacts
    from trading_assets.quality.rule import Finding
    from trading_assets.settings import QualitySettings

_SIDES = {"CE": 1, "PE": 0}
_NEITHER = 2
_BOUNDS: tuple[Bound, ...] = tuple(bound for bound in bounds(CONTRACT) if bound.column.name in NUMBERS)


@dataclass(frozen=True)
class LiveSnapshot:
    """One snapshot as a collector holds it.

    Args:
        underlying: Index.
        snapshot_id: Its id.
        observed_at: Exchange time, tz-aware; None where the feed has none.
        received_at: When it arrived, tz-aware.
        expiry: ISO dates per leg, length n.
        option_type: CE or PE per leg, length n.
        numbers: Columns of numbers by name, each of length n; absent ones are missing.
    """

    underlying: str
    snapshot_id: str
    observed_at: datetime | None
    received_at: datetime
    expiry: Sequence[str] | NDArray[np.datetime64]
    option_type: Sequence[str]
    numbers: Mapping[str, ArrayLike]

    def rows(self) -> SnapshotRows:
        """Return it as arrays."""
        size = len(self.option_type)
        missing = np.full(size, np.nan)
        return SnapshotRows(
            starts=np.zeros(min(size, 1), dtype=np.intp),
            size=size,
            underlying=(self.underlying,) * min(size, 1),
            snapshot_id=(self.snapshot_id,) * min(size, 1),
            observed_at=_time(self.observed_at)[: min(size, 1)],
            received_at=_time(self.received_at)[: min(size, 1)],
            expiry=np.asarray(self.expiry, dtype="datetime64[D]"),
            side=np.array([_SIDES.get(side, _NEITHER) for side in self.option_type], dtype=np.int8),
            numbers={name: np.asarray(self.numbers.get(name, missing), dtype=np.float64) for name in NUMBERS},
        )


@dataclass(frozen=True)
class GateVerdict:
    """What the gate says of one snapshot.

    Args:
        accepted: Whether anything of it may be used.
        kept: Legs that may be used, shape (n,); all False when it is not accepted.
        findings: Everything that broke a limit, in the order of the rules: rule, severity 1 to 3, worst value.
    """

    accepted: bool
    kept: NDArray[np.bool_]
    findings: tuple[tuple[str, int, float], ...]


@dataclass
class Gate:
    """Judges the snapshots of one session as they arrive.

    Args:
        facts: The session.
        settings: Limits and bands.
        memory: What was accepted so far.
    """

    facts: SnapshotFacts
    settings: QualitySettings
    memory: SessionMemory = field(default_factory=SessionMemory)

    def check(self, snapshot: LiveSnapshot) -> GateVerdict:
        """Judge a snapshot and remember it when it is accepted; one without legs is refused."""
        rows = snapshot.rows()
        if not rows.size:
            return GateVerdict(
                accepted=False, kept=np.zeros(0, dtype=np.bool_), findings=(("missing_chain", CRITICAL, 1.0),)
            )
        found = examine(rows, self.facts, self.settings, self.memory)
        kept = (rows.side != _NEITHER) & ~np.isnat(rows.expiry)
        for bound in _BOUNDS:
            kept &= ~bound.broken_numbers(rows.number(bound.column.name))
        broken = [finding for finding in (*found.snapshots, *found.legs) if finding.breaks]
        for finding in broken:
            if finding.rule.per == "row":
                kept &= finding.severity < CRITICAL
        kept &= bool(found.accepted[0])
        told = tuple(_told(finding) for finding in broken)
        return GateVerdict(accepted=bool(kept.any()), kept=kept, findings=told)


def _told(finding: Finding) -> tuple[str, int, float]:
    worst = int(np.nanargmax(finding.measured))
    return finding.rule.name, int(finding.severity[worst]), float(finding.measured[worst])


def _time(at: datetime | None) -> NDArray[np.datetime64]:
    plain = None if at is None else at.astimezone(UTC).replace(tzinfo=None)
    return np.array([plain], dtype="datetime64[us]")
