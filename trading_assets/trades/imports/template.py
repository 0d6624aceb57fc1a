"""Our own table, CSV or XLSX, for every broker without an import: the columns of `COLUMNS`, and any of `OPTIONAL`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trading_assets.tables.trades import CHARGE_COMPONENTS
from trading_assets.trades.imports.broker_import import BrokerImport, Execution
from trading_assets.trades.imports.csv_rows import exported_rows
from trading_assets.trades.imports.source_row import SourceRow, reject
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
    return exported_rows(content, name, COLUMNS)


def _execution(row: SourceRow, market: Market) -> Execution:
    del market
    kind = row.text("option_type").upper()
    contract = OptionContract(
        underlying=row.text("underlying").upper(),
        expiry=row.day("expiry"),
        strike=row.price("strike"),
        option_type=kind if kind in ("CE", "PE") else reject("option_type", kind, "CE or PE"),
    )
    day = row.day("date")
    return Execution(
        exchange=row.exchange("exchange"),
        contract=contract,
        symbol=f"{contract.underlying} {contract.expiry} {contract.strike:g} {kind}",
        side=row.side("side"),
        quantity=row.quantity("quantity"),
        price=row.price("price"),
        day=day,
        time=row.clock("time", day),
        trade_id=row.number_of("trade_id") or row.text("trade_id"),
        order_id=row.number_of("order_id"),
        charges=_charges(row),
        tag=row.optional("tag") or None,
    )


def _charges(row: SourceRow) -> dict[str, float]:
    """Return what is stated: every component, or none of them."""
    given = [name for name in CHARGE_COMPONENTS if row.optional(name)]
    if given and len(given) != len(CHARGE_COMPONENTS):
        missing = ", ".join(name for name in CHARGE_COMPONENTS if name not in given)
        reject(missing, "", "all charges or none; write 0 for one that was not charged")
    return {name: round(row.number(name), 2) for name in given}


IMPORT = BrokerImport(
    name="template",
    description=f"Our CSV or XLSX: {', '.join(COLUMNS)}; optional {', '.join(OPTIONAL)}. Times are IST, charges ₹.",
    rows=_rows,
    execution=_execution,
)
