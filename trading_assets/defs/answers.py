"""What the HTTP service answers: made from the tables and journals, and again only when they changed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

import orjson
import pandas as pd

from trading_assets.defs.exposition import exposition
from trading_assets.defs.freshness import Fresh
from trading_assets.defs.issue_history import issue_files, recent_calls, recent_issues
from trading_assets.defs.workspace import Workspace
from trading_assets.errors import InputError, UsageError
from trading_assets.places.place import Place
from trading_assets.quality.report import quality_report
from trading_assets.storage.followed_journal import FollowedJournal
from trading_assets.storage.sql import query
from trading_assets.tables import daily_performance, equity_curve, feed_calls

Row = dict[str, object]
#: Files are looked at, and the report's moment moves, this often.
PATIENCE_SECONDS = 1.0
DAILY = "SELECT * FROM daily_performance ORDER BY date"


@dataclass(frozen=True)
class QualityAnswers:
    """The quality report of one moment in each form it is asked for.

    Args:
        report: `/api/data-quality`, JSON.
        feed_health: `/api/feed-health`, JSON.
        exposition: `/metrics`, Prometheus text.
    """

    report: bytes
    feed_health: bytes
    exposition: str


class Answers:
    """Answers over one workspace; safe to ask from several threads.

    Args:
        workspace: The home folder.
        clock: Seconds that only run forward.
        now: Gives the present moment, tz-aware.
    """

    def __init__(self, workspace: Workspace, clock: Callable[[], float], now: Callable[[], datetime]) -> None:
        self._workspace, self._now = workspace, now
        self._journal = FollowedJournal(workspace.journal.root)
        self._issues = Fresh(lambda: issue_files(workspace), self._recent_issues, clock, PATIENCE_SECONDS)
        self._calls = Fresh(self._call_files, self._recent_calls, clock, PATIENCE_SECONDS)
        self._days = Fresh(self._performance_files, self._performance, clock, PATIENCE_SECONDS)
        self._quality = Fresh(None, self._made_quality, clock, PATIENCE_SECONDS)

    def quality(self) -> QualityAnswers:
        """Return the report of the present moment, at most a second old."""
        return self._quality.get()

    def quality_at_hand(self) -> QualityAnswers | None:
        """Return the same where nobody has to wait for it, else None."""
        return self._quality.at_hand()

    def daily(self, first: date | None, last: date | None) -> bytes:
        """Return the rows of `daily_performance` of a range, both ends included, as JSON; missing is null.

        Raises:
            UsageError: The range ends before it starts.
        """
        if first is not None and last is not None and last < first:
            msg = f"the range ends ({last}) before it starts ({first})."
            raise UsageError(msg)
        low, high = first or date.min, last or date.max
        rows = [row for day, row in self._days.get() if low <= day <= high]
        return orjson.dumps(rows, option=orjson.OPT_SORT_KEYS)

    def tear_sheet(self) -> bytes:
        """Return the tear sheet that was written last, HTML.

        Raises:
            InputError: None was written.
        """
        written = sorted((self._workspace.home / "reports").glob("*.html"), key=lambda path: path.stat().st_mtime_ns)
        if not written:
            msg = "no tear sheet was written; run `trading-assets report`."
            raise InputError(msg)
        return written[-1].read_bytes()

    def _made_quality(self) -> QualityAnswers:
        report = quality_report(self._issues.get(), self._calls.get(), self._now())
        days = self._days.get()
        return QualityAnswers(
            report=orjson.dumps(report),
            feed_health=orjson.dumps(report["feed_health"]),
            exposition=exposition(report, [day for day, _ in days], days[-1][1] if days else {}),
        )

    def _call_files(self) -> list[Place]:
        return self._workspace.journal.paths(feed_calls.CONTRACT)

    def _recent_issues(self) -> pd.DataFrame:
        return recent_issues(self._workspace, journal=self._journal)

    def _recent_calls(self) -> pd.DataFrame:
        return recent_calls(self._workspace, journal=self._journal)

    def _performance_files(self) -> list[Place]:
        store = self._workspace.store
        return [*store.paths(daily_performance.CONTRACT), *store.paths(equity_curve.CONTRACT)]

    def _performance(self) -> list[tuple[date, Row]]:
        result = query(self._workspace.store, DAILY)
        rows = [dict(zip(result.columns, row, strict=True)) for row in result.rows]
        plain = [orjson.loads(orjson.dumps(row, default=_plain)) for row in rows]
        for row in plain:
            row["undefined_reasons"] = orjson.loads(row["undefined_reasons"] or "{}")
        return [(date.fromisoformat(row["date"]), row) for row in plain]


def _plain(value: object) -> object:
    """Money is exact to the paisa as a float of two decimals; whatever else JSON lacks is its text."""
    return float(f"{value:f}") if value.__class__.__name__ == "Decimal" else str(value)
