"""Zerodha's trade book of the F&O segment, from Console: CSV, or XLSX with a preamble. It states no charges.

Times are IST without an offset; quantities and prices have six decimals; monthly symbols name no day.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from trading_assets.trades.imports.broker_import import BrokerImport, Execution
from trading_assets.trades.imports.csv_rows import exported_rows
from trading_assets.trades.imports.source_row import SourceRow, reject
from trading_assets.trades.imports.symbols import OptionContract, compact_symbol

if TYPE_CHECKING:
    from trading_assets.market.packaged import Market

COLUMNS = ("symbol", "trade_date", "exchange", "trade_type", "quantity", "price", "trade_id", "order_execution_time")


def _rows(content: bytes, name: str) -> list[SourceRow]:
    return exported_rows(content, name, COLUMNS)


def _execution(row: SourceRow, market: Market) -> Execution | None:
    contract = compact_symbol(row.text("symbol").upper(), market.reference)
    if contract is None:
        return None
    _check_expiry(row, contract)
    return Execution(
        exchange=row.exchange("exchange"),
        contract=contract,
        symbol=row.text("symbol"),
        side=row.side("trade_type"),
        quantity=row.quantity("quantity"),
        price=row.price("price"),
        day=row.day("trade_date"),
        time=row.moment("order_execution_time"),
        trade_id=row.number_of("trade_id") or row.text("trade_id"),
        order_id=row.number_of("order_id"),
    )


def _check_expiry(row: SourceRow, contract: OptionContract) -> None:
    if row.optional("expiry_date") and row.day("expiry_date") != contract.expiry:
        reject("expiry_date", row.text("expiry_date"), f"{contract.expiry}, which the symbol names")


IMPORT = BrokerImport(
    name="zerodha",
    description="Zerodha Console's trade book of futures and options, CSV or XLSX.",
    rows=_rows,
    execution=_execution,
)
