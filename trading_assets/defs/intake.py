"""Taking recordings in: landing raw captures, and keeping the rows of closed days aside at once.

A closed day is no partition, so no asset will ever look at it: its rows are quarantined here, under their own date.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from trading_assets.defs.side_levels import set_aside
from trading_assets.defs.steps import joined, snapshot_facts
from trading_assets.defs.workspace import Workspace
from trading_assets.feeds.discovery import load_feeds
from trading_assets.feeds.feed import Feed
from trading_assets.feeds.ingest import Finding, IngestSummary, ingest
from trading_assets.feeds.normalise import normalise_session
from trading_assets.feeds.side_feed import SideFeed
from trading_assets.quality.quarantine import quarantine_unreadable
from trading_assets.quality.verdict import quarantine_closed_day
from trading_assets.tables import quarantined_rows

SHOWN_REFUSALS = 3


@dataclass(frozen=True)
class Landed:
    """What an ingest left behind.

    Args:
        summary: The account of the files.
        closed_days: Rows quarantined per closed day.
    """

    summary: IngestSummary
    closed_days: dict[date, int]

    def as_dict(self) -> dict[str, object]:
        """Return it as JSON values."""
        return {
            "feed": self.summary.feed,
            "sessions": [day.isoformat() for day in self.summary.sessions],
            "captures_new": self.summary.captures_new,
            "captures_known": self.summary.captures_known,
            "snapshots_accepted": self.summary.snapshots,
            "captures_quarantined": self.summary.quarantined,
            "rows_quarantined_on_closed_days": {day.isoformat(): rows for day, rows in self.closed_days.items()},
            "refused": [{"source": item.source, "reason": item.reason} for item in self.summary.refused],
        }

    def text(self) -> str:
        """Say it in lines."""
        found = self.summary
        span = f"{found.sessions[0]} to {found.sessions[-1]}" if found.sessions else "none"
        lines = [
            f"{found.feed}: {found.captures_new} captures landed, {found.captures_known} were there already",
            f"  sessions     {len(found.sessions)} ({span})",
            f"  snapshots    {found.snapshots} accepted; they are judged when the session is materialized",
        ]
        lines += [f"  quarantined  {count} captures: {reason}" for reason, count in found.quarantined.items()]
        lines += [f"  refused      {_told(item)}" for item in found.refused[:SHOWN_REFUSALS]]
        if len(found.refused) > SHOWN_REFUSALS:
            lines.append(f"  … and {len(found.refused) - SHOWN_REFUSALS} more files refused; see --json")
        if found.sessions:
            lines.append(f"next: trading-assets materialize --from {found.sessions[0]} --to {found.sessions[-1]}")
        return "\n".join(lines)


def _told(finding: Finding) -> str:
    """Name the file once: most reasons begin with it."""
    return finding.reason if finding.reason.startswith(finding.source) else f"{finding.source}: {finding.reason}"


def land_recordings(
    workspace: Workspace, feed: Feed | SideFeed, files: Iterable[Path], underlying: str | None
) -> Landed:
    """Land recordings and quarantine what was captured on closed days.

    Args:
        workspace: The home folder.
        feed: Feed that recorded them.
        files: Files, read one by one.
        underlying: Index, where a recording does not say.
    """
    landing = workspace.levels if isinstance(feed, SideFeed) else workspace.landing
    summary = ingest(feed, files, landing.land, workspace.market, underlying)
    days = sorted({item.capture.day for item in summary.closed_days})
    return Landed(summary, {day: keep_closed_day_aside(workspace, day) for day in days})


def keep_closed_day_aside(workspace: Workspace, day: date) -> int:
    """Quarantine every row captured on a closed day, from all that has landed for it; returns how many.

    Ingesting more captures of the day replaces its rows by those of all of them.
    """
    market, settings = workspace.market, workspace.settings
    feeds = load_feeds()
    aside = [quarantine_unreadable(set_aside(workspace, day, market.closed_reason(day) or ""))]
    for name in workspace.landing.feeds(day):
        found = normalise_session(workspace.landing.captures(day, name), feeds[name], market, settings.rate_on(day))
        facts = snapshot_facts(workspace, day, name)
        aside += [quarantine_closed_day(found.frame, facts, settings.quality), quarantine_unreadable(found.unreadable)]
    rows = joined(quarantined_rows.CONTRACT, aside)
    return workspace.store.write(quarantined_rows.CONTRACT, rows, day).rows
