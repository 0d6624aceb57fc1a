"""The data-quality report: exactly the promised keys, as of a moment, over rolling windows."""

from datetime import UTC, datetime, timedelta

import orjson
import pandas as pd
import pytest

from trading_assets.quality.report import ROLLING_ISSUES, quality_report
from trading_assets.tables import feed_calls, quality_issues

NOW = datetime(2025, 10, 13, 10, 0, tzinfo=UTC)


def issues(*severity_and_age: tuple[str, float]) -> pd.DataFrame:
    """Issues of a severity that are so many minutes old."""
    return quality_issues.CONTRACT.frame(
        {
            "date": [pd.Timestamp("2025-10-13")] * len(severity_and_age),
            "issue_id": [f"{number:016d}" for number in range(len(severity_and_age))],
            "timestamp": pd.to_datetime([NOW - timedelta(minutes=age) for _, age in severity_and_age], utc=True),
            "severity": [severity for severity, _ in severity_and_age],
            "category": "stale_data",
            "rule": "snapshot_age",
            "message": "old",
            "details": '{"value":700}',
            "table_name": "market_snapshots",
        }
    )


def calls(feed: str, durations: list[float], failed: set[int] = frozenset()) -> pd.DataFrame:  # type: ignore[assignment]
    count = len(durations)
    return feed_calls.CONTRACT.frame(
        {
            "date": [pd.Timestamp("2025-10-13")] * count,
            "feed": [feed] * count,
            "endpoint": "chain",
            "called_at": pd.to_datetime([NOW - timedelta(seconds=count - at) for at in range(count)], utc=True),
            "duration_ms": durations,
            "success": [at not in failed for at in range(count)],
        }
    )


def test_the_keys_are_the_promised_ones_also_for_nothing() -> None:
    report = quality_report(issues(), feed_calls.CONTRACT.empty(), NOW)
    assert report == {
        "timestamp": "2025-10-13T10:00:00+00:00",
        "recent_issues": [],
        "feed_health": {},
        "summary": {"total_issues_tracked": 0, "critical_issues_last_hour": 0, "warning_issues_last_hour": 0},
    }


def test_the_last_hour_is_counted_by_severity() -> None:
    found = issues(("critical", 0), ("critical", 59.9), ("critical", 60), ("warning", 30), ("info", 1), ("warning", 90))
    summary = quality_report(found, feed_calls.CONTRACT.empty(), NOW)["summary"]
    assert summary == {"total_issues_tracked": 6, "critical_issues_last_hour": 2, "warning_issues_last_hour": 1}


def test_what_comes_later_is_not_seen() -> None:
    report = quality_report(
        issues(("critical", -1), ("warning", 5)), calls("a", [1.0, 2.0]), NOW - timedelta(seconds=2)
    )
    assert [issue["severity"] for issue in report["recent_issues"]] == ["warning"]  # type: ignore[attr-defined]
    assert report["feed_health"]["a"]["total_calls"] == 1  # type: ignore[index]


def test_issues_are_newest_first_and_rolling() -> None:
    found = issues(*[("info", float(age)) for age in range(ROLLING_ISSUES + 5)])
    report = quality_report(found.sample(frac=1.0, random_state=1), feed_calls.CONTRACT.empty(), NOW)
    recent = report["recent_issues"]
    assert len(recent) == ROLLING_ISSUES  # type: ignore[arg-type]
    assert recent[0] == {  # type: ignore[index]
        "severity": "info",
        "category": "stale_data",
        "rule": "snapshot_age",
        "table": "market_snapshots",
        "message": "old",
        "timestamp": "2025-10-13T10:00:00+00:00",
        "details": {"value": 700},
    }
    assert report["summary"]["total_issues_tracked"] == ROLLING_ISSUES  # type: ignore[index]


def test_the_health_of_a_feed_is_over_its_last_thousand_calls() -> None:
    durations = [10_000.0] * 50 + [float(at) for at in range(1, 1_001)]
    report = quality_report(issues(), calls("upstox", durations, failed={10, 60, 1_049}), NOW)
    health = report["feed_health"]["upstox"]  # type: ignore[index]
    assert health["total_calls"] == 1_000
    assert (health["successful_calls"], health["failed_calls"], health["failure_rate"]) == (998, 2, 0.002)
    assert health["average_response_time_ms"] == 500.5
    assert (health["p50_ms"], health["p95_ms"]) == (500.5, pytest.approx(950.05))
    assert health["p99_ms"] == pytest.approx(990.01)
    assert health["last_failure"] == "2025-10-13T09:59:59+00:00"
    assert health["last_success"] == "2025-10-13T09:59:58+00:00"


def test_a_feed_that_never_failed_has_no_last_failure_and_feeds_stay_apart() -> None:
    both = pd.concat([calls("b", [1.0]), calls("a", [3.0, 5.0], failed={0, 1})], ignore_index=True)
    health = quality_report(issues(), both, NOW)["feed_health"]
    assert list(health) == ["a", "b"]  # type: ignore[call-overload]
    assert health["b"]["last_failure"] is None  # type: ignore[index]
    assert health["a"]["last_success"] is None  # type: ignore[index]
    assert health["a"]["failure_rate"] == 1.0  # type: ignore[index]


def test_it_can_be_sent_as_json() -> None:
    report = quality_report(issues(("critical", 1)), calls("a", [1.5]), NOW)
    assert orjson.loads(orjson.dumps(report)) == report
