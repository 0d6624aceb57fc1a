"""Assets of the market group: what was recorded, what was kept out, and why."""

from collections.abc import Iterator
from functools import partial

import dagster as dg

from trading_assets.defs.sessions import run_sessions
from trading_assets.defs.snapshot_history import EarlierVolumes
from trading_assets.defs.specs import asset_spec
from trading_assets.defs.steps import market_step
from trading_assets.defs.workspace import Workspace
from trading_assets.tables import market_snapshots, quality_issues, quarantined_rows, session_bars

GROUP = "market"


def build(sessions: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """Return the market assets, partitioned by session."""

    @dg.multi_asset(
        name="market_snapshots",
        specs=[
            asset_spec(market_snapshots.CONTRACT, GROUP),
            asset_spec(quarantined_rows.CONTRACT, GROUP),
            asset_spec(quality_issues.CONTRACT, GROUP),
            asset_spec(session_bars.CONTRACT, GROUP),
        ],
        partitions_def=sessions,
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def market(
        context: dg.AssetExecutionContext, workspace: dg.ResourceParam[Workspace]
    ) -> Iterator[dg.MaterializeResult[None]]:
        yield from run_sessions(context, workspace, partial(market_step, earlier=EarlierVolumes(workspace)))

    return [market]
