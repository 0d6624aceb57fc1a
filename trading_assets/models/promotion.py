"""What a version must show before it may replace the one that serves: enough signals, and no worse calibration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from trading_assets.models.comparison import MIN_SESSIONS

if TYPE_CHECKING:
    from trading_assets.models.paired import Paired

#: Calibration errors closer than this are not told apart: a few hundred signals place them no better.
CALIBRATION_TOLERANCE = 0.02


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was known of a version when its promotion was asked for.

    Args:
        rival: Version that serves the sessions it would serve; None when none or itself does.
        found: The figures in words, for the ledger.
        refusals: What it lacks, one sentence each; none when nothing stands against it.
    """

    rival: str | None
    found: str
    refusals: tuple[str, ...] = ()


def unrivalled(version: str) -> Evidence:
    """Return the evidence of a version that replaces no other, which nothing stands against."""
    return Evidence(None, f"{version} replaces no other version")


def judge_challenger(found: Paired, least_signals: int) -> Evidence:
    """Say what a challenger has shown on the signals it shares with the version that serves.

    Args:
        found: The version that serves as A, the challenger as B.
        least_signals: Fewer shared signals are no evidence, ≥ 1.

    Returns:
        Refusals when there are too few signals or sessions, when its Brier score is larger, or when its calibration
        error is larger by more than 0.02.
    """
    a, b = found.a, found.b
    seen = f"{found.signals} signals of {found.sessions} sessions"
    scores = f"Brier {_said(b.brier)} against {_said(a.brier)}"
    errors = f"calibration error {_said(b.calibration_error)} against {_said(a.calibration_error)}"
    faults = {
        f"{seen} were scored by both, {least_signals} signals of {MIN_SESSIONS} sessions are needed "
        "(scoring.promotion_signals)": found.signals < least_signals or found.sessions < MIN_SESSIONS,
        f"its probabilities are further from what happened: {scores}": _larger(b.brier, a.brier, 0.0),
        f"it is worse calibrated: {errors}": _larger(b.calibration_error, a.calibration_error, CALIBRATION_TOLERANCE),
    }
    words = f"{b.version} against {a.version} on {seen}: {scores}, {errors}; {found.sentence.rstrip('.')}"
    return Evidence(a.version, words, tuple(fault for fault, met in faults.items() if met))


def _larger(challenger: float | None, champion: float | None, tolerance: float) -> bool:
    return challenger is not None and champion is not None and challenger > champion + tolerance


def _said(value: float | None) -> str:
    return "none" if value is None else f"{value:.4f}"
