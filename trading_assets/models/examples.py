"""Labelled signals: what a model saw of each signal beside what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trading_assets.models.features import FEATURE_NAMES
from trading_assets.models.scoring import snapshot_matrix

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("signal_id", "date", "available_at", "label_time", *FEATURE_NAMES, "label", "net_pnl")


def examples(scored: pd.DataFrame, trades: pd.DataFrame) -> pd.DataFrame:
    """Join scored signals with the trades that came of them into rows to learn from.

    Args:
        scored: Rows of `scored_signals` of any sessions, n ≥ 0; their stored snapshots are the features.
        trades: Rows of `trades` of the same sessions; a trade without a signal (an import) is left out.

    Returns:
        One row per signal that became a trade: `signal_id`, `date` (session of the signal), `available_at`,
        `label_time` (exit), the ten features, `label` (1.0 for a winning trade, else 0.0) and `net_pnl` (₹), sorted
        by `available_at` and `signal_id`. Signals that were not traded have no label and are absent.
    """
    wanted = trades.loc[trades["signal_id"].notna(), ["signal_id", "exit_time", "is_winning_trade", "net_pnl"]]
    seen = scored.loc[scored["features_snapshot"].notna(), ["signal_id", "date", "available_at", "features_snapshot"]]
    joined = seen.merge(wanted, on="signal_id", how="inner", validate="one_to_many")
    joined = joined.sort_values(["available_at", "signal_id"], ignore_index=True)
    matrix = snapshot_matrix(joined["features_snapshot"], FEATURE_NAMES)
    for position, name in enumerate(FEATURE_NAMES):
        joined[name] = matrix[:, position]
    joined["label"] = joined["is_winning_trade"].astype("float64")
    return joined.rename(columns={"exit_time": "label_time"})[list(COLUMNS)]
