"""How much of a session a feature needs: enough, and not a snapshot more, at every row.

A feature of a window must not know when the session, or a backfill, began: it says the same on its window alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.market.asof import (
    TOLERANCE_GAPS,
    TOLERANCE_MINUTES,
    elapsed_minutes,
    median_gap,
    window_start,
)
from trading_assets.market.bars import Bars, minutes_since_open
from trading_assets.market.declared_features import FEATURES, Feature
from trading_assets.regression.differing import differs
from trading_assets.regression.leaks import Leak, stamp

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from trading_assets.market.history import SessionHistory
    from trading_assets.market.option_chain import OptionChain

    Floats = NDArray[np.float64]
    Mask = NDArray[np.bool_]
    #: Which snapshot, what is wrong there, and in words.
    Finding = tuple[int, str, str]


def warm_up(chain: OptionChain, features: Sequence[Feature] = FEATURES) -> list[Leak]:
    """Prove the declared warm-up of features on every snapshot of a chain; an empty list means it holds.

    Each is asked on just what it declares, and on one part less. Enough must be there for the value to be the same as
    in the whole session (sufficient); of what remembers every bar since the open, for a value to be there at all. With
    less there must be none (minimal).

    Windows: the snapshots from the window's start on. Bars: those that give the declared number of closes, judged at
    the first snapshot that knows the last of them; all others that know no later one must say the same. Since the
    open: everything so far. Sessions: the last ones of the history, where it holds enough.

    Args:
        chain: The option chain of one session, at least one snapshot.
        features: What is declared.
    """
    windows: dict[float, list[Feature]] = {}
    found: dict[str, Finding] = {}
    for feature in features:
        if feature.bars is None and feature.since_open is None and not feature.sessions:
            windows.setdefault(feature.minutes, []).append(feature)
        elif first := next(_of_longer(chain, feature), None):
            found[feature.name] = first
    for minutes, same in windows.items():
        for name, finding in _of_windows(chain, minutes, same):
            found.setdefault(name, finding)
    told = ((feature.name, *found[feature.name]) for feature in features if feature.name in found)
    return [
        Leak("warm_up", "every strategy", chain.underlying, stamp(chain, at), kind, detail, name)
        for name, at, kind, detail in told
    ]


def _of_windows(chain: OptionChain, minutes: float, features: Sequence[Feature]) -> Iterator[tuple[str, Finding]]:
    """Findings about features of one window, which share the chains they are computed on."""
    whole = [feature.compute(chain) for feature in features]
    for at, (start, firm) in enumerate(_starts(chain, minutes)):
        alone = chain.select(slice(start, at + 1))
        less = chain.select(slice(start + 1, at + 1)) if firm and start < at else None
        for feature, values in zip(features, whole, strict=True):
            value = feature.compute(alone)[-1]
            if not firm and (np.isnan(values[at]) or np.isnan(value)):
                continue  # whether such a window counts is decided by the gaps since the open, which it does not hold
            if differs(values[at : at + 1], np.array([value]))[0]:
                detail = f"is {values[at]} since the open and {value} on {minutes:g} minutes"
                yield feature.name, (at, "not sufficient", detail)
            elif less is not None and np.isfinite(value) and np.isfinite(feature.compute(less)[-1]):
                detail = f"still has a value without the first snapshot of {minutes:g} minutes"
                yield feature.name, (at, "not minimal", detail)


def _starts(chain: OptionChain, minutes: float) -> Iterator[tuple[int, bool]]:
    """First snapshot of each window, and whether it may start there at any cadence."""
    elapsed = elapsed_minutes(chain)
    starts = window_start(chain, minutes) if minutes else np.arange(len(elapsed))
    age = elapsed - elapsed[starts]
    # where it starts at none: from the last snapshot that is old enough whatever the cadence
    oldest = elapsed - minutes - TOLERANCE_GAPS * median_gap(elapsed)
    fallback = np.maximum(np.searchsorted(elapsed, oldest, side="right") - 1, 0)
    firm = (starts >= 0) & (age <= minutes + TOLERANCE_MINUTES)
    yield from zip(np.where(starts >= 0, starts, fallback).tolist(), firm.tolist(), strict=True)


def _of_longer(chain: OptionChain, feature: Feature) -> Iterator[Finding]:
    """Findings about a feature of bars, of the session so far or of earlier sessions, whichever it declares."""
    whole = feature.compute(chain)
    if feature.bars is not None:
        yield from _of_bars(chain, feature, feature.bars, whole)
    if feature.since_open is not None:
        yield from _of_opening(chain, feature, feature.since_open, whole)
    if feature.sessions:
        yield from _of_sessions(chain, feature, whole)


def _of_bars(chain: OptionChain, feature: Feature, needed: int, whole: Floats) -> Iterator[Finding]:
    bars = Bars.of(chain)
    closed = np.isfinite(bars.close) & (~_without_range(bars) if feature.ranges else True)
    counted = np.append(np.cumsum(closed), 0)[bars.known]
    for at in np.flatnonzero(np.isfinite(whole) & (counted < needed)).tolist():
        yield at, "not minimal", f"has a value after {counted[at]} bars; declared are {needed}"
    leader = np.maximum.accumulate(np.where(np.diff(bars.known, prepend=-2) > 0, np.arange(len(whole)), 0))
    for at in np.flatnonzero(differs(whole, whole[leader])).tolist():
        yield at, "not sufficient", "is another than at the first snapshot that knew the same bars"
    for at in np.unique(leader[counted >= needed]).tolist():
        last = np.flatnonzero(closed[: bars.known[at] + 1])[-needed - 1 :]
        if not closed[bars.known[at]]:
            continue  # the bar of the value itself is missing
        starts = np.searchsorted(chain.observed_at, bars.ends[last], side="right") - 1
        alone = float(feature.compute(chain.select(slice(int(starts[-needed]), at + 1)))[-1])
        less = chain.select(slice(int(starts[1 - needed]) if needed > 1 else at + 1, at + 1))
        yield from _of_bar(feature, (at, needed), (float(whole[at]), alone), bars.close[last[-needed:]])
        apart = needed > 1 and starts[-needed] < starts[1 - needed]
        if apart and np.isfinite(feature.compute(less)[-1]):
            yield at, "not minimal", f"has a value on {needed - 1} bars; declared are {needed}"


def _of_bar(feature: Feature, place: tuple[int, int], said: tuple[float, float], closes: Floats) -> Iterator[Finding]:
    """Compare what the whole session says at a bar with what the declared bars alone say."""
    (at, needed), (value, alone) = place, said
    still = closes.max() == closes.min()  # a market that stands still leaves ratios of movement undefined
    if feature.recursive:
        if not still and not (np.isfinite(value) and np.isfinite(alone)):
            yield at, "not sufficient", f"is {value} after {needed} bars and {alone} on them alone"
    elif differs(np.array([value]), np.array([alone]))[0]:
        yield at, "not sufficient", f"is {value} since the open and {alone} on {needed} bars"


def _without_range(bars: Bars) -> Mask:
    missing: Mask = ~(np.isfinite(bars.high) & np.isfinite(bars.low))
    return missing


def _of_opening(chain: OptionChain, feature: Feature, needed: float, whole: Floats) -> Iterator[Finding]:
    """A value only from the declared minute on, there for good once it is, and the same without what comes later."""
    passed = minutes_since_open(chain)
    known = np.isfinite(whole)
    for at in np.flatnonzero(known & (passed < needed)).tolist():
        yield at, "not minimal", f"has a value {passed[at]:g} minutes after the open; declared are {needed:g}"
    lost = np.logical_or.accumulate(known) & ~known & np.isfinite(chain.spot)
    for at in np.flatnonzero(lost).tolist():
        yield at, "not sufficient", "has no value though it had one before"
    for at in range(len(whole)):
        alone = feature.compute(chain.select(slice(0, at + 1)))[-1:]
        if differs(whole[at : at + 1], alone)[0]:
            yield at, "not sufficient", f"is {whole[at]} in the whole session and {alone[0]} until then"


def _of_sessions(chain: OptionChain, feature: Feature, whole: Floats) -> Iterator[Finding]:
    """On the declared number of earlier sessions it has its value, on one less none; no proof where fewer are known."""
    history, needed = chain.history, feature.sessions
    grids = (history.closes, history.volatility, history.skew)
    known: Mask = np.logical_and.reduce([np.isfinite(grid).any(axis=1) for grid in grids])
    if len(known) < needed or not known[-needed:].all() or not np.isfinite(whole).any():
        return
    enough, less = (feature.compute(replace(chain, history=_last(history, count))) for count in (needed, needed - 1))
    first = int(np.isfinite(whole).argmax())
    if not np.isfinite(enough).any():
        yield first, "not sufficient", f"has no value on {needed} earlier sessions"
    for at in np.flatnonzero(np.isfinite(less)).tolist():
        yield at, "not minimal", f"has a value on {needed - 1} earlier sessions; declared are {needed}"


def _last(history: SessionHistory, count: int) -> SessionHistory:
    """The newest sessions of a history."""
    kept = slice(len(history.closes) - count, None)
    return type(history)(history.closes[kept], history.volatility[kept], history.skew[kept])
