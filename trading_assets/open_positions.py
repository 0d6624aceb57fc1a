"""How long positions were open and what they tied up, registered in `metrics`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trading_assets.measured import Measured, defined, exact_sum, undefined

if TYPE_CHECKING:
    from trading_assets.trade_book import TradeBook


def exposure(book: TradeBook) -> Measured:
    """Share of the session's trading time with a position open that was closed in it, 0 to 1."""
    if not book.session_seconds:
        return undefined("session_hours_unknown")
    if not len(book.net_pnl):
        return defined(0.0)
    order = np.argsort(book.entry_seconds, kind="stable")
    start, end = book.open_from[order], book.exit_seconds[order]
    reached = np.concatenate(([start[0]], np.maximum.accumulate(end)[:-1]))
    open_seconds = np.maximum(end - np.maximum(start, reached), 0.0)
    return defined(min(1.0, exact_sum(open_seconds) / book.session_seconds))


def mean_margin(book: TradeBook) -> Measured:
    """Mean margin over the session's trading time of positions closed in it, ₹: the premium of what was bought.

    The margin of a sold option depends on the exchange's risk files, which we do not have: with one it is not known.
    """
    if not book.session_seconds:
        return undefined("session_hours_unknown")
    if not len(book.net_pnl):
        return defined(0.0)
    if book.margin is None or np.isnan(book.margin).any():
        return undefined("margin_unknown")
    held = np.maximum(book.exit_seconds - book.open_from, 0.0)
    tied_up = book.margin * np.minimum(held, book.session_seconds)
    return defined(exact_sum(tied_up) / book.session_seconds)
