"""Charges of round trips, exact: integer arithmetic in billionths of a paisa, rounded half up once per component.

Each leg's component is left unrounded, the two legs are added, and the sum is rounded to the paisa. One executed
order per leg. Contract notes round STT and stamp duty to the rupee per day: that is reconciliation's tolerance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trading_assets.errors import ContractError
from trading_assets.tables.trades import CHARGE_COMPONENTS
from trading_assets.trades.charge_table import PARTS, ChargeTable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Paise = NDArray[np.int64]
    Flags = NDArray[np.bool_]

_ROOM = 2**61
_BY_VALUE = tuple(name for name in CHARGE_COMPONENTS if name != "gst")
_TAXED = ("brokerage", "exchange_txn", "sebi_fee", "ipft")
#: GST is computed on billionths of a paisa; its rate in thousandths keeps the product within 64 bits.
_GST_PARTS = 1_000


@dataclass(frozen=True, slots=True)
class RoundTrips:
    """Positions that were opened and closed by one order each, arrays of shape (n,), n ≥ 0.

    Args:
        exchange: NSE or BSE.
        long: Whether the position was bought first.
        entry_day: Day of the entry.
        exit_day: Day of the exit.
        entry_paise: Value of the entry leg (price x quantity), paise.
        exit_paise: Value of the exit leg, paise; the intrinsic value when settled.
        settled: Whether it was settled at expiry instead of traded out: no order, no turnover; an in-the-money long
            pays STT on the intrinsic value.
        instrument: index_option or index_future, the same for all.
    """

    exchange: NDArray[np.object_]
    long: Flags
    entry_day: NDArray[np.datetime64]
    exit_day: NDArray[np.datetime64]
    entry_paise: Paise
    exit_paise: Paise
    settled: Flags
    instrument: str = "index_option"

    def pick(self, rows: Flags) -> RoundTrips:
        """Return the positions where `rows` is true."""
        return RoundTrips(
            exchange=self.exchange[rows],
            long=self.long[rows],
            entry_day=self.entry_day[rows],
            exit_day=self.exit_day[rows],
            entry_paise=self.entry_paise[rows],
            exit_paise=self.exit_paise[rows],
            settled=self.settled[rows],
            instrument=self.instrument,
        )


@dataclass(frozen=True, slots=True)
class Charges:
    """Components by name (`CHARGE_COMPONENTS`) in paise, each int64 of shape (n,), and the version of the table."""

    components: dict[str, NDArray[np.int64]]
    version: str

    @property
    def total(self) -> NDArray[np.int64]:
        """Sum of the components, paise, shape (n,)."""
        return _added([self.components[name] for name in CHARGE_COMPONENTS])

    def pick(self, rows: Flags | NDArray[np.intp]) -> Charges:
        """Return the charges of some positions."""
        return Charges({name: amount[rows] for name, amount in self.components.items()}, self.version)


@dataclass(frozen=True, slots=True)
class _Orders:
    """Legs of one exchange that were traded: which days there are, whose each leg is, whether sold, value in paise."""

    days: NDArray[np.datetime64]
    day: NDArray[np.intp]
    sold: Flags
    value: Paise

    @classmethod
    def of(cls, days: NDArray[np.datetime64], sold: Flags, value: Paise) -> _Orders:
        return cls(*np.unique(days, return_inverse=True), sold, value)


@dataclass(frozen=True, slots=True)
class _Scope:
    table: ChargeTable
    instrument: str
    exchange: str
    broker: str

    def amount(self, component: str, orders: _Orders) -> Paise:
        """Charge of each order in billionths of a paisa."""
        charge = f"brokerage_{self.broker}" if component == "brokerage" else component
        schedule = self.table.schedule(charge, self.instrument, self.exchange)
        row = schedule.rows_on(orders.days)
        rate = np.where(orders.sold, schedule.sell[row][orders.day], schedule.buy[row][orders.day])
        flat, cap = schedule.flat[row] * PARTS, schedule.cap[row]
        for rates in (schedule.sell[row], schedule.buy[row], cap):
            _check_room(orders.value, rates)
        if cap.any():
            flat, cap = flat[orders.day], cap[orders.day]
            return orders.value * rate + np.where(cap > 0, np.minimum(flat, orders.value * cap), flat)
        return np.asarray(orders.value * rate + flat[orders.day], dtype=np.int64)

    def gst(self, taxed: Paise, orders: _Orders) -> Paise:
        """Tax on what else each order pays, from and in billionths of a paisa times `_GST_PARTS`."""
        schedule = self.table.schedule("gst", self.instrument, self.exchange)
        rate = schedule.buy[schedule.rows_on(orders.days)] // (PARTS // _GST_PARTS)
        _check_room(taxed, rate)
        return np.asarray(taxed * rate[orders.day], dtype=np.int64)


def _check_room(values: Paise, rates: Paise) -> None:
    if len(values) and float(np.abs(values).max()) * float(np.abs(rates).max()) > _ROOM:
        msg = (
            f"an order of ₹ {float(values.max()) / 100:.2f} is too large for exact charges. "
            f"Split it, or check its price and quantity."
        )
        raise ContractError(msg)


def charges(trips: RoundTrips, table: ChargeTable, broker: str) -> Charges:
    """Compute the charges of round trips.

    Args:
        trips: Positions, n ≥ 0.
        table: Rates in force.
        broker: Whose brokerage plan applies, `upstox` or `zerodha`.

    Returns:
        Every component of `CHARGE_COMPONENTS` per position.

    Raises:
        ReferenceDataError: A rate is not known for a day; names the charge, the day and the overlay.
        ContractError: A value is too large for exact arithmetic.
    """
    found = {name: np.zeros(len(trips.long), dtype=np.int64) for name in CHARGE_COMPONENTS}
    place, exchanges = pd.factorize(trips.exchange)
    for number, exchange in enumerate(exchanges):
        rows = place == number
        scope = _Scope(table, trips.instrument, str(exchange), broker)
        for name, amounts in _components(trips.pick(rows), scope).items():
            found[name][rows] = amounts
    return Charges(found, table.version)


def _components(trips: RoundTrips, scope: _Scope) -> dict[str, Paise]:
    traded = ~trips.settled
    entry = _Orders.of(trips.entry_day, ~trips.long, trips.entry_paise)
    leave = _Orders.of(trips.exit_day[traded], trips.long[traded], trips.exit_paise[traded])
    parts = {name: scope.amount(name, entry) for name in _BY_VALUE}
    more = {name: scope.amount(name, leave) for name in _BY_VALUE}
    parts["gst"] = scope.gst(_added([parts[name] for name in _TAXED]), entry)
    more["gst"] = scope.gst(_added([more[name] for name in _TAXED]), leave)
    for name, amount in parts.items():
        amount[traded] += more[name]
    parts["stt"] += _exercise_tax(trips, scope)
    return {name: _half_up(amount, PARTS * (_GST_PARTS if name == "gst" else 1)) for name, amount in parts.items()}


def _exercise_tax(trips: RoundTrips, scope: _Scope) -> Paise:
    amount = np.zeros(len(trips.long), dtype=np.int64)
    exercised = trips.settled & trips.long & (trips.exit_paise > 0)
    if exercised.any():
        sold = np.ones(int(exercised.sum()), dtype=bool)
        orders = _Orders.of(trips.exit_day[exercised], sold, trips.exit_paise[exercised])
        amount[exercised] = scope.amount("stt_exercise", orders)
    return amount


def _added(amounts: list[Paise]) -> Paise:
    return np.asarray(np.sum(amounts, axis=0), dtype=np.int64)


def _half_up(amount: Paise, unit: int) -> Paise:
    return np.asarray((amount + unit // 2) // unit, dtype=np.int64)
