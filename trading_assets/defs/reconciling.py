"""Reconciling a session: load its trades, compare, store."""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from trading_assets.defs.workspace import Workspace
from trading_assets.tables import trade_reconciliation, trades
from trading_assets.tables.money import total
from trading_assets.tables.trade_reconciliation import PARTS
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
    found = reconcile(
        workspace.store.read(trades.CONTRACT, [day]), day, limits.reconciliation_entry_window.total_seconds()
    )
    if len(found) or workspace.store.has(trade_reconciliation.CONTRACT, day):
        workspace.store.write(trade_reconciliation.CONTRACT, found, day)
    tolerance = float(limits.reconciliation_tolerance)
    return Reconciled(found, beyond_tolerance(found, tolerance, limits.reconciliation_unmatched))
