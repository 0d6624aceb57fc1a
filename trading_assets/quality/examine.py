"""Run the rules of `market_snapshots` over rows: one executor for the live gate (a snapshot) and the batch (a day)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.quality.market_snapshots import STATEFUL, STATELESS, spot_jump
from trading_assets.quality.option_legs import RULES as LEG_RULES
from trading_assets.quality.rule import CRITICAL, Finding
from trading_assets.quality.snapshot_evidence import gather

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from trading_assets.quality.facts import SnapshotFacts
    from trading_assets.quality.memory import SessionMemory, UnderlyingMemory
    from trading_assets.quality.snapshot_rows import SnapshotRows
    from trading_assets.settings import QualitySettings

    Arrays = Mapping[str, NDArray[np.generic]]


@dataclass(frozen=True)
class Examination:
    """What the rules found.

    Args:
        snapshots: Findings per snapshot, each of shape (S,).
        legs: Findings per row, each of shape (n,).
        accepted: Snapshots without a critical finding of their own, shape (S,).
    """

    snapshots: tuple[Finding, ...]
    legs: tuple[Finding, ...]
    accepted: NDArray[np.bool_]


def examine(rows: SnapshotRows, facts: SnapshotFacts, settings: QualitySettings, memory: SessionMemory) -> Examination:
    """Judge snapshots in order of receipt and remember what was accepted.

    Args:
        rows: One snapshot, or all of a session.
        facts: The session.
        settings: Limits and bands.
        memory: What the session accepted before these rows; updated.
    """
    with np.errstate(all="ignore"):
        evidence = gather(rows, facts, settings)
        legs = tuple(rule.judge(evidence.row, rule.limits_in_force(settings)) for rule in LEG_RULES)
        stateless = tuple(rule.judge(evidence.snapshot, rule.limits_in_force(settings)) for rule in STATELESS)
        refused = np.zeros(rows.count, dtype=np.bool_)
        for finding in stateless:
            if finding.breaks:
                refused |= finding.severity == CRITICAL
        walk = _Walk(rows, facts, settings, evidence.snapshot)
        values = walk.through(memory, refused)
    stateful = tuple(
        Finding(rule.with_limits(rule.limits_in_force(settings)), values[at]) for at, rule in enumerate(STATEFUL)
    )
    for finding in stateful:
        if finding.breaks:
            refused = refused | (finding.severity == CRITICAL)
    return Examination((*stateless, *stateful), legs, ~refused)


@dataclass(frozen=True)
class _Walk:
    rows: SnapshotRows
    facts: SnapshotFacts
    settings: QualitySettings
    evidence: Arrays

    def through(self, memory: SessionMemory, refused: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Measure the stateful rules snapshot by snapshot; shape (rules, S)."""
        values = np.full((len(STATEFUL), self.rows.count), np.nan)
        limits = [rule.limits_in_force(self.settings).critical for rule in STATEFUL]
        jump = STATEFUL.index(spot_jump)
        for at, underlying in enumerate(self.rows.underlying):
            known = memory.of(underlying, self.facts.previous_spot.get(underlying, np.nan))
            arrays = self._evidence(at, known, usable=not refused[at])
            measured = [rule.measure(*(arrays[name] for name in rule.columns))[0] for rule in STATEFUL]
            broken = [limit is not None and value > limit for value, limit in zip(measured, limits, strict=True)]
            values[:, at] = measured
            spot = float(self.evidence["spot_high"][at])
            if not refused[at] and not any(broken):
                known.accept(spot, self.rows.observed_at[at], int(self.rows.fingerprint[at]))
            else:
                only_jump = not refused[at] and broken[jump] and sum(broken) == 1
                known.refuse(spot, limits[jump] or np.inf, only_jump=only_jump)
        return values

    def _evidence(self, at: int, known: UnderlyingMemory, *, usable: bool) -> Arrays:
        observed = self.rows.observed_at[at]
        return {
            "spot_high": self.evidence["spot_high"][at : at + 1],
            "last_accepted_spot": np.array([known.reference_spot()]),
            "times_seen": np.array([float(observed in known.seen_times)]),
            "content_seen": np.array([float(known.seen_content.get(int(self.rows.fingerprint[at]), 0))]),
            "seconds_since_accepted": np.array([self._silence(observed, known.observed) if usable else np.nan]),
            "allowed_gap": self.evidence["allowed_gap"],
        }

    def _silence(self, observed: np.datetime64, accepted: np.datetime64) -> float:
        """Seconds since the later of the last accepted snapshot and the open; NaN outside the session's hours."""
        for opens, closes in zip(self.evidence["opens"], self.evidence["closes"], strict=True):
            if opens <= observed <= closes:
                since = max(opens, accepted)  # opens, while nothing was accepted (NaT)
                return float((observed - since) / np.timedelta64(1, "s"))
        return float("nan")
