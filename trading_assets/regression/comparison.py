"""Comparing signals with their baseline, one to one, in ten classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.regression.baseline import time_order
from trading_assets.regression.differences import Comparison, Difference, Tolerance, drift

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from trading_assets.regression.baseline import SignalRecord

_TICK = 0.05
#: A drift of exactly the tolerance passes, whatever its last bits.
_ROUNDING = 1e-9


def compare(
    baseline: Iterable[SignalRecord],
    current: Iterable[SignalRecord],
    tolerance: Tolerance | None = None,
    snapshot_times: NDArray[np.datetime64] | None = None,
) -> Comparison:
    """Pair signals one to one and class every pair.

    Pairs are made in this order: same signal_id; same snapshot, side and option type (re-targeted); same snapshot
    (flipped side); same side and option type within a few snapshots (shifted). What is left is missing or extra.

    Args:
        baseline: Signals of one strategy, any order, n ≥ 0.
        current: Signals of the same strategy today.
        tolerance: How far they may differ; None for the defaults.
        snapshot_times: observed_at of the snapshots of the range, UTC, rising, to count shifts in snapshots.
    """
    limits = tolerance or Tolerance()
    old, new = sorted(baseline, key=time_order), sorted(current, key=time_order)
    distance = _Distance.of([*old, *new], limits, snapshot_times)
    found: list[Difference] = []

    def pair(
        key: Callable[[SignalRecord], object], describe: Callable[[SignalRecord, SignalRecord], Difference]
    ) -> None:
        nonlocal old, new
        pairs = _paired(old, new, key, distance)
        used = {id(record) for both in pairs for record in both}
        old, new = ([record for record in side if id(record) not in used] for side in (old, new))
        found.extend(describe(was, now) for was, now in pairs)

    pair(lambda r: r.signal_id, lambda was, now: _matched(was, now, limits))
    pair(lambda r: (*_place(r), r.option_type, r.side), _re_targeted)
    pair(_place, _flipped)
    pair(lambda r: (r.timestamp.date(), r.underlying, r.option_type, r.side, r.leg), distance.shifted)
    found += [Difference("missing", was, None, "not there today") for was in old]
    found += [Difference("extra", None, now, "not in the baseline") for now in new]
    return Comparison(tuple(sorted(found, key=lambda d: time_order(d.record))), limits)


@dataclass(frozen=True, eq=False)
class _Distance:
    """How far apart signals are in time, in snapshots where their times are known, else in minutes."""

    place: Mapping[datetime, float]
    limit: float
    unit: str

    @classmethod
    def of(
        cls, records: Sequence[SignalRecord], limits: Tolerance, snapshots: NDArray[np.datetime64] | None
    ) -> _Distance:
        """Place all moments at once: one by one it took ten times as long as the comparison."""
        moments = sorted({record.timestamp for record in records})
        if snapshots is None:
            return cls({at: at.timestamp() / 60.0 for at in moments}, limits.shift_minutes, "minutes")
        naive = np.array([at.replace(tzinfo=None) for at in moments], dtype="datetime64[us]")
        places = np.searchsorted(snapshots, naive).tolist()
        return cls(dict(zip(moments, places, strict=True)), limits.shift_snapshots, "snapshots")

    def between(self, was: SignalRecord, now: SignalRecord) -> float:
        return self.place[now.timestamp] - self.place[was.timestamp]

    def shifted(self, was: SignalRecord, now: SignalRecord) -> Difference:
        return Difference("shifted", was, now, f"{self.between(was, now):+g} {self.unit}")


def _paired(
    old: Sequence[SignalRecord], new: Sequence[SignalRecord], key: Callable[[SignalRecord], object], distance: _Distance
) -> list[tuple[SignalRecord, SignalRecord]]:
    """Pairs with equal keys, nearest in time first, none used twice."""
    by_key: dict[object, list[SignalRecord]] = {}
    for record in new:
        by_key.setdefault(key(record), []).append(record)
    possible = [
        (apart, time_order(was), time_order(now), was, now)
        for was in old
        for now in by_key.get(key(was), ())
        if (apart := abs(distance.between(was, now))) <= distance.limit
    ]
    pairs: list[tuple[SignalRecord, SignalRecord]] = []
    used: set[tuple[str, int]] = set()
    for *_, was, now in sorted(possible, key=lambda item: item[:3]):
        if not used & {("old", id(was)), ("new", id(now))}:
            used |= {("old", id(was)), ("new", id(now))}
            pairs.append((was, now))
    return pairs


def _matched(was: SignalRecord, now: SignalRecord, limits: Tolerance) -> Difference:
    change = drift(was, now)
    words = f"confidence {was.confidence:.4f} to {now.confidence:.4f} ({change:+.2%})"
    if (was.confidence >= limits.decision_at) != (now.confidence >= limits.decision_at):
        return Difference("decision_flip", was, now, f"{words}, across {limits.decision_at:g}")
    if abs(change) > limits.drift + _ROUNDING:
        return Difference("drift_beyond", was, now, words)
    if abs(was.entry_price - now.entry_price) >= _TICK / 2:
        return Difference("re_priced", was, now, f"entry ₹ {was.entry_price:.2f} to {now.entry_price:.2f}")
    return Difference("drift_within", was, now, words) if change else Difference("identical", was, now)


def _re_targeted(was: SignalRecord, now: SignalRecord) -> Difference:
    return Difference("re_targeted", was, now, f"{was.symbol} to {now.symbol}")


def _flipped(was: SignalRecord, now: SignalRecord) -> Difference:
    return Difference("flipped_side", was, now, f"{was.side} {was.symbol} to {now.side} {now.symbol}")


def _place(record: SignalRecord) -> tuple[object, ...]:
    return (record.timestamp, record.underlying, record.leg)
