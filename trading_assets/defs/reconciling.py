"""Reconciling a session: load its trades, compare, store."""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from trading_assets.defs.steps import StepReport, store
from trading_assets.defs.workspace import Workspace
from trading_assets.quality.outcome import CheckOutcome
from trading_assets.tables import market_snapshots, trade_reconciliation, trades
from trading_assets.tables.money import total
from trading_assets.tables.trade_reconciliation import PARTS
from trading_assets.trades.market_moves import COLUMNS
from trading_assets.trades.reconciliation import beyond_tolerance, reconcile


@dataclass(frozen=True)
class Reconciled:
    """A session's rows of `trade_reconciliation`, and a sentence for whatever is beyond tolerance."""

    frame: pd.DataFrame
    beyond: list[str]

    def text(self, day: str) -> str:
        """Say it in lines."""
        counts = self.frame["status"].value_counts().sort_index()
        states = ", ".join(f"{count} {str(status).replace('_', ' ')}" for status, count in counts.items())
        parts = ", ".join(f"{name.removesuffix('_difference')} {total(self.frame[name]):.2f}" for name in PARTS)
        whole = f"{day}: {states}; difference ₹ {total(self.frame['net_difference']):.2f} ({parts})"
        return "\n".join((whole, *(f"  {sentence}" for sentence in self.beyond)))


def reconciliation_step(workspace: Workspace, day: date) -> Reconciled:
    """Compare and store one session; nothing is stored for a session without imported trades."""
    limits = workspace.settings.trading
    found = _reconciled(workspace, day, limits.reconciliation_entry_window.total_seconds())
    if len(found) or workspace.store.rows(trade_reconciliation.CONTRACT, [day]):
        workspace.store.write(trade_reconciliation.CONTRACT, found, day)
    tolerance = float(limits.reconciliation_tolerance)
    beyond = beyond_tolerance(found, tolerance, limits.reconciliation_unmatched) if len(found) else []
    return Reconciled(found, beyond)


def _reconciled(workspace: Workspace, day: date, widest_seconds: float) -> pd.DataFrame:
    sources = {*workspace.store.read(trades.CONTRACT, [day], ["source"])["source"]}
    if sources <= {trades.SIMULATED}:  # as a rule: the other 46 columns are not read
        return trade_reconciliation.CONTRACT.empty()
    traded = workspace.store.read(trades.CONTRACT, [day])
    both = len(sources) > 1
    quotes = workspace.store.read(market_snapshots.CONTRACT, [day], COLUMNS) if both else None
    return reconcile(traded, day, widest_seconds, quotes)


def reconciliation_report(workspace: Workspace, day: date) -> StepReport:
    """Compare and store one session as an asset: also a session without imported trades has its empty partition."""
    found = reconciliation_step(workspace, day)
    report = store(workspace, day, {trade_reconciliation.CONTRACT: found.frame})
    numbers = report.tables[trade_reconciliation.CONTRACT.name]
    numbers["beyond_tolerance"] = len(found.beyond)
    numbers["net_difference"] = total(found.frame["net_difference"])
    return report


def reconciliation_outcome(workspace: Workspace, day: date) -> CheckOutcome:
    """Check that simulated and actual trades of a session agree within the tolerances of the settings."""
    found = reconciliation_step(workspace, day)
    compared = len(found.frame)
    agreed = f"{compared} trades compared, all within tolerance." if compared else "no imported trades to compare with."
    return CheckOutcome(
        name="within_tolerance",
        category="consistency",
        passed=not found.beyond,
        severity="ERROR",
        blocking=False,
        sentence="; ".join(found.beyond) or agreed,
        numbers={"compared": float(compared), "beyond_tolerance": float(len(found.beyond))},
        worst=found.frame,
    )
