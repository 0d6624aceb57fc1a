"""The suite over texts: make all baselines of a run, judge today's signals against them. No file is touched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from trading_assets.errors import BaselineError
from trading_assets.regression.baseline import Baseline, dumps, file_name, loads, records
from trading_assets.regression.comparison import compare
from trading_assets.regression.differences import CLASSES, PASSING, WORDS, Comparison, Tolerance

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from trading_assets.regression.baseline import Provenance, SignalRecord


@dataclass(frozen=True)
class StrategyResult:
    """How one strategy did.

    Args:
        strategy_id: The strategy.
        comparison: Its signals against the baseline; None when there was nothing to compare with.
        problem: Why it fails without a comparison, empty otherwise.
        notes: What changed in what the run was made of, e.g. another parameter hash; never a failure by itself.
    """

    strategy_id: str
    comparison: Comparison | None
    problem: str = ""
    notes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether it was compared and passed; a missing baseline never passes."""
        return self.comparison is not None and self.comparison.passed

    @property
    def reason(self) -> str:
        """Why it fails, in words; empty when it passes."""
        if self.comparison is None:
            return self.problem
        counts = self.comparison.counts()
        told = [f"{counts[kind]} {WORDS[kind]}" for kind in CLASSES if counts[kind] and kind not in PASSING]
        if self.comparison.biased:
            told.append(f"confidence creeps one way (mean {self.comparison.mean_drift:+.2%})")
        return ", ".join(told)

    def numbers(self) -> dict[str, int]:
        """Counts of the summary: baseline, current, matched, moved, missing, extra."""
        found = self.comparison
        if found is None:
            return dict.fromkeys(("baseline", "current", "matched", "moved", "missing", "extra"), 0)
        moved = sum(d.kind in _MOVED for d in found.differences)
        return {
            "baseline": found.baseline,
            "current": found.current,
            "matched": found.matched,
            "moved": moved,
            "missing": found.count("missing"),
            "extra": found.count("extra"),
        }


_MOVED = frozenset({"re_targeted", "shifted", "flipped_side"})


@dataclass(frozen=True)
class SuiteResult:
    """How all strategies did, sorted by strategy_id."""

    strategies: tuple[StrategyResult, ...]
    provenance: Provenance
    tolerance: Tolerance

    @property
    def passed(self) -> bool:
        """Whether there was at least one strategy and every one passed."""
        return bool(self.strategies) and all(result.passed for result in self.strategies)

    def totals(self) -> dict[str, int]:
        """Counts over all strategies."""
        names = ("baseline", "current", "matched", "moved", "missing", "extra")
        numbers = [result.numbers() for result in self.strategies]
        return {name: sum(n[name] for n in numbers) for name in names}


def make_baselines(signals: pd.DataFrame, provenance: Provenance) -> dict[str, str]:
    """Text of one baseline per strategy of the run, by file name; also for strategies without a signal.

    Args:
        signals: Rows of the `signals` table over the whole range, any order.
        provenance: What the run was made of; its strategies get a baseline each.
    """
    by_strategy = _by_strategy(records(signals))
    return {
        file_name(name, provenance.start, provenance.end): dumps(
            Baseline(name, facts, provenance, tuple(by_strategy.get(name, ())))
        )
        for name, facts in sorted(provenance.strategies.items())
    }


def run_suite(
    texts: Mapping[str, str],
    current: pd.DataFrame,
    provenance: Provenance,
    tolerance: Tolerance | None = None,
    snapshot_times: NDArray[np.datetime64] | None = None,
) -> SuiteResult:
    """Judge today's signals against the baselines.

    Args:
        texts: Baselines by file name. Those of another range, or of strategies that did not run, are left aside.
        current: Rows of the `signals` table over the range, any order.
        provenance: What today's run was made of; each of its strategies needs a baseline of this range.
        tolerance: How far signals may differ; None for the defaults.
        snapshot_times: See `comparison.compare`.
    """
    limits, by_strategy = tolerance or Tolerance(), _by_strategy(records(current))
    results = []
    for name in sorted(provenance.strategies):
        file = file_name(name, provenance.start, provenance.end)
        if file not in texts:
            problem = f"there is no baseline {file}; make it with `regression --mode baseline`"
            results.append(StrategyResult(name, None, problem))
            continue
        try:
            baseline = loads(texts[file], file)
        except BaselineError as error:
            results.append(StrategyResult(name, None, str(error)))
            continue
        comparison = compare(baseline.signals, by_strategy.get(name, ()), limits, snapshot_times)
        results.append(StrategyResult(name, comparison, notes=_notes(baseline, provenance)))
    return SuiteResult(tuple(results), provenance, limits)


def _by_strategy(found: Sequence[SignalRecord]) -> dict[str, list[SignalRecord]]:
    by_strategy: dict[str, list[SignalRecord]] = {}
    for record in found:
        by_strategy.setdefault(record.strategy_id, []).append(record)
    return by_strategy


def _notes(baseline: Baseline, run: Provenance) -> tuple[str, ...]:
    was, now = baseline.facts, run.strategies[baseline.strategy_id]
    pairs = (
        ("strategy version", was.version, now.version),
        ("parameters", was.parameter_hash, now.parameter_hash),
        ("input snapshots", baseline.provenance.input_hash[:12], run.input_hash[:12]),
        ("calendar", baseline.provenance.calendar_version, run.calendar_version),
        ("sessions", baseline.provenance.sessions, run.sessions),
    )
    return tuple(f"{what} changed from {old} to {new}" for what, old, new in pairs if old != new)
