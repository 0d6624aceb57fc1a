"""Scoring one live signal without the cost of a frame, by the same snapshot and the same prediction as a batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.models.scoring import NO_MODEL, refuse_lookahead, schema_mismatch, snapshot_texts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from trading_assets.models.identity import LoadedModel


@dataclass(frozen=True, slots=True)
class LiveScore:
    """What a batch would store beside the signal; names as in `scored_signals`.

    Args:
        ml_score: Probability of a winning trade, 0 to 1; None when there is none.
        ml_score_reason: Why there is none.
        model_version: Semantic version of the model that scored it.
        model_hash: SHA-256 of its file.
        features_snapshot: JSON object of what the model saw.
        decision_threshold: Score at or above which it is traded, 0 to 1.
    """

    ml_score: float | None
    ml_score_reason: str | None
    model_version: str | None
    model_hash: str | None
    features_snapshot: str
    decision_threshold: float


def score_one(features: Mapping[str, float], session: date, model: LoadedModel | None, threshold: float) -> LiveScore:
    """Score one signal.

    Args:
        features: Value by name in the order of the model, NaN or infinite is missing.
        session: Session of the signal.
        model: The model valid for it; None when there is none.
        threshold: Decision threshold to record, 0 to 1.

    Returns:
        The same score and snapshot, to the bit, as `scoring.score` gives the signal in a batch.

    Raises:
        ModelError: The model learnt from the session or a later one, or is not registered under a version.
    """
    names = tuple(features)
    row = np.array([list(features.values())], dtype=np.float64)
    row[~np.isfinite(row)] = np.nan
    [snapshot] = snapshot_texts(row, names)
    if model is None:
        return LiveScore(None, NO_MODEL, None, None, snapshot, threshold)
    refuse_lookahead(model, [session])
    if names != model.feature_names:
        return LiveScore(None, schema_mismatch(names, model.feature_names), None, None, snapshot, threshold)
    return LiveScore(float(model.predict(row)[0]), None, model.version, model.sha256, snapshot, threshold)
