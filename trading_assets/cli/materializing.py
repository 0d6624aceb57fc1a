"""What `materialize` does and says: the run, and a summary of what is stored afterwards."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from functools import partial

import orjson
import pandas as pd

from trading_assets.cli.console import progress
from trading_assets.cli.process_part import part_makers
from trading_assets.defs.jobs import DAILY, MARKET
from trading_assets.defs.parts import Start, make_parts, spans
from trading_assets.defs.runner import RunOutcome, open_instance, run_sessions_range
from trading_assets.defs.workspace import Workspace
from trading_assets.errors import UsageError
from trading_assets.tables import daily_performance, quarantined_rows
from trading_assets.tables.catalog import contract
from trading_assets.tables.money import total

SHOWN_WARNINGS = 12
#: steps that report each session to the progress bar
STEPS = ("market", "signals", "scoring", "trades", "daily", "strategies")


@dataclass(frozen=True)
class Summary:
    """A range after its run.

    Args:
        sessions: Sessions of the range.
        outcome: What became of the run.
        rows: Stored rows per table over the range.
        quarantined: Quarantined rows by reason.
        net_pnl: Net P&L of the range, ₹.
        trades: Trades of the range.
    """

    sessions: tuple[date, ...]
    outcome: RunOutcome
    rows: dict[str, int]
    quarantined: dict[str, int]
    net_pnl: float
    trades: int

    def as_dict(self) -> dict[str, object]:
        """Return it as JSON values."""
        return {
            "sessions": [day.isoformat() for day in self.sessions],
            "run_id": self.outcome.run_id,
            "success": self.outcome.success,
            "failures": list(self.outcome.failures),
            "check_warnings": list(self.outcome.warnings),
            "rows": self.rows,
            "quarantined": self.quarantined,
            "trades": self.trades,
            "net_pnl": self.net_pnl,
        }

    def text(self) -> str:
        """Say it in lines."""
        from trading_assets.report.numbers import rupees

        state = "done" if self.outcome.success else "FAILED"
        lines = [f"{state}: {len(self.sessions)} sessions, {self.sessions[0]} to {self.sessions[-1]}"]
        lines += [f"  {name:<22}{count:>10,} rows" for name, count in self.rows.items()]
        if self.quarantined:
            reasons = ", ".join(f"{reason} {count:,}" for reason, count in self.quarantined.items())
            lines.append(f"  quarantined by reason: {reasons}")
        lines.append(f"  {self.trades} trades, net P&L {rupees(self.net_pnl)}")
        lines += [f"  check: {sentence}" for sentence in self.outcome.warnings[:SHOWN_WARNINGS]]
        hidden = len(self.outcome.warnings) - SHOWN_WARNINGS
        if hidden > 0:
            lines.append(f"  … and {hidden} more checks that did not pass; see the Dagster pages or --json")
        return "\n".join(lines)


def materialize_range(
    workspace: Workspace, first: date, last: date, select: Sequence[str], workers: int = 1
) -> Summary:
    """Run the assets for the sessions of a range that has captures, then summarise what is stored.

    Raises:
        UsageError: The range holds no session.
    """
    calendar = workspace.market.calendar
    days = calendar.sessions(first, last)
    if not days:
        msg = f"there is no session from {first} to {last}: {calendar.closed_reason(first) or 'the range is empty'}."
        raise UsageError(msg)
    if workers > 1 and len(days) > 1:
        return summarise(workspace, days, run_in_workers(workspace, days, select, workers))
    with progress("materialize", len(days) * len(STEPS)) as advance:
        outcome = run_sessions_range(workspace.watched(advance), days, select)
    return summarise(workspace, days, outcome)


def run_in_workers(workspace: Workspace, days: Sequence[date], select: Sequence[str], workers: int) -> RunOutcome:
    """Split a range over workers, one Dagster run for each part, then compute what needs all sessions.

    The workers are processes of this machine, or those of the team when a broker is set. The tables are the same as
    those of one run.
    """
    names = list(select) or list(DAILY)
    ordered, free = [name for name in names if name in MARKET], [name for name in names if name not in MARKET]
    cut = spans(days, workers, workspace.settings.sessions_per_run)
    with ExitStack() as stack:
        if workspace.settings.broker_url is None:
            start: Start = stack.enter_context(part_makers(workspace))
        else:
            from trading_assets.defs.submitting import QueuedPart

            start = partial(QueuedPart, stack.enter_context(open_instance()), workspace)
        made = make_parts(cut, ordered, free, start, workers)
    failures = [sentence for one in made for sentence in one.failures]
    warnings = [sentence for one in made for sentence in one.warnings]
    if not all(one.success for one in made):
        return RunOutcome(made[-1].run_id, success=False, failures=tuple(failures), warnings=tuple(warnings))
    last = run_sessions_range(workspace, days, ["equity_curve"])
    return RunOutcome(last.run_id, last.success, (*failures, *last.failures), tuple(warnings))


def summarise(workspace: Workspace, days: Sequence[date], outcome: RunOutcome) -> Summary:
    """Read back what a range holds."""
    store = workspace.store
    aside = store.read(quarantined_rows.CONTRACT, days, ["reasons"])
    daily = store.read(daily_performance.CONTRACT, days, ["net_pnl", "total_trades"])
    return Summary(
        sessions=tuple(days),
        outcome=outcome,
        rows={name: store.rows(contract(name), days) for name in DAILY},
        quarantined=reason_counts(aside["reasons"]),
        net_pnl=total(daily["net_pnl"]),
        trades=int(daily["total_trades"].sum()),
    )


def reason_counts(reasons: pd.Series) -> dict[str, int]:
    """Count rows by each reason in JSON lists; a row with two reasons counts under both. Most frequent first."""
    counts: dict[str, int] = {}
    for text, rows in reasons.value_counts().items():
        for reason in orjson.loads(str(text)):
            counts[reason] = counts.get(reason, 0) + int(rows)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
