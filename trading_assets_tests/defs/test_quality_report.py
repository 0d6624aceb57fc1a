"""The Dagster page of the quality report: what `quality report` says, as of when it was materialized."""

from datetime import UTC, datetime, timedelta

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
    assert records(shown["issues_by_rule"]) == [
        {"table": "market_snapshots", "rule": "snapshot_age", "severity": "warning", "issues": "2"},
        {"table": "market_snapshots", "rule": "snapshot_age", "severity": "critical", "issues": "1"},
    ]
    assert [record["message"] for record in records(shown["newest_issues"])] == ["snapshot was 700 s old"] * 3
    [feed] = records(shown["feed_health"])
    assert (feed["feed"], feed["total_calls"], feed["failed_calls"], feed["p50_ms"]) == ("upstox", "2", "1", "200.0")
    assert str(shown["report"]).startswith("**3 issues** as of ")
    assert "in the last hour 1 critical and 2 warnings" in str(shown["report"])


def test_a_home_without_issues_has_a_page_too(workspace: Workspace) -> None:
    shown = page(workspace)
    assert shown["total_issues_tracked"] == 0
    assert not {"issues_by_rule", "newest_issues", "feed_health"} & set(shown)


def test_the_words_are_shown_without_a_click_however_long_a_message_is() -> None:
    many = issues(*["warning"] * 50, message="x" * 2_000, minutes=90)
    shown = report_metadata(quality_report(many, feed_calls.CONTRACT.empty(), NOW))
    assert 0 < len(str(shown["report"].value)) < 1_000
    assert len(records(shown["newest_issues"].value)) == 20
