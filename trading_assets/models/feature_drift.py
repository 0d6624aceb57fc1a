"""Drift of every feature the models see, from the snapshots stored with the scored signals."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.models.drift import MAX_REFERENCE_SESSIONS, MIN_REFERENCE_SESSIONS, WINDOW_SESSIONS, Drift, drift
from trading_assets.models.features import FEATURE_NAMES
from trading_assets.models.scoring import snapshot_matrix
from trading_assets.tables.feature_drift import CONTRACT

if TYPE_CHECKING:
    import pandas as pd

#: They wander with the index and the years: that they are elsewhere than last year says nothing about the model.
LEVELS = frozenset({"spot_price", "total_oi"})


def feature_drift(scored: pd.DataFrame) -> pd.DataFrame:
    """Compare the newest five sessions of each feature with those before.

    Args:
        scored: Rows of `scored_signals`; `date` and `features_snapshot` are read, rows without a snapshot are passed
            over, n ≥ 0.

    Returns:
        Rows of `feature_drift`, one per feature, ordered by it; none when no signal has a snapshot.

    Raises:
        ModelError: A stored snapshot is not a JSON object of numbers.
    """
    seen = scored.loc[scored["features_snapshot"].notna(), ["date", "features_snapshot"]].sort_values(
        "date", kind="stable"
    )
    days = np.unique(seen["date"].to_numpy())[-(MAX_REFERENCE_SESSIONS + WINDOW_SESSIONS) :]
    if not len(days):
        return CONTRACT.empty()
    recent = seen[seen["date"] >= days[0]]
    matrix = snapshot_matrix(recent["features_snapshot"], FEATURE_NAMES)
    starts = np.searchsorted(recent["date"].to_numpy(), days)
    by_session = np.split(matrix, starts[1:])
    window, earlier = days[-WINDOW_SESSIONS:], days[:-WINDOW_SESSIONS]
    spans = {
        "window_first": window[0],
        "window_last": window[-1],
        "window_sessions": len(window),
        "reference_first": earlier[0] if len(earlier) else np.datetime64("NaT"),
        "reference_last": earlier[-1] if len(earlier) else np.datetime64("NaT"),
    }
    measured = {name: drift([part[:, i] for part in by_session]) for i, name in enumerate(FEATURE_NAMES)}
    rows = [_row(name, measured[name]) | spans for name in sorted(measured)]
    return CONTRACT.frame({name: [row[name] for row in rows] for name in CONTRACT.names})


def _row(name: str, found: Drift) -> dict[str, object]:
    reason = _reason(name, found)
    return asdict(found) | {"feature": name, "status": found.status if reason is None else "info", "reason": reason}


def _reason(name: str, found: Drift) -> str | None:
    """Say why a feature is not judged, None when it is."""
    if name in LEVELS:
        return "it is a level, which wanders; shown, not judged"
    if found.reference_sessions < MIN_REFERENCE_SESSIONS:
        return (
            f"short history: {found.reference_sessions} sessions before the window, "
            f"{MIN_REFERENCE_SESSIONS} are needed to know what is usual"
        )
    return None
