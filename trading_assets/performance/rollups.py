"""Trades of sessions to rows of `daily_performance` and `strategy_performance`: pure functions of each session."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trading_assets.errors import ContractError
from trading_assets.performance.books import as_json, exit_order, measured_columns, trade_books
from trading_assets.performance.counting import counted
from trading_assets.tables import daily_performance as daily_table
from trading_assets.tables import strategy_performance as strategy_table
from trading_assets.tables.money import paise, rupees
from trading_assets.tables.trades import CHARGE_COMPONENTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from trading_assets.market.calendar import Session

    Rows = NDArray[np.int64]

#: Columns that are read of `trades`, and of the tables of a `Funnel`.
OF_TRADES = (
    "date",
    "trade_id",
    "source",
    "strategy_name",
    "side",
    "entry_time",
    "exit_time",
    "entry_price",
    "quantity",
    "initial_risk",
    "gross_pnl",
    "charges",
    *CHARGE_COMPONENTS,
    "net_pnl",
)
OF_SCORED = ("strategy_id", "confidence", "ml_score")
OF_OUTCOMES = ("strategy_id", "outcome", "reason")
_DAILY_SUMS = ("gross_pnl", "charges", *CHARGE_COMPONENTS, "net_pnl")
_STRATEGY_SUMS = {"gross_pnl": "gross_pnl", "charges": "charges", "net_pnl": "total_pnl"}


def daily_performance(trades: pd.DataFrame, sessions: Sequence[Session], source: str) -> pd.DataFrame:
    """Roll trades up to one row per session.

    Args:
        trades: Rows of the `trades` table of these sessions, at least `OF_TRADES`, any order, n ≥ 0.
        sessions: Sessions, ascending.
        source: Which trades count, one of `TRADE_SOURCES`; the others are passed over.

    Returns:
        Rows of `daily_performance` in the order of `sessions`; without trades the counts and sums are 0 and the rest
        NULL with reasons.

    Raises:
        ContractError: A trade that counts is of none of the sessions.
    """
    own = counted(trades, source)
    days = np.array([session.day for session in sessions], dtype="datetime64[s]")
    place = _places(own["date"].to_numpy(dtype="datetime64[s]"), days)
    books = trade_books(own, exit_order(own), _cuts(place, len(days)), sessions)
    values, reasons = measured_columns(daily_table.CONTRACT, books)
    sums = {name: _summed(own[name], place, len(days)) for name in _DAILY_SUMS}
    explained = [as_json(row) for row in reasons]
    return daily_table.CONTRACT.frame(
        {"date": days, "trade_source": source, **values, **sums, "undefined_reasons": explained}
    )


def _places(dates: NDArray[np.datetime64], days: NDArray[np.datetime64]) -> Rows:
    """Position of the session of each trade."""
    place = np.searchsorted(days, dates).astype(np.int64)
    strange = np.append(days, np.datetime64("NaT"))[place] != dates
    if strange.any():
        msg = (
            f"{int(strange.sum())} of {len(dates)} trades are of none of the {len(days)} sessions to roll up "
            f"(first: {dates[strange][0]}). Hand in the trades of these sessions only."
        )
        raise ContractError(msg)
    return place


def _cuts(place: Rows, size: int) -> Rows:
    """Where the rows of each place start when they stand one place after the other, and the last ends."""
    return np.concatenate(([0], np.cumsum(np.bincount(place, minlength=size)))).astype(np.int64)


def _summed(amounts: pd.Series, place: Rows, size: int) -> NDArray[np.float64]:
    sums = np.zeros(size, dtype=np.int64)
    np.add.at(sums, place, paise(amounts.to_numpy()))
    return rupees(sums)


@dataclass(frozen=True, slots=True)
class Funnel:
    """The signals of a session and what became of them.

    Args:
        scored: Rows of `scored_signals`, at least `OF_SCORED`, n ≥ 0.
        outcomes: Rows of `signal_outcomes`, at least `OF_OUTCOMES`, n ≥ 0.
    """

    scored: pd.DataFrame
    outcomes: pd.DataFrame


def strategy_performance(
    trades: pd.DataFrame, funnel: Funnel, session: Session, strategy_ids: Sequence[str], source: str
) -> pd.DataFrame:
    """Roll a session up per strategy, with the funnel from signals to trades.

    The funnel is that of our own signals whatever trades count: a broker's trades say nothing of signals not taken.

    Args:
        trades: Rows of `trades` of the session, at least `OF_TRADES`, n ≥ 0.
        funnel: Its signals.
        session: The session.
        strategy_ids: Registered strategies; each gets a row, as does every other one found in the inputs.
        source: Which trades count, one of `TRADE_SOURCES`; the others are passed over.

    Returns:
        Rows of `strategy_performance`, one per strategy, ordered by name.
    """
    own = counted(trades, source)
    found = (own["strategy_name"], funnel.scored["strategy_id"], funnel.outcomes["strategy_id"])
    names = sorted({*strategy_ids, *(str(name) for part in found for name in part.unique())})
    if not names:
        return strategy_table.CONTRACT.empty()
    place = _positions(own["strategy_name"], names)
    order = exit_order(own)
    books = trade_books(own, order[np.argsort(place[order], kind="stable")], _cuts(place, len(names)))
    values, reasons = measured_columns(strategy_table.CONTRACT, books)
    signals = _signal_columns(funnel, names)
    for row, strength in zip(reasons, signals["avg_signal_strength"], strict=True):
        if np.isnan(strength):
            row["avg_signal_strength"] = "no_signals"
    return strategy_table.CONTRACT.frame(
        {
            "date": pd.Timestamp(session.day),
            "strategy_name": names,
            "trade_source": source,
            **signals,
            **values,
            **{column: _summed(own[name], place, len(names)) for name, column in _STRATEGY_SUMS.items()},
            "undefined_reasons": [as_json(row) for row in reasons],
        }
    )


def _positions(strategies: pd.Series, names: Sequence[str]) -> Rows:
    """Position of each row's strategy among the names."""
    return np.asarray(pd.Index(names).get_indexer(pd.Index(strategies)), dtype=np.int64)


def _signal_columns(funnel: Funnel, names: Sequence[str]) -> dict[str, NDArray[np.generic] | list[str]]:
    size, scored, outcomes = len(names), funnel.scored, funnel.outcomes
    fired = _positions(scored["strategy_id"], names)
    with_score = scored["ml_score"].notna().to_numpy(dtype=bool)
    rejected = np.flatnonzero((outcomes["outcome"] == "rejected").to_numpy(dtype=bool))
    turned = _positions(outcomes["strategy_id"], names)[rejected]
    why = outcomes["reason"].to_numpy(dtype=object)[rejected]
    reasons: list[dict[str, int]] = [{} for _ in names]
    for (strategy, reason), count in Counter(zip(turned.tolist(), why.tolist(), strict=True)).items():
        if isinstance(reason, str):
            reasons[strategy][reason] = count
    return {
        "signals_generated": np.bincount(fired, minlength=size),
        "signals_scored": np.bincount(fired[with_score], minlength=size),
        "signals_rejected": np.bincount(turned, minlength=size),
        "rejections": [as_json(row) for row in reasons],
        "avg_signal_strength": _mean_strength(scored["confidence"].to_numpy(dtype=np.float64), fired, size),
    }


def _mean_strength(confidence: NDArray[np.float64], fired: Rows, size: int) -> NDArray[np.float64]:
    """Mean confidence per strategy, NaN without signals; in sorted order, so the order of rows changes no digit."""
    order = np.lexsort((confidence, fired))
    ends = np.cumsum(np.bincount(fired, minlength=size))
    parts = np.split(confidence[order], ends[:-1])
    return np.array([part.mean() if len(part) else np.nan for part in parts])
