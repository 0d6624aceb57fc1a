"""What each feed delivered in a session, as the table `feed_health`. Judging it is done by the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trading_assets.tables.feed_health import CONTRACT

if TYPE_CHECKING:
    from datetime import date

NAMES = ["feed", "underlying"]


def feed_activity(day: date, snapshots: pd.DataFrame, quarantined: pd.DataFrame, calls: pd.DataFrame) -> pd.DataFrame:
    """Count a session's snapshots, rows, gaps, ages and calls per feed and underlying.

    Args:
        day: The session.
        snapshots: Rows of `market_snapshots` of the session, n ≥ 0.
        quarantined: Rows of `quarantined_rows` of the session, n ≥ 0; only those meant for market_snapshots count.
        calls: Rows of `feed_calls` of the session, n ≥ 0; a call counts for every underlying of its feed.

    Returns:
        Rows of `feed_health`, one per feed and underlying that delivered or lost anything, sorted by its key.
    """
    aside = quarantined[quarantined["table_name"] == "market_snapshots"]
    pairs = pd.concat([snapshots[NAMES], aside[NAMES]]).drop_duplicates().sort_values(NAMES)
    rows = [
        {
            "date": np.datetime64(day, "s"),
            "feed": feed,
            "underlying": underlying,
            **_delivered(_of(snapshots, feed, underlying), len(_of(aside, feed, underlying))),
            **_called(calls[calls["feed"] == feed]),
        }
        for feed, underlying in pairs.itertuples(index=False)
    ]
    return CONTRACT.frame(pd.DataFrame(rows)) if rows else CONTRACT.empty()


def _of(frame: pd.DataFrame, feed: str, underlying: str) -> pd.DataFrame:
    return frame[(frame["feed"] == feed) & (frame["underlying"] == underlying)]


def _delivered(legs: pd.DataFrame, quarantined: int) -> dict[str, object]:
    seen = legs.drop_duplicates("observed_at").sort_values("observed_at")
    age = (seen["received_at"] - seen["observed_at"]).dt.total_seconds()
    gaps = seen["observed_at"].diff().dt.total_seconds()
    total = len(legs) + quarantined
    return {
        "snapshots": len(seen),
        "rows": len(legs),
        "quarantined_rows": quarantined,
        "quarantined_share": quarantined / total if total else np.nan,
        "first_observed_at": seen["observed_at"].min() if len(seen) else pd.NaT,
        "last_observed_at": seen["observed_at"].max() if len(seen) else pd.NaT,
        "longest_gap_seconds": float(gaps.max()) if len(seen) > 1 else np.nan,
        "median_age_seconds": float(age.median()) if len(seen) else np.nan,
        "max_age_seconds": float(age.max()) if len(seen) else np.nan,
    }


def _called(calls: pd.DataFrame) -> dict[str, object]:
    failed = int((~calls["success"]).sum())
    return {
        "calls": len(calls),
        "failed_calls": failed,
        "failure_rate": failed / len(calls) if len(calls) else np.nan,
        "avg_response_ms": float(calls["duration_ms"].mean()) if len(calls) else np.nan,
    }
