"""Issues of gate and verdicts as one history, read for as many sessions as are asked for."""

from collections.abc import Callable, Sequence
from datetime import date

import pandas as pd

from trading_assets.defs.workspace import Workspace
from trading_assets.places.place import Place
from trading_assets.quality.feed_calls import ROLLING_CALLS
from trading_assets.quality.issue_history import issue_history, still_live
from trading_assets.quality.report import ROLLING_ISSUES
from trading_assets.storage.journal import Journal
from trading_assets.storage.kept_columns import read_kept
from trading_assets.tables import feed_calls, market_snapshots, quality_issues, quarantined_rows

#: Days that are read one by one, newest first; the older ones, when even these do not hold enough, all at once.
NEAR_DAYS = 5
JUDGED = (market_snapshots.CONTRACT, quarantined_rows.CONTRACT)


def issue_days(workspace: Workspace) -> list[date]:
    """Return every day that a verdict or the gate has written issues of, sorted."""
    judged = workspace.store.sessions(quality_issues.CONTRACT)
    return sorted({*judged, *workspace.journal.days(quality_issues.CONTRACT)})


def issues_of(workspace: Workspace, days: Sequence[date], journal: Journal | None = None) -> pd.DataFrame:
    """Return the issues of some days, each told once.

    Args:
        workspace: The home.
        days: Which days.
        journal: Reads its journals; one that remembers what it read, where the same days are asked for again and again.
    """
    judged = workspace.store.read(quality_issues.CONTRACT, days)
    return _told_once(workspace, days, judged, journal)


def severities(workspace: Workspace, days: Sequence[date]) -> dict[str, int]:
    """Count the issues of some days by severity, the gravest first."""
    found = issues_of(workspace, days)["severity"].value_counts()
    return {severity: int(found.get(severity, 0)) for severity in quality_issues.SEVERITIES}


def recent_issues(workspace: Workspace, enough: int = ROLLING_ISSUES, journal: Journal | None = None) -> pd.DataFrame:
    """Return the issues of the newest days that together hold enough of them, or of as many days where those do not.

    A feed that is well has an issue a session: its last thousand are years old, and a file a session is too many to
    open every evening, so what is older is kept in one. An evening after twenty years looks at no more than after four.
    """
    days = issue_days(workspace)[-enough:]
    older, near = days[:-NEAR_DAYS], days[-NEAR_DAYS:]
    found = [quality_issues.CONTRACT.empty(), *_newest(near, lambda day: issues_of(workspace, [day], journal), enough)]
    if older and sum(map(len, found)) < enough:
        contract = quality_issues.CONTRACT
        kept = read_kept(workspace.store, contract, contract.names, older, "recent_issues")
        found.append(_told_once(workspace, older, kept, journal))
    present = [frame for frame in found if len(frame)] or found[:1]
    return quality_issues.CONTRACT.frame(pd.concat(present, ignore_index=True))


def recent_calls(workspace: Workspace, enough: int = ROLLING_CALLS, journal: Journal | None = None) -> pd.DataFrame:
    """Return the calls to feeds of the newest days that together hold enough of them; older days are not read."""
    contract, held = feed_calls.CONTRACT, journal or workspace.journal
    found = [contract.empty(), *_newest(held.days(contract), lambda day: held.read(contract, [day]), enough)]
    return pd.concat([frame for frame in found if len(frame)] or found, ignore_index=True)


def live_issues(workspace: Workspace) -> pd.DataFrame:
    """Return the gate's issues that no verdict has replaced yet: they stand beside the stored ones."""
    live = workspace.journal.read(quality_issues.CONTRACT)
    judged = workspace.store.read(quality_issues.CONTRACT, sorted(set(live["date"].dt.date)))
    return still_live(live, judged, _judged_until(workspace, live))


def journalled(workspace: Workspace) -> dict[str, pd.DataFrame]:
    """Return what SQL shows beside the stored tables, by table: the gate's issues and the calls to feeds."""
    return {
        quality_issues.CONTRACT.name: live_issues(workspace),
        feed_calls.CONTRACT.name: workspace.journal.read(feed_calls.CONTRACT),
    }


def issue_files(workspace: Workspace) -> list[Place]:
    """Return the files that the history is made of."""
    return [*workspace.store.paths(quality_issues.CONTRACT), *workspace.journal.paths(quality_issues.CONTRACT)]


def _newest(days: Sequence[date], read: Callable[[date], pd.DataFrame], enough: int) -> list[pd.DataFrame]:
    """Read days, the newest first, until they together hold enough rows."""
    found: list[pd.DataFrame] = []
    for day in reversed(days):
        if sum(map(len, found)) >= enough:
            break
        found.append(read(day))
    return found


def _told_once(
    workspace: Workspace, days: Sequence[date], judged: pd.DataFrame, journal: Journal | None
) -> pd.DataFrame:
    live = (journal or workspace.journal).read(quality_issues.CONTRACT, days)
    return issue_history(live, judged, _judged_until(workspace, live))


def _judged_until(workspace: Workspace, live: pd.DataFrame) -> dict[date, pd.Timestamp | None]:
    days = sorted(set(live["date"].dt.date))
    return {day: _newest_receipt(workspace, day) for day in days if workspace.store.has(quality_issues.CONTRACT, day)}


def _newest_receipt(workspace: Workspace, day: date) -> pd.Timestamp | None:
    newest = [workspace.store.read(contract, [day], ["received_at"])["received_at"].max() for contract in JUDGED]
    known = [at for at in newest if pd.notna(at)]
    return max(known) if known else None
