"""The verdict over a session's candidate snapshots: what may be traded on, what is kept aside and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.quality.examine import examine
from trading_assets.quality.issues import Places, issue_frame
from trading_assets.quality.market_snapshots import no_snapshots
from trading_assets.quality.memory import SessionMemory
from trading_assets.quality.quarantine import Reason, quarantine_rows
from trading_assets.quality.rule import CRITICAL, Finding, Rule
from trading_assets.quality.snapshot_frames import in_order, snapshot_rows
from trading_assets.quality.snapshot_times import outside_session
from trading_assets.settings import Limits
from trading_assets.tables.bounds import broken_bounds, rises
from trading_assets.tables.market_snapshots import CONTRACT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from trading_assets.quality.facts import SnapshotFacts
    from trading_assets.quality.snapshot_rows import SnapshotRows
    from trading_assets.settings import QualitySettings


@dataclass(frozen=True)
class Verdict:
    """Candidates parted into what passed and what did not.

    Args:
        clean: Rows of `market_snapshots`, sorted by its key; keeps the contract.
        quarantined: Rows of `quarantined_rows`, each with all its reasons.
        issues: Rows of `quality_issues`.
    """

    clean: pd.DataFrame
    quarantined: pd.DataFrame
    issues: pd.DataFrame


def judge(candidates: pd.DataFrame, facts: SnapshotFacts, settings: QualitySettings) -> Verdict:
    """Judge the snapshots of one session.

    A critical finding of a snapshot keeps all its legs out, one of a leg (also a broken bound) that leg only.

    Args:
        candidates: Frame with the dtypes of `market_snapshots`, n ≥ 0 rows; values may break any bound.
        facts: The session and what is known about it.
        settings: Limits and bands.

    Returns:
        The verdict; rows of `clean` and `quarantined` together are the n candidates.
    """
    rows, order = snapshot_rows(candidates)
    ordered = in_order(candidates, order)
    found = examine(rows, facts, settings, SessionMemory())
    legs = (*found.legs, *_bound_findings(ordered))
    reasons = [reason for reason in (*_of_snapshots(found.snapshots, rows, facts), *map(_of_legs, legs)) if reason]
    refused = np.zeros(rows.size, dtype=np.bool_)
    for reason in reasons:
        refused |= reason.holds
    clean = (ordered[~refused] if refused.any() else ordered).reset_index(drop=True)
    if len(clean) and not rises(CONTRACT, clean):
        clean = clean.sort_values(list(CONTRACT.key), ignore_index=True)
    quarantined = quarantine_rows(ordered, np.flatnonzero(refused), reasons)
    if len(clean) + len(quarantined) != len(candidates):
        msg = f"{len(clean)} clean and {len(quarantined)} quarantined rows are not {len(candidates)} candidates."
        raise AssertionError(msg)
    findings = (*_of_session(rows, facts, settings), *found.snapshots, *legs)
    return Verdict(clean, quarantined, issue_frame(findings, _places(rows, facts)))


def quarantine_closed_day(candidates: pd.DataFrame, facts: SnapshotFacts, settings: QualitySettings) -> pd.DataFrame:
    """Keep every row captured on a closed day aside, with the reason the day is closed.

    Args:
        candidates: Frame with the dtypes of `market_snapshots`; `date` is the day of capture.
        facts: `session` is None and `closed_reason` says why.
        settings: Limits and bands.

    Returns:
        One row of `quarantined_rows` per candidate.
    """
    return judge(candidates, replace(facts, session=None), settings).quarantined


def _of_snapshots(findings: Iterable[Finding], rows: SnapshotRows, facts: SnapshotFacts) -> Iterable[Reason | None]:
    for finding in findings:
        critical = finding.severity == CRITICAL
        if critical.any():
            context = _context(facts) if finding.rule.name == outside_session.name else ""
            texts = {at: finding.sentence(at) + context for at in np.flatnonzero(critical).tolist()}
            yield Reason(finding.rule.name, critical[rows.snapshot_of_row], _lookup(texts, rows.snapshot_of_row))


def _lookup(texts: Mapping[int, str], snapshot_of_row: NDArray[np.intp]) -> Callable[[int], str]:
    return lambda row: texts[int(snapshot_of_row[row])]


def _of_legs(finding: Finding) -> Reason | None:
    critical = finding.severity == CRITICAL
    return Reason(finding.rule.name, critical, finding.sentence) if critical.any() else None


def _context(facts: SnapshotFacts) -> str:
    if facts.session is None:
        return f": {facts.day} is closed ({facts.closed_reason or 'no session'})"
    hours = ", ".join(f"{opens:%H:%M}-{closes:%H:%M}" for opens, closes in facts.session.intervals)
    return f": {facts.day} trades {hours} IST"


def _of_session(rows: SnapshotRows, facts: SnapshotFacts, settings: QualitySettings) -> tuple[Finding, ...]:
    if facts.session is None:
        return ()
    counted = {"snapshots": np.array([float(rows.count)])}
    return (no_snapshots.judge(counted, no_snapshots.limits_in_force(settings)),)


def _places(rows: SnapshotRows, facts: SnapshotFacts) -> Places:
    def key_of(at: int) -> str:
        return f"{rows.underlying[at]} {rows.snapshot_id[at]} received {str(rows.received_at[at])[11:19]}Z"

    return Places(
        day=facts.day,
        table=CONTRACT.name,
        starts=rows.starts,
        group_of_row=rows.snapshot_of_row,
        times=np.where(np.isnat(rows.observed_at), rows.received_at, rows.observed_at),
        key_of=key_of,
        chains=np.unique(np.array(rows.underlying, dtype=np.str_), return_inverse=True)[1],
        fallback=np.datetime64(facts.day, "us"),
    )


def _bound_findings(frame: pd.DataFrame) -> Iterable[Finding]:
    """One finding per column with a broken bound, named `bound:<column>`."""
    broken: dict[str, NDArray[np.bool_]] = {}
    expected: dict[str, list[str]] = {}
    for bound, mask in broken_bounds(CONTRACT, frame):
        name = bound.column.name
        broken[name] = broken.get(name, False) | mask
        expected.setdefault(name, []).append(bound.expected)
    for name, mask in broken.items():
        yield Finding(_bound_rule(name, " and ".join(expected[name])), mask.astype(np.float64))


def _bound_rule(column: str, expected: str) -> Rule:
    return Rule(
        name=f"bound:{column}",
        table=CONTRACT.name,
        category="missing_data" if expected == "present" else "consistency",
        measure=lambda broken: np.asarray(broken, dtype=np.float64),
        per="row",
        unit="",
        limits=Limits(critical=0.0),
        message=f"{column} is not {expected}",
    )
