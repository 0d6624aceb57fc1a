"""The suite over texts: make all baselines of a run, judge today's run against them. No file is touched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from trading_assets.errors import BaselineError, CheckFailedError
from trading_assets.regression.baseline import Baseline, records
from trading_assets.regression.baseline_text import dumps, file_name, loads
from trading_assets.regression.comparison import compare
from trading_assets.regression.differences import CLASSES, PASSING, WORDS, Comparison, Tolerance
from trading_assets.regression.statistics import unequal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from trading_assets.regression.baseline import Provenance, SignalRecord
    from trading_assets.regression.runs import Run

#: Counts of a summary.
COUNTS = ("baseline", "current", "matched", "moved", "missing", "extra")
_MOVED = frozenset({"re_targeted", "shifted", "flipped_side"})


@dataclass(frozen=True)
class StrategyResult:
    """How one strategy did.

    Args:
        strategy_id: The strategy.
        comparison: Its signals against the baseline; None when there was nothing to compare with.
        problem: Why it cannot pass whatever the signals are: no baseline, or one of other snapshots; else empty.
        statistics: Sessions whose trades come to something else than expected, a sentence each.
        notes: What changed in what the run was made of, e.g. another parameter hash; never a failure by itself.
    """

    strategy_id: str
    comparison: Comparison | None
    problem: str = ""
    statistics: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether it was compared and passed; a missing baseline never passes."""
        return self.comparison is not None and not self.problem and not self.differs

    @property
    def differs(self) -> bool:
        """Whether signals or statistics are others than those of the baseline."""
        return self.comparison is not None and not (self.comparison.passed and not self.statistics)

    @property
    def reason(self) -> str:
        """Why it fails, in words; empty when it passes."""
        told = [self.problem] if self.problem else []
        if self.comparison is not None:
            counts = self.comparison.counts()
            told += [f"{counts[kind]} {WORDS[kind]}" for kind in CLASSES if counts[kind] and kind not in PASSING]
            if self.comparison.biased:
                told.append(f"confidence creeps one way (mean {self.comparison.mean_drift:+.2%})")
        if self.statistics:
            told.append(f"statistics of {len(self.statistics)} sessions differ")
        return ", ".join(told)

    def numbers(self) -> dict[str, int]:
        """Counts of the summary, by `COUNTS`."""
        found = self.comparison
        if found is None:
            return dict.fromkeys(COUNTS, 0)
        moved = sum(d.kind in _MOVED for d in found.differences)
        missing, extra = found.count("missing"), found.count("extra")
        numbers = (found.baseline, found.current, found.matched, moved, missing, extra)
        return dict(zip(COUNTS, numbers, strict=True))


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

    @property
    def exit_code(self) -> int:
        """0 passed; 1 a strategy says or earns something else; 3 only because baselines are missing or do not fit."""
        if self.passed:
            return 0
        differs = any(result.differs for result in self.strategies)
        return CheckFailedError.exit_code if differs else BaselineError.exit_code

    def totals(self) -> dict[str, int]:
        """Counts over all strategies."""
        numbers = [result.numbers() for result in self.strategies]
        return {name: sum(n[name] for n in numbers) for name in COUNTS}


def make_baselines(run: Run) -> dict[str, str]:
    """Text of one baseline per strategy of the run, by file name; also for strategies without a signal."""
    by_strategy, made_of = _by_strategy(records(run.signals)), run.provenance
    texts = {}
    for name, facts in sorted(made_of.strategies.items()):
        signals, statistics = tuple(by_strategy.get(name, ())), run.statistics.get(name, ())
        file = file_name(name, made_of.start, made_of.end)
        texts[file] = dumps(Baseline(name, facts, made_of, signals, statistics))
    return texts


def run_suite(texts: Mapping[str, str], run: Run, tolerance: Tolerance | None = None) -> SuiteResult:
    """Judge a run against the baselines.

    Args:
        texts: Baselines by file name. Those of another range, or of strategies that did not run, are left aside.
        run: Today's run; each of its strategies needs a baseline of its range.
        tolerance: How far signals may differ; None for the defaults.
    """
    limits, by_strategy = tolerance or Tolerance(), _by_strategy(records(run.signals))
    results = []
    for name in sorted(run.provenance.strategies):
        try:
            baseline = _baseline(texts, name, run.provenance)
        except BaselineError as error:
            results.append(StrategyResult(name, None, str(error)))
            continue
        comparison = compare(baseline.signals, by_strategy.get(name, ()), limits, run.snapshot_times)
        results.append(_judged(baseline, comparison, run))
    return SuiteResult(tuple(results), run.provenance, limits)


def _baseline(texts: Mapping[str, str], name: str, run: Provenance) -> Baseline:
    file = file_name(name, run.start, run.end)
    if file not in texts:
        msg = f"there is no baseline {file}; make it with `regression --mode baseline`"
        raise BaselineError(msg)
    baseline = loads(texts[file], file)
    told = (baseline.strategy_id, baseline.provenance.start, baseline.provenance.end)
    if told != (name, run.start, run.end):
        msg = f"baseline {file} says it is of {told[0]} from {told[1]} to {told[2]}; re-make it or rename it"
        raise BaselineError(msg)
    return baseline


def _judged(baseline: Baseline, comparison: Comparison, run: Run) -> StrategyResult:
    was, now = baseline.provenance, run.provenance
    notes = list(_notes(baseline, now))
    statistics: list[str] = []
    if was.trading_hash == now.trading_hash:
        statistics = unequal(baseline.statistics, run.statistics.get(baseline.strategy_id, ()))
    else:
        told = f"from {was.trading_hash} to {now.trading_hash}"
        notes.append(f"trading settings or charges changed {told}: statistics are not compared")
    return StrategyResult(baseline.strategy_id, comparison, _other_inputs(was, now), tuple(statistics), tuple(notes))


def _by_strategy(found: Sequence[SignalRecord]) -> dict[str, list[SignalRecord]]:
    by_strategy: dict[str, list[SignalRecord]] = {}
    for record in found:
        by_strategy.setdefault(record.strategy_id, []).append(record)
    return by_strategy


def _other_inputs(was: Provenance, now: Provenance) -> str:
    """Which sessions hold other snapshots than those the baseline was made of, in words; empty for none."""
    days = sorted({*was.inputs, *now.inputs})
    others = [str(day) for day in days if was.inputs.get(day) != now.inputs.get(day)]
    if not others:
        return ""
    return f"snapshots of {', '.join(others)} are others than those the baseline was made of; restore or re-make them"


def _notes(baseline: Baseline, run: Provenance) -> tuple[str, ...]:
    was, now = baseline.facts, run.strategies[baseline.strategy_id]
    pairs = (
        ("strategy version", was.version, now.version),
        ("parameters", was.parameter_hash, now.parameter_hash),
        ("calendar", baseline.provenance.calendar_version, run.calendar_version),
    )
    return tuple(f"{what} changed from {old} to {new}" for what, old, new in pairs if old != new)
