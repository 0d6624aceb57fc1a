"""Facts of the underlyings: exchange, strike step, tick, expiries and lots, each with the dates it holds for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from trading_assets.errors import ReferenceDataError
from trading_assets.market.expiries import ExpiryRule, ExpirySchedule, expiry_close

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime

    import numpy as np
    from numpy.typing import NDArray

    from trading_assets.market.calendar import TradingCalendar

LOT_CYCLES = ("all", "weekly", "monthly", "quarterly")


@dataclass(frozen=True, slots=True)
class Underlying:
    """An index options are written on.

    Args:
        symbol: Its name.
        exchange: NSE or BSE.
        strike_step: Distance of neighbouring strikes around the money, index points.
        tick_size: Smallest price step of an option, ₹.
        quarterly_years: Years ahead for which quarterly contracts are listed, 0 for none.
    """

    symbol: str
    exchange: str
    strike_step: float
    tick_size: float
    quarterly_years: int


@dataclass(frozen=True, slots=True)
class LotSize:
    """Contracts of a cycle from `first_expiry` on have this lot when they trade on or after `tradable_from`."""

    symbol: str
    lot_size: int
    cycle: str
    first_expiry: date
    tradable_from: date


class ReferenceData:
    """Answers about underlyings and their contracts.

    Args:
        calendars: Calendar by exchange.
        underlyings: Known underlyings; symbols are unique.
        rules: Expiry rules.
        lots: Lot sizes.
    """

    def __init__(
        self,
        calendars: Mapping[str, TradingCalendar],
        underlyings: Iterable[Underlying],
        rules: Iterable[ExpiryRule],
        lots: Iterable[LotSize],
    ) -> None:
        self._calendars = calendars
        self._underlyings = {row.symbol: row for row in underlyings}
        self._rules = tuple(rules)
        self._lots: dict[str, list[LotSize]] = {}
        for row in sorted(lots, key=lambda row: (row.tradable_from, row.first_expiry), reverse=True):
            self._lots.setdefault(row.symbol, []).append(row)
        self._schedules: dict[str, ExpirySchedule] = {}

    @property
    def underlyings(self) -> tuple[str, ...]:
        """Symbols of all known underlyings, in the order of the table."""
        return tuple(self._underlyings)

    def exchange_of(self, underlying: str) -> str:
        """Return the exchange its options trade on, NSE or BSE.

        Raises:
            ReferenceDataError: The underlying is not known.
        """
        return self._row(underlying).exchange

    def calendar_of(self, underlying: str) -> TradingCalendar:
        """Return the calendar of its exchange.

        Raises:
            ReferenceDataError: The underlying is not known.
        """
        return self._calendars[self.exchange_of(underlying)]

    def strike_step(self, underlying: str) -> float:
        """Return the distance of neighbouring strikes around the money, index points.

        Raises:
            ReferenceDataError: The underlying is not known.
        """
        return self._row(underlying).strike_step

    def tick_size(self, underlying: str) -> float:
        """Return the smallest price step of its options, ₹.

        Raises:
            ReferenceDataError: The underlying is not known.
        """
        return self._row(underlying).tick_size

    def lot_size(self, underlying: str, expiry: date, on: date) -> int:
        """Return the units in one lot of the contracts with this expiry, as they trade on a day.

        Args:
            underlying: Symbol.
            expiry: Expiry the contract is listed with; also days beyond the calendar.
            on: Session on which it trades.

        Raises:
            ReferenceDataError: The underlying is not known, or no lot of it is for this expiry and day.
        """
        cycle = self._schedule(underlying).cycle(expiry)
        for row in self._lots.get(underlying, ()):
            if row.first_expiry <= expiry and row.tradable_from <= on and row.cycle in ("all", cycle):
                return row.lot_size
        msg = (
            f"lot_sizes.csv: no lot of {underlying} for the {cycle} expiry {expiry} traded on {on}; expected a row "
            f"with an earlier first_expiry and tradable_from. Lay such a row over lot_sizes.csv."
        )
        raise ReferenceDataError(msg)

    def lot_sizes(self, underlying: str, expiries: NDArray[np.datetime64], on: date) -> NDArray[np.int64]:
        """Return the lot of every expiry of an array, as `lot_size` does.

        Args:
            underlying: Symbol.
            expiries: datetime64[D], any shape, n ≥ 0, none missing.
            on: Session on which they trade.

        Returns:
            Units in a lot, same shape.

        Raises:
            ReferenceDataError: As `lot_size`.
        """
        import numpy as np

        days, position = np.unique(expiries.astype("datetime64[D]"), return_inverse=True)
        lots = [self.lot_size(underlying, day, on) for day in days.tolist()]
        return np.array(lots, dtype=np.int64)[position].reshape(expiries.shape)

    def expiries(self, underlying: str, start: date, end: date) -> list[date]:
        """List the days on which contracts expire, from `start` to `end`, both included, ascending.

        Days outside the calendar are left out: their holidays are not published.

        Raises:
            ReferenceDataError: The underlying is not known.
        """
        return self._schedule(underlying).days(start, end)

    def is_expiry(self, underlying: str, day: date) -> bool | None:
        """Tell whether contracts of the underlying are listed with this expiry.

        True also for the day scheduled before a holiday moved it, and for quarterly contracts listed years ahead.

        Returns:
            None when the day is outside the calendar and no rule gives it.

        Raises:
            ReferenceDataError: The underlying is not known.
        """
        return self._schedule(underlying).is_expiry(day)

    def cycle(self, underlying: str, expiry: date) -> str:
        """Return weekly, monthly or quarterly: the cycle of the contracts listed with this expiry.

        Raises:
            ReferenceDataError: The underlying is not known.
        """
        return self._schedule(underlying).cycle(expiry)

    def expiry_close(self, underlying: str, expiry: date) -> datetime:
        """Return the moment contracts listed with this expiry stop trading, tz-aware IST.

        It is the close of the last full session on or before `expiry`; beyond the calendar, that day's regular close.

        Raises:
            ReferenceDataError: The underlying is not known.
        """
        return expiry_close(self.calendar_of(underlying), expiry)

    def _row(self, underlying: str) -> Underlying:
        row = self._underlyings.get(underlying)
        if row is None:
            msg = (
                f"underlying {underlying!r} is not known; expected one of {', '.join(self._underlyings)}. "
                f"Correct the name, or lay a row over underlyings.csv."
            )
            raise ReferenceDataError(msg)
        return row

    def _schedule(self, underlying: str) -> ExpirySchedule:
        row = self._row(underlying)
        if underlying not in self._schedules:
            rules = [rule for rule in self._rules if rule.symbol == underlying]
            calendar = self._calendars[row.exchange]
            self._schedules[underlying] = ExpirySchedule(rules, calendar, row.quarterly_years)
        return self._schedules[underlying]
