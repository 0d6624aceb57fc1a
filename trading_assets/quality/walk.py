"""The rules that compare a snapshot with what the session accepted before it, snapshot by snapshot."""

from __future__ import annotations

from operator import gt, itemgetter
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.quality.market_snapshots import spot_jump
from trading_assets.quality.rule import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from trading_assets.quality.facts import SnapshotFacts
    from trading_assets.quality.memory import Seen, SessionMemory, UnderlyingMemory
    from trading_assets.quality.rule import Rule
    from trading_assets.quality.snapshot_rows import SnapshotRows

    Array = NDArray[np.generic]

#: What the rules read of a snapshot and of what was accepted before it.
_READ = (
    "spot_high",
    "last_accepted_spot",
    "times_seen",
    "content_seen",
    "seconds_since_accepted",
    "kept_strikes",
    "allowed_gap",
    "listed_strikes",
)


class Walk:
    """Walks over snapshots in order of receipt.

    Args:
        rules: Rules with the limits in force, those of `market_snapshots.STATEFUL`.
        facts: The session.
        known: `opens`, `closes` and `allowed_gap`.
    """

    def __init__(self, rules: Sequence[Rule], facts: SnapshotFacts, known: Mapping[str, Array]) -> None:
        self._rules, self._facts = tuple(rules), facts
        opens, closes = known["opens"].tolist(), known["closes"].tolist()
        #: Opens and closes of the session, where they are known.
        self.hours = [hours for hours in zip(opens, closes, strict=True) if None not in hours]
        self._allowed_gap = float(known["allowed_gap"][0])
        self._measures = [(rule.measure, _picked(rule.columns)) for rule in self._rules]
        self._critical = [np.inf if rule.limits.critical is None else rule.limits.critical for rule in self._rules]
        self._lowest = [rule.lowest_limit for rule in self._rules]
        self._jump = [rule.name for rule in self._rules].index(spot_jump.name)

    def through(
        self, rows: SnapshotRows, all_seen: Iterable[Seen], memory: SessionMemory, refused: Sequence[bool]
    ) -> tuple[Finding, ...]:
        """Measure every rule at every snapshot and remember those that are accepted.

        Args:
            rows: The snapshots.
            all_seen: What there is to remember of each.
            memory: What was accepted before; updated.
            refused: Whether another rule keeps it out, of each.

        Returns:
            The findings that break a limit, each of shape (S,).
        """
        values: list[list[float]] = []
        broken = False
        for at, (underlying, seen) in enumerate(zip(rows.underlying, all_seen, strict=True)):
            known = memory.of(underlying, self._facts.previous_spot.get(underlying, np.nan))
            usable = not refused[at]
            measured = self._measured(known, seen, rows.snapshot_id[at], usable=usable)
            values.append(measured)
            breaks = any(map(gt, measured, self._lowest))
            broken |= breaks
            critical = list(map(gt, measured, self._critical)) if breaks else []
            if usable and True not in critical:
                known.accept(seen)
            else:
                only_jump = usable and critical[self._jump] and sum(critical) == 1
                known.refuse(seen.spot, self._critical[self._jump], only_jump=only_jump)
        return self._findings(values) if broken else ()

    def _findings(self, values: Sequence[Sequence[float]]) -> tuple[Finding, ...]:
        return tuple(
            Finding(rule, np.array(told))
            for rule, told in zip(self._rules, zip(*values, strict=True), strict=True)
            if any(value > rule.lowest_limit for value in told)
        )

    def _measured(self, known: UnderlyingMemory, seen: Seen, snapshot_id: str, *, usable: bool) -> list[float]:
        """Measure every rule at one snapshot, on numbers instead of arrays of one, which take three times as long."""
        listed = self._facts.listed_strikes.get(snapshot_id)
        read = (
            seen.spot,
            np.float64(known.reference_spot()),  # is divided by, as is the last: Python's own would raise at 0
            float(seen.observed in known.seen_times),
            float(known.seen_content.get(seen.content, 0)),
            self._silence(seen.observed, known.observed) if usable else np.nan,
            seen.strikes,
            self._allowed_gap,
            np.float64(known.strikes.get(seen.expiry, np.nan) if listed is None else listed),
        )
        return [float(measure(*places(read))) for measure, places in self._measures]

    def _silence(self, observed: datetime | None, accepted: datetime | None) -> float:
        """Seconds since the later of the last accepted snapshot and the open; NaN outside the session's hours."""
        if observed is not None:
            for opens, closes in self.hours:
                if opens <= observed <= closes:
                    since = opens if accepted is None else max(opens, accepted)
                    return float((observed - since).total_seconds())
        return float("nan")


def _picked(columns: Sequence[str]) -> Callable[[Sequence[float]], Sequence[float]]:
    """Pick from what is read the columns of one rule."""
    places = [_READ.index(name) for name in columns]
    return itemgetter(*places) if len(places) > 1 else itemgetter(slice(places[0], places[0] + 1))
