"""Auditing a stored table of a session: what the checks of the Dagster layer report."""

from datetime import date

import pandas as pd

from trading_assets.defs.imported_trades import source_counted
from trading_assets.defs.reconciling import reconciliation_outcome
from trading_assets.defs.source_checks import sources_outcome
from trading_assets.defs.workspace import Workspace
from trading_assets.performance.agreement import totals_agree
from trading_assets.performance.counting import counted
from trading_assets.quality.audit import CheckOutcome, audit
from trading_assets.quality.facts import AuditContext
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


def audit_session(workspace: Workspace, contract: Contract, day: date) -> tuple[CheckOutcome, ...]:
    """Audit a stored table of a session against its contract and rules; see `quality.audit.audit`."""
    frame = workspace.store.read(contract, [day])
    issues = workspace.store.read(issues_table.CONTRACT, [day]) if contract is snapshots_table.CONTRACT else None
    aside = workspace.store.read(quarantine_table.CONTRACT, [day])
    context = AuditContext(
        settings=workspace.settings.quality,
        issues=issues,
        quarantined=int((aside["table_name"] == contract.name).sum()),
        session=workspace.market.calendar.session(day),
    )
    outcomes = audit(contract, frame, context)
    if contract is snapshots_table.CONTRACT:
        outcomes = (*outcomes, sources_outcome(workspace, day))
    if contract is strategy_table.CONTRACT:
        outcomes = (*outcomes, totals_outcome(workspace, day, frame))
    if contract is reconciliation_table.CONTRACT:
        outcomes = (*outcomes, reconciliation_outcome(workspace, day))
    return outcomes


def totals_outcome(workspace: Workspace, day: date, by_strategy: pd.DataFrame) -> CheckOutcome:
    """Check that the trades that count, strategies and the day add up to the same paisa."""
    source = source_counted(workspace)
    traded = counted(workspace.store.read(trades_table.CONTRACT, [day]), source)
    daily = workspace.store.read(daily_table.CONTRACT, [day])
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
