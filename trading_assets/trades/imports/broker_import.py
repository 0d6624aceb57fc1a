"""What an import of broker executions is, and how its rows become `executions`. Formats are files beside this one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING

import orjson
import pandas as pd

from trading_assets.errors import BrokerFileError, CalendarError, ReferenceDataError
from trading_assets.tables.executions import CONTRACT
from trading_assets.trades.imports.source_row import RowError, SourceRow, reject
from trading_assets.trades.imports.symbols import OptionContract, require_listed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date, datetime

    from trading_assets.market.packaged import Market

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Execution:
    """One execution as a format reads it.

    Args:
        exchange: NSE or BSE.
        contract: Option that was traded.
        symbol: The broker's symbol.
        side: BUY or SELL.
        quantity: Units.
        price: ₹.
        day: Session.
        time: When, in IST; None when the export has no time.
        trade_id: The broker's number of it.
        order_id: Its order; empty when not stated.
        charges: Stated charges by component, ₹; empty when none are.
        tag: Tag of its order; None without one.
    """

    exchange: str
    contract: OptionContract
    symbol: str
    side: str
    quantity: int
    price: float
    day: date
    time: datetime | None
    trade_id: str
    order_id: str = ""
    charges: Mapping[str, float] = field(default_factory=dict)
    tag: str | None = None


@dataclass(frozen=True, slots=True)
class BrokerImport:
    """One format of executions.

    Args:
        name: Name of the broker, as in `--broker`.
        description: Which export it reads, one sentence.
        rows: Splits a file's bytes into rows; raises BrokerFileError for another format.
        execution: Reads one row; raises RowError, and returns None for a row of another kind of instrument.
    """

    name: str
    description: str
    rows: Callable[[bytes, str], Sequence[SourceRow]]
    execution: Callable[[SourceRow, Market], Execution | None]


@dataclass(frozen=True, slots=True)
class Imported:
    """What a file held: rows of `executions` in key order, and how many rows were no options."""

    frame: pd.DataFrame
    skipped: int


def import_file(broker: BrokerImport, content: bytes, name: str, account: str, market: Market) -> Imported:
    """Read an export whole, or not at all.

    Args:
        broker: Format.
        content: Bytes of the file.
        name: Its name, for messages.
        account: Account it is of.
        market: Calendar and contracts that exist.

    Raises:
        BrokerFileError: It is not in the format, or rows are wrong: every one is named by its line.
    """
    found: dict[str, tuple[SourceRow, Execution]] = {}
    wrong: list[str] = []
    skipped = 0
    for row in broker.rows(content, name):
        try:
            execution = broker.execution(row, market)
            if execution is None:
                skipped += 1
                continue
            _require_session(execution, market)
            key = execution_id(broker.name, account, execution)
            if found.setdefault(key, (row, execution))[1] != execution:
                reject("trade_id", execution.trade_id, f"one execution; line {found[key][0].line} has another of it")
        except (RowError, ReferenceDataError, CalendarError) as error:
            wrong.append(f"line {row.line}: {error}")
    if wrong:
        raise BrokerFileError(_complaint(name, wrong))
    return Imported(_frame(broker.name, account, found, market), skipped)


def _complaint(name: str, wrong: Sequence[str]) -> str:
    more = f"; and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
    return (
        f"{name}: {len(wrong)} rows cannot be imported, so nothing was: {'; '.join(wrong[:_SHOWN])}{more}. "
        f"Correct or remove these rows and import the file again."
    )


def execution_id(broker: str, account: str, execution: Execution) -> str:
    """Return the key that makes imports idempotent: 16 hex over broker, account, exchange, trade id and date."""
    key = (broker, account, execution.exchange, execution.trade_id, execution.day.isoformat())
    return hashlib.sha256("\0".join(key).encode()).hexdigest()[:16]


def _require_session(execution: Execution, market: Market) -> None:
    calendar = market.reference.calendar_of(execution.contract.underlying)
    if not calendar.is_session(execution.day):
        reject("date", execution.day.isoformat(), f"a session ({calendar.closed_reason(execution.day)})")
    if execution.day > execution.contract.expiry:
        reject("date", execution.day.isoformat(), f"a day not after the expiry {execution.contract.expiry}")
    if execution.time is not None and execution.time.date() != execution.day:
        reject("time", execution.time.isoformat(), f"a time on {execution.day}")
    if market.reference.exchange_of(execution.contract.underlying) != execution.exchange:
        reject("exchange", execution.exchange, f"the exchange of {execution.contract.underlying}")
    require_listed(execution.contract, market.reference)


def _frame(broker: str, account: str, found: Mapping[str, tuple[SourceRow, Execution]], market: Market) -> pd.DataFrame:
    if not found:
        return CONTRACT.empty()
    rows = [_row(execution, market) | {"original": _json(source)} for source, execution in found.values()]
    frame = pd.DataFrame(rows).assign(execution_id=list(found), broker=broker, account=account)
    times = pd.to_datetime(frame["time"], utc=True)
    return CONTRACT.frame(frame.assign(time=times)).sort_values("execution_id", ignore_index=True)


def _row(execution: Execution, market: Market) -> dict[str, object]:
    calendar = market.reference.calendar_of(execution.contract.underlying)
    time = execution.time or calendar.session(execution.day).close
    return {
        "date": pd.Timestamp(execution.day),
        "exchange": execution.exchange,
        "broker_trade_id": execution.trade_id,
        "order_id": execution.order_id or execution.trade_id,
        "time": time.astimezone(UTC),
        "time_known": execution.time is not None,
        "symbol": execution.symbol,
        "underlying": execution.contract.underlying,
        "expiry": pd.Timestamp(execution.contract.expiry),
        "strike": execution.contract.strike,
        "option_type": execution.contract.option_type,
        "side": execution.side,
        "quantity": execution.quantity,
        "price": execution.price,
        "tag": execution.tag,
        **execution.charges,
    }


def _json(row: SourceRow) -> str:
    return orjson.dumps(dict(row.values), option=orjson.OPT_SORT_KEYS).decode()
