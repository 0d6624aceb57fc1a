"""Comparing two model versions by what their trades earned, with the session as the unit of chance.

Trades of one session share its market. Counting each as independent evidence called versions different in a third of
comparisons where nothing differed; sessions are what is resampled and averaged here.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

CONFIDENCE = 0.95
MIN_SESSIONS = 5
RESAMPLES = 4_000
_POWER = 0.80


@dataclass(frozen=True)
class Record:
    """What one version earned.

    Args:
        version: Semantic version.
        trades: How many trades carry it.
        session_means: Mean net P&L per trade of each session, ₹, in the order of the sessions, shape (s,).
        session_trades: Trades of each session, shape (s,).
    """

    version: str
    trades: int
    session_means: tuple[float, ...]
    session_trades: tuple[int, ...]

    @property
    def sessions(self) -> int:
        """How many sessions it traded in."""
        return len(self.session_means)

    @property
    def mean(self) -> float | None:
        """Mean of the session means, ₹ per trade; None without a session."""
        return float(np.mean(self.session_means)) if self.session_means else None


@dataclass(frozen=True)
class Comparison:
    """Version B less version A, ₹ per trade.

    Args:
        a: Record of the first version.
        b: Record of the second.
        difference: Mean of B's session means less that of A's; None when either has none.
        bootstrap: 95 % percentile interval from resampled sessions; None with too few sessions.
        welch: 95 % interval of Welch's t on session means; None with too few sessions.
        p_value: Welch's two-sided p; None with too few sessions or without any variation.
        sessions_needed: Sessions of each version for a power of 80 % if the difference is as found; None without.
        sentence: The finding in words.
    """

    a: Record
    b: Record
    difference: float | None
    bootstrap: tuple[float, float] | None
    welch: tuple[float, float] | None
    p_value: float | None
    sessions_needed: int | None
    sentence: str


def compare(trades: pd.DataFrame, version_a: str, version_b: str, seed: int) -> Comparison:
    """Compare two versions by the net P&L of the trades that carry them.

    Args:
        trades: Rows of `trades`; `date`, `model_version` and `net_pnl` are read, n ≥ 0.
        version_a: The version in use.
        version_b: The version that might replace it.
        seed: Seed of the resampling; the same seed gives the same interval.

    Returns:
        The comparison; intervals are None when a version has fewer than 5 sessions.

    Source: Welch (1947), Biometrika 34; Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapter 13.
    """
    a, b = _record(trades, version_a), _record(trades, version_b)
    difference = None if a.mean is None or b.mean is None else b.mean - a.mean
    if difference is None or min(a.sessions, b.sessions) < MIN_SESSIONS:
        return Comparison(a, b, difference, None, None, None, None, _too_few(a, b))
    first, second = np.array(a.session_means), np.array(b.session_means)
    welch, p_value = _welch(first, second, difference)
    bootstrap = _bootstrap(first, second, seed)
    needed = _sessions_needed(first, second, difference)
    sentence = _sentence(a, b, difference, bootstrap, needed)
    return Comparison(a, b, difference, bootstrap, welch, p_value, needed, sentence)


def _record(trades: pd.DataFrame, version: str) -> Record:
    own = trades.loc[trades["model_version"] == version, ["date", "net_pnl"]]
    by_session = own.groupby("date", sort=True)["net_pnl"].agg(["mean", "size"])
    means = tuple(float(mean) for mean in by_session["mean"])
    return Record(version, len(own), means, tuple(int(size) for size in by_session["size"]))


def _welch(first: Floats, second: Floats, difference: float) -> tuple[tuple[float, float], float | None]:
    from scipy.special import stdtr, stdtrit

    parts = np.array([first.var(ddof=1) / len(first), second.var(ddof=1) / len(second)])
    error = float(np.sqrt(parts.sum()))
    if error == 0.0:
        return (difference, difference), None
    freedom = parts.sum() ** 2 / (parts**2 / np.array([len(first) - 1, len(second) - 1])).sum()
    reach = float(stdtrit(freedom, 0.5 + CONFIDENCE / 2.0)) * error
    return (difference - reach, difference + reach), float(2.0 * stdtr(freedom, -abs(difference) / error))


def _bootstrap(first: Floats, second: Floats, seed: int) -> tuple[float, float]:
    random = np.random.default_rng(seed)
    means = [
        sample[random.integers(0, len(sample), (RESAMPLES, len(sample)))].mean(axis=1) for sample in (first, second)
    ]
    low, high = np.quantile(means[1] - means[0], [0.5 - CONFIDENCE / 2.0, 0.5 + CONFIDENCE / 2.0])
    return float(low), float(high)


def _sessions_needed(first: Floats, second: Floats, difference: float) -> int | None:
    variance = float(first.var(ddof=1) + second.var(ddof=1))
    if difference == 0.0 or variance == 0.0:
        return None
    normal = NormalDist()
    reach = normal.inv_cdf(0.5 + CONFIDENCE / 2.0) + normal.inv_cdf(_POWER)
    return int(np.ceil(reach**2 * variance / difference**2))


def _too_few(a: Record, b: Record) -> str:
    counts = " and ".join(f"{record.version} traded in {record.sessions} sessions" for record in (a, b))
    return f"{counts}; {MIN_SESSIONS} of each are needed to compare them."


def _sentence(a: Record, b: Record, difference: float, interval: tuple[float, float], needed: int | None) -> str:
    more = "more" if difference >= 0.0 else "less"
    found = (
        f"{b.version} earned ₹{abs(difference):,.0f} {more} per trade than {a.version} "
        f"({b.trades} against {a.trades} trades in {b.sessions} and {a.sessions} sessions; "
        f"95 % interval ₹{interval[0]:,.0f} to ₹{interval[1]:,.0f})"
    )
    if interval[0] > 0.0 or interval[1] < 0.0:
        return f"{found}: chance alone rarely does that."
    wait = f"; about {needed} sessions of each would show a difference of this size" if needed else ""
    return f"{found}: that may be chance{wait}."
