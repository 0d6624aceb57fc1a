"""Sessions of one exchange: on which days it trades, from when to when, and why it is closed on the others.

Days are IST calendar days. The tables come from `market.packaged`; days outside them are unknown, which is an error
and never "closed". A special session (Muhurat, a Saturday, a budget day) wins over a holiday or weekend on its day.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from trading_assets.errors import CalendarError, NotASessionError, ReferenceDataError
from trading_assets.market.calendar_rows import published_range

if TYPE_CHECKING:
    from collections.abc import Iterable

    from trading_assets.market.calendar_rows import Holiday, SessionHours, SpecialInterval

IST = ZoneInfo("Asia/Kolkata")

#: Window of a special session whose hours are not notified yet: wide, so that no capture of it is refused.
UNKNOWN_HOURS = (time(9, 0), time(21, 0))
#: Kinds on which an expiry can fall: a Muhurat hour or a disaster-recovery drill never is the last day of a contract.
FULL_DAY_KINDS = ("regular", "special", "budget")
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Session:
    """One session: a day on which an exchange trades.

    Args:
        day: Its date in IST, the partition key.
        exchange: NSE or BSE.
        kind: regular, muhurat, special (a full day at a weekend), dr_switch or budget.
        intervals: Opening and closing times in order, tz-aware IST, at least one.
        hours_known: False while the exchange has not notified the hours; the interval is then a wide window.
        calendar: The calendar it is of, which knows the sessions around it; None for a session made by hand.
    """

    day: date
    exchange: str
    kind: str
    intervals: tuple[tuple[datetime, datetime], ...]
    hours_known: bool = True
    calendar: TradingCalendar | None = field(default=None, compare=False, repr=False)

    @property
    def open(self) -> datetime:
        """Start of the first interval, IST."""
        return self.intervals[0][0]

    @property
    def close(self) -> datetime:
        """End of the last interval, IST."""
        return self.intervals[-1][1]

    def contains(self, at: datetime) -> bool:
        """Tell whether `at` lies in an interval, both ends included.

        Raises:
            CalendarError: `at` has no time zone.
        """
        if at.tzinfo is None:
            msg = f"{at.isoformat()} has no time zone; a session of {self.exchange} needs one. Attach UTC or IST."
            raise CalendarError(msg)
        return any(opens <= at <= closes for opens, closes in self.intervals)


class TradingCalendar:
    """The sessions of one exchange over the years whose holiday lists are published.

    Args:
        exchange: NSE or BSE; rows of other exchanges are ignored.
        holidays: Closed weekdays. The calendar starts on 1 January of the first year and ends on 31 December of the
            last year, without a gap, that has `PUBLISHED_HOLIDAYS` of them.
        special: Intervals of special sessions.
        hours: Regular hours.

    Raises:
        ReferenceDataError: No year is published, or no hours hold on the first day.
    """

    def __init__(
        self,
        exchange: str,
        holidays: Iterable[Holiday],
        special: Iterable[SpecialInterval],
        hours: Iterable[SessionHours],
    ) -> None:
        self.exchange = exchange
        self._holidays = {row.day: row.description for row in holidays if row.exchange == exchange}
        self._hours = sorted((row for row in hours if row.exchange == exchange), key=lambda row: row.effective_from)
        self._hours_from = [row.effective_from for row in self._hours]
        self._special: dict[date, list[SpecialInterval]] = {}
        for row in special:
            if row.exchange == exchange:
                self._special.setdefault(row.day, []).append(row)
        self.first_day, self.last_day = published_range(exchange, self._holidays)
        if not self._hours or self._hours_from[0] > self.first_day:
            msg = (
                f"session_hours.csv: no row of {exchange} holds on {self.first_day}; expected one from then or earlier."
            )
            raise ReferenceDataError(msg)
        days = [self.first_day + timedelta(days=n) for n in range((self.last_day - self.first_day).days + 1)]
        self._sessions = [day for day in days if self._trades(day)]
        self._session_set = frozenset(self._sessions)
        self.version = self._fingerprint()

    def is_session(self, day: date) -> bool:
        """Tell whether the exchange trades on `day`; CalendarError outside the calendar."""
        self._require_known(day)
        return day in self._session_set

    def session(self, day: date) -> Session:
        """Return the session of `day` with its hours.

        Raises:
            NotASessionError: The exchange is closed on `day`; names the reason and the neighbouring sessions.
            CalendarError: `day` is outside the calendar.
        """
        if not self.is_session(day):
            raise NotASessionError(self._closed_message(day))
        rows = self._special.get(day)
        if rows is None:
            hours = self.regular_hours(day)
            return Session(day, self.exchange, "regular", (_interval(day, hours),), calendar=self)
        intervals = tuple(sorted(_interval(day, row.hours or UNKNOWN_HOURS) for row in rows))
        known = all(row.hours is not None for row in rows)
        return Session(day, self.exchange, rows[0].kind, intervals, known, self)

    def regular_hours(self, day: date) -> tuple[time, time]:
        """Opening and closing time, IST, that a regular session has on `day`, also beyond the calendar's last day.

        Raises:
            CalendarError: `day` is before the first known hours.
        """
        row = bisect_right(self._hours_from, day) - 1
        if row < 0:
            msg = f"no hours of {self.exchange} are known on {day}; they start on {self._hours_from[0]}."
            raise CalendarError(msg)
        return self._hours[row].open, self._hours[row].close

    def is_full_day(self, day: date) -> bool:
        """Tell whether `day` is a session of a whole day, on which a contract can expire (no Muhurat hour, no drill).

        Raises:
            CalendarError: `day` is outside the calendar.
        """
        return self.is_session(day) and (day not in self._special or self._special[day][0].kind in FULL_DAY_KINDS)

    def closed_reason(self, day: date) -> str | None:
        """Name the holiday or weekday that closes the exchange; None on a session, CalendarError outside."""
        if self.is_session(day):
            return None
        return self._holidays.get(day) or f"{day:%A}"

    def sessions(self, start: date, end: date) -> list[date]:
        """List the sessions from `start` to `end`, both included; empty when `start` is after `end`.

        Raises:
            CalendarError: Either day is outside the calendar.
        """
        self._require_known(start)
        self._require_known(end)
        return self._sessions[bisect_left(self._sessions, start) : bisect_right(self._sessions, end)]

    def closed_days(self, start: date, end: date) -> list[date]:
        """List the days without a session from `start` to `end`, both included: weekends and holidays.

        Raises:
            CalendarError: Either day is outside the calendar.
        """
        self._require_known(start)
        self._require_known(end)
        days = (start + timedelta(days=n) for n in range((end - start).days + 1))
        return [day for day in days if day not in self._session_set]

    def previous_session(self, day: date) -> date:
        """Return the last session before `day`, which may be closed itself.

        Raises:
            CalendarError: `day`, or every session before it, is outside the calendar.
        """
        self._require_known(day)
        return self._neighbour(bisect_left(self._sessions, day) - 1, day)

    def next_session(self, day: date) -> date:
        """Return the first session after `day`, which may be closed itself.

        Raises:
            CalendarError: `day`, or every session after it, is outside the calendar.
        """
        self._require_known(day)
        return self._neighbour(bisect_right(self._sessions, day), day)

    def _neighbour(self, position: int, day: date) -> date:
        if not 0 <= position < len(self._sessions):
            msg = f"the session next to {day} lies outside the {self.exchange} calendar {self._span()}."
            raise CalendarError(msg)
        return self._sessions[position]

    def _trades(self, day: date) -> bool:
        return day in self._special or (day.weekday() < _SATURDAY and day not in self._holidays)

    def _span(self) -> str:
        return f"{self.first_day} to {self.last_day}"

    def _require_known(self, day: date) -> None:
        if not self.first_day <= day <= self.last_day:
            msg = (
                f"{day} is outside the {self.exchange} calendar, which covers {self._span()}. "
                f"Lay the holiday list of {day.year} over holidays.csv to extend it."
            )
            raise CalendarError(msg)

    def _closed_message(self, day: date) -> str:
        before = bisect_left(self._sessions, day)
        neighbours = " and ".join(str(near) for near in self._sessions[max(before - 1, 0) : before + 1])
        return (
            f"{day} ({day:%A}) is no session of {self.exchange}: {self.closed_reason(day)}. "
            f"Expected a trading day; the sessions around it are {neighbours}. Choose one of them."
        )

    def _fingerprint(self) -> str:
        special = [
            (row.kind, *map(str, row.hours or ())) for day in sorted(self._special) for row in self._special[day]
        ]
        hours = [(str(row.effective_from), str(row.open), str(row.close)) for row in self._hours]
        text = repr((self.exchange, [day.toordinal() for day in self._sessions], special, hours))
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def _interval(day: date, hours: tuple[time, time]) -> tuple[datetime, datetime]:
    return datetime.combine(day, hours[0], IST), datetime.combine(day, hours[1], IST)
