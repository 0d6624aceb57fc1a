"""Recomputing stored scores, by the model that made them or by another: what `model replay` does."""

from datetime import date

import pandas as pd

from trading_assets.defs.workspace import Workspace
from trading_assets.errors import ModelError
from trading_assets.models.scoring import refuse_lookahead, replay, snapshot_matrix
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


def rescored_text(workspace: Workspace, first: date, last: date, version: str) -> str:
    """Score the stored snapshots of a range by a version and say which decisions it would have changed.

    Raises:
        ModelError: It is not registered, its file is altered, or it learnt from a session of the range or a later one.
    """
    model = workspace.registry.load(workspace.registry.entry(version))
    days = [day for day in workspace.store.sessions(scored_signals.CONTRACT) if first <= day <= last]
    stored = workspace.store.read(scored_signals.CONTRACT, days)
    seen = stored[stored["features_snapshot"].notna()]
    if seen.empty:
        return f"no stored signal between {first} and {last} has features to score"
    refuse_lookahead(model, days)
    scores = model.predict(snapshot_matrix(seen["features_snapshot"], model.feature_names))
    takes = scores >= workspace.settings.scoring.decision_threshold
    # without a model every signal is traded
    took = (seen["ml_score"].isna() | (seen["ml_score"] >= seen["decision_threshold"])).to_numpy()
    counts = f"{(takes & ~took).sum()} more trades, {(took & ~takes).sum()} fewer"
    shown = seen.assign(stored=seen["ml_score"], rescored=scores)[["date", "signal_id", "stored", "rescored"]]
    changed = shown[takes != took].head(20)
    table = "" if changed.empty else "\n" + changed.to_string(index=False)
    return f"{len(seen)} signals of {len(days)} sessions scored by {version}, nothing stored: {counts}{table}"
