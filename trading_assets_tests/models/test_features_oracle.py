"""The chain's features once more, computed in plain Python from the same numbers, one signal at a time."""

from __future__ import annotations

import itertools
import math
from statistics import fmean
from typing import TYPE_CHECKING

import numpy as np
import pytest

from trading_assets.models.features import feature_frame
from trading_assets_tests.models.chains import OPEN, chain, signals_at

if TYPE_CHECKING:
    from trading_assets.market.option_chain import OptionChain

CHAIN = chain(minutes=3, snapshots=120, seed=21)
FRAME = feature_frame({"NIFTY": CHAIN}, signals_at(CHAIN.available_at))
CALL, PUT = 0, 1
NEAR = 0  # 15 January is no expiry day: the nearest expiry is traded all day


def open_interest(source: OptionChain, snapshot: int, side: int) -> float:
    return sum(float(source.open_interest_lots[snapshot, NEAR, strike, side]) for strike in range(5))


def closes_until(source: OptionChain, snapshot: int) -> list[float]:
    """Spot at or before each five-minute mark that has passed when the snapshot was observed."""
    found = []
    mark = OPEN + np.timedelta64(5, "m")
    while mark <= source.observed_at[snapshot]:
        before = [i for i in range(len(source.spot)) if source.observed_at[i] <= mark]
        found.append(float(source.spot[before[-1]]))
        mark = mark + np.timedelta64(5, "m")
    return found


def wilder_rsi(closes: list[float]) -> float:
    changes = [after - before for before, after in itertools.pairwise(closes)]
    if len(changes) < 14:
        return math.nan
    gain = fmean(max(change, 0.0) for change in changes[:14])
    loss = fmean(max(-change, 0.0) for change in changes[:14])
    for change in changes[14:]:
        gain = (gain * 13 + max(change, 0.0)) / 14
        loss = (loss * 13 + max(-change, 0.0)) / 14
    return 100.0 * gain / (gain + loss)


def ema(values: list[float], span: int) -> float:
    average = values[0]
    for value in values[1:]:
        average += (value - average) * 2 / (span + 1)
    return average


def macd_percent(closes: list[float]) -> float:
    return 100.0 * (ema(closes, 12) - ema(closes, 26)) / closes[-1] if len(closes) >= 26 else math.nan


def band_width(closes: list[float]) -> float:
    if len(closes) < 20:
        return math.nan
    last = closes[-20:]
    middle = fmean(last)
    deviation = math.sqrt(fmean((value - middle) ** 2 for value in last))
    return 100.0 * 4.0 * deviation / middle


def same(found: float, expected: float) -> bool:
    return (math.isnan(found) and math.isnan(expected)) or found == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("snapshot", range(0, 120, 7))
def test_open_interest_features(snapshot: int) -> None:
    calls, puts = open_interest(CHAIN, snapshot, CALL), open_interest(CHAIN, snapshot, PUT)
    row = FRAME.iloc[snapshot]
    assert same(row["total_oi"], calls + puts)
    assert same(row["pcr"], puts / calls)
    assert same(row["spot_price"], CHAIN.spot[snapshot])
    hour_ago = snapshot - 20  # a snapshot every three minutes
    expected = math.nan
    if hour_ago >= 0:
        expected = calls + puts - open_interest(CHAIN, hour_ago, CALL) - open_interest(CHAIN, hour_ago, PUT)
    assert same(row["oi_change_1h"], expected)


@pytest.mark.parametrize("snapshot", range(0, 120, 7))
def test_indicator_features(snapshot: int) -> None:
    closes = closes_until(CHAIN, snapshot)
    row = FRAME.iloc[snapshot]
    assert same(row["rsi"], wilder_rsi(closes)), len(closes)
    assert same(row["macd"], macd_percent(closes)), len(closes)
    assert same(row["bollinger_width"], band_width(closes)), len(closes)


def test_the_session_was_long_enough_to_test_each_feature_with_a_value() -> None:
    assert FRAME.iloc[::7, 1:].notna().sum().min() >= 2
    assert FRAME.iloc[-1, 1:].notna().all()
