"""The history over a real home: gate issues give way to a verdict up to the last row that it had."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from trading_assets.defs import issue_history
from trading_assets.defs.issue_history import (
    issue_days,
    issue_files,
    issues_of,
    journalled,
    recent_calls,
    recent_issues,
)
from trading_assets.defs.quality_reports import current_report
from trading_assets.defs.workspace import Workspace, open_workspace
from trading_assets.settings import Settings
from trading_assets.storage import parquet
from trading_assets.tables import feed_calls, market_snapshots, quality_issues
from trading_assets_tests.quality.clean_sessions import DAY, OPEN, clean_snapshots
from trading_assets_tests.quality.test_issue_history import ids, issues
from trading_assets_tests.quality.test_report import calls

EARLIER = date(2025, 10, 10)
DAYS_AGO = pd.Timedelta(days=3)
LAST_RECEIPT = OPEN + pd.Timedelta(minutes=11, seconds=2)


@pytest.fixture
def workspace(home_settings: Settings) -> Workspace:
    """Twelve snapshots from the open are judged; the gate told one issue among them and one after them."""
    found = open_workspace(home_settings)
    found.store.write(market_snapshots.CONTRACT, clean_snapshots(), DAY)
    found.store.write(quality_issues.CONTRACT, issues(("judged", 0)), DAY)
    told = issues(("within", 0), ("after", 0))
    times = [OPEN + pd.Timedelta(minutes=5), LAST_RECEIPT + pd.Timedelta(seconds=1)]
    found.journal.append(quality_issues.CONTRACT, told.assign(timestamp=pd.to_datetime(times, utc=True)))
    found.journal.append(quality_issues.CONTRACT, issues(("earlier", 0), day=EARLIER))
    return found


def test_the_verdict_replaces_what_it_judged_itself(workspace: Workspace) -> None:
    assert issue_days(workspace) == [EARLIER, DAY]
    assert ids(issues_of(workspace, [DAY])) == ["after", "judged"]
    assert ids(recent_issues(workspace)) == ["after", "earlier", "judged"]


def test_older_days_are_not_read_once_there_are_enough(workspace: Workspace) -> None:
    assert ids(recent_issues(workspace, enough=2)) == ["after", "judged"]


def test_no_more_days_are_looked_at_than_issues_are_wanted(workspace: Workspace) -> None:
    for day in (date(2025, 11, 3), date(2025, 11, 4)):
        workspace.store.write(quality_issues.CONTRACT, quality_issues.CONTRACT.empty(), day)
    assert ids(recent_issues(workspace, enough=3)) == ["after", "judged"]
    assert ids(recent_issues(workspace, enough=2)) == []


def test_what_is_older_is_told_alike_out_of_one_file(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    days = [date(2025, 9, 22), date(2025, 9, 23), date(2025, 9, 24)]
    for day in days:
        workspace.store.write(quality_issues.CONTRACT, issues((f"old{day}", 0), day=day), day)
    workspace.journal.append(quality_issues.CONTRACT, issues(("live", 0), day=days[0]))
    told = ids(recent_issues(workspace))
    assert len(told) == 7
    monkeypatch.setattr(issue_history, "NEAR_DAYS", 1)
    assert ids(recent_issues(workspace)) == told
    workspace.store.write(quality_issues.CONTRACT, issues(("new", 0), day=days[1]), days[1])
    told = sorted(["new", *(name for name in told if name != f"old{days[1]}")])
    assert ids(recent_issues(workspace)) == told
    opened: list[Path] = []
    reading = parquet.read
    monkeypatch.setattr(parquet, "read", lambda of, path, names: opened.append(path) or reading(of, path, names))
    assert ids(recent_issues(workspace)) == told
    assert [path for path in opened if quality_issues.CONTRACT.name in path.name] == [
        workspace.store.path(quality_issues.CONTRACT, DAY)
    ]


def test_calls_of_days_before_the_last_thousand_are_not_read(workspace: Workspace) -> None:
    last = calls("upstox", [12.0, 13.0])
    before = last.assign(date=last["date"] - DAYS_AGO, called_at=last["called_at"] - DAYS_AGO)
    workspace.journal.append(feed_calls.CONTRACT, pd.concat([before, last], ignore_index=True))
    assert len(recent_calls(workspace)) == 4
    assert recent_calls(workspace, enough=2)["called_at"].tolist() == last["called_at"].tolist()


def test_sql_and_report_agree_on_the_count(workspace: Workspace) -> None:
    beside = journalled(workspace)["quality_issues"]
    stored = workspace.store.read(quality_issues.CONTRACT)
    report = current_report(workspace, pd.Timestamp("2025-10-14", tz="UTC").to_pydatetime())
    assert len(beside) + len(stored) == len(report["recent_issues"]) == 3  # type: ignore[arg-type]


def test_a_restart_forgets_nothing(workspace: Workspace) -> None:
    again = open_workspace(workspace.settings)
    pd.testing.assert_frame_equal(recent_issues(again), recent_issues(workspace))
    assert len(issue_files(again)) == 3


def test_an_empty_home_has_no_history(home_settings: Settings) -> None:
    assert recent_issues(open_workspace(home_settings)).empty
