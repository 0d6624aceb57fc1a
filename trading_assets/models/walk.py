"""Judging an estimator on sessions it has not seen: fitted on what was known before each block of them, then asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.models.estimators import Kind, fit, probabilities
from trading_assets.models.features import FEATURE_NAMES
from trading_assets.models.fit_quality import CalibrationBin, calibration_bins, judge, log_loss
from trading_assets.models.importance import shuffled_losses

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from trading_assets.models.learning_set import LearningSet
    from trading_assets.models.splits import Split
    from trading_assets.setting_sections import ScoringSettings

    Floats = NDArray[np.float64]

#: Smaller differences of log-loss than this are a tie, which the order of the estimators decides.
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
        importance: Nats by which the log-loss of the test rows rises when a feature is shuffled, by its name.
        curve: What it said of the test rows and what became of them, before any calibration.
    """

    kind: Kind
    folds: tuple[Measures, ...]
    overall: Measures
    first_tests: tuple[str, ...]
    importance: Mapping[str, float]
    curve: tuple[CalibrationBin, ...]


@dataclass(frozen=True, eq=False)
class Walk:
    """A candidate with what it said of each row.

    Args:
        candidate: Its record.
        probabilities: Out of sample, NaN where a row was never tested, shape (n,).
        last_fold: Which rows are the last test block's, shape (n,).
    """

    candidate: Candidate
    probabilities: Floats
    last_fold: NDArray[np.bool_]


def walk(kind: Kind, known: LearningSet, splits: Sequence[Split], settings: ScoringSettings) -> Walk:
    """Judge one estimator on each split.

    Args:
        kind: Which estimator.
        known: The rows.
        splits: At least one, in time order; both labels in the training rows of each.
        settings: Seed and decision threshold.
    """
    out = np.full(len(known), np.nan)
    folds, rises = [], np.zeros(len(FEATURE_NAMES))
    for split in splits:
        estimator = fit(kind, known.matrix[split.train], known.labels[split.train], settings.seed)
        out[split.test] = probabilities(estimator, known.matrix[split.test])
        base_rate = np.full(len(split.test), known.labels[split.train].mean())
        base = {"base_rate_log_loss": log_loss(known.labels[split.test], base_rate)}
        folds.append(_judged(known, split.test, out, settings) | base)
        losses = shuffled_losses(estimator, known.matrix[split.test], known.labels[split.test], settings.seed)
        rises += losses * len(split.test)
    tested = np.flatnonzero(np.isfinite(out))
    overall = _judged(known, tested, out, settings)
    overall["base_rate_log_loss"] = _weighted(folds, "base_rate_log_loss")
    last = np.zeros(len(known), dtype=bool)
    last[splits[-1].test] = True
    candidate = Candidate(
        kind=kind,
        folds=tuple(folds),
        overall=overall,
        first_tests=tuple(str(split.first_test) for split in splits),
        importance=dict(zip(FEATURE_NAMES, (rises / len(tested)).tolist(), strict=True)),
        curve=calibration_bins(known.labels[tested], out[tested]),
    )
    return Walk(candidate, out, last)


def best_of(walks: Sequence[Walk]) -> Walk:
    """Return the walk with the smallest log-loss, the earlier one of a tie."""
    best = walks[0]
    for other in walks[1:]:
        if (other.candidate.overall["log_loss"] or 0.0) < (best.candidate.overall["log_loss"] or 0.0) - _TIE:
            best = other
    return best


def _judged(known: LearningSet, rows: NDArray[np.intp], out: Floats, settings: ScoringSettings) -> Measures:
    return judge(known.labels[rows], out[rows], settings.decision_threshold, known.net_pnl[rows])


def _weighted(folds: Sequence[Measures], name: str) -> float:
    weights = np.array([fold["rows"] for fold in folds], dtype=np.float64)
    return float(np.average(np.array([fold[name] for fold in folds], dtype=np.float64), weights=weights))
