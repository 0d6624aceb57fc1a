"""Training a model on labelled signals of earlier sessions, judged walk-forward before it is kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.models.calibration import Calibration, calibration_if_better
from trading_assets.models.estimators import HYPERPARAMETERS, KINDS, Kind, fit, probabilities
from trading_assets.models.features import FEATURE_NAMES
from trading_assets.models.fit_quality import judge, log_loss
from trading_assets.models.identity import FORMAT, ModelContent, model_bytes, sha256_hex
from trading_assets.models.learning_set import LearningSet, learning_set
from trading_assets.models.splits import Split, walk_forward

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    import pandas as pd
    from numpy.typing import NDArray

    from trading_assets.settings import ScoringSettings

    Floats = NDArray[np.float64]

FOLDS = 5
#: Smaller differences of log-loss than this are a tie, which the order of `KINDS` decides.
_TIE = 1e-9

Measures = dict[str, float | None]


@dataclass(frozen=True)
class Candidate:
    """One estimator's record on the walk.

    Args:
        kind: Which estimator.
        folds: Measures of each test block in time order, by name; see `fit_quality.judge`.
        overall: The same over all test rows at once.
        first_tests: First session of each test block, ISO.
    """

    kind: Kind
    folds: tuple[Measures, ...]
    overall: Measures
    first_tests: tuple[str, ...]


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

    @property
    def kind(self) -> str:
        """Which estimator was kept."""
        return self.parameters["kind"]

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


@dataclass(frozen=True)
class _Walk:
    """Out-of-sample probabilities of one estimator; NaN where a row was never tested."""

    candidate: Candidate
    probabilities: Floats
    last_fold: NDArray[np.bool_]


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
        reason = f"{known.session_count} sessions before {cutoff} leave no walk-forward split with both labels."
        return TrainingRefused(reason, len(known), cutoff)
    walks = [_walk(kind, known, splits, settings) for kind in KINDS]
    best = _best(walks)
    tested = np.isfinite(best.probabilities)
    calibration = calibration_if_better(known.labels[tested], best.probabilities[tested], best.last_fold[tested])
    return _trained(known, walks, best, calibration, settings)


def _walk(kind: Kind, known: LearningSet, splits: tuple[Split, ...], settings: ScoringSettings) -> _Walk:
    out = np.full(len(known), np.nan)
    folds = []
    for split in splits:
        estimator = fit(kind, known.matrix[split.train], known.labels[split.train], settings.seed)
        out[split.test] = probabilities(estimator, known.matrix[split.test])
        measures = judge(known.labels[split.test], out[split.test], settings.decision_threshold)
        base_rate = np.full(len(split.test), known.labels[split.train].mean())
        folds.append(measures | {"base_rate_log_loss": log_loss(known.labels[split.test], base_rate)})
    tested = np.isfinite(out)
    overall = judge(known.labels[tested], out[tested], settings.decision_threshold)
    overall["base_rate_log_loss"] = _weighted(folds, "base_rate_log_loss")
    last = np.zeros(len(known), dtype=bool)
    last[splits[-1].test] = True
    firsts = tuple(str(split.first_test) for split in splits)
    return _Walk(Candidate(kind, tuple(folds), overall, firsts), out, last)


def _weighted(folds: list[Measures], name: str) -> float:
    weights = np.array([fold["rows"] for fold in folds], dtype=np.float64)
    return float(np.average(np.array([fold[name] for fold in folds], dtype=np.float64), weights=weights))


def _best(walks: list[_Walk]) -> _Walk:
    best = walks[0]
    for walk in walks[1:]:
        if (walk.candidate.overall["log_loss"] or 0.0) < (best.candidate.overall["log_loss"] or 0.0) - _TIE:
            best = walk
    return best


def _trained(
    known: LearningSet, walks: list[_Walk], best: _Walk, calibration: Calibration | None, settings: ScoringSettings
) -> TrainedModel:
    kind = best.candidate.kind
    content = ModelContent(
        kind=kind,
        feature_names=FEATURE_NAMES,
        trained_from=known.first_session,
        trained_until=known.last_session,
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
        trained_from=known.first_session,
        trained_until=known.last_session,
        rows=len(known),
        candidates=tuple(walk.candidate for walk in walks),
        cutoff=known.cutoff,
        data_sha256=known.sha256,
    )


def _parameters(kind: Kind, calibration: Calibration | None, settings: ScoringSettings) -> dict[str, str]:
    import sklearn
    import skops

    chosen = {f"hyperparameter.{name}": str(value) for name, value in HYPERPARAMETERS[kind].items()}
    line = "none" if calibration is None else f"slope {calibration.slope}, offset {calibration.offset}"
    libraries = {"numpy": np.__version__, "sklearn": sklearn.__version__, "skops": skops.__version__}
    scoring = {f"scoring.{name}": str(value) for name, value in settings.model_dump().items()}
    return {"kind": kind, "calibration": line, "folds": str(FOLDS)} | chosen | libraries | scoring
