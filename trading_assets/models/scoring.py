"""Scoring a session's signals in one batch, and recomputing stored scores from what was stored with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import orjson

from trading_assets.errors import ModelError
from trading_assets.tables.scored_signals import CONTRACT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    import pandas as pd
    from numpy.typing import NDArray

    from trading_assets.models.identity import LoadedModel

    Floats = NDArray[np.float64]

NO_MODEL = "no_model_for_session"
SCHEMA_MISMATCH = "feature_schema_mismatch"
NO_FEATURES = "no_features"


def score(
    signals: pd.DataFrame,
    features: pd.DataFrame,
    model: LoadedModel | None,
    threshold: float,
    no_model_reason: str = NO_MODEL,
) -> pd.DataFrame:
    """Put the model's probability of a winning trade beside each signal, with exactly what the model saw.

    Args:
        signals: Rows of `signals` of one or more sessions, n ≥ 0.
        features: `signal_id` and the feature columns in order, as `features.feature_frame` returns them.
        model: The model valid for the sessions; None when there is none.
        threshold: Decision threshold to record, 0 to 1.
        no_model_reason: `ml_score_reason` of every row when there is no model.

    Returns:
        Rows of `scored_signals` in the order of `signals`. Where there is no score, `ml_score`, `model_version` and
        `model_hash` are missing and `ml_score_reason` says why: no model, "feature_schema_mismatch: …" when the
        columns are not the model's, "no_features" when a signal has no row in `features`.

    Raises:
        ModelError: The model learnt from a session of the signals or a later one, is not registered under a
            version, or two feature rows have one signal_id.
    """
    names = tuple(str(column) for column in features.columns if column != "signal_id")
    matrix, present = _matrix(signals, features, names)
    # the columns of `features` are stored even where no model saw them: a later model can be judged on them
    snapshots = np.array(snapshot_texts(matrix, names), dtype=object)
    snapshots[~present] = None
    reasons = np.full(len(signals), None, dtype=object)
    if model is None:
        reasons[:] = no_model_reason
    elif names != model.feature_names:
        reasons[:] = schema_mismatch(names, model.feature_names)
    else:
        reasons[~present] = NO_FEATURES
    scored = np.array([reason is None for reason in reasons], dtype=bool)
    return CONTRACT.frame(
        {name: signals[name] for name in signals.columns}
        | _model_columns(model, matrix, scored, _sessions(signals))
        | {
            "ml_score_reason": _text(reasons),
            "features_snapshot": _text(snapshots),
            "decision_threshold": np.full(len(signals), threshold),
        }
    )


def replay(scored: pd.DataFrame, model: LoadedModel) -> pd.DataFrame:
    """Recompute stored scores from their stored snapshots and name every one that is not bit-equal.

    Args:
        scored: Rows of `scored_signals` or `trades`, n ≥ 0; rows without a score are passed over.
        model: The model whose hash the rows carry.

    Returns:
        One row per mismatch: `signal_id`, `stored`, `recomputed` (NaN where it cannot be) and `reason`
        ("score_differs", "other_model" for a row of another hash, or "snapshot_unreadable"); empty when all agree.
    """
    rows = scored.loc[scored["ml_score"].notna(), ["signal_id", "ml_score", "model_hash", "features_snapshot"]]
    stored = rows["ml_score"].to_numpy(dtype=np.float64)
    recomputed = np.full(len(rows), np.nan)
    own = (rows["model_hash"] == model.sha256).to_numpy(dtype=bool)
    seen = [_values(text) for text in rows["features_snapshot"]]
    named = [values is not None and tuple(values) == model.feature_names for values in seen]
    readable = own & np.array(named, dtype=bool)
    matrix = [list(values.values()) for values, usable in zip(seen, readable, strict=True) if usable and values]
    recomputed[readable] = model.predict(np.array(matrix, dtype=np.float64).reshape(-1, len(model.feature_names)))
    reasons = np.where(own, np.where(readable, "score_differs", "snapshot_unreadable"), "other_model")
    import pandas as pd

    frame = pd.DataFrame(
        {"signal_id": rows["signal_id"].to_numpy(), "stored": stored, "recomputed": recomputed, "reason": reasons}
    )
    return frame[~(stored == recomputed)].reset_index(drop=True)


def snapshot_texts(matrix: Floats, names: Sequence[str]) -> list[str]:
    """Write each row as a JSON object with the names in order; a missing value is null.

    Args:
        matrix: Features, NaN missing, shape (n, k), n ≥ 0.
        names: Their names, k.

    Returns:
        n texts; reading one gives the same bits back.
    """
    return [orjson.dumps(dict(zip(names, row, strict=True))).decode() for row in matrix.tolist()]


def snapshot_matrix(snapshots: Iterable[str], names: Sequence[str]) -> Floats:
    """Read stored snapshots back into features, the inverse of `snapshot_texts`.

    Args:
        snapshots: JSON texts, n ≥ 0.
        names: Features to read, k; one that a snapshot does not have is NaN.

    Returns:
        Shape (n, k), NaN missing.

    Raises:
        ModelError: A text is not a JSON object of numbers and nulls.
    """
    rows = []
    for text in snapshots:
        values = _values(text)
        if values is None:
            msg = f"a features_snapshot is not a JSON object of numbers: {str(text)[:80]!r}. Score the session again."
            raise ModelError(msg)
        rows.append([values.get(name) for name in names])
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(names))


def _values(text: object) -> dict[str, float | None] | None:
    if not isinstance(text, str):
        return None
    try:
        values = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(values, dict) or not all(v is None or isinstance(v, float | int) for v in values.values()):
        return None
    return values


def _matrix(signals: pd.DataFrame, features: pd.DataFrame, names: Sequence[str]) -> tuple[Floats, NDArray[np.bool_]]:
    import pandas as pd

    index = pd.Index(features["signal_id"])
    if not index.is_unique:
        twice = index[index.duplicated()][0]
        msg = f"features hold signal_id {twice} more than once; expected one row per signal."
        raise ModelError(msg)
    rows = index.get_indexer(pd.Index(signals["signal_id"]))
    values = features.loc[:, list(names)].to_numpy(dtype=np.float64)
    padded = np.vstack([values, np.full(len(names), np.nan)])
    matrix = padded[rows]
    return np.where(np.isfinite(matrix), matrix, np.nan), rows >= 0


def _model_columns(
    model: LoadedModel | None, matrix: Floats, scored: NDArray[np.bool_], sessions: list[date]
) -> dict[str, object]:
    scores = np.full(len(matrix), np.nan)
    version = np.full(len(matrix), None, dtype=object)
    sha256 = version.copy()
    if model is not None and len(matrix):
        refuse_lookahead(model, sessions)
        if scored.any():
            scores[scored] = model.predict(matrix[scored])
        version[scored] = model.version
        sha256[scored] = model.sha256
    return {"ml_score": scores, "model_version": _text(version), "model_hash": _text(sha256)}


def refuse_lookahead(model: LoadedModel, sessions: Sequence[date]) -> None:
    """Refuse a model that is not registered, or that learnt from one of the sessions (at least one) or later.

    Raises:
        ModelError: Either.
    """
    if model.version is None:
        msg = f"model {model.sha256[:12]} is not registered: a score needs the version it was made by. Register it."
        raise ModelError(msg)
    if min(sessions) <= model.trained_until:
        msg = (
            f"look-ahead: model {model.version} ({model.sha256[:12]}) learnt from sessions until {model.trained_until} "
            f"and was asked to score {min(sessions)}. Use the model that was valid then."
        )
        raise ModelError(msg)


def _sessions(signals: pd.DataFrame) -> list[date]:
    return sorted(day.date() for day in signals["date"].unique())


def schema_mismatch(found: Sequence[str], expected: Sequence[str]) -> str:
    """Say how the columns of features differ from those of the model."""
    absent = [name for name in expected if name not in found]
    extra = [name for name in found if name not in expected]
    parts = [f"lacks {', '.join(absent)}"] if absent else []
    parts += [f"has unknown {', '.join(extra)}"] if extra else []
    return f"{SCHEMA_MISMATCH}: {'; '.join(parts) or 'another order'}"


def _text(values: NDArray[np.object_]) -> pd.Series:
    import pandas as pd

    return pd.Series(values, dtype="str")
