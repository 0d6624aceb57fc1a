"""Run the rules of `market_snapshots` over rows: one executor for the live gate (a snapshot) and the batch (a day).

Most of a clean snapshot needs no measuring: a rule whose ceiling stays below its limits cannot break, and one that
reads the very arrays it read before has its answer. Neither changes what is found, only what it costs.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import is_
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.quality.hours import hours
from trading_assets.quality.leg_facts import leg_facts
from trading_assets.quality.market_snapshots import STATEFUL, STATELESS
from trading_assets.quality.option_legs import RULES as LEG_RULES
from trading_assets.quality.option_legs import spot_disagreement
from trading_assets.quality.rule import CRITICAL, Finding
from trading_assets.quality.snapshot_evidence import LegEvidence, SnapshotEvidence, of_names
from trading_assets.quality.walk import Walk

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from trading_assets.quality.extremes import Extremes
    from trading_assets.quality.facts import SnapshotFacts
    from trading_assets.quality.leg_layout import LegLayout
    from trading_assets.quality.memory import SessionMemory
    from trading_assets.quality.rule import Rule
    from trading_assets.quality.snapshot_rows import SnapshotRows
    from trading_assets.settings import QualitySettings

    Array = NDArray[np.generic]
    Arrays = Mapping[str, Array]

#: Layouts whose facts are kept; a collector meets one or two at a time.
_MOST_LAYOUTS = 64


@dataclass(frozen=True)
class Examination:
    """What the rules found.

    Args:
        snapshots: Findings per snapshot that break a limit, each of shape (S,), in the order of the rules.
        legs: Findings per row that break a limit, each of shape (n,), in the order of the rules.
        accepted: Snapshots without a critical finding of their own, shape (S,).
    """

    snapshots: tuple[Finding, ...]
    legs: tuple[Finding, ...]
    accepted: NDArray[np.bool_]


class Examiner:
    """The rules with the limits in force, for the snapshots of one session.

    Args:
        facts: The session.
        settings: Limits and bands.
    """

    def __init__(self, facts: SnapshotFacts, settings: QualitySettings) -> None:
        self._facts, self._settings = facts, settings
        legs, stateless, stateful = (
            tuple(rule.with_limits(rule.limits_in_force(settings)) for rule in rules)
            for rules in (LEG_RULES, STATELESS, STATEFUL)
        )
        self._legs, self._stateless = _Bench(legs), _Bench(stateless)
        self._disputed = spot_disagreement.limits_in_force(settings)
        opens, closes = hours(facts.session)
        self._known: dict[str, Array] = {
            "opens": opens,
            "closes": closes,
            "receipt_grace": np.array(settings.receipt_grace_seconds),
            "allowed_gap": np.array([settings.gap_cadences * facts.cadence_seconds]),
        }
        self._walk = Walk(stateful, facts, self._known)
        self._names: tuple[str, ...] | None = None
        self._facts_of: dict[tuple[LegLayout, str], Arrays] = {}

    def examine(self, rows: SnapshotRows, memory: SessionMemory) -> Examination:
        """Judge snapshots in order of receipt and remember what was accepted.

        Args:
            rows: One snapshot, or all of a session.
            memory: What the session accepted before these rows; updated.
        """
        with np.errstate(all="ignore"):
            evidence = self.gather(rows)
            legs = self._legs.broken(evidence.legs, rows.extremes)
            stateless = self._stateless.broken(evidence, rows.extremes)
            refused = _refused(stateless, rows.count)
            stateful = self._walk.through(rows, evidence, memory, refused)
        return Examination((*stateless, *stateful), legs, ~(refused | _refused(stateful, rows.count)))

    def gather(self, rows: SnapshotRows) -> SnapshotEvidence:
        """Return what the rules of snapshots read; its `legs` are what those of legs read."""
        static = [self._of_layout(*pair) for pair in zip(rows.layouts, rows.underlying, strict=True)]
        if rows.underlying != self._names:
            self._names = rows.underlying
            self._known |= of_names(rows, self._facts, self._settings.spot_bands)
            if not self._facts.usual_volume:
                self._known |= dict.fromkeys(("usual_volume", "volume_spread"), np.full(rows.count, np.nan))
        return SnapshotEvidence(LegEvidence(rows, static), self._facts, self._known, self._disputed)

    def _of_layout(self, layout: LegLayout, underlying: str) -> Arrays:
        found = self._facts_of.get((layout, underlying))
        if found is None:
            if len(self._facts_of) >= _MOST_LAYOUTS:
                del self._facts_of[next(iter(self._facts_of))]
            found = self._facts_of[layout, underlying] = leg_facts(layout, underlying, self._facts)
        return found


def examine(rows: SnapshotRows, facts: SnapshotFacts, settings: QualitySettings, memory: SessionMemory) -> Examination:
    """Judge snapshots once; see `Examiner.examine`."""
    return Examiner(facts, settings).examine(rows, memory)


class _Bench:
    """Rules of one grain, and what each last found in which arrays."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = tuple(rules)
        self._last: list[tuple[list[Array], Finding | None]] = [([], None)] * len(self._rules)

    def broken(self, evidence: Arrays, extremes: Extremes) -> tuple[Finding, ...]:
        """Return the findings that break a limit."""
        found = []
        for place, rule in enumerate(self._rules):
            if rule.ceiling is not None and rule.ceiling(extremes) <= rule.lowest_limit:
                continue
            read = [evidence[name] for name in rule.columns]
            before, finding = self._last[place]
            if len(before) != len(read) or not all(map(is_, before, read)):
                measured = rule.measure(*read)
                breaks = np.count_nonzero(measured > rule.lowest_limit)
                finding = Finding(rule, measured) if breaks else None
                self._last[place] = (read, finding)
            if finding is not None:
                found.append(finding)
        return tuple(found)


def _refused(findings: Sequence[Finding], count: int) -> NDArray[np.bool_]:
    refused = np.zeros(count, dtype=np.bool_)
    for finding in findings:
        refused |= finding.severity == CRITICAL
    return refused
