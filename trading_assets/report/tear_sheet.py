"""The tear sheet: one static HTML file of a range of sessions, for a trader who has ten seconds.

The page holds no script and fetches nothing. Every text that comes from the tables is escaped by the template engine;
no markup is made in Python.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime

    import pandas as pd

    from trading_assets.report.status import ModelStatus, ReconciliationStatus, RegressionStatus


@dataclass(frozen=True)
class TearSheetData:
    """All that a tear sheet shows; frames keep their contracts and hold the rows of the range only.

    Args:
        title: Heading of the page.
        first: First day of the range.
        last: Last day of the range, inclusive.
        generated_at: When the page is made, tz-aware.
        capital: Capital allocated, ₹; the equity before the first session when `equity_curve` has no row.
        daily_performance: One row per session.
        strategy_performance: One row per session and strategy.
        equity_curve: One row per session and scope; may be empty.
        trades: Round trips.
        quality_issues: Findings of the rules.
        quarantined: Rows kept out, counted by `quarantine.quarantined_counts`.
        models: Registered model versions, newest last.
        regression: What the suite said by strategy; None when it was not run.
        reconciliation: Simulated against broker; None when no broker trades were imported.
        min_sessions: Ratios are not shown below this many sessions.
        seed: Seed of the bootstrap intervals.
    """

    title: str
    first: date
    last: date
    generated_at: datetime
    capital: float
    daily_performance: pd.DataFrame
    strategy_performance: pd.DataFrame
    equity_curve: pd.DataFrame
    trades: pd.DataFrame
    quality_issues: pd.DataFrame
    quarantined: pd.DataFrame
    models: tuple[ModelStatus, ...] = ()
    regression: tuple[RegressionStatus, ...] | None = None
    reconciliation: ReconciliationStatus | None = None
    min_sessions: int = 20
    seed: int = 20240101


def render(data: TearSheetData) -> str:
    """Render the tear sheet, a whole HTML document of at most 150 KB in UTF-8.

    The same data gives the same bytes. A table without rows is said to be empty; a figure that is undefined is
    a dash with its reason.
    """
    raise NotImplementedError(data.title)
