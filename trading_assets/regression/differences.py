"""The ten classes a signal can fall into against its baseline, and when a strategy fails."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trading_assets.regression.baseline import SignalRecord

Class = Literal[
    "identical",
    "drift_within",
    "drift_beyond",
    "decision_flip",
    "re_priced",
    "re_targeted",
    "shifted",
    "flipped_side",
    "missing",
    "extra",
]
#: In the order summaries show them.
CLASSES: tuple[Class, ...] = (
    "identical",
    "drift_within",
    "drift_beyond",
    "decision_flip",
    "re_priced",
    "re_targeted",
    "shifted",
    "flipped_side",
    "missing",
    "extra",
)
#: How people read them.
WORDS: Mapping[Class, str] = {kind: kind.replace("re_", "re-").replace("_", " ") for kind in CLASSES}
#: Same signal_id on both sides.
MATCHED: frozenset[Class] = frozenset({"identical", "drift_within", "drift_beyond", "decision_flip", "re_priced"})
PASSING: frozenset[Class] = frozenset({"identical", "drift_within"})
_CONFIDENCE_STEP = 1e-4


@dataclass(frozen=True)
class Tolerance:
    """How far signals may differ.

    Args:
        drift: Change of confidence over the baseline's that still passes, a fraction.
        shift_snapshots: A signal found this many snapshots earlier or later counts as shifted.
        shift_minutes: The same in minutes, where the snapshot times are not known.
        decision_at: Confidence whose crossing is a flipped decision.
        bias_signals: From this many drifting signals on, drift that nearly all goes one way fails.
        bias_share: Share of the drifting signals that is "nearly all".
    """

    drift: float = 0.05
    shift_snapshots: int = 3
    shift_minutes: float = 15.0
    decision_at: float = 0.5
    bias_signals: int = 5
    bias_share: float = 0.9


@dataclass(frozen=True)
class Difference:
    """One signal of the baseline with the one of today it was paired with.

    Args:
        kind: Its class.
        baseline: The baseline's signal; None for an extra one.
        current: Today's signal; None for a missing one.
        detail: What differs, in words; empty when identical.
    """

    kind: Class
    baseline: SignalRecord | None
    current: SignalRecord | None
    detail: str = ""

    @property
    def record(self) -> SignalRecord:
        """The baseline's signal, else today's.

        Raises:
            ValueError: Both are None.
        """
        found = self.current if self.baseline is None else self.baseline
        if found is None:
            msg = "a difference needs a signal on at least one side."
            raise ValueError(msg)
        return found

    @property
    def drift(self) -> float:
        """Signed change of confidence over the baseline's; 0 where one side is missing."""
        if self.baseline is None or self.current is None:
            return 0.0
        return drift(self.baseline, self.current)


@dataclass(frozen=True)
class Comparison:
    """All differences of one strategy, in time order."""

    differences: tuple[Difference, ...]
    tolerance: Tolerance

    def count(self, kind: Class) -> int:
        """How many signals are of a class."""
        return self.counts()[kind]

    def counts(self) -> Counter[str]:
        """Signals by class."""
        return Counter(difference.kind for difference in self.differences)

    @property
    def baseline(self) -> int:
        """Signals of the baseline."""
        return sum(difference.baseline is not None for difference in self.differences)

    @property
    def current(self) -> int:
        """Signals of today."""
        return sum(difference.current is not None for difference in self.differences)

    @property
    def matched(self) -> int:
        """Signals with the same signal_id on both sides."""
        return sum(difference.kind in MATCHED for difference in self.differences)

    @property
    def max_drift(self) -> float:
        """Largest absolute drift of a matched signal; 0 without any."""
        return max((abs(d.drift) for d in self.differences if d.kind in MATCHED), default=0.0)

    @property
    def mean_drift(self) -> float:
        """Mean signed drift of the matched signals; 0 without any."""
        drifts = [d.drift for d in self.differences if d.kind in MATCHED]
        return float(np.mean(drifts)) if drifts else 0.0

    @property
    def biased(self) -> bool:
        """Whether drift creeps: at least half of the matched signals drift, and nearly all of them one way."""
        matched = [d.drift for d in self.differences if d.kind in MATCHED]
        up, down = sum(d > 0 for d in matched), sum(d < 0 for d in matched)
        drifting = up + down
        enough = drifting >= self.tolerance.bias_signals and 2 * drifting >= len(matched)
        return enough and max(up, down) >= self.tolerance.bias_share * drifting

    @property
    def passed(self) -> bool:
        """Whether every signal is identical or drifted within the tolerance, and the drift does not creep."""
        return not self.biased and all(difference.kind in PASSING for difference in self.differences)


def drift(was: SignalRecord, now: SignalRecord) -> float:
    """Signed change of confidence over the baseline's, a fraction; 0 below half a step of 1e-4."""
    change = now.confidence - was.confidence
    if abs(change) < _CONFIDENCE_STEP / 2:
        return 0.0
    return change / max(was.confidence, _CONFIDENCE_STEP)
