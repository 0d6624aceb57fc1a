"""Two models on the same signals: what each would have let through, and what became of it.

A version that waits decides nothing, so it has no trades to be compared by. Its scores can be made all the same: each
signal is stored with what a model saw of it, and a model's score of that is the same to the bit today as it was then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.errors import ModelError
from trading_assets.models.comparison import CONFIDENCE, MIN_SESSIONS, RESAMPLES
from trading_assets.models.features import FEATURE_NAMES
from trading_assets.models.fit_quality import brier, calibration_error, roc_auc
from trading_assets.models.scoring import refuse_lookahead, schema_mismatch

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from trading_assets.models.identity import LoadedModel

    Floats = NDArray[np.float64]
    Numbers = NDArray[np.number]


@dataclass(frozen=True)
class Shadow:
    """What one version says of the signals.

    Args:
        version: Semantic version.
        taken: Signals it would trade.
        net_pnl: What those earned together, each traded alone, ₹.
        brier: Mean squared error of its scores, 0 to 1; None without signals.
        calibration_error: See `fit_quality`, 0 to 1; None without signals.
        roc_auc: 0 to 1; None when all signals had one outcome.
    """

    version: str
    taken: int
    net_pnl: float
    brier: float | None
    calibration_error: float | None
    roc_auc: float | None


@dataclass(frozen=True)
class Paired:
    """Version B less version A on the signals that both may score.

    Args:
        a: The first version.
        b: The second.
        signals: How many signals both scored.
        sessions: Of how many sessions.
        difference: ₹ that B would have earned more per signal; None without signals.
        bootstrap: 95 % percentile interval of it from resampled sessions; None with fewer than 5.
        brier_bootstrap: The same of the difference of the Brier scores, below 0 where B is the better; None likewise.
        sentence: The finding in words.
    """

    a: Shadow
    b: Shadow
    signals: int
    sessions: int
    difference: float | None
    bootstrap: tuple[float, float] | None
    brier_bootstrap: tuple[float, float] | None
    sentence: str


def paired(examples: pd.DataFrame, models: Sequence[LoadedModel], threshold: float, seed: int) -> Paired:
    """Let two models score the same labelled signals and compare what their decisions would have earned.

    Args:
        examples: Labelled signals of sessions after both `trained_until`, as `models.examples` makes them, n ≥ 0.
        models: Version A and version B.
        threshold: Score at or above which a signal is traded, 0 to 1.
        seed: Seed of the resampling.

    Raises:
        ModelError: A model learnt from one of the sessions, or sees other features than the signals are stored with.

    Source: Efron and Tibshirani (1993), An Introduction to the Bootstrap; whole sessions are resampled, because the
        signals of one share its market, and both versions keep the same ones, which is what pairs them.
    """
    labels = examples["label"].to_numpy(dtype=np.float64)
    earned = examples["net_pnl"].to_numpy(dtype=np.float64)
    scores = [shadow_scores(examples, model) for model in models]
    shadows = [
        _shadow(str(model.version), own, labels, np.where(own >= threshold, earned, np.nan))
        for model, own in zip(models, scores, strict=True)
    ]
    _, place = np.unique(examples["date"].to_numpy(), return_inverse=True)
    rows = np.bincount(place)
    more = (scores[1] >= threshold) * earned - (scores[0] >= threshold) * earned
    worse = (scores[1] - labels) ** 2 - (scores[0] - labels) ** 2
    difference = float(more.mean()) if len(more) else None
    interval = _bootstrap(np.bincount(place, more), rows, seed)
    return Paired(
        a=shadows[0],
        b=shadows[1],
        signals=len(labels),
        sessions=len(rows),
        difference=difference,
        bootstrap=interval,
        brier_bootstrap=_bootstrap(np.bincount(place, worse), rows, seed),
        sentence=_sentence(
            shadows[0], shadows[1], f"{len(labels)} signals of {len(rows)} sessions", difference, interval
        ),
    )


def shadow_scores(examples: pd.DataFrame, model: LoadedModel) -> Floats:
    """Score labelled signals by a model that need not have been in charge.

    Args:
        examples: Labelled signals, n ≥ 0; `date` and the ten features are read.
        model: Registered under a version.

    Returns:
        Shape (n,), 0 to 1, bit-equal to what the model would have stored beside the signals.

    Raises:
        ModelError: The model learnt from one of the sessions or a later one, or sees other features.
    """
    if model.feature_names != FEATURE_NAMES:
        msg = f"{model.version} cannot score stored signals, {schema_mismatch(FEATURE_NAMES, model.feature_names)}."
        raise ModelError(msg)
    if not len(examples):
        return np.empty(0)
    refuse_lookahead(model, [examples["date"].min().date()])
    return model.predict(examples.loc[:, list(FEATURE_NAMES)].to_numpy(dtype=np.float64))


def _shadow(version: str, scores: Floats, labels: Floats, earned: Floats) -> Shadow:
    return Shadow(
        version=version,
        taken=int(np.isfinite(earned).sum()),
        net_pnl=round(float(np.nansum(earned)), 2),
        brier=brier(labels, scores),
        calibration_error=calibration_error(labels, scores),
        roc_auc=roc_auc(labels, scores),
    )


def _bootstrap(sums: Numbers, rows: NDArray[np.int64], seed: int) -> tuple[float, float] | None:
    """Interval of the mean per signal, from sums and numbers of signals per session."""
    if len(rows) < MIN_SESSIONS:
        return None
    drawn = np.random.default_rng(seed).integers(0, len(rows), (RESAMPLES, len(rows)))
    means = sums[drawn].sum(axis=1) / rows[drawn].sum(axis=1)
    low, high = np.quantile(means, [0.5 - CONFIDENCE / 2.0, 0.5 + CONFIDENCE / 2.0])
    return float(low), float(high)


def _sentence(a: Shadow, b: Shadow, seen: str, difference: float | None, interval: tuple[float, float] | None) -> str:
    if difference is None or interval is None:
        return (
            f"{a.version} and {b.version} share {seen}; {MIN_SESSIONS} sessions are needed to compare them on the same."
        )
    more = "more" if difference >= 0.0 else "less"
    found = (
        f"on the same {seen} {b.version} would have earned ₹{abs(difference):,.2f} {more} per signal than {a.version} "
        f"(95 % interval ₹{interval[0]:,.2f} to ₹{interval[1]:,.2f}; {b.taken} against {a.taken} trades)"
    )
    rare = interval[0] > 0.0 or interval[1] < 0.0
    return f"{found}: {'chance alone rarely does that' if rare else 'that may be chance'}."
