"""The Dagster page of the quality report: what `quality report` says, as of when it was materialized."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import dagster as dg
import pandas as pd
import pytest

from trading_assets.defs.build import build_definitions
from trading_assets.defs.metadata import report_metadata
from trading_assets.defs.workspace import Workspace, open_workspace
from trading_assets.quality.report import quality_report
from trading_assets.settings import Settings
from trading_assets.tables import feed_calls, quality_issues

NOW = datetime.now(UTC)


def issues(*severities: str, message: str = "snapshot was 700 s old", minutes: int = 1) -> pd.DataFrame:
    return quality_issues.CONTRACT.frame(
        {
            "date": pd.Timestamp(NOW.date()),
            "issue_id": [f"{number:08d}" for number in range(len(severities))],
            "timestamp": pd.to_datetime([NOW - timedelta(minutes=minutes)] * len(severities), utc=True),
            "severity": list(severities),
            "category": "stale_data",
            "rule": "snapshot_age",
            "message": message,
            "details": "{}",
            "table_name": "market_snapshots",
        }
    )


CALLS = feed_calls.CONTRACT.frame(
    {
        "date": [pd.Timestamp(NOW.date())] * 2,
        "feed": "upstox",
        "endpoint": "chain",
        "called_at": pd.to_datetime([NOW - timedelta(seconds=9), NOW - timedelta(seconds=5)], utc=True),
        "duration_ms": [100.0, 300.0],
        "success": [True, False],
        "status": [200.0, 500.0],
        "error": [None, "HTTP 500"],
    }
)


@pytest.fixture
def workspace(home_settings: Settings) -> Workspace:
    return open_workspace(home_settings)


def page(workspace: Workspace) -> dict[str, object]:
    """Metadata of the asset as Dagster keeps it."""
    definitions = build_definitions(workspace)
    with dg.DagsterInstance.ephemeral() as instance:
        job = definitions.get_repository_def().get_implicit_global_asset_job_def()
        result = job.execute_in_process(instance=instance, asset_selection=[dg.AssetKey("quality_report")])
        [event] = result.asset_materializations_for_node("quality_report")
    return {name: value.value for name, value in event.metadata.items()}


def records(shown: object) -> list[dict[str, object]]:
    assert isinstance(shown, dg.TableMetadataValue)
    return [dict(record.data) for record in shown.records]


def test_the_page_says_what_the_report_says(workspace: Workspace) -> None:
    workspace.journal.append(quality_issues.CONTRACT, issues("critical", "warning", "warning"))
    workspace.journal.append(feed_calls.CONTRACT, CALLS)
    shown = page(workspace)
    assert shown["total_issues_tracked"] == 3
    assert (shown["critical_issues_last_hour"], shown["warning_issues_last_hour"]) == (1, 2)
    rule = {"table": "market_snapshots", "rule": "snapshot_age"}
    assert records(shown["issues_by_rule"]) == [
        {"severity": "critical", **rule, "issues": "1"},  # the worst first, however few they are
        {"severity": "warning", **rule, "issues": "2"},
    ]
    assert [record["message"] for record in records(shown["newest_issues"])] == ["snapshot was 700 s old"] * 3
    health = {record["measure"]: record["upstox"] for record in records(shown["feed_health"])}
    assert (health["total_calls"], health["failed_calls"], health["p50_ms"]) == ("2", "1", "200.0")
    assert (health["failure_rate"], health["last_failure"]) == ("50.0%", f"{ist(NOW - timedelta(seconds=5))} IST")
    assert str(shown["report"]).startswith("**3 issues**, 1 critical, 2 warning\n")
    assert "in the last hour: 1 critical, 2 warnings\n\nas of 20" in str(shown["report"])


def ist(at: datetime) -> str:
    return f"{at.astimezone(ZoneInfo('Asia/Kolkata')):%Y-%m-%d %H:%M}"


def test_times_are_short_and_ist_and_a_feed_that_never_failed_says_so() -> None:
    report = quality_report(issues("info", minutes=61), CALLS[CALLS["success"]], NOW)
    shown = report_metadata(report)
    [newest] = records(shown["newest_issues"].value)
    assert newest["IST"] == ist(NOW - timedelta(minutes=61))
    health = {record["measure"]: record["upstox"] for record in records(shown["feed_health"].value)}
    assert (health["last_failure"], health["average_response_time_ms"]) == ("never", "100.0")


def test_a_home_without_issues_has_a_page_too(workspace: Workspace) -> None:
    shown = page(workspace)
    assert shown["total_issues_tracked"] == 0
    assert not {"issues_by_rule", "newest_issues", "feed_health"} & set(shown)


def test_the_words_are_shown_without_a_click_however_long_a_message_is() -> None:
    many = issues(*["warning"] * 50, message="x" * 2_000, minutes=90)
    shown = report_metadata(quality_report(many, feed_calls.CONTRACT.empty(), NOW))
    assert 0 < len(str(shown["report"].value)) < 1_000
    assert len(records(shown["newest_issues"].value)) == 20
