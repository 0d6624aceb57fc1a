"""The jobs: what runs together."""

import dagster as dg
from dagster import AssetSelection
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

MARKET = ("market_snapshots", "quarantined_rows", "quality_issues", "session_bars")
INTRADAY = (*MARKET, "signals", "scored_signals")
TRADES = ("trades", "fills", "signal_outcomes")
ROLLUPS = ("daily_performance", "strategy_performance")
DAILY = (*INTRADAY, *TRADES, *ROLLUPS)
EVENING = (*DAILY, "equity_curve", "trade_reconciliation", "feed_health", "tear_sheet", "quality_report")


def build() -> list[UnresolvedAssetJobDefinition]:
    """Return the jobs of the code location; the checks of its assets run in each of them."""
    return [
        dg.define_asset_job(
            "intraday_job",
            selection=AssetSelection.assets(*INTRADAY, *TRADES),
            description="Takes in what has landed so far today and brings signals and trades up to date.",
        ),
        dg.define_asset_job(
            "eod_job",
            selection=AssetSelection.assets(*EVENING),
            description="The 18:00 IST run: every table of the session, both rollups, equity, both reports.",
        ),
        dg.define_asset_job(
            "weekly_review_job",
            selection=AssetSelection.assets("model_performance", "feature_drift"),
            description="Performance by model version and feature drift, every Saturday.",
        ),
        dg.define_asset_job(
            "monthly_review_job",
            selection=AssetSelection.assets("signal_model", "model_performance"),
            description="Trains the model that may serve from the first of the month; compares the two newest.",
        ),
    ]
