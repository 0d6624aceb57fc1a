"""One history of issues out of two writers: the live gate's journal and the verdict over a whole session.

Both judge `market_snapshots` by the same rules, so a snapshot that both have judged would be told twice. The verdict
sees the session as a whole and can be made again, so it counts up to the last row it had; the journal counts after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from trading_assets.tables.quality_issues import CONTRACT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

JUDGED_TWICE = "market_snapshots"


def still_live(
    live: pd.DataFrame, judged: pd.DataFrame, judged_until: Mapping[date, pd.Timestamp | None]
) -> pd.DataFrame:
    """Return the journalled issues that no verdict has replaced.

    Args:
        live: Rows of `quality_issues` as the gate journalled them; one journalled again counts once, as told last.
        judged: Rows of `quality_issues` as verdicts stored them.
        judged_until: For each session with a stored verdict, when its newest row was received; None when it had none.

    Returns:
        Rows of `quality_issues`, sorted by key.
    """
    once = live.drop_duplicates("issue_id", keep="last")
    until = once["date"].dt.date.map({day: at for day, at in judged_until.items() if at is not None})
    covered = pd.to_datetime(until, utc=True).astype(once["timestamp"].dtype) >= once["timestamp"]
    replaced = (covered & (once["table_name"] == JUDGED_TWICE)) | once["issue_id"].isin(judged["issue_id"])
    return CONTRACT.frame(once[~replaced].sort_values("issue_id", ignore_index=True))


def issue_history(
    live: pd.DataFrame, judged: pd.DataFrame, judged_until: Mapping[date, pd.Timestamp | None]
) -> pd.DataFrame:
    """Join both writers' issues, each told once; arguments as `still_live` takes them."""
    beside = still_live(live, judged, judged_until)
    present = [frame for frame in (judged, beside) if len(frame)]
    if not present:
        return CONTRACT.empty()
    return CONTRACT.frame(pd.concat(present, ignore_index=True).sort_values(["date", "issue_id"], ignore_index=True))
