"""The market's tables as they come with the project, with the user's rows laid over them (rule: `market.csv_table`).

Files: `holidays.csv` (key date, exchange), `special_sessions.csv` (date, exchange: all intervals of a day together),
`session_hours.csv` (exchange, effective_from), `underlyings.csv` (symbol), `expiry_rules.csv` (symbol, cycle,
expiry_from) and `lot_sizes.csv` (symbol, cycle, first_expiry, tradable_from). The other columns say where a row comes
from and how sure it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from importlib import resources
from typing import TYPE_CHECKING, TypeVar

from trading_assets.errors import CalendarError
from trading_assets.market.calendar import TradingCalendar
from trading_assets.market.calendar_rows import SPECIAL_KINDS, Holiday, SessionHours, SpecialInterval
from trading_assets.market.csv_table import CsvTable, Fields
from trading_assets.market.expiries import CYCLES, ExpiryRule
from trading_assets.market.reference import LOT_CYCLES, LotSize, ReferenceData, Underlying

if TYPE_CHECKING:
    from collections.abc import Mapping

Row = TypeVar("Row")
EXCHANGES = ("NSE", "BSE")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")


@dataclass(frozen=True)
class Market:
    """What is known about the market.

    Args:
        calendar: Sessions of NSE, which are the partitions.
        reference: Underlyings, expiries and lots; it also has the calendar of BSE.
    """

    calendar: TradingCalendar
    reference: ReferenceData

    def closed_reason(self, day: date) -> str | None:
        """Say why a day is no session, also outside the calendar's range; None on a session."""
        try:
            return self.calendar.closed_reason(day)
        except CalendarError:
            known = f"{self.calendar.first_day} to {self.calendar.last_day}"
            return f"outside the calendar, which covers {known}"


def _holiday(fields: Fields) -> Holiday:
    return Holiday(fields.day("date"), fields.choice("exchange", EXCHANGES), fields.text("description"))


def _special(fields: Fields) -> SpecialInterval:
    opens, closes = fields.optional_clock("open"), fields.optional_clock("close")
    if (opens is None) != (closes is None) or (opens is not None and closes is not None and opens >= closes):
        fields.reject("close", "a time after open, or both empty while the hours are not notified")
    hours = (opens, closes) if opens is not None and closes is not None else None
    exchange = fields.choice("exchange", EXCHANGES)
    return SpecialInterval(fields.day("date"), exchange, fields.choice("kind", SPECIAL_KINDS), hours)


def _hours(fields: Fields) -> SessionHours:
    opens, closes = fields.clock("open"), fields.clock("close")
    if opens >= closes:
        fields.reject("close", "a time after open")
    return SessionHours(fields.choice("exchange", EXCHANGES), opens, closes, fields.day("effective_from"))


def _underlying(fields: Fields) -> Underlying:
    return Underlying(
        symbol=fields.text("symbol"),
        exchange=fields.choice("exchange", EXCHANGES),
        strike_step=fields.positive("strike_step"),
        tick_size=fields.positive("tick_size"),
        quarterly_years=fields.integer("quarterly_years", 0),
    )


def _expiry_rule(fields: Fields) -> ExpiryRule:
    first, last = fields.day("expiry_from"), fields.optional_day("expiry_to")
    if last is not None and last < first:
        fields.reject("expiry_to", "a date not before expiry_from, or empty")
    weekday = WEEKDAYS.index(fields.choice("weekday", WEEKDAYS))
    return ExpiryRule(fields.text("symbol"), fields.choice("cycle", CYCLES), weekday, first, last)


def _lot_size(fields: Fields) -> LotSize:
    return LotSize(
        symbol=fields.text("symbol"),
        lot_size=fields.integer("lot_size", 1),
        cycle=fields.choice("cycle", LOT_CYCLES),
        first_expiry=fields.day("first_expiry"),
        tradable_from=fields.optional_day("tradable_from") or date.min,
    )


HOLIDAYS = CsvTable("holidays.csv", ("date", "exchange", "description"), _holiday, lambda row: (row.day, row.exchange))
SPECIAL_SESSIONS = CsvTable(
    "special_sessions.csv",
    ("date", "exchange", "kind", "open", "close"),
    _special,
    lambda row: (row.day, row.exchange),
)
SESSION_HOURS = CsvTable(
    "session_hours.csv",
    ("exchange", "open", "close", "effective_from"),
    _hours,
    lambda row: (row.exchange, row.effective_from),
)
UNDERLYINGS = CsvTable(
    "underlyings.csv",
    ("symbol", "exchange", "strike_step", "tick_size", "quarterly_years"),
    _underlying,
    lambda row: (row.symbol,),
)
EXPIRY_RULES = CsvTable(
    "expiry_rules.csv",
    ("symbol", "cycle", "weekday", "expiry_from", "expiry_to"),
    _expiry_rule,
    lambda row: (row.symbol, row.cycle, row.expiry_from),
)
LOT_SIZES = CsvTable(
    "lot_sizes.csv",
    ("symbol", "lot_size", "cycle", "first_expiry", "tradable_from"),
    _lot_size,
    lambda row: (row.symbol, row.cycle, row.first_expiry, row.tradable_from),
)
#: Files an overlay may hold for this room.
MARKET_FILES = tuple(
    table.file for table in (HOLIDAYS, SPECIAL_SESSIONS, SESSION_HOURS, UNDERLYINGS, EXPIRY_RULES, LOT_SIZES)
)


def load_market(overlay: Mapping[str, str] | None = None) -> Market:
    """Read the packaged tables and lay the user's over them.

    Args:
        overlay: CSV text by file name; files of other rooms are ignored.

    Raises:
        ReferenceDataError: A row is wrong; names file, line, column and what was expected.
    """
    laid = overlay or {}
    holidays, special = _rows(HOLIDAYS, laid), _rows(SPECIAL_SESSIONS, laid)
    hours = _rows(SESSION_HOURS, laid)
    calendars = {exchange: TradingCalendar(exchange, holidays, special, hours) for exchange in EXCHANGES}
    reference = ReferenceData(calendars, _rows(UNDERLYINGS, laid), _rows(EXPIRY_RULES, laid), _rows(LOT_SIZES, laid))
    return Market(calendars["NSE"], reference)


def _rows(table: CsvTable[Row], overlay: Mapping[str, str]) -> list[Row]:
    packaged = resources.files("trading_assets.market").joinpath("data", table.file).read_text(encoding="utf-8")
    return table.rows(packaged, overlay.get(table.file))
