"""What the live gate found in a snapshot as rows of `quality_issues`, for the journal; ids are those of the verdict."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

import orjson
import pandas as pd

from trading_assets.quality.market_snapshots import RULES
from trading_assets.quality.row_text import short_hash
from trading_assets.quality.rule import SEVERITY_NAMES
from trading_assets.tables.quality_issues import CONTRACT

if TYPE_CHECKING:
    from datetime import date

    from trading_assets.quality.gate import GateVerdict, LiveSnapshot
    from trading_assets.settings import QualitySettings

_TABLE = "market_snapshots"


def gate_issues(snapshot: LiveSnapshot, verdict: GateVerdict, day: date, settings: QualitySettings) -> pd.DataFrame:
    """Tell a gate's findings: one issue per rule, named as the verdict over the session would name it.

    Args:
        snapshot: What was judged.
        verdict: What the gate said of it.
        day: Session.
        settings: Limits that were in force.

    Returns:
        Rows of `quality_issues`, sorted by key; none for a snapshot without findings.
    """
    if not verdict.findings:
        return CONTRACT.empty()
    at = (snapshot.observed_at or snapshot.received_at).astimezone(UTC)
    key = f"{snapshot.underlying} {snapshot.snapshot_id} received {snapshot.received_at.astimezone(UTC):%H:%M:%S}Z"
    known = {rule.name: rule for rule in RULES}
    rows = []
    for name, severity, value in verdict.findings:
        rule, graded = known[name], SEVERITY_NAMES[severity]
        limit = getattr(rule.limits_in_force(settings), graded)
        details = {"value": value, "limit": limit, "unit": rule.unit, "first": key, "last": key, "snapshots": 1}
        rows.append(
            {
                "date": pd.Timestamp(day),
                "issue_id": short_hash(str(day), _TABLE, name, key),
                "timestamp": at,
                "severity": graded,
                "category": rule.category,
                "rule": name,
                "message": f"{name}: {rule.message.format(value=value, limit=limit)} (first {key})",
                "details": orjson.dumps(details, option=orjson.OPT_SORT_KEYS).decode(),
                "table_name": _TABLE,
            }
        )
    return CONTRACT.frame(pd.DataFrame(rows).sort_values("issue_id", ignore_index=True))
