"""Assets of the signals group: what the strategies said and what the model thought of it."""

from collections.abc import Iterator
from functools import partial

import dagster as dg

from trading_assets.defs.earlier_sessions import EarlierSessions
from trading_assets.defs.sessions import run_sessions
from trading_assets.defs.signal_steps import scoring_step, signals_step
from trading_assets.defs.specs import asset_spec
from trading_assets.defs.workspace import Workspace
from trading_assets.tables import scored_signals, signals

GROUP = "signals"


def build(sessions: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """Return the signal assets, partitioned by session."""

    @dg.multi_asset(
        name="signals",
        specs=[asset_spec(signals.CONTRACT, GROUP, ["market_snapshots"])],
        partitions_def=sessions,
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def fired(
        context: dg.AssetExecutionContext, workspace: dg.ResourceParam[Workspace]
    ) -> Iterator[dg.MaterializeResult[None]]:
        yield from run_sessions(context, workspace, partial(signals_step, earlier=EarlierSessions(workspace)))

    @dg.multi_asset(
        name="scored_signals",
        specs=[
            asset_spec(
                scored_signals.CONTRACT,
                GROUP,
                [
                    "signals",
                    "market_snapshots",
                    dg.AssetDep("signal_model", partition_mapping=dg.AllPartitionMapping()),
                ],
                kinds=("parquet", "scikitlearn"),
            )
        ],
        partitions_def=sessions,
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def scored(
        context: dg.AssetExecutionContext, workspace: dg.ResourceParam[Workspace]
    ) -> Iterator[dg.MaterializeResult[None]]:
        yield from run_sessions(context, workspace, scoring_step)

    return [fired, scored]
