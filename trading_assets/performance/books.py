"""From a frame of trades to what metrics work on, and from measured metrics to columns."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import orjson

from trading_assets.metrics import TRADE_METRICS
from trading_assets.tables.money import round_half_up, rupees
from trading_assets.trade_book import TradeBook

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    from trading_assets.market.calendar import Session
    from trading_assets.measured import Measured
    from trading_assets.tables.contract import Column, Contract

_MICROSECONDS = 1_000_000.0
#: Columns a book is made of: carrying all 45 costs more than the metrics.
BOOK_COLUMNS = ("date", "trade_id", "strategy_name", "entry_time", "exit_time", "net_pnl", "initial_risk")


def in_exit_order(trades: pd.DataFrame) -> pd.DataFrame:
    """Return what a book needs of the trades, ordered by session, exit_time and trade_id, with a fresh index."""
    ids, days = trades["trade_id"].to_numpy(dtype=object), trades["date"].to_numpy()
    own = trades[list(BOOK_COLUMNS)]
    # stored trades are in the order of their ids, and comparing texts is what sorting costs
    if not ((ids[1:] >= ids[:-1]) | (days[1:] != days[:-1])).all():
        own = own.sort_values("trade_id", kind="stable")
    order = np.lexsort((own["exit_time"].to_numpy(dtype="datetime64[us]"), own["date"].to_numpy()))
    return own.iloc[order].reset_index(drop=True)


def trade_books(
    trades: pd.DataFrame, cuts: ArrayLike, session_seconds: Sequence[float | None] | None = None
) -> list[TradeBook]:
    """Build the arrays metrics work on, one book per stretch of rows.

    Args:
        trades: Rows of the `trades` table in the order of `in_exit_order`, n ≥ 0.
        cuts: Where each book starts and the last one ends, ascending positions, shape (b + 1,).
        session_seconds: Trading time of each book's session, the base of `exposure`; None leaves it undefined.
    """
    net, risk = trades["net_pnl"].to_numpy(dtype=np.float64), trades["initial_risk"].to_numpy(dtype=np.float64)
    entered, left = _seconds(trades["entry_time"]), _seconds(trades["exit_time"])
    ends = np.asarray(cuts, dtype=np.int64).tolist()
    rows = [slice(start, end) for start, end in pairwise(ends)]
    lengths = session_seconds or [None] * len(rows)
    return [
        TradeBook(net[own], entered[own], left[own], risk[own], length)
        for own, length in zip(rows, lengths, strict=True)
    ]


def trade_book(trades: pd.DataFrame, session: Session | None = None) -> TradeBook:
    """Build one book of all trades; see `trade_books`."""
    return trade_books(trades, (0, len(trades)), [trading_seconds(session) if session is not None else None])[0]


def _seconds(times: pd.Series) -> NDArray[np.float64]:
    return np.asarray(times.to_numpy(dtype="datetime64[us]").astype(np.int64) / _MICROSECONDS, dtype=np.float64)


def trading_seconds(session: Session) -> float | None:
    """Length of all trading intervals of a session in seconds; None when its hours are not known."""
    if not session.hours_known:
        return None
    return sum((end - start).total_seconds() for start, end in session.intervals)


def measured_columns(
    contract: Contract, books: Sequence[TradeBook]
) -> tuple[dict[str, NDArray[np.float64]], list[dict[str, str]]]:
    """Compute every registered metric that fills a column of a table.

    Args:
        contract: Table to fill.
        books: Closed trades of each row, b ≥ 0.

    Returns:
        Column to values, shape (b,) (NaN when undefined; money in whole paise), and per row the reason of every
        undefined column.
    """
    values: dict[str, NDArray[np.float64]] = {}
    reasons: list[dict[str, str]] = [{} for _ in books]
    for metric in TRADE_METRICS:
        column = metric.column_of(contract.name)
        if column is None:
            continue
        found = [metric.function(book) for book in books]
        values[column] = _values(contract.column(column), found)
        for row, measured in zip(reasons, found, strict=True):
            if measured.reason is not None:
                row[column] = measured.reason
    return values, reasons


def _values(column: Column, found: Sequence[Measured]) -> NDArray[np.float64]:
    values = np.array([np.nan if measured.value is None else measured.value for measured in found], dtype=np.float64)
    if column.kind == "money":
        known = ~np.isnan(values)
        values[known] = rupees(round_half_up(values[known] * 100.0))
    return values


def as_json(value: Mapping[str, object]) -> str:
    """Write a JSON object with sorted keys."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
