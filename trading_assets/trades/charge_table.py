"""The charge table: which rate holds for which charge, instrument, exchange and day. Amounts are `trades.charges`.

Packaged as `market/data/charges.csv`; the user's overlay of the same name lays rows over it. A row holds from its
`effective_from` to its `effective_to` or to the day before the next row, whichever is earlier. A day no row covers is
unknown and an error, never free of charge.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cached_property
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.errors import ReferenceDataError
from trading_assets.market.csv_table import CsvTable, Fields

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

CHARGES_FILE = "charges.csv"
INSTRUMENTS = ("index_option", "index_future")
EXCHANGES = ("NSE", "BSE")
BROKERS = ("upstox", "zerodha")
EVERY = "ALL"
#: Parts of an amount one rate unit takes: 0.0000001 % (₹ 0.01 a crore, the smallest rate there is) is one part.
PARTS = 1_000_000_000
_CHARGES = (
    "stt",
    "stt_exercise",
    "exchange_txn",
    "ipft",
    "sebi_fee",
    "stamp_duty",
    "gst",
    *(f"brokerage_{broker}" for broker in BROKERS),
)


@dataclass(frozen=True, slots=True)
class ChargeRow:
    """One rate.

    Args:
        charge: What is charged.
        instrument: Instrument, or ALL.
        exchange: Exchange, or ALL.
        side: Side of the order that pays: buy, sell or both.
        rate_parts: Share of the value in 1e-9, 0 for a flat fee.
        flat_paise: Flat fee per order, paise, 0 for a share.
        cap_parts: Largest share of the value a flat fee may be, in 1e-9, 0 for no cap.
        effective_from: First day.
        effective_to: Last day, None while it holds.
    """

    charge: str
    instrument: str
    exchange: str
    side: str
    rate_parts: int
    flat_paise: int
    cap_parts: int
    effective_from: date
    effective_to: date | None


@dataclass(frozen=True, slots=True)
class Schedule:
    """The rows of one charge, instrument and exchange as arrays over rows, ordered by `starts`.

    `buy` and `sell` are the rates in 1e-9 that each side pays; `flat` (paise) and `cap` (1e-9) are flat fees.
    """

    label: str
    starts: NDArray[np.datetime64]
    ends: NDArray[np.datetime64]
    buy: NDArray[np.int64]
    sell: NDArray[np.int64]
    flat: NDArray[np.int64]
    cap: NDArray[np.int64]

    def rows_on(self, days: NDArray[np.datetime64]) -> NDArray[np.intp]:
        """Return the row that holds on each day, shape (n,).

        Raises:
            ReferenceDataError: No row covers one of the days; names the charge, the day and the file to add a row to.
        """
        found = np.searchsorted(self.starts, days, side="right") - 1
        covered = (found >= 0) & (days <= self.ends[np.maximum(found, 0)])
        if not covered.all():
            day = days[~covered].min()
            last = "further notice" if self.ends[-1] == np.datetime64(date.max) else self.ends[-1]
            msg = (
                f"{CHARGES_FILE}: no rate of {self.label} on {day}; known are {self.starts[0]} to {last}, gaps apart. "
                f"Add a row with its source to {CHARGES_FILE} in your overlay folder."
            )
            raise ReferenceDataError(msg)
        return found


class ChargeTable:
    """All rates that hold, and the version of the table.

    Args:
        rows: Rows, any order.
    """

    def __init__(self, rows: list[ChargeRow]) -> None:
        self._rows = sorted(rows, key=lambda r: (r.charge, r.instrument, r.exchange, r.effective_from))
        self._schedules: dict[tuple[str, str, str], Schedule] = {}

    @cached_property
    def version(self) -> str:
        """First 12 hex of SHA-256 over all rows that hold."""
        return hashlib.sha256(repr(self._rows).encode()).hexdigest()[:12]

    @property
    def rows(self) -> tuple[ChargeRow, ...]:
        """Rows ordered by charge, instrument, exchange and first day."""
        return tuple(self._rows)

    def schedule(self, charge: str, instrument: str, exchange: str) -> Schedule:
        """Return the rates of a charge; rows of the exchange or instrument itself and of ALL count alike.

        Raises:
            ReferenceDataError: The table has no row of it.
        """
        key = (charge, instrument, exchange)
        if key not in self._schedules:
            self._schedules[key] = self._build(*key)
        return self._schedules[key]

    def _build(self, charge: str, instrument: str, exchange: str) -> Schedule:
        label = f"{charge} for {instrument} on {exchange}"
        rows = [
            row
            for row in self._rows
            if row.charge == charge and row.instrument in (instrument, EVERY) and row.exchange in (exchange, EVERY)
        ]
        if not rows:
            msg = f"{CHARGES_FILE}: no rate of {label}. Add a row with its source to it in your overlay folder."
            raise ReferenceDataError(msg)
        rows.sort(key=lambda row: row.effective_from)
        return Schedule(
            label=label,
            starts=np.array([row.effective_from for row in rows], dtype="datetime64[D]"),
            ends=np.array([row.effective_to or date.max for row in rows], dtype="datetime64[D]"),
            buy=np.array([row.rate_parts * (row.side != "sell") for row in rows], dtype=np.int64),
            sell=np.array([row.rate_parts * (row.side != "buy") for row in rows], dtype=np.int64),
            flat=np.array([row.flat_paise for row in rows], dtype=np.int64),
            cap=np.array([row.cap_parts for row in rows], dtype=np.int64),
        )


def _parts(fields: Fields, column: str, scale: int) -> int:
    try:
        scaled = Decimal(fields.values[column] or "0") * scale
    except InvalidOperation:
        fields.reject(column, "a number")
    if not scaled.is_finite() or scaled < 0 or scaled != scaled.to_integral_value():
        fields.reject(column, "a number of at least 0 with at most 7 decimals (2 for INR)")
    return int(scaled)


def _row(fields: Fields) -> ChargeRow:
    percent = fields.choice("unit", ("percent", "INR")) == "percent"
    starts, ends = fields.day("effective_from"), fields.optional_day("effective_to")
    if ends is not None and ends < starts:
        fields.reject("effective_to", "a date not before effective_from")
    return ChargeRow(
        charge=fields.choice("charge", _CHARGES),
        instrument=fields.choice("instrument", (*INSTRUMENTS, EVERY)),
        exchange=fields.choice("exchange", (*EXCHANGES, EVERY)),
        side=fields.choice("side", ("buy", "sell", "both")),
        rate_parts=_parts(fields, "rate", PARTS // 100) if percent else 0,
        flat_paise=0 if percent else _parts(fields, "rate", 100),
        cap_parts=_parts(fields, "percent_cap", PARTS // 100),
        effective_from=starts,
        effective_to=ends,
    )


CHARGES = CsvTable(
    file=CHARGES_FILE,
    columns=(
        "charge",
        "instrument",
        "exchange",
        "side",
        "rate",
        "unit",
        "percent_cap",
        "effective_from",
        "effective_to",
    ),
    parse=_row,
    key=lambda row: (row.charge, row.instrument, row.exchange, row.effective_from),
)


def load_charges(overlay: Mapping[str, str] | None = None) -> ChargeTable:
    """Read the packaged charge table and lay the user's rows over it.

    Args:
        overlay: CSV text by file name; only `charges.csv` is read. A row replaces the packaged one of the same charge,
            instrument, exchange and effective_from; one with a later effective_from ends the one before it.

    Raises:
        ReferenceDataError: A row is wrong; names file, line and column.
    """
    packaged = (resources.files("trading_assets.market") / "data" / CHARGES_FILE).read_text(encoding="utf-8")
    return ChargeTable(CHARGES.rows(packaged, (overlay or {}).get(CHARGES_FILE)))
