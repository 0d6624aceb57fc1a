"""How far the newest sessions of a feature are from the earlier ones, and how far is far for this feature.

The textbook limits (PSI above 0.25) fire most weeks on intraday features, whose values within a session hang
together: without any drift, a few sessions are few independent draws. What is usual is therefore measured: every run
of five sessions of the reference is compared with the rest of it, and limits are taken from that history.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Counts = NDArray[np.int64]

Status = Literal["ok", "info", "warning", "critical"]

WINDOW_SESSIONS = 5
MIN_REFERENCE_SESSIONS = 60
MAX_REFERENCE_SESSIONS = 250
LEAST_WARNING, LEAST_CRITICAL = 0.1, 0.25
_HISTORY_SHARE = 0.95
_BINS = 10
_LEVELS = (np.arange(100) + 0.5) / 100.0
#: Added to every bin, so that an empty one is unlikely rather than impossible (Jeffreys).
_SMOOTHING = 0.5


@dataclass(frozen=True)
class Reference:
    """What earlier sessions looked like, frozen before the window is seen.

    Args:
        edges: Inner edges of the bins, ascending and distinct, shape (b,).
        quantiles: Values at the levels 0.005, 0.015 … 0.995, shape (100,); NaN without values.
        deviation: Standard deviation, NaN without values.
    """

    edges: Floats
    quantiles: Floats
    deviation: float


@dataclass(frozen=True)
class Drift:
    """The newest five sessions of one feature against the earlier ones.

    Args:
        values: Values in the window, missing ones included.
        reference_values: Values in the reference, missing ones included.
        missing_share: Missing share of the window, 0 to 1; NaN without values.
        reference_missing_share: The same of the reference.
        psi: Population stability index, nats ≥ 0; a missing value is a bin of its own.
        jensen_shannon: Jensen-Shannon divergence of the same bins, bits, 0 to 1.
        wasserstein: Wasserstein distance over the reference's standard deviation, ≥ 0.
        kolmogorov_smirnov: Largest difference of the two distributions, 0 to 1, to 0.01.
        warning_limit: psi above it is a warning; NaN while the history is short.
        critical_limit: psi above it is critical; NaN while the history is short.
        reference_sessions: Sessions in the reference.
    """

    values: int
    reference_values: int
    missing_share: float
    reference_missing_share: float
    psi: float
    jensen_shannon: float
    wasserstein: float
    kolmogorov_smirnov: float
    warning_limit: float
    critical_limit: float
    reference_sessions: int

    @property
    def status(self) -> Status:
        """`info` while there are no limits, else what psi is against them."""
        if np.isnan(self.critical_limit) or np.isnan(self.psi):
            return "info"
        if self.psi > self.critical_limit:
            return "critical"
        return "warning" if self.psi > self.warning_limit else "ok"


def drift(sessions: Sequence[Floats]) -> Drift:
    """Compare the last five sessions of a feature with up to 250 before them.

    Args:
        sessions: Values of each session in order, NaN missing, any length each, s ≥ 0.

    Returns:
        The measures; NaN where the window or the reference has no values. Limits need 60 sessions of reference.

    Source: limits measured on autocorrelated intraday data without drift, see the module.
    """
    window = _joined(sessions[-WINDOW_SESSIONS:])
    earlier = sessions[:-WINDOW_SESSIONS][-MAX_REFERENCE_SESSIONS:]
    before = _joined(earlier)
    reference = freeze(before)
    counts = np.array([bin_counts(values, reference) for values in earlier], dtype=np.int64)
    counts = counts.reshape(len(earlier), len(reference.edges) + 2)
    total, seen = counts.sum(axis=0), bin_counts(window, reference)
    comparable = bool(len(window) and len(before))
    warning, critical = limits(history(counts))
    return Drift(
        values=len(window),
        reference_values=len(before),
        missing_share=_missing_share(window),
        reference_missing_share=_missing_share(before),
        psi=float(psi(total, seen)) if comparable else np.nan,
        jensen_shannon=float(jensen_shannon(total, seen)) if comparable else np.nan,
        wasserstein=wasserstein(reference, window),
        kolmogorov_smirnov=kolmogorov_smirnov(reference, window),
        warning_limit=warning,
        critical_limit=critical,
        reference_sessions=len(earlier),
    )


def freeze(values: Floats) -> Reference:
    """Freeze what a reference looks like.

    Args:
        values: NaN missing, shape (n,), n ≥ 0.
    """
    known = values[~np.isnan(values)]
    if not len(known):
        return Reference(np.empty(0), np.full(len(_LEVELS), np.nan), np.nan)
    edges = np.unique(np.quantile(known, np.arange(1, _BINS) / _BINS))
    return Reference(edges, np.quantile(known, _LEVELS), float(known.std()))


def bin_counts(values: Floats, reference: Reference) -> Counts:
    """Count values per bin of the reference; the last bin is the missing ones, shape (b + 2,)."""
    last = len(reference.edges) + 1
    bins = np.where(np.isnan(values), last, np.searchsorted(reference.edges, values, side="right"))
    return np.bincount(bins, minlength=last + 1)


def psi(expected: Counts, actual: Counts) -> Floats:
    """Population stability index of two sets of counts over the last axis, nats ≥ 0.

    Args:
        expected: Counts of the reference, shape (…, b).
        actual: Counts of the window, same shape.
    """
    p, q = _shares(expected), _shares(actual)
    result: Floats = ((q - p) * np.log(q / p)).sum(axis=-1)
    return result


def jensen_shannon(expected: Counts, actual: Counts) -> Floats:
    """Jensen-Shannon divergence of two sets of counts over the last axis, bits, 0 to 1.

    Source: Lin (1991), IEEE Transactions on Information Theory 37.
    """
    p, q = _shares(expected), _shares(actual)
    middle = (p + q) / 2.0
    result: Floats = ((p * np.log2(p / middle) + q * np.log2(q / middle)) / 2.0).sum(axis=-1)
    return result


def wasserstein(reference: Reference, values: Floats) -> float:
    """Mean distance of the quantiles over the reference's standard deviation; NaN without values or spread."""
    known = values[~np.isnan(values)]
    if not len(known) or not reference.deviation > 0.0:
        return np.nan
    return float(np.abs(np.quantile(known, _LEVELS) - reference.quantiles).mean() / reference.deviation)


def kolmogorov_smirnov(reference: Reference, values: Floats) -> float:
    """Largest difference of the distribution functions at the reference's quantiles; NaN without values."""
    known = np.sort(values[~np.isnan(values)])
    if not len(known) or np.isnan(reference.deviation):
        return np.nan
    points = reference.quantiles
    # at a point and just before it: a jump counts on both of its sides
    gaps = [
        np.abs(np.searchsorted(known, points, side) / len(known) - np.searchsorted(points, points, side) / len(points))
        for side in ("left", "right")
    ]
    return float(np.max(gaps))


def history(counts: Counts) -> Floats:
    """Return the psi of every run of five reference sessions against the rest of the reference.

    Args:
        counts: Counts per session and bin, shape (s, b).

    Returns:
        Shape (s - 4,); empty with fewer than 60 sessions.
    """
    if len(counts) < MIN_REFERENCE_SESSIONS:
        return np.empty(0)
    windows = np.lib.stride_tricks.sliding_window_view(counts, WINDOW_SESSIONS, axis=0).sum(axis=-1)
    return psi(counts.sum(axis=0) - windows, windows)


def limits(usual: Floats) -> tuple[float, float]:
    """Return the warning and the critical limit of psi: what is usual, but never below 0.1 and 0.25; NaN without."""
    if not len(usual):
        return np.nan, np.nan
    return max(LEAST_WARNING, float(np.quantile(usual, _HISTORY_SHARE))), max(LEAST_CRITICAL, float(usual.max()))


def _joined(sessions: Sequence[Floats]) -> Floats:
    return np.concatenate([np.empty(0), *sessions])


def _missing_share(values: Floats) -> float:
    return float(np.isnan(values).mean()) if len(values) else np.nan


def _shares(counts: Counts) -> Floats:
    smoothed = counts + _SMOOTHING
    shares: Floats = smoothed / smoothed.sum(axis=-1, keepdims=True)
    return shares
