"""Rows of `quality_issues` from findings: one per rule and run of successive snapshots, a few per rule at most."""

from __future__ import annotations

from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np
import orjson
import pandas as pd

from trading_assets.quality.row_text import short_hash
from trading_assets.quality.rule import CRITICAL, SEVERITY_NAMES
from trading_assets.tables.quality_issues import CONTRACT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from numpy.typing import NDArray

    from trading_assets.quality.rule import Finding

#: A rule that breaks in more runs than this has its later runs told as one: a bad day stays readable.
MOST_ISSUES_PER_RULE = 10


@dataclass(frozen=True)
class Places:
    """Where the values of findings are, n rows in G groups (snapshots, feeds or single rows).

    Args:
        day: Session the findings are of.
        table: Table that is judged.
        starts: First row of each group, shape (G,).
        group_of_row: Position of each row's group, shape (n,).
        times: Data time of each group in UTC, datetime64[us], shape (G,), NaT where it has none.
        key_of: Name of a group for people, by its position.
        chains: Runs join successive groups of the same chain only (the underlying), shape (G,).
        fallback: Time of an issue whose group has none, UTC.
        session_keys: What the values of session rules are of, for people.
    """

    day: date
    table: str
    starts: NDArray[np.intp]
    group_of_row: NDArray[np.intp]
    times: NDArray[np.datetime64]
    key_of: Callable[[int], str]
    chains: NDArray[np.intp]
    fallback: np.datetime64
    session_keys: Sequence[str] = ("session",)

    @property
    def rows_of_group(self) -> NDArray[np.intp]:
        """Rows of each group, shape (G,)."""
        return np.bincount(self.group_of_row, minlength=len(self.starts))


def issue_frame(findings: Sequence[Finding], places: Places) -> pd.DataFrame:
    """Tell the findings that broke a limit.

    Args:
        findings: Of rows (shape (n,)) or of groups (shape (G,), by `rule.per`), or of the session (shape (1,)).
        places: Where the values are.

    Returns:
        Rows of `quality_issues`, sorted by key.
    """
    records = [record for finding in findings for record in _records(finding, places)]
    if not records:
        return CONTRACT.empty()
    records.sort(key=itemgetter("issue_id"))
    told: dict[str, object] = {name: [record[name] for record in records] for name in records[0]}
    told["timestamp"] = pd.array(np.array(told["timestamp"], dtype="datetime64[us]")).tz_localize("UTC")
    told["date"] = np.full(len(records), places.day, dtype="datetime64[s]")
    return CONTRACT.frame({**told, "table_name": [places.table] * len(records)})


def _records(finding: Finding, places: Places) -> list[dict[str, object]]:
    broken = np.flatnonzero(finding.severity)
    if not len(broken):
        return []
    if finding.rule.per == "session":
        return [_record(finding, places, broken[at : at + 1], None) for at in range(len(broken))]
    groups = places.group_of_row[broken] if finding.rule.per == "row" else broken
    run = _runs(groups, places.chains)
    return [_record(finding, places, broken[run == number], groups[run == number]) for number in range(run[-1] + 1)]


def _runs(groups: NDArray[np.intp], chains: NDArray[np.intp]) -> NDArray[np.intp]:
    """Number the runs of successive groups of one chain; runs beyond the most are numbered as the last."""
    chain = chains[groups]
    breaks = (np.diff(groups) > 1) | (chain[1:] != chain[:-1])
    return np.asarray(np.minimum(np.append(0, np.cumsum(breaks)), MOST_ISSUES_PER_RULE - 1))


def _record(
    finding: Finding, places: Places, broken: NDArray[np.intp], groups: NDArray[np.intp] | None
) -> dict[str, object]:
    rule = finding.rule
    severities = finding.severity[broken]
    worst = _worst(finding, broken)
    severity = int(finding.severity[worst])
    first = None if groups is None else int(groups[0])
    key = places.session_keys[worst] if first is None else places.key_of(first)
    at = places.fallback if first is None or np.isnat(places.times[first]) else places.times[first]
    rows = _rows(finding, places, broken)
    details = {
        "value": float(finding.measured[worst]),
        "limit": finding.limit_of(severity),
        "unit": rule.unit,
        "rows": rows,
        "critical_rows": _rows(finding, places, broken[severities == severities.max()]) if severity == CRITICAL else 0,
        "snapshots": 0 if groups is None else _different(groups),
        "judged": int((~finding.unjudged).sum()),
        "unjudged": int(finding.unjudged.sum()),
        "first": key,
        "last": key if groups is None else places.key_of(int(groups[-1])),
    }
    return {
        "issue_id": short_hash(str(places.day), places.table, rule.name, key),
        "timestamp": at,
        "severity": SEVERITY_NAMES[severity],
        "category": rule.category,
        "rule": rule.name,
        "message": f"{finding.sentence(worst)} ({rows} row(s), first {key})",
        "details": orjson.dumps(details, option=orjson.OPT_SORT_KEYS).decode(),
    }


def _worst(finding: Finding, broken: NDArray[np.intp]) -> int:
    """Place of the first of the largest values of the worst severity."""
    severities = finding.severity[broken]
    most = broken[severities == severities.max()]
    return int(most[np.argmax(finding.measured[most])])


def _different(groups: NDArray[np.intp]) -> int:
    return 1 + int(np.count_nonzero(np.diff(groups)))


def _rows(finding: Finding, places: Places, broken: NDArray[np.intp]) -> int:
    if finding.rule.per == "snapshot":
        return int(places.rows_of_group[broken].sum())
    return len(broken)
