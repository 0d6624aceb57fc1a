"""Trades by the model version that decided them and the week they were closed in, with how true its scores were."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trading_assets.measured import Measured, defined, undefined
from trading_assets.metrics import expectancy, profit_factor, win_rate
from trading_assets.models.fit_quality import brier, roc_auc
from trading_assets.performance.books import as_json, trade_book
from trading_assets.tables.model_performance import CONTRACT
from trading_assets.tables.money import total

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

COLUMNS = tuple(CONTRACT.names)
_NO_SCORES = "no_scores"
_ONE_OUTCOME = "all_trades_won_or_all_lost"


def model_performance(trades: pd.DataFrame) -> pd.DataFrame:
    """Roll trades up by model version and week.

    Args:
        trades: Rows of `trades`, any number of sessions, n ≥ 0. Those no model has scored are left out.

    Returns:
        Rows of `model_performance` ordered by version and week: win_rate, brier and roc_auc 0 to 1, net_pnl and
        expectancy in ₹. A figure that is not defined is NaN and `undefined_reasons` says why.
    """
    scored = trades[trades["model_version"].notna()]
    if scored.empty:
        return CONTRACT.empty()
    weeks = _mondays(scored["date"].to_numpy("datetime64[D]"))
    groups = scored.groupby([scored["model_version"].to_numpy(), weeks], sort=True)
    rows = [_row(own) | {"model_version": str(version), "week": week} for (version, week), own in groups]
    return CONTRACT.frame({name: [row[name] for row in rows] for name in COLUMNS})


def _mondays(days: NDArray[np.datetime64]) -> NDArray[np.datetime64]:
    # day 0, 1970-01-01, was a Thursday
    mondays: NDArray[np.datetime64] = (days - (days.astype(np.int64) + 3) % 7).astype("datetime64[s]")
    return mondays


def _row(trades: pd.DataFrame) -> dict[str, object]:
    book = trade_book(trades)
    measured = {
        "win_rate": win_rate(book),
        **_of_scores(trades),
        "expectancy": expectancy(book),
        "profit_factor": profit_factor(book),
    }
    reasons = {name: found.reason for name, found in measured.items() if found.reason is not None}
    values = {name: np.nan if found.value is None else found.value for name, found in measured.items()}
    return values | {
        "sessions": trades["date"].nunique(),
        "trades": len(trades),
        "net_pnl": total(trades["net_pnl"]),
        "undefined_reasons": as_json(reasons),
    }


def _of_scores(trades: pd.DataFrame) -> dict[str, Measured]:
    """How true the scores were; imports may carry a version without a score."""
    known = trades[trades["ml_score"].notna()]
    scores, labels = known["ml_score"].to_numpy(), known["is_winning_trade"].to_numpy(dtype=np.float64)
    if not len(known):
        return dict.fromkeys(("avg_ml_score", "calibration_gap", "brier", "roc_auc"), undefined(_NO_SCORES))
    return {
        "avg_ml_score": defined(float(scores.mean())),
        "calibration_gap": defined(float(scores.mean() - labels.mean())),
        "brier": _defined_or(brier(labels, scores), _NO_SCORES),
        "roc_auc": _defined_or(roc_auc(labels, scores), _ONE_OUTCOME),
    }


def _defined_or(value: float | None, reason: str) -> Measured:
    return undefined(reason) if value is None else defined(value)
