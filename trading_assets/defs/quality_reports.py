"""What the `quality` commands show: the report as of now, the rules in force, a recording under the rules."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import orjson

from trading_assets.defs.issue_history import recent_calls, recent_issues
from trading_assets.defs.steps import snapshot_facts
from trading_assets.defs.workspace import Workspace
from trading_assets.feeds.archives import raw_files
from trading_assets.feeds.feed import Feed
from trading_assets.feeds.normalise import normalise_session
from trading_assets.quality.quarantine import quarantine_unreadable
from trading_assets.quality.report import quality_report
from trading_assets.quality.rulebook import rules
from trading_assets.quality.verdict import judge
from trading_assets.settings import QualitySettings
from trading_assets.tables.catalog import CONTRACTS

SHOWN_ISSUES = 20


def current_report(workspace: Workspace, now: datetime) -> dict[str, object]:
    """Return the quality report as of a moment, over the newest issues of gate and verdicts and the newest calls."""
    return quality_report(recent_issues(workspace), recent_calls(workspace), now)


def report_text(report: dict[str, object]) -> str:
    """Say a quality report in lines."""
    found = orjson.loads(orjson.dumps(report, default=str))
    summary = found["summary"]
    last_hour = f"{summary['critical_issues_last_hour']} critical, {summary['warning_issues_last_hour']} warnings"
    lines = [f"{summary['total_issues_tracked']} issues tracked; last hour: {last_hour}"]
    lines += [f"  {i['timestamp']} {i['severity']:<9}{i['message']}" for i in found["recent_issues"][:SHOWN_ISSUES]]
    for feed, health in found["feed_health"].items():
        lines.append(f"  feed {feed}: {health['total_calls']} calls, {health['failed_calls']} failed")
    return "\n".join(lines)


def rule_rows(settings: QualitySettings) -> list[dict[str, object]]:
    """Return every rule with the limits in force, by table and name."""
    return [
        {
            "table": rule.table,
            "name": rule.name,
            "category": rule.category,
            "unit": rule.unit,
            "warning": rule.limits_in_force(settings).warning,
            "critical": rule.limits_in_force(settings).critical,
            "meaning": rule.meaning,
        }
        for contract in CONTRACTS
        for rule in rules(contract.name)
    ]


@dataclass(frozen=True)
class FileVerdict:
    """A recording under the rules.

    Args:
        rows: Option legs in it.
        quarantined: Rows that would be kept out.
        sentences: One per issue, worst first.
    """

    rows: int
    quarantined: int
    sentences: tuple[str, ...]

    def as_dict(self) -> dict[str, object]:
        """Return it as JSON values."""
        return {"rows": self.rows, "quarantined": self.quarantined, "issues": list(self.sentences)}

    def text(self) -> str:
        """Say it in lines."""
        head = f"{self.rows} rows, {self.quarantined} would be quarantined"
        return "\n".join([head, *(f"  {sentence}" for sentence in self.sentences)])


def check_file(workspace: Workspace, feed: Feed, path: Path, underlying: str | None) -> FileVerdict:
    """Judge a recording as `materialize` would, without landing it.

    Raises:
        FeedError: A file in it is not of the feed.
        ArchiveError: It is not there, unsafe or damaged.
    """
    captures = [capture for raw in raw_files(path) for capture in feed.captures(raw, underlying)]
    rows, aside, sentences = 0, 0, []
    for day in sorted({capture.day for capture in captures}):
        mine = [capture for capture in captures if capture.day == day]
        found = normalise_session(mine, feed, workspace.market, workspace.settings.rate_on(day))
        verdict = judge(found.frame, snapshot_facts(workspace, day, feed.name), workspace.settings.quality)
        unreadable = quarantine_unreadable(found.unreadable)
        rows += len(found.frame) + len(unreadable)
        aside += len(verdict.quarantined) + len(unreadable)
        sentences += [f"{i.severity} {i.rule}: {i.message}" for i in verdict.issues.itertuples()]
        sentences += list(unreadable["detail"])
    return FileVerdict(rows, aside, tuple(sorted(sentences)))
