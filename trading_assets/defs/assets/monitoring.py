"""Assets of the monitoring group: feed health, performance by model version, feature drift, the tear sheet."""

from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg

from trading_assets.defs.metadata import report_metadata
from trading_assets.defs.monitoring_steps import (
    feature_drift_step,
    feed_health_step,
    model_performance_step,
    write_evening_tear_sheet,
)
from trading_assets.defs.quality_reports import current_report
from trading_assets.defs.sessions import run_sessions, table_metadata
from trading_assets.defs.specs import OWNERS, WHOLE_TABLES, asset_spec
from trading_assets.defs.workspace import Workspace
from trading_assets.tables import feature_drift, feed_health, model_performance

GROUP = "monitoring"
TEAR_SHEET = (
    "**What:** one static HTML file of the last 252 sessions: equity, strategies, exits, models, data quality.\n\n"
    "**Ready:** after the 18:00 IST rollups.\n\n**Read by:** traders; `trading-assets report` writes any range."
)

QUALITY_REPORT = (
    "**What:** the data-quality report: newest issues, how often each rule spoke, health of every feed.\n\n"
    "**Ready:** after the 18:00 IST rollups, or whenever it is materialized.\n\n"
    "**Read by:** whoever watches the desk; the same as `quality report` and `/api/data-quality`, which are of now."
)


def build(sessions: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """Return the monitoring assets; feed health is partitioned by session."""

    @dg.multi_asset(
        name="feed_health",
        specs=[asset_spec(feed_health.CONTRACT, GROUP, ["market_snapshots", "quarantined_rows"])],
        partitions_def=sessions,
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def health(
        context: dg.AssetExecutionContext, workspace: dg.ResourceParam[Workspace]
    ) -> Iterator[dg.MaterializeResult[None]]:
        yield from run_sessions(context, workspace, feed_health_step)

    @dg.multi_asset(
        name="model_performance",
        specs=[asset_spec(model_performance.CONTRACT, GROUP, ["trades"])],
        pool=WHOLE_TABLES,
    )
    def by_model(context: dg.AssetExecutionContext, workspace: dg.ResourceParam[Workspace]) -> None:
        report = model_performance_step(workspace)
        context.add_asset_metadata(table_metadata(report.tables["model_performance"]), asset_key="model_performance")

    @dg.multi_asset(
        name="feature_drift",
        specs=[asset_spec(feature_drift.CONTRACT, GROUP, ["scored_signals"])],
        pool=WHOLE_TABLES,
    )
    def drift(context: dg.AssetExecutionContext, workspace: dg.ResourceParam[Workspace]) -> None:
        report = feature_drift_step(workspace)
        context.add_asset_metadata(table_metadata(report.tables["feature_drift"]), asset_key="feature_drift")

    @dg.asset(
        name="tear_sheet",
        group_name=GROUP,
        description=TEAR_SHEET,
        deps=["daily_performance", "strategy_performance", "equity_curve", "trades", "quality_issues"],
        kinds={"python", "html"},
        owners=OWNERS,
    )
    def tear_sheet(workspace: dg.ResourceParam[Workspace]) -> dg.MaterializeResult[None]:
        path = write_evening_tear_sheet(workspace)
        return dg.MaterializeResult(
            metadata={"path": dg.MetadataValue.path(str(path)), "size_bytes": path.stat().st_size}
        )

    @dg.asset(
        name="quality_report",
        group_name=GROUP,
        description=QUALITY_REPORT,
        deps=["quality_issues", "feed_health"],
        kinds={"python"},
        owners=OWNERS,
    )
    def report_page(workspace: dg.ResourceParam[Workspace]) -> dg.MaterializeResult[None]:
        return dg.MaterializeResult(metadata=report_metadata(current_report(workspace, datetime.now(UTC))))

    return [health, by_model, drift, tear_sheet, report_page]
