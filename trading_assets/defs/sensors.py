"""Sensors: what an operator is told without asking."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta

import dagster as dg

from trading_assets.defs.alerting import NEWS, Found, alert, channels, issue_problems
from trading_assets.defs.completeness import completeness
from trading_assets.defs.schedules import eod_request
from trading_assets.defs.workspace import Workspace, open_workspace
from trading_assets.market.calendar import IST, TradingCalendar
from trading_assets.quality.alerts import Problem

DUE = time(18, 10)
LOOK_BACK = timedelta(days=7)
#: The end of the calendar is told this long before: the exchange publishes a year's holidays in December.
CALENDAR_NOTICE = timedelta(days=14)


def utc_now() -> datetime:
    """Return the present moment, UTC."""
    return datetime.now(UTC)


def build(clock: Callable[[], datetime] = utc_now) -> list[dg.SensorDefinition]:
    """Return the sensors.

    Args:
        clock: Gives the present moment, tz-aware.
    """

    @dg.sensor(
        name="missing_eod_sensor",
        minimum_interval_seconds=600,
        description="From 18:10 IST on: asks again for the rollups of sessions of the last week that have none.",
        job_name="eod_job",
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def missing_eod(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
        overdue = overdue_sessions(open_workspace(), clock())
        if not overdue:
            yield dg.SkipReason("every session with captures of the last week has its rollups.")
        for day in overdue:
            context.log.warning("EOD rollup of %s is missing at %s IST", day, DUE)
            yield dg.RunRequest(run_key=f"missing-eod-{day}", partition_key=day.isoformat())

    @dg.sensor(
        name="alert_sensor",
        minimum_interval_seconds=60,
        description="Sends quality issues, failed runs and missing rollups to the channels of the settings.",
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def alerts(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        workspace, now = open_workspace(), clock()
        targets = channels(workspace.settings.alerts, context.log.info)
        if not targets:
            return dg.SkipReason("alerts.urls names no channel.")
        found = [
            *issue_problems(workspace, now),
            *run_problems(context.instance, now),
            *overdue_problems(workspace, now),
            *calendar_problems(workspace.market.calendar, now),
        ]
        sent, waiting = alert(workspace, found, targets, now, context.log.warning)
        return dg.SkipReason(f"{sent} message(s) sent, {waiting} waiting.")

    return [missing_eod, alerts]


def run_problems(instance: dg.DagsterInstance, now: datetime) -> list[Found]:
    """Return the runs of the last day that failed, grouped by job."""
    failed = dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE], updated_after=now - NEWS)
    return [
        Found(run.run_id, Problem(f"run.{run.job_name}", "critical", f"run {run.run_id[:8]} failed", now))
        for run in instance.get_runs(failed)
    ]


def overdue_problems(workspace: Workspace, now: datetime) -> list[Found]:
    """Return one problem while sessions of the last week lack their rollups; anew at every look, so it stays open."""
    days = overdue_sessions(workspace, now)
    text = f"no rollup at {DUE:%H:%M} IST of {', '.join(map(str, days))}"
    return [Found(f"eod {now.isoformat()}", Problem("eod.missing", "critical", text, now))] if days else []


def calendar_problems(calendar: TradingCalendar, now: datetime) -> list[Found]:
    """Return one problem from shortly before the calendar's last day on; after it no day is known to be a session."""
    today, last = now.astimezone(IST).date(), calendar.last_day
    if today <= last - CALENDAR_NOTICE:
        return []
    text = f"the calendar ends on {last}: lay the holidays of {last.year + 1} over holidays.csv, or nothing runs then"
    severity = "critical" if today > last else "warning"
    return [Found(f"calendar {now.isoformat()}", Problem("calendar.ends", severity, text, now))]


def overdue_sessions(workspace: Workspace, now: datetime) -> list[date]:
    """Return the sessions of the last week that have captures, are past their EOD and lack a rollup.

    Args:
        workspace: The home folder.
        now: The present moment, tz-aware.
    """
    local, known = now.astimezone(IST), workspace.market.calendar.last_day
    first = max(local.date() - LOOK_BACK, workspace.settings.first_session)
    if first > known:
        return []
    found = completeness(workspace, first, min(local.date(), known))
    return [
        day
        for day, tables in found.missing.items()
        if day in found.landed and "daily_performance" in tables and _past_due(workspace, day, local)
    ]


def _past_due(workspace: Workspace, day: date, local: datetime) -> bool:
    evening = isinstance(eod_request(workspace.market.calendar, datetime.combine(day, time(18), IST)), dg.SkipReason)
    due = datetime.combine(day, time(20, 40) if evening else DUE, IST)
    return local >= due
