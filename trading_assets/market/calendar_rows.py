"""Rows the trading calendar is made of; `market.packaged` reads them from CSV."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, time

#: Kinds of a special session: an evening or afternoon hour at Diwali, a full day at a weekend, a short Saturday on the
#: disaster-recovery site, a budget day.
SPECIAL_KINDS = ("muhurat", "special", "dr_switch", "budget")


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
