"""Trades by the model version that decided them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from trading_assets.metrics import expectancy, profit_factor, win_rate
from trading_assets.performance.books import in_exit_order, trade_book
from trading_assets.tables.money import total

if TYPE_CHECKING:
    from collections.abc import Hashable

COLUMNS = ("model_version", "trades", "win_rate", "net_pnl", "avg_ml_score", "expectancy", "profit_factor")


def model_performance(trades: pd.DataFrame) -> pd.DataFrame:
    """Roll trades up by model version.

    Args:
        trades: Rows of `trades`, any number of sessions, n ≥ 0. Those no model has scored are left out.

    Returns:
        `COLUMNS`, one row per model version ordered by it: win_rate 0 to 1, net_pnl and expectancy in ₹,
        profit_factor NaN without a losing trade.
    """
    scored = trades[trades["model_version"].notna()]
    rows = [_row(version, own) for version, own in scored.groupby("model_version", sort=True)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _row(version: Hashable, trades: pd.DataFrame) -> dict[str, str | float | None]:
    book = trade_book(in_exit_order(trades))
    return {
        "model_version": str(version),
        "trades": len(trades),
        "win_rate": win_rate(book).value,
        "net_pnl": total(trades["net_pnl"]),
        "avg_ml_score": float(trades["ml_score"].mean()),
        "expectancy": expectancy(book).value,
        "profit_factor": profit_factor(book).value,
    }
