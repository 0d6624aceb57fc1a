"""One row of an export, and how its texts are read: as brokers write them, and as a spreadsheet saves them again.

Nothing that can be read in two ways is: a date with slashes may begin with the day or the month, 100,05 may be a price
with a decimal comma.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, NoReturn

from trading_assets.market.calendar import IST

if TYPE_CHECKING:
    from collections.abc import Mapping

_MOST_UNITS = 10_000_000
#: Digits in groups as in India (1,25,000) or elsewhere (125,000): the last group has three.
_NUMBER = re.compile(r"\d+(\.\d*)?|\.\d+|\d{1,3}(,\d{2,3})*,\d{3}(\.\d*)?", re.ASCII)
#: A number that a spreadsheet wrote shorter than it was.
_ROUNDED = re.compile(r"\d+(\.\d+)?[eE]\+?\d+", re.ASCII)
#: Days since 1899-12-30, as a spreadsheet stores them; 1982 to 2064.
_SERIAL = re.compile(r"[3-5]\d{4}(\.\d+)?", re.ASCII)
_SERIAL_START = datetime(1899, 12, 30, tzinfo=UTC)
#: More decimals are what a spreadsheet adds to 100.05.
_DECIMALS = 6
_DAYS = ("%Y-%m-%d", "%d-%m-%Y", "%d-%b-%Y")
_CLOCKS = ("%H:%M:%S", "%H:%M", "%I:%M:%S %p")
_MOMENTS = ("%Y-%m-%dT%H:%M:%S", *(f"{day} {clock}" for day in _DAYS for clock in _CLOCKS))
_EXCHANGES = {"NSE": "NSE", "NFO": "NSE", "BSE": "BSE", "BFO": "BSE"}


class RowError(ValueError):
    """A row that cannot be imported; the message says what was found and what was expected."""


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row of an export.

    Args:
        line: Line of a CSV, row of a sheet, or position in a JSON list, from 1.
        values: Text by column name.
    """

    line: int
    values: Mapping[str, str]

    def optional(self, name: str) -> str:
        """Return a text, stripped; empty when there is none."""
        return self.values.get(name, "").strip()

    def text(self, name: str) -> str:
        """Return a text that is not empty, stripped."""
        found = self.optional(name)
        return found or reject(name, found, "a text")

    def number_of(self, name: str) -> str:
        """Return what a broker numbers with, empty when there is none; never one that a spreadsheet rounded."""
        found = self.optional(name)
        if _ROUNDED.fullmatch(found):
            reject(name, found, "all its digits; a spreadsheet has rounded it, so export the file again")
        return found

    def side(self, name: str) -> str:
        """Return BUY or SELL, however it is capitalised."""
        found = self.text(name).upper()
        return found if found in ("BUY", "SELL") else reject(name, found, "BUY or SELL")

    def exchange(self, name: str) -> str:
        """Return NSE or BSE, also of the name of its derivatives segment."""
        found = self.text(name).upper()
        return _EXCHANGES.get(found) or reject(name, found, f"one of {', '.join(_EXCHANGES)}")

    def quantity(self, name: str) -> int:
        """Return a whole number of units above 0; `65.000000` is 65."""
        found = self.number(name)
        whole = found == int(found) and 0 < found <= _MOST_UNITS
        return int(found) if whole else reject(name, self.text(name), "a whole number of units above 0")

    def number(self, name: str) -> float:
        """Return a number of at least 0, to six decimals."""
        found = self.text(name)
        if not _NUMBER.fullmatch(found) and not _ROUNDED.fullmatch(found):
            reject(name, found, "a number of at least 0, such as 1,25,000.50")
        value = float(found.replace(",", ""))
        return round(value, _DECIMALS) if value < float("inf") else reject(name, found, "a finite number")

    def price(self, name: str) -> float:
        """Return a number above 0."""
        return self.number(name) or reject(name, self.text(name), "a price above 0")

    def day(self, name: str) -> date:
        """Return a date: 2024-02-06, 06-02-2024, 06-Feb-2024, or a spreadsheet's number of it."""
        return self._moment(name, (*_DAYS, *_MOMENTS)).date()

    def moment(self, name: str) -> datetime:
        """Return a time in IST: a date with a clock, or a spreadsheet's number of it."""
        return self._moment(name, _MOMENTS)

    def clock(self, name: str, day: date) -> datetime:
        """Return a time of a day in IST: 10:00:00, 10:00, 10:00:00 AM, or a spreadsheet's fraction of the day."""
        found = self.text(name)
        if re.fullmatch(r"0?\.\d+", found, re.ASCII):
            found = _of_serial(found).strftime(_CLOCKS[0])
        parsed = _parsed(found, _CLOCKS) or reject(name, self.text(name), f"a time written {_alike(_CLOCKS)}")
        return parsed.replace(year=day.year, month=day.month, day=day.day)

    def _moment(self, name: str, written: tuple[str, ...]) -> datetime:
        found = self.text(name)
        if _SERIAL.fullmatch(found):
            return _of_serial(found).replace(tzinfo=IST)
        return _parsed(found, written) or reject(name, found, f"a time written {_alike(written)}")


def _of_serial(days: str) -> datetime:
    """Return the moment that a spreadsheet stores as days, to the second."""
    return _SERIAL_START + timedelta(seconds=round(float(days) * 86_400))


def _parsed(text: str, written: tuple[str, ...]) -> datetime | None:
    for form in written:
        try:
            return datetime.strptime(text, form).replace(tzinfo=IST)
        except ValueError:
            continue
    return None


def _alike(written: tuple[str, ...]) -> str:
    example = datetime(2024, 2, 26, 10, 15, tzinfo=IST)
    return " or ".join(example.strftime(form) for form in written[:3])


def reject(name: str, found: object, expected: str) -> NoReturn:
    """Refuse a value of a row.

    Raises:
        RowError: Always.
    """
    msg = f"{name} is {found!r}, expected {expected}"
    raise RowError(msg)
