"""How good probabilities were: log-loss, Brier score, ROC area, calibration, precision and P&L at a threshold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_SMALLEST = 1e-12


def log_loss(labels: Floats, probabilities: Floats) -> float | None:
    """Mean negative log-likelihood, nats per row.

    Args:
        labels: 0 or 1, shape (n,).
        probabilities: Of label 1, shape (n,), clipped to [1e-12, 1 - 1e-12].

    Returns:
        ≥ 0, or None for n = 0.
    """
    if not len(labels):
        return None
    clipped = np.clip(probabilities, _SMALLEST, 1.0 - _SMALLEST)
    return float(-np.mean(labels * np.log(clipped) + (1.0 - labels) * np.log1p(-clipped)))


def brier(labels: Floats, probabilities: Floats) -> float | None:
    """Mean squared difference of probability and label, 0 to 1; None for n = 0.

    Args:
        labels: 0 or 1, shape (n,).
        probabilities: Of label 1, shape (n,).
    """
    return float(np.mean((probabilities - labels) ** 2)) if len(labels) else None


def roc_auc(labels: Floats, probabilities: Floats) -> float | None:
    """Chance that a winner has the higher probability than a loser, ties counted half, 0 to 1.

    Args:
        labels: 0 or 1, shape (n,).
        probabilities: Of label 1, shape (n,).

    Returns:
        The area, or None when one class is absent.

    Source: Hanley and McNeil (1982), Radiology 143: the area equals the normalised Mann-Whitney U.
    """
    positive = labels == 1.0
    winners, losers = int(positive.sum()), int((~positive).sum())
    if not winners or not losers:
        return None
    _, group, size = np.unique(probabilities, return_inverse=True, return_counts=True)
    average_rank = np.cumsum(size) - (size - 1) / 2.0
    rank_sum = float(average_rank[group][positive].sum())
    return (rank_sum - winners * (winners + 1) / 2.0) / (winners * losers)


def precision_at(labels: Floats, probabilities: Floats, threshold: float) -> float | None:
    """Share of winners among the rows at or above the threshold, 0 to 1; None when there are none.

    Args:
        labels: 0 or 1, shape (n,).
        probabilities: Of label 1, shape (n,).
        threshold: Smallest probability that is taken.
    """
    taken = probabilities >= threshold
    return float(labels[taken].mean()) if taken.any() else None


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """Rows of similar probability.

    Args:
        mean_probability: Mean of what was said, 0 to 1.
        win_rate: Share that won, 0 to 1.
        rows: How many, ≥ 1.
    """

    mean_probability: float
    win_rate: float
    rows: int


def calibration_bins(labels: Floats, probabilities: Floats, most: int = 10) -> tuple[CalibrationBin, ...]:
    """Group rows by probability into at most `most` bins of about equal size; equal probabilities stay together.

    Args:
        labels: 0 or 1, shape (n,).
        probabilities: Of label 1, shape (n,).
        most: How many bins at most, ≥ 1.

    Returns:
        The bins in ascending order of probability; none for n = 0.
    """
    if not len(labels):
        return ()
    edges = np.quantile(probabilities, np.arange(1, most) / most)
    _, place = np.unique(np.searchsorted(edges, probabilities, side="right"), return_inverse=True)
    rows = np.bincount(place)
    said, won = (np.bincount(place, weights=values) / rows for values in (probabilities, labels))
    return tuple(CalibrationBin(float(s), float(w), int(n)) for s, w, n in zip(said, won, rows, strict=True))


def calibration_error(labels: Floats, probabilities: Floats) -> float | None:
    """Mean distance of what was said and what happened over the calibration bins, 0 to 1; None for n = 0.

    Args:
        labels: 0 or 1, shape (n,).
        probabilities: Of label 1, shape (n,).

    Source: Naeini, Cooper and Hauskrecht (2015), AAAI: the expected calibration error, here of bins of equal size.
    """
    bins = calibration_bins(labels, probabilities)
    return sum(b.rows * abs(b.mean_probability - b.win_rate) for b in bins) / len(labels) if bins else None


def net_pnl_lift(net_pnl: Floats, probabilities: Floats, threshold: float) -> float | None:
    """Mean net P&L of the rows at or above the threshold less that of all, ₹ per trade; None when there are none.

    Args:
        net_pnl: Of each row traded alone, ₹, shape (n,).
        probabilities: Of a win, shape (n,).
        threshold: Smallest probability that is taken.
    """
    taken = probabilities >= threshold
    return float(net_pnl[taken].mean() - net_pnl.mean()) if taken.any() else None


def judge(labels: Floats, probabilities: Floats, threshold: float, net_pnl: Floats) -> dict[str, float | None]:
    """Return all measures of one set of probabilities by name, beside `rows` and the `taken` share.

    Args:
        labels: 0 or 1, shape (n,).
        probabilities: Of label 1, shape (n,).
        threshold: Smallest probability that is traded.
        net_pnl: Of each row traded alone, ₹, shape (n,).
    """
    return {
        "rows": float(len(labels)),
        "log_loss": log_loss(labels, probabilities),
        "brier": brier(labels, probabilities),
        "roc_auc": roc_auc(labels, probabilities),
        "precision_at_threshold": precision_at(labels, probabilities, threshold),
        "taken": float(np.mean(probabilities >= threshold)) if len(labels) else None,
        "calibration_error": calibration_error(labels, probabilities),
        "net_pnl_lift": net_pnl_lift(net_pnl, probabilities, threshold),
    }
