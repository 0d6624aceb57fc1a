"""The data-quality report: the newest issues and the health of every feed, as `/api/data-quality` gives it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import orjson
import pandas as pd

from trading_assets.quality.feed_calls import ROLLING_CALLS

if TYPE_CHECKING:
    from datetime import datetime

#: Rolling number of issues that a report looks at.
ROLLING_ISSUES = 1_000
_LAST = timedelta(hours=1)


def quality_report(issues: pd.DataFrame, feed_calls: pd.DataFrame, now: datetime) -> dict[str, object]:
    """Report on issues and feeds as of a moment; later rows are not seen.

    Args:
        issues: Rows of `quality_issues`, n ≥ 0.
        feed_calls: Rows of `feed_calls`, n ≥ 0.
        now: The moment, tz-aware.

    Returns:
        `timestamp`, `recent_issues` (newest first, at most 1,000), `feed_health` (per feed, over its last 1,000
        calls; times in ms, rate as a fraction, None where there is nothing to measure) and `summary`.
    """
    moment = pd.Timestamp(now).tz_convert("UTC")
    seen = issues[issues["timestamp"] <= moment].sort_values(["timestamp", "issue_id"], ascending=False)
    recent = seen.head(ROLLING_ISSUES)
    last_hour = recent[recent["timestamp"] > moment - _LAST]["severity"].value_counts()
    calls = feed_calls[feed_calls["called_at"] <= moment]
    return {
        "timestamp": moment.isoformat(),
        "recent_issues": _told(recent),
        "feed_health": {str(feed): _health(group) for feed, group in calls.groupby("feed", sort=True)},
        "summary": {
            "total_issues_tracked": len(recent),
            "critical_issues_last_hour": int(last_hour.get("critical", 0)),
            "warning_issues_last_hour": int(last_hour.get("warning", 0)),
        },
    }


def _told(issues: pd.DataFrame) -> list[dict[str, object]]:
    """Issues as they are answered: from columns, as a thousand rows one by one took six times as long."""
    names = {
        "severity": "severity",
        "category": "category",
        "rule": "rule",
        "table": "table_name",
        "message": "message",
    }
    columns = [issues[name].to_list() for name in names.values()]
    times = [at.isoformat() for at in issues["timestamp"].dt.to_pydatetime().tolist()]
    details = map(orjson.loads, issues["details"])
    return [
        {**dict(zip(names, row, strict=True)), "timestamp": at, "details": more}
        for *row, at, more in zip(*columns, times, details, strict=True)
    ]


def _health(calls: pd.DataFrame) -> dict[str, object]:
    last = calls.sort_values("called_at", kind="stable").tail(ROLLING_CALLS)
    success, durations, times = last["success"].to_numpy(), last["duration_ms"].to_numpy(), last["called_at"]
    p50, p95, p99 = np.nanquantile(durations, [0.50, 0.95, 0.99]).tolist()
    return {
        "total_calls": len(last),
        "successful_calls": int(success.sum()),
        "failed_calls": int((~success).sum()),
        "failure_rate": float((~success).mean()),
        "average_response_time_ms": float(durations.mean()),
        "p50_ms": p50,
        "p95_ms": p95,
        "p99_ms": p99,
        "last_success": _latest(times[success]),
        "last_failure": _latest(times[~success]),
    }


def _latest(times: pd.Series) -> str | None:
    return None if times.empty else times.iloc[-1].isoformat()
