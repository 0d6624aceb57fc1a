"""How long trades were held: mean and median of all, of the winning and of the losing ones; registered in `metrics`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trading_assets.measured import Measured, defined, exact_sum, undefined

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trading_assets.trade_book import TradeBook


def avg_holding_seconds(book: TradeBook) -> Measured:
    """Mean of exit minus entry time, seconds."""
    return _mean(book.held, "no_trades")


def median_holding_seconds(book: TradeBook) -> Measured:
    """Median of exit minus entry time, seconds."""
    return _median(book.held, "no_trades")


def avg_winner_seconds(book: TradeBook) -> Measured:
    """Mean of exit minus entry time of the winning trades, seconds."""
    return _mean(book.held[book.outcome > 0], "no_winning_trade")


def median_winner_seconds(book: TradeBook) -> Measured:
    """Median of exit minus entry time of the winning trades, seconds."""
    return _median(book.held[book.outcome > 0], "no_winning_trade")


def avg_loser_seconds(book: TradeBook) -> Measured:
    """Mean of exit minus entry time of the losing trades, seconds."""
    return _mean(book.held[book.outcome < 0], "no_losing_trade")


def median_loser_seconds(book: TradeBook) -> Measured:
    """Median of exit minus entry time of the losing trades, seconds."""
    return _median(book.held[book.outcome < 0], "no_losing_trade")


def _mean(held: NDArray[np.float64], reason: str) -> Measured:
    # exactly rounded, so the order of trades cannot change a digit
    return defined(exact_sum(held) / len(held)) if len(held) else undefined(reason)


def _median(held: NDArray[np.float64], reason: str) -> Measured:
    return defined(float(np.median(held))) if len(held) else undefined(reason)
