"""Training a model on labelled signals of earlier sessions, judged walk-forward before it is kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.models.calibration import Calibration, calibration_if_better
from trading_assets.models.estimators import HYPERPARAMETERS, KINDS, Kind, fit
from trading_assets.models.features import FEATURE_NAMES
from trading_assets.models.identity import FORMAT, ModelContent, model_bytes, sha256_hex
from trading_assets.models.learning_set import LearningSet, learning_set
from trading_assets.models.splits import walk_forward
from trading_assets.models.walk import Candidate, Measures, Walk, best_of, walk

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    import pandas as pd
    from numpy.typing import NDArray

    from trading_assets.setting_sections import ScoringSettings

    Floats = NDArray[np.float64]

FOLDS = 5
_EXAMPLES = 5


@dataclass(frozen=True)
class TrainedModel:
    """A model that was kept, with everything that says how it came about.

    Args:
        content: The canonical model file.
        sha256: Its hash, 64 hex.
        feature_names: Its inputs, in order.
        metrics: Out-of-sample measures of the estimator that was kept, calibrated when the model is.
        parameters: Settings and hyperparameters, and the versions of the libraries, as text.
        trained_from: First session it learnt from.
        trained_until: Last session it learnt from.
        rows: How many labelled signals it learnt from.
        candidates: All estimators' records, in order of preference.
        cutoff: First session it may serve; all it learnt from is earlier.
        data_sha256: SHA-256 over the rows it learnt from.
        sessions: The sessions it learnt from, in order.
        example: The first rows it learnt from, features in order, NaN missing, shape (≤ 5, k).
    """

    content: bytes = field(repr=False)
    sha256: str
    feature_names: tuple[str, ...]
    metrics: Measures
    parameters: Mapping[str, str]
    trained_from: date
    trained_until: date
    rows: int
    candidates: tuple[Candidate, ...]
    cutoff: date
    data_sha256: str
    sessions: tuple[date, ...] = field(repr=False)
    example: Floats = field(repr=False)

    @property
    def kind(self) -> str:
        """Which estimator was kept."""
        return self.parameters["kind"]

    @property
    def kept(self) -> Candidate:
        """Record of the estimator that was kept."""
        return next(candidate for candidate in self.candidates if candidate.kind == self.kind)

    @property
    def features_sha256(self) -> str:
        """SHA-256 over the inputs' names and the format of the file: another one is another major version."""
        return sha256_hex(f"{FORMAT}:{','.join(self.feature_names)}".encode())


@dataclass(frozen=True, slots=True)
class TrainingRefused:
    """No model was trained, which is a normal state: signals then carry no score.

    Args:
        reason: Why, one sentence.
        rows: How many labelled signals there were.
        cutoff: First session the model would have served.
    """

    reason: str
    rows: int
    cutoff: date


def train(examples: pd.DataFrame, settings: ScoringSettings, cutoff: date) -> TrainedModel | TrainingRefused:
    """Train on the labelled signals before a cut-off and keep the estimator that did best out of sample.

    Args:
        examples: One row per labelled signal, n ≥ 0, in any order: the ten features, `label` (1 for a winning
            trade), `date` (session), `available_at` (decision) and `label_time` (when the label was known, later).
        settings: Window, embargo, smallest number of rows, seed and decision threshold.
        cutoff: First session the model may serve.

    Returns:
        The model, or why there is none: too few rows, one class only, too few sessions to judge it.

    Raises:
        ModelError: A row belongs to a session at or after the cut-off, or its label was known only then (look-ahead);
            a label is not 0 or 1, or was known before its features; a column is missing.
    """
    known = learning_set(examples, settings, cutoff)
    if len(known) < settings.min_training_rows:
        found = f"{len(known)} labelled signals before {cutoff}, {settings.min_training_rows} are needed"
        return TrainingRefused(f"{found} (scoring.min_training_rows).", len(known), cutoff)
    if known.one_class:
        reason = f"all {len(known)} labelled signals before {cutoff} have the label {known.labels[0]:.0f}."
        return TrainingRefused(reason, len(known), cutoff)
    splits = walk_forward(known.sessions, known.decided, known.labelled, FOLDS, settings.embargo_sessions)
    splits = tuple(split for split in splits if len(np.unique(known.labels[split.train])) > 1)
    if not splits:
        reason = f"{len(known.days)} sessions before {cutoff} leave no walk-forward split with both labels."
        return TrainingRefused(reason, len(known), cutoff)
    walks = [walk(kind, known, splits, settings) for kind in KINDS]
    best = best_of(walks)
    tested = np.isfinite(best.probabilities)
    calibration = calibration_if_better(known.labels[tested], best.probabilities[tested], best.last_fold[tested])
    return _trained(known, walks, best, calibration, settings)


def _trained(
    known: LearningSet, walks: list[Walk], best: Walk, calibration: Calibration | None, settings: ScoringSettings
) -> TrainedModel:
    kind = best.candidate.kind
    content = ModelContent(
        kind=kind,
        feature_names=FEATURE_NAMES,
        trained_from=known.days[0],
        trained_until=known.days[-1],
        calibration=calibration,
        estimator=fit(kind, known.matrix, known.labels, settings.seed),
    )
    raw = model_bytes(content)
    return TrainedModel(
        content=raw,
        sha256=sha256_hex(raw),
        feature_names=FEATURE_NAMES,
        metrics=dict(best.candidate.overall),
        parameters=_parameters(kind, calibration, settings),
        trained_from=known.days[0],
        trained_until=known.days[-1],
        rows=len(known),
        candidates=tuple(walk.candidate for walk in walks),
        cutoff=known.cutoff,
        data_sha256=known.sha256,
        sessions=known.days,
        example=known.matrix[:_EXAMPLES],
    )


def _parameters(kind: Kind, calibration: Calibration | None, settings: ScoringSettings) -> dict[str, str]:
    import sklearn
    import skops

    chosen = {f"hyperparameter.{name}": str(value) for name, value in HYPERPARAMETERS[kind].items()}
    line = "none" if calibration is None else f"slope {calibration.slope}, offset {calibration.offset}"
    libraries = {"numpy": np.__version__, "sklearn": sklearn.__version__, "skops": skops.__version__}
    scoring = {f"scoring.{name}": str(value) for name, value in settings.model_dump().items()}
    return {"kind": kind, "calibration": line, "folds": str(FOLDS)} | chosen | libraries | scoring
