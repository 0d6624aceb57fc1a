"""Our own CSV, for every broker without an import: the columns of `COLUMNS`, and optionally those of `OPTIONAL`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trading_assets.tables.trades import CHARGE_COMPONENTS
from trading_assets.trades.imports.broker_import import BrokerImport, Execution, SourceRow, reject
from trading_assets.trades.imports.csv_rows import csv_rows
from trading_assets.trades.imports.symbols import OptionContract

if TYPE_CHECKING:
    from trading_assets.market.packaged import Market

COLUMNS = (
    "date",
    "time",
    "exchange",
    "underlying",
    "expiry",
    "strike",
    "option_type",
    "side",
    "quantity",
    "price",
    "trade_id",
)
OPTIONAL = ("order_id", "tag", *CHARGE_COMPONENTS)


def _rows(content: bytes, name: str) -> list[SourceRow]:
    return csv_rows(content, name, COLUMNS)


def _execution(row: SourceRow, market: Market) -> Execution:
    del market
    kind = row.text("option_type")
    contract = OptionContract(
        underlying=row.text("underlying"),
        expiry=row.day("expiry"),
        strike=row.price("strike"),
        option_type=kind if kind in ("CE", "PE") else reject("option_type", kind, "CE or PE"),
    )
    day, clock = row.day("date"), row.moment("time", "%H:%M:%S")
    return Execution(
        exchange=row.text("exchange"),
        contract=contract,
        symbol=f"{contract.underlying} {contract.expiry} {contract.strike:g} {kind}",
        side=row.side("side"),
        quantity=row.quantity("quantity"),
        price=row.price("price"),
        day=day,
        time=clock.replace(year=day.year, month=day.month, day=day.day),
        trade_id=row.text("trade_id"),
        order_id=row.values.get("order_id", "").strip(),
        charges=_charges(row),
        tag=row.values.get("tag", "").strip() or None,
    )


def _charges(row: SourceRow) -> dict[str, float]:
    """Return what is stated: every component, or none of them."""
    given = [name for name in CHARGE_COMPONENTS if row.values.get(name, "").strip()]
    if given and len(given) != len(CHARGE_COMPONENTS):
        missing = ", ".join(name for name in CHARGE_COMPONENTS if name not in given)
        reject(missing, "", "all charges or none; write 0 for one that was not charged")
    return {name: round(row.number(name), 2) for name in given}


IMPORT = BrokerImport(
    name="template",
    description=f"Our CSV: {', '.join(COLUMNS)}; optional {', '.join(OPTIONAL)}. Times are IST, charges ₹.",
    rows=_rows,
    execution=_execution,
)
