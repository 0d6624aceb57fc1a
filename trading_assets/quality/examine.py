"""Run the rules of `market_snapshots` over rows: one executor for the live gate (a snapshot) and the batch (a day).

Most of a clean snapshot needs no measuring: a rule whose ceiling stays below its limits cannot break, and one that
reads nothing but the layout of the legs is measured once per layout. Neither changes what is found, only what it costs.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter, le
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from trading_assets.quality.glance import Glance, Surroundings
from trading_assets.quality.hours import hours
from trading_assets.quality.leg_facts import FACTS, leg_facts
from trading_assets.quality.market_snapshots import STATEFUL, STATELESS
from trading_assets.quality.memory import Seen
from trading_assets.quality.option_legs import RULES as LEG_RULES
from trading_assets.quality.option_legs import spot_disagreement
from trading_assets.quality.rule import CRITICAL, Finding
from trading_assets.quality.snapshot_evidence import LegEvidence, SnapshotEvidence, of_names
from trading_assets.quality.walk import Walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

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
        self._around: Surroundings | None = None
        self._of_layouts: dict[tuple[LegLayout, str], _OfLayout] = {}

    def examine(self, rows: SnapshotRows, memory: SessionMemory) -> Examination:
        """Judge snapshots in order of receipt and remember what was accepted.

        Args:
            rows: One snapshot, or all of a session.
            memory: What the session accepted before these rows; updated.
        """
        with np.errstate(all="ignore"):
            known = self._known_of(rows)
            glance = self._seen_at_once(rows, known)
            alone = known[0] if len(known) == 1 else None
            if alone is not None and rows.flat is not None and self._certain(glance, alone):
                seen = Seen(glance.observed, rows.content_of_one(rows.flat), glance.ends.spot, *alone.nearest)
                stateful = self._walk.through(rows, (seen,), memory, (False,))
                return Examination(stateful, (), ~_refused(stateful, 1))
            evidence = self._evidence(rows, known)
            legs = self._legs.broken(evidence.legs, glance, None if alone is None else alone.legs)
            stateless = self._stateless.broken(evidence, glance, None if alone is None else alone.snapshot)
            refused = _refused(stateless, rows.count)
            stateful = self._walk.through(rows, _all_seen(rows, evidence), memory, refused.tolist())
        return Examination((*stateless, *stateful), legs, ~(refused | _refused(stateful, rows.count)))

    def _certain(self, glance: Glance, alone: _OfLayout) -> bool:
        """Whether no rule can be broken but those that compare with what was accepted before."""
        if not glance.ends.one_spot or alone.legs or alone.snapshot:
            return False
        return self._legs.certain(glance) and self._stateless.certain(glance)

    def gather(self, rows: SnapshotRows) -> SnapshotEvidence:
        """Return what the rules of snapshots read; its `legs` are what those of legs read."""
        self.glance(rows)
        return self._evidence(rows, self._known_of(rows))

    def _evidence(self, rows: SnapshotRows, known: Sequence[_OfLayout]) -> SnapshotEvidence:
        legs = LegEvidence(rows, [of_layout.facts for of_layout in known])
        return SnapshotEvidence(legs, self._facts, self._known, self._disputed)

    def glance(self, rows: SnapshotRows) -> Glance:
        """Return what is seen before any rule is measured."""
        return self._seen_at_once(rows, self._known_of(rows))

    def _known_of(self, rows: SnapshotRows) -> list[_OfLayout]:
        return [self._of_layout(*pair) for pair in zip(rows.layouts, rows.underlying, strict=True)]

    def _seen_at_once(self, rows: SnapshotRows, known: Sequence[_OfLayout]) -> Glance:
        if rows.underlying != self._names:
            self._names = rows.underlying
            self._known |= of_names(rows, self._facts, self._settings.spot_bands)
            self._around = self._surroundings(known[0].facts) if rows.count == 1 else None
        if self._around is None or isinstance(rows.observed, np.ndarray) or isinstance(rows.received, np.ndarray):
            return Glance(rows.extremes)
        traded = np.nan
        if self._around.volume is not None:
            traded = float(rows.number("volume_units").dot(known[0].near))  # NaN where any leg is silent
        return Glance(rows.extremes, rows.observed, rows.received, self._around, traded)

    def _surroundings(self, legs: Arrays) -> Surroundings:
        low, high, named = (float(self._known[name][0]) for name in ("band_low", "band_high", "has_symbol"))
        return Surroundings(
            self._walk.hours,
            self._settings.receipt_grace_seconds,
            (low, high),
            float(legs["tick_size"][0]),
            named=bool(named),
            volume=self._facts.usual_volume.get(self._names[0]) if self._names else None,
        )

    def _of_layout(self, layout: LegLayout, underlying: str) -> _OfLayout:
        found = self._of_layouts.get((layout, underlying))
        if found is None:
            if len(self._of_layouts) >= _MOST_LAYOUTS:
                del self._of_layouts[next(iter(self._of_layouts))]
            facts = leg_facts(layout, underlying, self._facts)
            nearest = float(facts["nearest_days"][0]), float(facts["kept_strikes"][0])
            near = facts["nearest"].astype(np.float64)
            found = _OfLayout(
                facts, nearest, near, self._legs.broken_by_layout(facts), self._stateless.broken_by_layout(facts)
            )
            self._of_layouts[layout, underlying] = found
        return found


def examine(rows: SnapshotRows, facts: SnapshotFacts, settings: QualitySettings, memory: SessionMemory) -> Examination:
    """Judge snapshots once; see `Examiner.examine`."""
    return Examiner(facts, settings).examine(rows, memory)


class _OfLayout(NamedTuple):
    """What is known once a layout is, and which rules it breaks whatever the numbers say."""

    facts: Arrays
    nearest: tuple[float, float]
    near: NDArray[np.float64]
    legs: Mapping[str, Finding]
    snapshot: Mapping[str, Finding]


class _Bench:
    """Rules of one grain; those that read the layout alone are `fixed`, the others `moving`."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules
        self._moving = [rule for rule in rules if not FACTS.issuperset(rule.columns)]
        self._fixed = [rule for rule in rules if FACTS.issuperset(rule.columns)]
        self._lowest = [rule.lowest_limit for rule in self._moving]
        self._ceilings = attrgetter(*[rule.ceiling or "uncertain" for rule in self._moving])

    def certain(self, glance: Glance) -> bool:
        """Whether a glance tells that no rule is broken, those apart that read the layout alone."""
        return all(map(le, self._ceilings(glance), self._lowest))

    def broken(self, evidence: Arrays, glance: Glance, fixed: Mapping[str, Finding] | None) -> tuple[Finding, ...]:
        """Return the findings that break a limit, in the order of the rules.

        Args:
            evidence: What the rules read.
            glance: What is seen before they are measured.
            fixed: Of `broken_by_layout` where the rows are one snapshot; None where they are to be measured.
        """
        found = []
        for rule in self._moving if fixed is not None and not fixed else self._rules:
            if rule.ceiling is not None and getattr(glance, rule.ceiling) <= rule.lowest_limit:
                continue
            if fixed is not None and FACTS.issuperset(rule.columns):
                found += [fixed[rule.name]] if rule.name in fixed else []
            else:
                found += _broken(rule, evidence)
        return tuple(found)

    def broken_by_layout(self, facts: Arrays) -> dict[str, Finding]:
        """Return the findings of the rules that read the layout alone, by rule."""
        with np.errstate(all="ignore"):
            return {finding.rule.name: finding for rule in self._fixed for finding in _broken(rule, facts)}


def _broken(rule: Rule, evidence: Arrays) -> list[Finding]:
    measured = rule.measure(*[evidence[name] for name in rule.columns])
    return [Finding(rule, measured)] if np.count_nonzero(measured > rule.lowest_limit) else []


def _all_seen(rows: SnapshotRows, evidence: SnapshotEvidence) -> Iterable[Seen]:
    columns = [evidence[name].tolist() for name in ("spot_high", "nearest_days", "kept_strikes")]
    return map(Seen, rows.observed_at.tolist(), rows.fingerprint.tolist(), *columns)


def _refused(findings: Sequence[Finding], count: int) -> NDArray[np.bool_]:
    refused = np.zeros(count, dtype=np.bool_)
    for finding in findings:
        refused |= finding.severity == CRITICAL
    return refused
