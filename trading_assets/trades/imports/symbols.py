"""Reading option symbols as brokers write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from trading_assets.errors import ReferenceDataError

if TYPE_CHECKING:
    from collections.abc import Callable

    from trading_assets.market.reference import ReferenceData

    ExpiryOf = Callable[[re.Match[str], ReferenceData], date]

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEKLY_MONTHS = "123456789OND"
_NAME = r"(?P<name>[A-Z]+?)"
_STRIKE = r"(?P<strike>\d+(?:\.\d+)?)(?P<type>CE|PE)"
_WEEKLY = re.compile(_NAME + r"(?P<year>\d\d)(?P<month>[1-9OND])(?P<day>\d\d)" + _STRIKE, re.ASCII)
_MONTHLY = re.compile(_NAME + r"(?P<year>\d\d)(?P<month>" + "|".join(_MONTHS) + ")" + _STRIKE, re.ASCII)
_SPACED = re.compile(
    _NAME + r" (?P<strike>\d+(?:\.\d+)?) (?P<type>CE|PE) (?P<day>\d\d) "
    r"(?P<month>" + "|".join(_MONTHS) + r") (?P<year>\d\d)",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class OptionContract:
    """An index option: underlying, expiry, strike in index points, CE or PE."""

    underlying: str
    expiry: date
    strike: float
    option_type: str


def compact_symbol(symbol: str, reference: ReferenceData) -> OptionContract | None:
    """Read a symbol like NIFTY25N2024000CE (weekly) or NIFTY26SEP24000CE (monthly).

    A monthly symbol names no day: it is the monthly expiry of that month by the calendar.

    Returns:
        None when the symbol is no option of a known index.

    Raises:
        ReferenceDataError: The month has no expiry that is known.
    """
    if (monthly := _MONTHLY.fullmatch(symbol)) is not None:
        return _known(monthly, reference, _last_expiry)
    if (weekly := _WEEKLY.fullmatch(symbol)) is not None:
        return _known(weekly, reference, _weekly_day)
    return None


def spaced_symbol(symbol: str, reference: ReferenceData) -> OptionContract | None:
    """Read a symbol like `NIFTY 23400 CE 22 SEP 26`; None when it is no option of a known index."""
    spaced = _SPACED.fullmatch(symbol.upper())
    return None if spaced is None else _known(spaced, reference, _spaced_day)


def require_listed(contract: OptionContract, reference: ReferenceData) -> None:
    """Check that contracts with this expiry are listed.

    Raises:
        ReferenceDataError: The calendar knows that none is.
    """
    if reference.is_expiry(contract.underlying, contract.expiry) is False:
        msg = f"{contract.underlying} has no expiry on {contract.expiry}. Lay a row over expiry_rules.csv if it has."
        raise ReferenceDataError(msg)


def _last_expiry(found: re.Match[str], reference: ReferenceData) -> date:
    """Return the monthly expiry of the month a symbol names."""
    year, month = 2000 + int(found["year"]), _MONTHS.index(found["month"]) + 1
    first = date(year, month, 1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    name = found["name"]
    # the last expiry of a month can be a weekly one: BANKNIFTY had Wednesdays beside a monthly Thursday
    days = [day for day in reference.expiries(name, first, last) if reference.cycle(name, day) != "weekly"]
    if not days:
        msg = f"{found.group()}: no monthly expiry of {name} is known in {first:%B %Y}; its calendar does not reach it."
        raise ReferenceDataError(msg)
    return days[-1]


def _known(found: re.Match[str], reference: ReferenceData, expiry: ExpiryOf) -> OptionContract | None:
    if found["name"] not in reference.underlyings:
        return None
    try:
        day = expiry(found, reference)
    except ValueError as error:
        msg = f"{found.group()} names no day of the calendar: {error}."
        raise ReferenceDataError(msg) from error
    return OptionContract(found["name"], day, float(found["strike"]), found["type"])


def _weekly_day(found: re.Match[str], reference: ReferenceData) -> date:
    del reference
    return date(2000 + int(found["year"]), _WEEKLY_MONTHS.index(found["month"]) + 1, int(found["day"]))


def _spaced_day(found: re.Match[str], reference: ReferenceData) -> date:
    del reference
    return date(2000 + int(found["year"]), _MONTHS.index(found["month"]) + 1, int(found["day"]))
