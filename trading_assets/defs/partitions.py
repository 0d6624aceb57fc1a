"""Partitions: one per session of the exchange calendar, and one per month for models.

`end_offset=1` is needed because at 18:00 IST the window of the day is still open: with 0 the partition of the session
that the 18:00 run is for does not exist before midnight. Its price is that on a closed day the *next* session is
already listed; `refuse_future` keeps anyone from materializing it.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

import dagster as dg

from trading_assets.errors import UsageError
from trading_assets.market.calendar import IST, TradingCalendar

DATE_FORMAT = "%Y-%m-%d"
TIMEZONE = "Asia/Kolkata"


def session_partitions(calendar: TradingCalendar, first_session: date) -> dg.TimeWindowPartitionsDefinition:
    """Return the partitions that are exactly the sessions from `first_session` to the end of the calendar."""
    closed = calendar.closed_days(first_session, calendar.last_day)
    return dg.TimeWindowPartitionsDefinition(
        start=first_session.strftime(DATE_FORMAT),
        end=(calendar.last_day + timedelta(days=1)).strftime(DATE_FORMAT),
        fmt=DATE_FORMAT,
        cron_schedule="0 0 * * *",
        timezone=TIMEZONE,
        exclusions=[datetime.combine(day, time()) for day in closed],
        end_offset=1,
    )


def model_partitions(first_session: date) -> dg.MonthlyPartitionsDefinition:
    """Return one partition per training cut-off: the first day a model may serve, always the first of a month."""
    return dg.MonthlyPartitionsDefinition(
        start_date=first_session.replace(day=1).strftime(DATE_FORMAT), timezone=TIMEZONE, end_offset=1
    )


def refuse_future(keys: Sequence[str], now: datetime) -> list[date]:
    """Return the sessions of partition keys, refusing days that have not come yet in India.

    Args:
        keys: ISO dates.
        now: The present moment, tz-aware.

    Raises:
        UsageError: A key lies after today in IST.
    """
    today = now.astimezone(IST).date()
    days = [date.fromisoformat(key) for key in keys]
    late = [day for day in days if day > today]
    if late:
        msg = f"session {late[0]} has not come yet (today is {today} IST); choose sessions up to today."
        raise UsageError(msg)
    return days
