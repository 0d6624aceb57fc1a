"""Expiry days of one underlying, made of weekday rules and the exchange's calendar.

A scheduled day that is no full session moves to the full session before it. A contract may have been listed under its
scheduled day before the holiday was known, or under an older weekday rule: those days are known too, as listed days.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from trading_assets.market.calendar import IST

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from trading_assets.market.calendar import TradingCalendar

CYCLES = ("weekly", "monthly")
QUARTER_MONTHS = (3, 6, 9, 12)
#: Holidays that fall on the same date every year (month, day): all that is known beyond the published lists.
FIXED_HOLIDAYS = ((1, 26), (5, 1), (8, 15), (10, 2), (12, 25))
_WEEK = timedelta(days=7)
_DAY = timedelta(days=1)
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class ExpiryRule:
    """Contracts of one cycle expire on one weekday over a range of scheduled days.

    Args:
        symbol: Underlying.
        cycle: weekly or monthly (the last such weekday of the month).
        weekday: 0 Monday to 4 Friday.
        expiry_from: First day the rule can schedule.
        expiry_to: Last one, None while the rule holds.
    """

    symbol: str
    cycle: str
    weekday: int
    expiry_from: date
    expiry_to: date | None


class ExpirySchedule:
    """The expiries of one underlying that can be known.

    Args:
        rules: Rules of the underlying.
        calendar: Sessions of its exchange.
        quarterly_years: How many years ahead quarterly contracts are listed; 0 when the underlying has none.
    """

    def __init__(self, rules: Sequence[ExpiryRule], calendar: TradingCalendar, quarterly_years: int) -> None:
        self._calendar = calendar
        self._quarterly = quarterly_years > 0
        self._cycles: dict[date, str] = {}
        for rule in sorted(rules, key=lambda rule: CYCLES.index(rule.cycle), reverse=True):
            for scheduled in _scheduled(rule, calendar.first_day, min(rule.expiry_to or date.max, calendar.last_day)):
                for day in (last_full_day(calendar, scheduled), scheduled):
                    self._cycles.setdefault(day, rule.cycle)
        self._days = sorted(day for day in self._cycles if calendar.is_full_day(day))
        self._ahead = frozenset(_quarterly_ahead(rules, calendar, quarterly_years))

    def days(self, start: date, end: date) -> list[date]:
        """List the expiry days from `start` to `end`, both included, as far as the calendar reaches."""
        return self._days[bisect_left(self._days, start) : bisect_right(self._days, end)]

    def is_expiry(self, day: date) -> bool | None:
        """Tell whether a contract is listed with this expiry; None where the calendar does not reach."""
        if day in self._cycles or day in self._ahead:
            return True
        return False if self._calendar.first_day <= day <= self._calendar.last_day else None

    def cycle(self, expiry: date) -> str:
        """Return weekly, monthly or quarterly; an unknown day counts as monthly in the last week of its month."""
        last_of_month = expiry in self._ahead or (expiry + _WEEK).month != expiry.month
        cycle = self._cycles.get(expiry) or ("monthly" if last_of_month else "weekly")
        return "quarterly" if self._quarterly and cycle == "monthly" and expiry.month in QUARTER_MONTHS else cycle


def last_full_day(calendar: TradingCalendar, day: date) -> date:
    """Return the last day on which a contract listed with expiry `day` trades: the full session on or before it.

    Beyond the calendar's last day it is `day` itself, for nothing better is known.
    """
    if not calendar.first_day <= day <= calendar.last_day:
        return day
    while day > calendar.first_day and not calendar.is_full_day(day):
        day -= _DAY
    return day


def expiry_close(calendar: TradingCalendar, expiry: date) -> datetime:
    """Return the moment contracts listed with this expiry stop trading, tz-aware IST.

    It is the close of the last full session on or before `expiry`; beyond the calendar, that day's regular close.
    """
    day = last_full_day(calendar, expiry)
    if calendar.first_day <= day <= calendar.last_day:
        return calendar.session(day).close
    return datetime.combine(day, calendar.regular_hours(day)[1], IST)


def sessions_until(calendar: TradingCalendar, day: date, expiry: date) -> int:
    """Count the sessions after `day` up to the last one of an expiry; beyond the calendar every weekday is one."""
    last = last_full_day(calendar, expiry)
    known = min(last, calendar.last_day)
    count = len(calendar.sessions(day + _DAY, known)) if day < known else 0
    beyond = (max(day, known) + timedelta(days=n) for n in range(1, (last - max(day, known)).days + 1))
    return count + sum(each.weekday() < _SATURDAY for each in beyond)


def _scheduled(rule: ExpiryRule, first: date, last: date) -> Iterator[date]:
    start = max(rule.expiry_from, first)
    day = start + timedelta(days=(rule.weekday - start.weekday()) % 7)
    while day <= last:
        if rule.cycle == "weekly" or (day + _WEEK).month != day.month:
            yield day
        day += _WEEK


def _quarterly_ahead(rules: Iterable[ExpiryRule], calendar: TradingCalendar, years: int) -> Iterator[date]:
    for rule in rules:
        if rule.cycle == "monthly" and years:
            ended = min(rule.expiry_to or calendar.last_day, calendar.last_day)
            for scheduled in _scheduled(rule, ended, ended + timedelta(days=366 * years)):
                if scheduled.month in QUARTER_MONTHS:
                    yield scheduled - _DAY if (scheduled.month, scheduled.day) in FIXED_HOLIDAYS else scheduled
