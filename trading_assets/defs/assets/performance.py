"""Assets of the performance group: the two rollups of a session, and the equity curve over all of them."""

from collections.abc import Iterator

import dagster as dg

from trading_assets.defs.metadata import equity_metadata
from trading_assets.defs.sessions import data_version, run_sessions, table_metadata
from trading_assets.defs.specs import WHOLE_TABLES, asset_spec
from trading_assets.defs.steps import daily_step, equity_step, strategy_step
from trading_assets.defs.workspace import Workspace
from trading_assets.tables import daily_performance, equity_curve, strategy_performance

GROUP = "performance"


def build(sessions: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """Return the performance assets; the rollups are partitioned by session, the curve is not."""
    policy = dg.BackfillPolicy.single_run()

    @dg.multi_asset(
        name="daily_performance",
        specs=[asset_spec(daily_performance.CONTRACT, GROUP, ["trades"])],
        partitions_def=sessions,
        backfill_policy=policy,
    )
    def daily(
        context: dg.AssetExecutionContext, workspace: dg.ResourceParam[Workspace]
    ) -> Iterator[dg.MaterializeResult[None]]:
        yield from run_sessions(context, workspace, daily_step)

    @dg.multi_asset(
        name="strategy_performance",
        specs=[
            asset_spec(strategy_performance.CONTRACT, GROUP, ["trades", "scored_signals", "signal_outcomes"]),
        ],
        partitions_def=sessions,
        backfill_policy=policy,
    )
    def by_strategy(
        context: dg.AssetExecutionContext, workspace: dg.ResourceParam[Workspace]
    ) -> Iterator[dg.MaterializeResult[None]]:
        yield from run_sessions(context, workspace, strategy_step)

    @dg.multi_asset(
        name="equity_curve",
        specs=[asset_spec(equity_curve.CONTRACT, GROUP, ["daily_performance", "strategy_performance"])],
        pool=WHOLE_TABLES,
    )
    def equity(workspace: dg.ResourceParam[Workspace]) -> dg.MaterializeResult[None]:
        report, curve = equity_step(workspace)
        numbers = table_metadata(report.tables["equity_curve"])
        version = data_version([report.hashes["equity_curve"]])
        return dg.MaterializeResult(metadata={**numbers, **equity_metadata(curve)}, data_version=version)

    return [daily, by_strategy, equity]
