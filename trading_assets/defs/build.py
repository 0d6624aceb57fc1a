"""Puts the code location together from settings; nothing here runs at import."""

import dagster as dg

from trading_assets.defs import automation, checks, jobs, monitoring_checks, schedules, sensors
from trading_assets.defs.assets import market, models, monitoring, performance, signals, trades
from trading_assets.defs.partitions import model_partitions, session_partitions
from trading_assets.defs.workspace import Workspace


def build_definitions(workspace: Workspace) -> dg.Definitions:
    """Return every asset, check, job, schedule and sensor over one workspace."""
    calendar = workspace.market.calendar
    sessions = session_partitions(calendar, workspace.settings.first_session)
    cutoffs = model_partitions(workspace.settings.first_session)
    assets = [
        *market.build(sessions),
        *signals.build(sessions),
        *trades.build(sessions),
        *performance.build(sessions),
        *models.build(cutoffs),
        *monitoring.build(sessions),
    ]
    all_jobs = jobs.build()
    return dg.Definitions(
        assets=automation.automated(assets),
        asset_checks=[*checks.build(sessions, workspace.settings.quality.checks_per), *monitoring_checks.build()],
        jobs=all_jobs,
        schedules=schedules.build(calendar, {job.name: job for job in all_jobs}),
        sensors=[*sensors.build(), automation.build()],
        resources={"workspace": dg.ResourceDefinition.hardcoded_resource(workspace)},
        # one process a run: a process per step costs 4.2 s of imports each
        executor=dg.in_process_executor,
    )
