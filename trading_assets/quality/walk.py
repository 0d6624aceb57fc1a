"""The rules that compare a snapshot with what the session accepted before it, snapshot by snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trading_assets.quality.market_snapshots import spot_jump
from trading_assets.quality.memory import Seen
from trading_assets.quality.rule import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from trading_assets.quality.facts import SnapshotFacts
    from trading_assets.quality.memory import SessionMemory, UnderlyingMemory
    from trading_assets.quality.rule import Rule
    from trading_assets.quality.snapshot_evidence import SnapshotEvidence
    from trading_assets.quality.snapshot_rows import SnapshotRows

    Array = NDArray[np.generic]
    Floats = NDArray[np.float64]

_NEVER = np.zeros(1)


class Walk:
    """Walks over snapshots in order of receipt.

    Args:
        rules: Rules with the limits in force, those of `market_snapshots.STATEFUL`.
        facts: The session.
        known: `opens`, `closes` and `allowed_gap`.
    """

    def __init__(self, rules: Sequence[Rule], facts: SnapshotFacts, known: Mapping[str, Array]) -> None:
        self._rules, self._facts = tuple(rules), facts
        self._allowed_gap = np.asarray(known["allowed_gap"], dtype=np.float64)
        opens, closes = known["opens"].tolist(), known["closes"].tolist()
        self._hours = [hours for hours in zip(opens, closes, strict=True) if None not in hours]
        self._critical = [np.inf if rule.limits.critical is None else rule.limits.critical for rule in self._rules]
        self._jump = [rule.name for rule in self._rules].index(spot_jump.name)

    def through(
        self, rows: SnapshotRows, evidence: SnapshotEvidence, memory: SessionMemory, refused: NDArray[np.bool_]
    ) -> tuple[Finding, ...]:
        """Measure every rule at every snapshot and remember those that are accepted.

        Args:
            rows: The snapshots.
            evidence: What is known of them.
            memory: What was accepted before; updated.
            refused: Snapshots that another rule keeps out, shape (S,).

        Returns:
            The findings that break a limit, each of shape (S,).
        """
        values: list[list[float]] = []
        for at, (underlying, seen) in enumerate(zip(rows.underlying, _all_seen(rows, evidence), strict=True)):
            known = memory.of(underlying, self._facts.previous_spot.get(underlying, np.nan))
            usable = not refused[at]
            measured = self._measured(known, seen, rows.snapshot_id[at], usable=usable)
            values.append(measured)
            broken = [value > limit for value, limit in zip(measured, self._critical, strict=True)]
            if usable and True not in broken:
                known.accept(seen)
            else:
                only_jump = usable and broken[self._jump] and sum(broken) == 1
                known.refuse(seen.spot, self._critical[self._jump], only_jump=only_jump)
        return tuple(
            Finding(rule, np.array(told))
            for rule, told in zip(self._rules, zip(*values, strict=True), strict=bool(values))
            if any(value > rule.lowest_limit for value in told)
        )

    def _measured(self, known: UnderlyingMemory, seen: Seen, snapshot_id: str, *, usable: bool) -> list[float]:
        """Measure every rule at one snapshot."""
        listed = self._facts.listed_strikes.get(snapshot_id)
        read: dict[str, Floats] = {
            "spot_high": np.array([seen.spot]),
            "last_accepted_spot": np.array([known.reference_spot()]),
            "times_seen": _count(int(seen.observed in known.seen_times)),
            "content_seen": _count(known.seen_content.get(seen.content, 0)),
            "seconds_since_accepted": np.array([self._silence(seen.observed, known.observed) if usable else np.nan]),
            "allowed_gap": self._allowed_gap,
            "kept_strikes": np.array([seen.strikes]),
            "listed_strikes": np.array([known.strikes.get(seen.expiry, np.nan) if listed is None else float(listed)]),
        }
        return [float(rule.measure(*[read[name] for name in rule.columns])[0]) for rule in self._rules]

    def _silence(self, observed: datetime | None, accepted: datetime | None) -> float:
        """Seconds since the later of the last accepted snapshot and the open; NaN outside the session's hours."""
        if observed is not None:
            for opens, closes in self._hours:
                if opens <= observed <= closes:
                    since = opens if accepted is None else max(opens, accepted)
                    return float((observed - since).total_seconds())
        return float("nan")


def _all_seen(rows: SnapshotRows, evidence: SnapshotEvidence) -> Iterable[Seen]:
    columns = (evidence[name].tolist() for name in ("spot_high", "nearest_days", "kept_strikes"))
    return map(Seen, rows.observed_at.tolist(), rows.fingerprint.tolist(), *columns)


def _count(times: int) -> Floats:
    return np.array([float(times)]) if times else _NEVER
