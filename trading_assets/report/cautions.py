"""What a reader must know before trusting the figures: too little history, sums that disagree, missing telemetry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trading_assets.report.growth import base_caution
from trading_assets.report.intervals import wilson
from trading_assets.report.numbers import counted, percent, rupees
from trading_assets.report.totals import Totals, totals
from trading_assets.report.versions import FEW_TRADES
from trading_assets.tables.money import total

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd


def cautions(
    daily: pd.DataFrame, by_strategy: pd.DataFrame, trades: pd.DataFrame, capital: float, min_sessions: int
) -> tuple[str, ...]:
    """Return the warnings of a range, gravest first; empty when there is nothing to warn of.

    Args:
        daily: `daily_performance` of the range.
        by_strategy: `strategy_performance` of the range.
        trades: Trades of the range.
        capital: Capital allocated, ₹.
        min_sessions: Ratios are not shown below this many sessions.
    """
    sums = totals(daily)
    if not sums.sessions:
        return ()
    base = base_caution(daily, capital)
    return (
        *_disagreements(sums, by_strategy, trades),
        *_small_samples(sums, min_sessions),
        *([base] if base else []),
        *_trade_facts(trades),
    )


def _disagreements(sums: Totals, by_strategy: pd.DataFrame, trades: pd.DataFrame) -> Iterator[str]:
    others = (("trades", total(trades["net_pnl"])), ("strategy_performance", total(by_strategy["total_pnl"])))
    for table, amount in others:
        if round(amount * 100) != round(sums.net_pnl * 100):
            yield (
                f"The sums disagree: daily_performance says {rupees(sums.net_pnl, plus=True)}, {table} says "
                f"{rupees(amount, plus=True)}. Materialize the range again."
            )


def _small_samples(sums: Totals, min_sessions: int) -> Iterator[str]:
    if sums.sessions < min_sessions:
        only = counted(sums.sessions, "session")
        yield f"Only {only} in this range: too few to judge a Sharpe ratio, which is not shown below {min_sessions}."
    interval = wilson(sums.wins, sums.trades)
    if interval is not None and sums.trades < FEW_TRADES:
        yield (
            f"Only {counted(sums.trades, 'trade')}: with 95 % confidence the win rate lies anywhere between "
            f"{percent(interval.low, 0)} and {percent(interval.high, 0)}."
        )
    if sums.gross_pnl > 0 > sums.net_pnl:
        yield f"Charges of {rupees(sums.charges)} turned a gross profit of {rupees(sums.gross_pnl)} into a loss."


def _trade_facts(trades: pd.DataFrame) -> Iterator[str]:
    facts = (
        (trades["model_version"].isna(), "carry no model version: no model was valid for their session."),
        (trades["exit_reason"] == "data_gap", "were closed by a gap in the data, not by a decision."),
        (trades["mark_count"] == 0, "were never marked while open, so their MAE and MFE are unknown."),
    )
    for which, said in facts:
        affected = int(which.sum())
        if affected:
            yield f"{affected} of {counted(len(trades), 'trade')} {said}"
