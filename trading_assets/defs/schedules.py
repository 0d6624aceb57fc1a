"""When the jobs run, in Asia/Kolkata. A closed day skips with its name."""

from collections.abc import Mapping
from datetime import date, datetime, time

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from trading_assets.defs.partitions import TIMEZONE
from trading_assets.market.calendar import IST, TradingCalendar

EOD = time(18, 0)
LATE_EOD = time(20, 30)
Request = dg.RunRequest | dg.SkipReason


def eod_request(calendar: TradingCalendar, at: datetime) -> Request:
    """Decide what the EOD tick at a moment asks for.

    The tick of 18:00 serves sessions that have closed by then; that of 20:30 the evening (Muhurat) sessions.

    Args:
        calendar: The exchange calendar.
        at: Scheduled time of the tick, tz-aware.

    Returns:
        A run of the day's partition, or the reason to skip.
    """
    local = at.astimezone(IST)
    day = local.date()
    reason = calendar.closed_reason(day)
    if reason is not None:
        return dg.SkipReason(f"{day} is no session: {reason}.")
    late = calendar.session(day).close.astimezone(IST).time() > EOD
    if late != (local.time() >= LATE_EOD):
        when = LATE_EOD if late else EOD
        return dg.SkipReason(f"{day} is run at {when:%H:%M} IST: its session closes {'later' if late else 'earlier'}.")
    return dg.RunRequest(run_key=f"eod-{day}", partition_key=day.isoformat())


def intraday_request(calendar: TradingCalendar, at: datetime) -> Request:
    """Decide what an intraday tick asks for: a run while the session is open, else the reason to skip."""
    day = at.astimezone(IST).date()
    reason = calendar.closed_reason(day)
    if reason is not None:
        return dg.SkipReason(f"{day} is no session: {reason}.")
    if not calendar.session(day).contains(at):
        return dg.SkipReason(f"{at.astimezone(IST):%H:%M} IST is outside the session of {day}.")
    return dg.RunRequest(run_key=f"intraday-{at.isoformat()}", partition_key=day.isoformat())


def cutoff_request(day: date) -> dg.RunRequest:
    """Ask for the model that may serve from the first of a day's month."""
    cutoff = day.replace(day=1).isoformat()
    return dg.RunRequest(run_key=f"model-{cutoff}", partition_key=cutoff)


def build(calendar: TradingCalendar, jobs: Mapping[str, UnresolvedAssetJobDefinition]) -> list[dg.ScheduleDefinition]:
    """Return the schedules; the EOD rollup runs by itself, the others are switched on in the UI."""

    @dg.schedule(
        job=jobs["eod_job"],
        cron_schedule=["0 18 * * *", "30 20 * * *"],
        execution_timezone=TIMEZONE,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="18:00 IST on sessions; 20:30 for the evening sessions of Diwali.",
    )
    def eod_schedule(context: dg.ScheduleEvaluationContext) -> Request:
        return eod_request(calendar, context.scheduled_execution_time)

    @dg.schedule(
        job=jobs["intraday_job"],
        cron_schedule="*/5 9-19 * * *",
        execution_timezone=TIMEZONE,
        description="Every five minutes while the session is open.",
    )
    def intraday_schedule(context: dg.ScheduleEvaluationContext) -> Request:
        return intraday_request(calendar, context.scheduled_execution_time)

    @dg.schedule(
        job=jobs["weekly_review_job"],
        cron_schedule="0 9 * * 6",
        execution_timezone=TIMEZONE,
        description="Saturday morning.",
    )
    def weekly_review_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        return dg.RunRequest(run_key=f"weekly-{context.scheduled_execution_time.date()}")

    @dg.schedule(
        job=jobs["monthly_review_job"],
        cron_schedule="30 6 1 * *",
        execution_timezone=TIMEZONE,
        description="The first of the month, before the open.",
    )
    def monthly_review_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        return cutoff_request(context.scheduled_execution_time.astimezone(IST).date())

    return [eod_schedule, intraday_schedule, weekly_review_schedule, monthly_review_schedule]
