"""Upstox's executions: the API's trades of a day, its trade history, or either as CSV with the API's field names.

The history has no time and no order; the trades of a day have both. Neither states charges.
"""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

import orjson

from trading_assets.errors import BrokerFileError
from trading_assets.trades.imports.broker_import import BrokerImport, Execution
from trading_assets.trades.imports.csv_rows import exported_rows
from trading_assets.trades.imports.source_row import SourceRow
from trading_assets.trades.imports.symbols import OptionContract, spaced_symbol

if TYPE_CHECKING:
    from trading_assets.market.packaged import Market

_NEEDED = ("exchange", "transaction_type", "quantity", "trade_id")


def _rows(content: bytes, name: str) -> list[SourceRow]:
    content = content.removeprefix(codecs.BOM_UTF8)
    if not content.lstrip().startswith((b"{", b"[")):
        return exported_rows(content, name, _NEEDED)
    try:
        answer: object = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        msg = f"{name}: not JSON ({error}). Save the API's answer again."
        raise BrokerFileError(msg) from error
    trades = answer.get("data") if isinstance(answer, dict) else answer
    if not isinstance(trades, list) or not all(isinstance(trade, dict) for trade in trades):
        msg = f"{name}: no list of trades under `data`; expected the answer of the trades or the trade history call."
        raise BrokerFileError(msg)
    return [
        SourceRow(number, {key: _text(value) for key, value in trade.items()}) for number, trade in enumerate(trades, 1)
    ]


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _execution(row: SourceRow, market: Market) -> Execution | None:
    contract = _contract(row, market)
    if contract is None:
        return None
    timed = bool(row.values.get("exchange_timestamp", ""))
    time = row.moment("exchange_timestamp") if timed else None
    return Execution(
        exchange=row.exchange("exchange"),
        contract=contract,
        symbol=row.values.get("trading_symbol", "") or row.values.get("instrument_token", "") or row.text("scrip_name"),
        side=row.side("transaction_type"),
        quantity=row.quantity("quantity"),
        price=row.price("average_price" if "average_price" in row.values else "price"),
        day=time.date() if time is not None else row.day("trade_date"),
        time=time,
        trade_id=row.number_of("trade_id") or row.text("trade_id"),
        order_id=row.number_of("order_id"),
        tag=row.optional("tag") or None,
    )


def _contract(row: SourceRow, market: Market) -> OptionContract | None:
    symbol = row.values.get("trading_symbol") or row.values.get("tradingsymbol") or ""
    if symbol:
        return spaced_symbol(symbol.strip(), market.reference)
    kind, name = row.optional("option_type").upper(), row.optional("scrip_name").upper()
    if kind not in ("CE", "PE") or name not in market.reference.underlyings:
        return None
    return OptionContract(name, row.day("expiry"), row.number("strike_price"), kind)


IMPORT = BrokerImport(
    name="upstox",
    description="Upstox API: trades of a day or trade history, JSON or CSV with the same field names.",
    rows=_rows,
    execution=_execution,
)
