"""The jobs: what runs together."""

import dagster as dg
from dagster import AssetSelection
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition
from dagster._core.execution.plan.resume_retry import ReexecutionStrategy
from dagster._core.storage.tags import RETRY_STRATEGY_TAG

MARKET = ("market_snapshots", "quarantined_rows", "quality_issues", "session_bars")
INTRADAY = (*MARKET, "signals", "scored_signals")
TRADES = ("trades", "fills", "signal_outcomes")
ROLLUPS = ("daily_performance", "strategy_performance")
DAILY = (*INTRADAY, *TRADES, *ROLLUPS)
#: A run that lost its worker after its last step has no step to go on from: retried from there, it would stay failed.
_WHOLE = {RETRY_STRATEGY_TAG: ReexecutionStrategy.ALL_STEPS.value}
EVENING = (*DAILY, "equity_curve", "trade_reconciliation", "feed_health", "tear_sheet", "quality_report")


def build() -> list[UnresolvedAssetJobDefinition]:
    """Return the jobs of the code location; the checks of its assets run in each of them."""
    return [
        dg.define_asset_job(
            "intraday_job",
            selection=AssetSelection.assets(*INTRADAY, *TRADES),
            tags=_WHOLE,
            description="Takes in what has landed so far today and brings signals and trades up to date.",
        ),
        dg.define_asset_job(
            "eod_job",
            selection=AssetSelection.assets(*EVENING),
            tags=_WHOLE,
            description="The 18:00 IST run: every table of the session, both rollups, equity, both reports.",
        ),
        dg.define_asset_job(
            "weekly_review_job",
            selection=AssetSelection.assets("model_performance", "feature_drift"),
            tags=_WHOLE,
            description="Performance by model version and feature drift, every Saturday.",
        ),
        dg.define_asset_job(
            "monthly_review_job",
            selection=AssetSelection.assets("signal_model", "model_performance"),
            tags=_WHOLE,
            description="Trains the model that may serve from the first of the month; compares the two newest.",
        ),
    ]
