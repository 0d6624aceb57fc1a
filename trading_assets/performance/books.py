"""From a frame of trades to what metrics work on, and from measured metrics to columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import orjson

from trading_assets.metrics import TRADE_METRICS
from trading_assets.tables.money import round_half_up, rupees
from trading_assets.trade_book import TradeBook

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from trading_assets.market.calendar import Session
    from trading_assets.tables.contract import Contract

_MICROSECONDS = 1_000_000.0


#: Columns a book and the sums of a rollup are made of: carrying all 45 costs more than the metrics.
_BOOK_COLUMNS = ["strategy_name", "entry_time", "exit_time", "gross_pnl", "charges", "net_pnl", "initial_risk"]


def in_exit_order(trades: pd.DataFrame) -> pd.DataFrame:
    """Return what a book needs of the trades, ordered by exit_time and trade_id, with a fresh index."""
    order = trades[["exit_time", "trade_id"]].sort_values(["exit_time", "trade_id"], kind="stable").index
    return trades[_BOOK_COLUMNS].loc[order].reset_index(drop=True)


def trade_book(trades: pd.DataFrame, session: Session | None = None) -> TradeBook:
    """Build the arrays metrics work on from trades in exit order.

    Args:
        trades: Rows of the `trades` table in the order of `in_exit_order`, n ≥ 0.
        session: Session whose trading hours are the base of `exposure`; None leaves exposure undefined.
    """
    return TradeBook(
        net_pnl=trades["net_pnl"].to_numpy(dtype=np.float64),
        entry_seconds=_seconds(trades["entry_time"]),
        exit_seconds=_seconds(trades["exit_time"]),
        initial_risk=trades["initial_risk"].to_numpy(dtype=np.float64),
        session_seconds=trading_seconds(session) if session is not None else None,
    )


def _seconds(times: pd.Series) -> NDArray[np.float64]:
    return np.asarray(times.to_numpy(dtype="datetime64[us]").astype(np.int64) / _MICROSECONDS, dtype=np.float64)


def trading_seconds(session: Session) -> float | None:
    """Length of all trading intervals of a session in seconds; None when its hours are not known."""
    if not session.hours_known:
        return None
    return sum((end - start).total_seconds() for start, end in session.intervals)


def measured_columns(contract: Contract, book: TradeBook) -> tuple[dict[str, float], dict[str, str]]:
    """Compute every registered metric that fills a column of a table.

    Args:
        contract: Table to fill.
        book: Closed trades, n ≥ 0.

    Returns:
        Column to value (NaN when undefined; money in whole paise), and column to reason of the undefined ones.
    """
    values: dict[str, float] = {}
    reasons: dict[str, str] = {}
    for metric in TRADE_METRICS:
        column = metric.column_of(contract.name)
        if column is None:
            continue
        measured = metric.function(book)
        if measured.value is None:
            values[column], reasons[column] = float("nan"), str(measured.reason)
        elif contract.column(column).kind == "money":
            values[column] = float(rupees(round_half_up(measured.value * 100.0)))
        else:
            values[column] = measured.value
    return values, reasons


def as_json(value: Mapping[str, object]) -> str:
    """Write a JSON object with sorted keys."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
