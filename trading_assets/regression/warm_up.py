"""How much of a session a feature needs: enough, and not a snapshot more, at every row.

A feature of a window must not know when the session, or a backfill, began: it says the same on its window alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.market.asof import (
    TOLERANCE_GAPS,
    TOLERANCE_MINUTES,
    elapsed_minutes,
    median_gap,
    slope,
    window_start,
)
from trading_assets.market.bars import Bars
from trading_assets.market.chain_features import (
    atm_iv,
    expected_move_pct,
    max_pain,
    net_oi_flow,
    oi_change,
    pcr_oi,
    pcr_volume,
    straddle,
    total_oi,
)
from trading_assets.market.indicators import bollinger_width, exponential, macd_pct, rsi
from trading_assets.market.leg_sums import CALL, PUT
from trading_assets.market.option_flow import forward_change, writer_flow
from trading_assets.market.surface_features import butterfly_25d, gex, skew_25d, term_slope
from trading_assets.market.trailing import lowest, median, trailing
from trading_assets.market.walls import wall_before, wall_now
from trading_assets.regression.differing import differs
from trading_assets.regression.leaks import Leak, stamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from trading_assets.market.option_chain import OptionChain

    Floats = NDArray[np.float64]
    #: Which snapshot, what is wrong there, and in words.
    Finding = tuple[int, str, str]


@dataclass(frozen=True)
class Feature:
    """A feature and its declared warm-up.

    Args:
        name: What it is called.
        compute: Chain to values, shape (S,).
        minutes: Length of the window it looks back over; 0 where one snapshot is enough.
        bars: Closed five-minute bars since the open before which it has no value; None where it needs no bars.
    """

    name: str
    compute: Callable[[OptionChain], Floats]
    minutes: float = 0.0
    bars: int | None = None


def _on_bars(indicator: Callable[[Bars], Floats]) -> Callable[[OptionChain], Floats]:
    def compute(chain: OptionChain) -> Floats:
        bars = Bars.of(chain)
        return bars.on_snapshots(indicator(bars))

    return compute


FEATURES = (
    Feature("total_oi", total_oi),
    Feature("pcr_oi", pcr_oi),
    Feature("pcr_atm5", lambda chain: pcr_oi(chain, 5)),
    Feature("pcr_volume", pcr_volume),
    Feature("max_pain", max_pain),
    Feature("straddle", straddle),
    Feature("expected_move_pct", expected_move_pct),
    Feature("atm_iv", atm_iv),
    Feature("skew_25d", skew_25d),
    Feature("butterfly_25d", butterfly_25d),
    Feature("term_slope", term_slope),
    Feature("gex", gex),
    Feature("pcr_slope_30", lambda chain: slope(chain, pcr_oi(chain), 30.0), 30.0),
    Feature("oi_change_60", lambda chain: oi_change(chain, 60.0), 60.0),
    Feature("net_oi_flow_15", lambda chain: net_oi_flow(chain, 15.0), 15.0),
    Feature("writer_flow_15", lambda chain: writer_flow(chain, 15.0, 5).flow, 15.0),
    Feature("forward_change_15", lambda chain: forward_change(chain, 15.0), 15.0),
    Feature("straddle_median_30", lambda chain: median(trailing(chain, straddle(chain), 30.0)), 30.0),
    Feature("straddle_low_30", lambda chain: lowest(trailing(chain, straddle(chain), 30.0)), 30.0),
    Feature("call_wall_change_15", lambda chain: wall_now(chain, CALL, 15.0).change, 15.0),
    Feature("broken_wall_change_15", lambda chain: wall_before(chain, PUT, 15.0).change, 15.0),
    Feature("rsi", _on_bars(lambda bars: rsi(bars.close)), bars=15),
    Feature("bollinger_width", _on_bars(lambda bars: bollinger_width(bars.close)), bars=20),
    Feature("macd_pct", _on_bars(lambda bars: macd_pct(bars.close)), bars=26),
    Feature("ema_9", _on_bars(lambda bars: exponential(bars.close, 9)), bars=9),
    Feature("ema_21", _on_bars(lambda bars: exponential(bars.close, 21)), bars=21),
)


def warm_up(chain: OptionChain, features: Sequence[Feature] = FEATURES) -> list[Leak]:
    """Prove the declared warm-up of features on every snapshot of a chain; an empty list means it holds.

    Windows: the snapshots from the window's start on give the same value (sufficient), and without the first of them
    none (minimal). Bars: no value before the declared number of closes are known (minimal), one from then on
    (sufficient), as long as no close is missing.

    Args:
        chain: The option chain of one session, at least one snapshot.
        features: What is declared.
    """
    windows: dict[float, list[Feature]] = {}
    found: dict[str, Finding] = {}
    for feature in features:
        if feature.bars is None:
            windows.setdefault(feature.minutes, []).append(feature)
        elif first := next(_of_bars(chain, feature, feature.bars), None):
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
        alone, less = chain.select(slice(start, at + 1)), chain.select(slice(start + 1, at + 1))
        for feature, values in zip(features, whole, strict=True):
            value = feature.compute(alone)[-1]
            if not firm and (np.isnan(values[at]) or np.isnan(value)):
                continue  # whether such a window counts is decided by the gaps since the open, which it does not hold
            if differs(values[at : at + 1], np.array([value]))[0]:
                detail = f"is {values[at]} since the open and {value} on {minutes:g} minutes"
                yield feature.name, (at, "not sufficient", detail)
            elif firm and start < at and np.isfinite(value) and np.isfinite(feature.compute(less)[-1]):
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


def _of_bars(chain: OptionChain, feature: Feature, needed: int) -> Iterator[Finding]:
    whole, bars = feature.compute(chain), Bars.of(chain)
    closed = np.isfinite(bars.close)
    counted = np.append(np.cumsum(closed), 0)[bars.known]
    complete = np.append(np.logical_and.accumulate(closed), True)[bars.known]
    for at, (count, value) in enumerate(zip(counted.tolist(), np.isfinite(whole).tolist(), strict=True)):
        if value and count < needed:
            yield at, "not minimal", f"has a value after {count} bars; declared are {needed}"
        if not value and count >= needed and complete[at]:
            yield at, "not sufficient", f"has no value after {count} bars; declared are {needed}"
