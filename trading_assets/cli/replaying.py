"""Recomputing stored scores: what `model replay` does."""

from datetime import date

import pandas as pd

from trading_assets.defs.workspace import Workspace
from trading_assets.errors import ModelError
from trading_assets.models.scoring import replay
from trading_assets.tables import scored_signals


def replay_range(workspace: Workspace, first: date, last: date) -> tuple[int, pd.DataFrame]:
    """Replay every stored score of a range with the model that its row names.

    Returns:
        How many scores were recomputed, and the rows that differ.

    Raises:
        ModelError: A stored hash is not in the registry.
    """
    days = [day for day in workspace.store.sessions(scored_signals.CONTRACT) if first <= day <= last]
    stored = workspace.store.read(scored_signals.CONTRACT, days)
    known = {entry.sha256: entry for entry in workspace.registry.entries()}
    scored = stored[stored["ml_score"].notna()]
    differing = []
    for model_hash, rows in scored.groupby("model_hash", sort=True):
        if model_hash not in known:
            msg = f"{len(rows)} scores name model {str(model_hash)[:12]}, which the registry does not hold."
            raise ModelError(msg)
        differing.append(replay(rows, workspace.registry.load(known[str(model_hash)])))
    return len(scored), pd.concat(differing, ignore_index=True) if differing else pd.DataFrame()
