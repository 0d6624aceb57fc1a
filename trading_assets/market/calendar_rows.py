"""Rows the trading calendar is made of; `market.packaged` reads them from CSV."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from trading_assets.errors import ReferenceDataError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import time

#: Kinds of a special session: an evening or afternoon hour at Diwali, a full day at a weekend, a short Saturday on the
#: disaster-recovery site, a budget day.
SPECIAL_KINDS = ("muhurat", "special", "dr_switch", "budget")
#: A year's list counts as published once it has this many holidays (the shortest since 2018 has eleven).
PUBLISHED_HOLIDAYS = 8


@dataclass(frozen=True, slots=True)
class Holiday:
    """A weekday on which an exchange is closed."""

    day: date
    exchange: str
    description: str


@dataclass(frozen=True, slots=True)
class SpecialInterval:
    """One interval of trading on a special day, IST; `hours` is None until they are notified."""

    day: date
    exchange: str
    kind: str
    hours: tuple[time, time] | None


@dataclass(frozen=True, slots=True)
class SessionHours:
    """Regular hours of an exchange, IST, from a day on until the next row."""

    exchange: str
    open: time
    close: time
    effective_from: date


def published_range(exchange: str, holidays: Iterable[date]) -> tuple[date, date]:
    """First and last day of the years whose holiday lists are published, without a gap.

    Raises:
        ReferenceDataError: There is no such year.
    """
    years = [day.year for day in holidays]
    published = sorted({year for year in years if years.count(year) >= PUBLISHED_HOLIDAYS})
    if not published:
        msg = f"holidays.csv: no year of {exchange} has {PUBLISHED_HOLIDAYS} holidays; expected whole published lists."
        raise ReferenceDataError(msg)
    last = published[0]
    while last + 1 in published:
        last += 1
    return date(published[0], 1, 1), date(last, 12, 31)
