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
    from collections.abc import Iterable, Iterator, Mapping, Sequence

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
    sessions: Sequence[Session] | None = None,
) -> Iterator[TradeBook]:
    """Build the arrays metrics work on, one book per stretch of rows, each when it is asked for.

    Args:
        trades: Rows of the `trades` table, n ≥ 0.
        order: Their positions, book after book and within one as `exit_order` has them, shape (n,).
        cuts: Where in `order` each book starts and the last one ends, ascending, shape (b + 1,).
        sessions: Session of each book, the base of `exposure` and `mean_margin`; None leaves them undefined.
    """
    columns = ("net_pnl", "initial_risk", "entry_price", "quantity")
    net, risk, price, quantity = (trades[name].to_numpy(dtype=np.float64) for name in columns)
    entered, left = (trades[name].to_numpy(dtype="datetime64[us]") for name in ("entry_time", "exit_time"))
    bought = (trades["side"] == "BUY").to_numpy(dtype=bool)
    for at, (start, end) in enumerate(pairwise(cuts.tolist())):
        own = order[start:end]
        margin = np.where(bought[own], price[own] * quantity[own], np.nan)
        session = None if sessions is None else sessions[at]
        opening, length = (-np.inf, None) if session is None else (session.open.timestamp(), trading_seconds(session))
        yield TradeBook(net[own], _seconds(entered[own]), _seconds(left[own]), risk[own], margin, opening, length)


def trade_book(trades: pd.DataFrame, session: Session | None = None) -> TradeBook:
    """Build one book of all trades, in any order; see `trade_books`."""
    sessions = None if session is None else [session]
    return next(trade_books(trades, exit_order(trades), np.array([0, len(trades)]), sessions))


def _seconds(times: NDArray[np.datetime64]) -> NDArray[np.float64]:
    return np.asarray(times.astype(np.int64) / _MICROSECONDS, dtype=np.float64)


def trading_seconds(session: Session) -> float | None:
    """Length of all trading intervals of a session in seconds; None when its hours are not known."""
    if not session.hours_known:
        return None
    return sum((end - start).total_seconds() for start, end in session.intervals)


def measured_columns(
    contract: Contract, books: Iterable[TradeBook]
) -> tuple[dict[str, NDArray[np.float64]], list[dict[str, str]]]:
    """Compute every registered metric that fills a column of a table.

    Args:
        contract: Table to fill.
        books: Closed trades of each row, b ≥ 0, looked at one after the other.

    Returns:
        Column to values, shape (b,) (NaN when undefined; money in whole paise), and per row the reason of every
        undefined column.
    """
    metrics = [(metric.function, column) for metric in TRADE_METRICS if (column := metric.column_of(contract.name))]
    found = [[function(book) for function, _ in metrics] for book in books]
    values: dict[str, NDArray[np.float64]] = {}
    reasons: list[dict[str, str]] = [{} for _ in found]
    for at, (_, column) in enumerate(metrics):
        of_books = [row[at] for row in found]
        values[column] = _values(contract.column(column), of_books)
        for row, measured in zip(reasons, of_books, strict=True):
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
