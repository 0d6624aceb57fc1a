"""The verdict over a session's candidate snapshots: what may be traded on, what is kept aside and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from trading_assets.quality.facts import SnapshotFacts
    from trading_assets.settings import QualitySettings


@dataclass(frozen=True)
class Verdict:
    """Candidates parted into what passed and what did not.

    Args:
        clean: Rows of `market_snapshots`, sorted by its key; keeps the contract.
        quarantined: Rows of `quarantined_rows`, each with all its reasons.
        issues: Rows of `quality_issues`.
    """

    clean: pd.DataFrame
    quarantined: pd.DataFrame
    issues: pd.DataFrame


def judge(candidates: pd.DataFrame, facts: SnapshotFacts, settings: QualitySettings) -> Verdict:
    """Judge the snapshots of one session.

    Args:
        candidates: Frame with the dtypes of `market_snapshots`, n ≥ 0 rows; values may break any bound.
        facts: The session and what is known about it.
        settings: Limits and bands.

    Returns:
        The verdict; rows of `clean` and `quarantined` together are the n candidates.
    """
    raise NotImplementedError
