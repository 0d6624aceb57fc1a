"""Trades of a session to its rows of `daily_performance` and `strategy_performance`: pure functions of the session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trading_assets.performance.books import as_json, in_exit_order, measured_columns, trade_book
from trading_assets.tables import daily_performance as daily_table
from trading_assets.tables import strategy_performance as strategy_table
from trading_assets.tables.money import total
from trading_assets.tables.trades import CHARGE_COMPONENTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trading_assets.market.calendar import Session

_DAILY_SUMS = ("gross_pnl", "charges", *CHARGE_COMPONENTS, "net_pnl")


def daily_performance(trades: pd.DataFrame, session: Session) -> pd.DataFrame:
    """Roll the trades of a session up to its one row.

    Args:
        trades: Rows of the `trades` table that belong to the session, any order, n ≥ 0.
        session: The session.

    Returns:
        One row of `daily_performance`; without trades the counts and sums are 0 and the rest NULL with reasons.
    """
    values, reasons = measured_columns(daily_table.CONTRACT, trade_book(in_exit_order(trades), session))
    sums = {name: total(trades[name]) for name in _DAILY_SUMS}
    row = {"date": pd.Timestamp(session.day), **values, **sums, "undefined_reasons": as_json(reasons)}
    return daily_table.CONTRACT.frame({name: [value] for name, value in row.items()})


def strategy_performance(
    trades: pd.DataFrame,
    scored: pd.DataFrame,
    outcomes: pd.DataFrame,
    session: Session,
    strategy_ids: Sequence[str],
) -> pd.DataFrame:
    """Roll a session up per strategy, with the funnel from signals to trades.

    Args:
        trades: Rows of `trades` of the session, n ≥ 0.
        scored: Rows of `scored_signals` of the session.
        outcomes: Rows of `signal_outcomes` of the session.
        session: The session.
        strategy_ids: Registered strategies; each gets a row, as does every other one found in the inputs.

    Returns:
        Rows of `strategy_performance`, one per strategy, ordered by name.
    """
    ordered = in_exit_order(trades)
    parts = (
        _by_strategy(ordered, "strategy_name"),
        _by_strategy(scored[["strategy_id", "confidence", "ml_score"]], "strategy_id"),
        _by_strategy(outcomes[["strategy_id", "outcome", "reason"]], "strategy_id"),
    )
    nothing = (ordered.iloc[:0], scored.iloc[:0], outcomes.iloc[:0])
    names = sorted({*strategy_ids, *(name for part in parts for name in part)})
    rows = [
        _strategy_row(name, *(part.get(name, none) for part, none in zip(parts, nothing, strict=True)))
        for name in names
    ]
    if not rows:
        return strategy_table.CONTRACT.empty()
    return strategy_table.CONTRACT.frame(pd.DataFrame(rows).assign(date=pd.Timestamp(session.day)))


def _by_strategy(rows: pd.DataFrame, column: str) -> dict[str, pd.DataFrame]:
    return {str(name): own for name, own in rows.groupby(column, sort=False)}


def _strategy_row(
    name: str, trades: pd.DataFrame, scored: pd.DataFrame, outcomes: pd.DataFrame
) -> dict[str, float | str]:
    values, reasons = measured_columns(strategy_table.CONTRACT, trade_book(trades))
    rejected = outcomes.loc[outcomes["outcome"] == "rejected", "reason"].value_counts()
    strength = np.sort(scored["confidence"].to_numpy(dtype=np.float64))
    if not len(strength):
        reasons["avg_signal_strength"] = "no_signals"
    return {
        "strategy_name": name,
        "signals_generated": len(scored),
        "signals_scored": int(scored["ml_score"].notna().sum()),
        "signals_rejected": int(rejected.sum()),
        "rejections": as_json({str(reason): int(count) for reason, count in rejected.items()}),
        **values,
        "gross_pnl": total(trades["gross_pnl"]),
        "charges": total(trades["charges"]),
        "total_pnl": total(trades["net_pnl"]),
        "avg_signal_strength": float(strength.mean()) if len(strength) else float("nan"),
        "undefined_reasons": as_json(reasons),
    }
