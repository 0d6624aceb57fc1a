"""Assets of the trades group: executions, round trips and what became of each signal."""

from collections.abc import Iterator

import dagster as dg

from trading_assets.defs.reconciling import reconciliation_report
from trading_assets.defs.sessions import run_sessions
from trading_assets.defs.specs import asset_spec
from trading_assets.defs.steps import trading_step
from trading_assets.defs.workspace import Workspace
from trading_assets.tables import fills, signal_outcomes, trade_reconciliation, trades

GROUP = "trades"
DEPS = ("scored_signals", "market_snapshots")


def build(sessions: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """Return the trade assets, partitioned by session."""

    @dg.multi_asset(
        name="trades",
        specs=[asset_spec(table.CONTRACT, GROUP, DEPS) for table in (trades, fills, signal_outcomes)],
        partitions_def=sessions,
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def traded(
        context: dg.AssetExecutionContext, workspace: dg.ResourceParam[Workspace]
    ) -> Iterator[dg.MaterializeResult[None]]:
        yield from run_sessions(context, workspace, trading_step(workspace))

    @dg.multi_asset(
        name="trade_reconciliation",
        specs=[asset_spec(trade_reconciliation.CONTRACT, GROUP, ["trades"])],
        partitions_def=sessions,
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def reconciled(
        context: dg.AssetExecutionContext, workspace: dg.ResourceParam[Workspace]
    ) -> Iterator[dg.MaterializeResult[None]]:
        yield from run_sessions(context, workspace, reconciliation_report)

    return [traded, reconciled]
