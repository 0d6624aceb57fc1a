"""The few lines a run ends with in the terminal: what went in, what was kept out, what came of it, what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from trading_assets.report.numbers import count, counted, inert, percent, plain, rupees, shortened
from trading_assets.report.quarantine import by_reason
from trading_assets.report.totals import totals
from trading_assets.tables.quality_issues import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

_INDENT = 13
_MOST_REASONS = 5
_WIDTH = 110


@dataclass(frozen=True)
class RunOutcome:
    """What a run left behind, for the sessions it ran.

    Args:
        snapshot_rows: Rows of `market_snapshots`.
        quarantined: Counts made by `quarantined_counts`.
        quality_issues: Findings of the rules.
        scored_signals: Signals with or without a score.
        trades: Round trips.
        daily_performance: One row per session.
        next_commands: Commands to suggest, each with a word of why, in order.
    """

    snapshot_rows: int
    quarantined: pd.DataFrame
    quality_issues: pd.DataFrame
    scored_signals: pd.DataFrame
    trades: pd.DataFrame
    daily_performance: pd.DataFrame
    next_commands: tuple[tuple[str, str], ...] = ()


def summary(run: RunOutcome) -> str:
    """Summarise a run in plain text without colour, a line per table, no trailing newline."""
    parts = {
        "sessions": _sessions(run.daily_performance),
        "snapshots": iter([counted(run.snapshot_rows, "row")]),
        "quarantined": _quarantined(run.quarantined),
        "issues": _issues(run.quality_issues),
        "signals": _signals(run.scored_signals),
        "trades": _trades(run),
        "net P&L": _net(run.daily_performance),
        "next": _next(run.next_commands),
    }
    return "\n".join(
        inert(f"{name if place == 0 else '':<{_INDENT}}{line}")
        for name, told in parts.items()
        for place, line in enumerate(told)
    )


def _sessions(daily: pd.DataFrame) -> Iterator[str]:
    if daily.empty:
        yield "none"
        return
    first, last = daily["date"].min(), daily["date"].max()
    yield f"{count(len(daily))}, {first:%Y-%m-%d} to {last:%Y-%m-%d}" if first != last else f"1, {first:%Y-%m-%d}"


def _quarantined(counts: pd.DataFrame) -> Iterator[str]:
    ranked = list(by_reason(counts))
    yield counted(sum(rows for _, rows in ranked), "row") if ranked else "none"
    for reasons, rows in ranked[:_MOST_REASONS]:
        yield f"  {count(rows)} {shortened(reasons, _WIDTH)}"
    if len(ranked) > _MOST_REASONS:
        yield f"  {count(sum(rows for _, rows in ranked[_MOST_REASONS:]))} for other reasons"


def _issues(issues: pd.DataFrame) -> Iterator[str]:
    found = issues["severity"].value_counts()
    yield ", ".join(f"{count(int(found[name]))} {name}" for name in SEVERITIES if name in found) or "none"
    worst = issues.loc[issues["severity"] == SEVERITIES[0]].sort_values(["date", "issue_id"])
    for message in worst["message"].drop_duplicates().tolist()[:1]:
        yield f"  {shortened(message, _WIDTH)}"


def _signals(scored: pd.DataFrame) -> Iterator[str]:
    with_score = int(scored["ml_score"].notna().sum())
    yield f"{count(len(scored))}, {count(with_score)} scored by a model"
    reasons = scored.loc[scored["ml_score"].isna(), "ml_score_reason"].dropna().value_counts()
    for reason, rows in sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))[:_MOST_REASONS]:
        yield f"  {count(rows)} without a score: {shortened(plain(str(reason)), _WIDTH)}"


def _trades(run: RunOutcome) -> Iterator[str]:
    sums = totals(run.daily_performance)
    won = f", {count(sums.wins)} won ({percent(sums.win_rate, 0)})" if sums.trades else ""
    yield f"{count(sums.trades)}{won}"
    if sums.trades != len(run.trades):
        yield f"  but the table of trades has {counted(len(run.trades), 'row')}: materialize the range again"


def _net(daily: pd.DataFrame) -> Iterator[str]:
    sums = totals(daily)
    yield f"{rupees(sums.net_pnl, plus=True)} after charges of {rupees(sums.charges)}" if len(daily) else "none"


def _next(commands: tuple[tuple[str, str], ...]) -> Iterator[str]:
    width = max((len(command) for command, _ in commands), default=0)
    for command, why in commands:
        yield f"{command:<{width}}  {why}".rstrip()
