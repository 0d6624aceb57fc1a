"""Expected statistics: what a session's signals come to when they are traded, by strategy.

Each strategy is traded alone: without a model, whose scores are another matter, and without the desk's limits, which
would let one strategy's trades decide about another's.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, replace
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import orjson

from trading_assets.regression.baseline import SessionStatistics
from trading_assets.tables import scored_signals
from trading_assets.trades.entries import TAKEN
from trading_assets.trades.simulation import execute
from trading_assets.trades.trade_records import gross_paise, trade_digests

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from trading_assets.market.calendar import Session
    from trading_assets.trades.simulation import TradingRules

_NO_LIMITS = {"max_open_positions": 1_000_000, "max_loss_per_day": Decimal(10**12)}
#: Settings that do not decide about a trade of one strategy alone, its size and its price.
_ASIDE = {*_NO_LIMITS, "capital", "capitals", "matching"}
_RECONCILIATION = "reconciliation_"


def session_statistics(
    signals: pd.DataFrame,
    snapshots: pd.DataFrame,
    session: Session,
    rules: TradingRules,
    strategy_ids: Sequence[str],
) -> dict[str, SessionStatistics]:
    """Trade a session's signals and sum up what came of them, by strategy_id; also those that said nothing.

    Args:
        signals: Rows of `signals` of the session, any order, n ≥ 0.
        snapshots: Rows of `market_snapshots` of the session, at least `inputs.COLUMNS`.
        session: The session.
        rules: How to trade; the limits of the desk are lifted.
        strategy_ids: The strategies that ran.
    """
    scored = scored_signals.CONTRACT.frame(signals)
    alone = replace(rules, settings=rules.settings.model_copy(update=_NO_LIMITS))
    done = execute(scored, snapshots, session, alone)
    rows = done.legs.row
    # as trades are told: in the order they end, then by their ids; the tables themselves would take twice the time
    order = np.lexsort((trade_digests(scored["signal_id"].to_numpy(dtype=object)[rows].tolist()), done.legs.exit_time))
    taken = order[done.reason[rows[order]] == TAKEN]
    whose = scored["strategy_id"].to_numpy(dtype=object)
    gross, charged = gross_paise(done.legs), done.charged.total
    parts = {name: taken[whose[rows[taken]] == name] for name in sorted({*strategy_ids, *whose})}
    return {
        name: _statistics(session, int((whose == name).sum()), gross[own], charged[own]) for name, own in parts.items()
    }


def _statistics(
    session: Session, signals: int, gross: NDArray[np.int64], charged: NDArray[np.int64]
) -> SessionStatistics:
    """Sum up round trips in the order they end, paise, each of shape (n,)."""
    net = gross - charged
    equity = np.concatenate([[0], np.cumsum(net)])
    return SessionStatistics(
        date=session.day,
        signals=signals,
        trades=len(net),
        winning=int((net > 0).sum()),
        gross_paise=int(gross.sum()),
        charges_paise=int(charged.sum()),
        net_paise=int(net.sum()),
        drawdown_paise=int((np.maximum.accumulate(equity) - equity).max()),
    )


def trading_hash(rules: TradingRules) -> str:
    """First 12 hex of SHA-256 over the settings and charge rates that decide about a trade."""
    settings = dict(rules.settings)
    told = {name: str(value) for name, value in settings.items() if name not in _ASIDE and _RECONCILIATION not in name}
    text = orjson.dumps({**told, "charges": rules.charges.version}, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(text).hexdigest()[:12]


def unequal(expected: Iterable[SessionStatistics], found: Iterable[SessionStatistics]) -> list[str]:
    """What differs between two sets of statistics, one sentence per session, in order of the sessions."""
    was, now = ({one.date: asdict(one) for one in side} for side in (expected, found))
    sentences = []
    for day in sorted({*was, *now}):
        if day not in was or day not in now:
            sentences.append(f"{day}: statistics are only in the {'baseline' if day in was else 'run of today'}")
            continue
        changed = [name for name in was[day] if was[day][name] != now[day][name]]
        if changed:
            told = ", ".join(f"{_words(name)} {_value(was[day], name)} to {_value(now[day], name)}" for name in changed)
            sentences.append(f"{day}: {told}")
    return sentences


def _words(name: str) -> str:
    return name.removesuffix("_paise")


def _value(told: dict[str, object], name: str) -> str:
    value = told[name]
    return f"₹ {int(str(value)) / 100:.2f}" if name.endswith("_paise") else str(value)
