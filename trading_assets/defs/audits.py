"""Auditing a stored table of a session: what the checks of the Dagster layer report."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import pandas as pd

from trading_assets.defs.imported_trades import source_counted
from trading_assets.defs.reconciling import reconciliation_outcome
from trading_assets.defs.source_checks import sources_outcome
from trading_assets.defs.workspace import Workspace
from trading_assets.performance.agreement import DAILY_COLUMNS, TRADE_COLUMNS, totals_agree
from trading_assets.performance.counting import counted
from trading_assets.quality.audit import audits
from trading_assets.quality.facts import AuditContext
from trading_assets.quality.outcome import CheckOutcome, Unbroken
from trading_assets.tables import (
    daily_performance as daily_table,
)
from trading_assets.tables import (
    market_snapshots as snapshots_table,
)
from trading_assets.tables import (
    quality_issues as issues_table,
)
from trading_assets.tables import (
    quarantined_rows as quarantine_table,
)
from trading_assets.tables import (
    strategy_performance as strategy_table,
)
from trading_assets.tables import (
    trade_reconciliation as reconciliation_table,
)
from trading_assets.tables import (
    trades as trades_table,
)
from trading_assets.tables.contract import Contract

#: Sessions of a table that are read and validated at once; a session of snapshots has 75,000 rows, of others hundreds.
_TOGETHER = 64


def audit_session(workspace: Workspace, contract: Contract, day: date) -> tuple[CheckOutcome, ...]:
    """Audit a stored table of a session against its contract and rules; see `quality.audit.audit`."""
    return audit_sessions(workspace, contract, [day])[day]


def audit_sessions(
    workspace: Workspace, contract: Contract, days: Sequence[date]
) -> dict[date, tuple[CheckOutcome, ...]]:
    """Audit a stored table session by session, as `audit_session` does one; several are read and validated at once."""
    together = 1 if contract is snapshots_table.CONTRACT else _TOGETHER
    found: dict[date, tuple[CheckOutcome, ...]] = {}
    unbroken = Unbroken(contract)
    for start in range(0, len(days), together):
        found |= _audited(workspace, unbroken, days[start : start + together])
    return found


def _audited(
    workspace: Workspace, unbroken: Unbroken, days: Sequence[date]
) -> Iterator[tuple[date, tuple[CheckOutcome, ...]]]:
    contract = unbroken.contract
    frames = workspace.store.read_each(contract, days)
    judged_before = contract is snapshots_table.CONTRACT  # no row of another table is ever kept out
    aside = _aside(workspace, days) if judged_before else {}
    judged = workspace.store.read_each(issues_table.CONTRACT, days) if judged_before else {}
    contexts = {
        day: AuditContext(
            settings=workspace.settings.quality,
            issues=judged.get(day),
            quarantined=aside.get(day, 0),
            session=workspace.market.calendar.session(day),
        )
        for day in days
    }
    outcomes = audits(unbroken, [(frames[day], contexts[day]) for day in days])
    for day, of_rules in zip(days, outcomes, strict=True):
        yield day, (*of_rules, *_beside_rules(workspace, contract, day, frames[day]))


def _aside(workspace: Workspace, days: Sequence[date]) -> Mapping[date, int]:
    """Rows that were kept out of the snapshots of each session; as a rule none of any, which the footers tell."""
    if not workspace.store.rows(quarantine_table.CONTRACT, days):
        return {}
    tables = workspace.store.read_each(quarantine_table.CONTRACT, days, ["table_name"])
    return {day: int((names["table_name"] == snapshots_table.CONTRACT.name).sum()) for day, names in tables.items()}


def _beside_rules(workspace: Workspace, contract: Contract, day: date, frame: pd.DataFrame) -> tuple[CheckOutcome, ...]:
    if contract is snapshots_table.CONTRACT:
        return (sources_outcome(workspace, day),)
    if contract is strategy_table.CONTRACT:
        return (totals_outcome(workspace, day, frame),)
    if contract is reconciliation_table.CONTRACT:
        return (reconciliation_outcome(workspace, day),)
    return ()


def totals_outcome(workspace: Workspace, day: date, by_strategy: pd.DataFrame) -> CheckOutcome:
    """Check that the trades that count, strategies and the day add up to the same paisa."""
    source = source_counted(workspace)
    traded = counted(workspace.store.read(trades_table.CONTRACT, [day], TRADE_COLUMNS), source)
    daily = workspace.store.read(daily_table.CONTRACT, [day], DAILY_COLUMNS)
    disagreements = totals_agree(traded, daily, by_strategy, source)
    agreed = f"{len(traded)} {source} trades, the day and the strategies agree to the paisa."
    return CheckOutcome(
        name="totals",
        category="consistency",
        passed=not disagreements,
        severity="ERROR",
        blocking=True,
        sentence="; ".join(disagreements) or agreed,
        numbers={"trades": float(len(traded)), "disagreements": float(len(disagreements))},
        worst=pd.DataFrame({"disagreement": disagreements}),
    )
