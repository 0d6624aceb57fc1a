"""Zerodha's trade book of the F&O segment, from Console: CSV, or XLSX with a preamble. It states no charges.

Times are IST without an offset; quantities and prices have six decimals; monthly symbols name no day.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from trading_assets.trades.imports.broker_import import BrokerImport, Execution, SourceRow, reject
from trading_assets.trades.imports.csv_rows import csv_rows, table_rows
from trading_assets.trades.imports.symbols import OptionContract, compact_symbol
from trading_assets.trades.imports.xlsx_rows import xlsx_lines

if TYPE_CHECKING:
    from trading_assets.market.packaged import Market

COLUMNS = ("symbol", "trade_date", "exchange", "trade_type", "quantity", "price", "trade_id", "order_execution_time")
_ZIP = b"PK\x03\x04"


def _rows(content: bytes, name: str) -> list[SourceRow]:
    if content.startswith(_ZIP):
        return table_rows(xlsx_lines(content, name), name, COLUMNS)
    return csv_rows(content, name, COLUMNS)


def _execution(row: SourceRow, market: Market) -> Execution | None:
    contract = compact_symbol(row.text("symbol"), market.reference)
    if contract is None:
        return None
    _check_expiry(row, contract)
    return Execution(
        exchange={"NFO": "NSE", "BFO": "BSE"}.get(row.text("exchange"), row.text("exchange")),
        contract=contract,
        symbol=row.text("symbol"),
        side=row.side("trade_type"),
        quantity=row.quantity("quantity"),
        price=row.price("price"),
        day=row.day("trade_date"),
        time=row.moment("order_execution_time", "%Y-%m-%dT%H:%M:%S"),
        trade_id=row.text("trade_id"),
        order_id=row.values.get("order_id", "").strip(),
    )


def _check_expiry(row: SourceRow, contract: OptionContract) -> None:
    if row.values.get("expiry_date", "").strip() and row.day("expiry_date") != contract.expiry:
        reject("expiry_date", row.text("expiry_date"), f"{contract.expiry}, which the symbol names")


IMPORT = BrokerImport(
    name="zerodha",
    description="Zerodha Console's trade book of futures and options, CSV or XLSX.",
    rows=_rows,
    execution=_execution,
)
