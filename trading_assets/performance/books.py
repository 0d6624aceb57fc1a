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
    from numpy.typing import NDArray

    from trading_assets.market.calendar import Session
    from trading_assets.measured import Measured
    from trading_assets.tables.contract import Column, Contract

_MICROSECONDS = 1_000_000.0


def exit_order(trades: pd.DataFrame) -> NDArray[np.int64]:
    """Return the positions of trades in order of session, exit_time and trade_id, shape (n,)."""
    # compared as they are stored: as objects, the ids of five years take 100 MB
    ids, days = trades["trade_id"].array, trades["date"].to_numpy()
    exits = trades["exit_time"].to_numpy(dtype="datetime64[us]")
    # stored trades are in the order of their ids, and comparing texts is what sorting costs
    if ((days[1:] > days[:-1]) | ((days[1:] == days[:-1]) & (ids[1:] >= ids[:-1]))).all():
        return np.lexsort((exits, days))
    by_id = ids.argsort(kind="stable")
    return np.asarray(by_id[np.lexsort((exits[by_id], days[by_id]))], dtype=np.int64)


def trade_books(
    trades: pd.DataFrame,
    order: NDArray[np.int64],
    cuts: NDArray[np.int64],
    session_seconds: Sequence[float | None] | None = None,
) -> list[TradeBook]:
    """Build the arrays metrics work on, one book per stretch of rows.

    Args:
        trades: Rows of the `trades` table, n ≥ 0.
        order: Their positions, book after book and within one as `exit_order` has them, shape (n,).
        cuts: Where in `order` each book starts and the last one ends, ascending, shape (b + 1,).
        session_seconds: Trading time of each book's session, the base of `exposure`; None leaves it undefined.
    """
    net, risk = (trades[name].to_numpy(dtype=np.float64)[order] for name in ("net_pnl", "initial_risk"))
    entered, left = (_seconds(trades[name])[order] for name in ("entry_time", "exit_time"))
    rows = [slice(start, end) for start, end in pairwise(cuts.tolist())]
    lengths = session_seconds or [None] * len(rows)
    return [
        TradeBook(net[own], entered[own], left[own], risk[own], length)
        for own, length in zip(rows, lengths, strict=True)
    ]


def trade_book(trades: pd.DataFrame, session: Session | None = None) -> TradeBook:
    """Build one book of all trades, in any order; see `trade_books`."""
    seconds = None if session is None else trading_seconds(session)
    return trade_books(trades, exit_order(trades), np.array([0, len(trades)]), [seconds])[0]


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
