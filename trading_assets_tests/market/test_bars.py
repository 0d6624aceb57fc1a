"""Bars of a session: what closed when, what a snapshot may know of it, and what bars say about bars."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_assets.market.bars import (
    Bars,
    before,
    busy,
    extreme,
    next_end,
    opening_level,
    opening_range,
    quantile,
)
from trading_assets.market.option_chain import OptionChain
from trading_assets.market.trailing import deviation, first_present, lowest, median, trailing
from trading_assets_tests.market.chain_builder import at, flat_frame, session

VALUES = st.lists(st.one_of(st.just(float("nan")), st.floats(-1e6, 1e6)), max_size=40)


def chain(told: dict[str, float]) -> OptionChain:
    """One strike; the index at some clock times."""
    return OptionChain.from_frame(flat_frame({clock: (spot, 12.0) for clock, spot in told.items()}), session())


def clock(minute: float) -> str:
    return f"{int(minute) // 60:02d}:{int(minute) % 60:02d}:{round(minute % 1 * 60):02d}"


DAY = chain({"09:16": 100.0, "09:19": 104.0, "09:20": 103.0, "09:21": 90.0, "09:24": 95.0, "09:31": 120.0})


def test_a_bar_has_its_own_high_and_low_and_the_last_spot_as_close() -> None:
    bars = Bars.of(DAY)
    assert bars.ends.tolist() == [at(c).tz_localize(None).to_pydatetime() for c in ("09:20", "09:25", "09:30")]
    assert bars.close.tolist() == [103.0, 95.0, 95.0]
    assert bars.high[:2].tolist() == [104.0, 95.0]
    assert bars.low[:2].tolist() == [100.0, 90.0]
    assert np.isnan(bars.high[2])
    assert np.isnan(bars.low[2])


def test_a_snapshot_knows_the_bars_that_ended_at_or_before_it() -> None:
    assert Bars.of(DAY).known.tolist() == [-1, -1, 0, 0, 0, 2]
    assert Bars.of(DAY).close_known()[2:].tolist() == [103.0, 103.0, 103.0, 95.0]
    assert np.isnan(Bars.of(DAY).close_known()[:2]).all()


def test_a_bar_fires_at_the_first_snapshot_that_knows_it_and_at_no_later_one() -> None:
    bars = Bars.of(DAY)
    assert bars.fired(np.array([True, False, False])).tolist() == [False, False, True, False, False, False]
    # two bars ended between two snapshots: the last one counts
    assert bars.fired(np.array([False, True, False])).tolist() == [False] * 6
    assert bars.fired(np.array([False, False, True])).tolist() == [False] * 5 + [True]


def test_values_at_the_ends_are_of_the_last_snapshot_before() -> None:
    numbers = np.arange(6.0)
    assert Bars.of(DAY).at_ends(numbers, DAY).tolist() == [2.0, 4.0, 4.0]
    late = chain({"09:27": 1.0, "09:31": 2.0})
    assert np.isnan(Bars.of(late).at_ends(np.arange(2.0), late)[:2]).all()


def test_the_next_bar_ends_five_minutes_after_the_last() -> None:
    assert next_end(DAY, 0) == at("09:20").tz_localize(None).to_datetime64()
    assert next_end(DAY, 74) == at("15:30").tz_localize(None).to_datetime64()


def test_the_opening_level_is_the_first_and_only_of_a_session_seen_from_its_open() -> None:
    assert opening_level(DAY).tolist() == [100.0] * 6
    assert np.isnan(opening_level(chain({"09:20": 100.0, "09:21": 101.0}))).all()
    gone = chain({"09:16": np.nan, "09:18": 101.0, "09:40": 102.0})
    assert np.isnan(opening_level(gone)[0])
    assert opening_level(gone)[1:].tolist() == [101.0, 101.0]


def test_the_opening_range_is_known_when_it_is_over() -> None:
    high, low = opening_range(DAY, 15.0)
    assert np.isnan(high[:5]).all()
    assert (high[5], low[5]) == (104.0, 90.0)
    # the end itself is outside: a snapshot at 09:20 is not in the first five minutes
    high, low = opening_range(DAY, 5.0)
    assert np.isnan(high[:2]).all()
    assert (high[2], low[2]) == (104.0, 100.0)
    assert opening_range(chain({"09:16": 5.0, "09:20": 9.0, "09:21": 1.0}), 5.0)[0][2] == 5.0
    assert np.isnan(opening_range(chain({"09:40": 1.0}), 15.0)[0]).all()


@given(VALUES, st.integers(0, 5))
def test_before_moves_values_and_invents_none(values: list[float], bars: int) -> None:
    moved = before(np.array(values, dtype=float), bars)
    expected = [float("nan")] * min(bars, len(values)) + values[: max(0, len(values) - bars)]
    assert np.array_equal(moved, np.array(expected, dtype=float), equal_nan=True)


@given(VALUES, st.integers(1, 6))
def test_extremes_are_of_whole_windows(values: list[float], bars: int) -> None:
    numbers = np.array(values, dtype=float)
    for of, plain in ((np.min, min), (np.max, max)):
        found = extreme(numbers, bars, of)
        for at_bar in range(len(values)):
            window = values[at_bar - bars + 1 : at_bar + 1] if at_bar >= bars - 1 else []
            whole = bool(window) and not any(np.isnan(window))
            assert found[at_bar] == plain(window) if whole else np.isnan(found[at_bar])


@given(VALUES, st.integers(1, 6), st.sampled_from([0.0, 10.0, 50.0, 100.0]))
def test_quantiles_are_of_whole_windows(values: list[float], bars: int, percent: float) -> None:
    found = quantile(np.array(values, dtype=float), bars, percent)
    for at_bar in range(len(values)):
        window = values[at_bar - bars + 1 : at_bar + 1] if at_bar >= bars - 1 else [float("nan")]
        if np.isnan(window).any():
            assert np.isnan(found[at_bar])
        else:
            assert found[at_bar] == pytest.approx(np.percentile(window, percent), rel=1e-12)


@given(VALUES, st.sampled_from([0.5, 1.5, 3.0]))
def test_a_busy_bar_is_judged_against_the_bars_before_it_only(values: list[float], multiple: float) -> None:
    found = busy(np.array(values, dtype=float), multiple)
    for at_bar, value in enumerate(values):
        earlier = [one for one in values[:at_bar] if not np.isnan(one)]
        assert found[at_bar] == (bool(earlier) and value >= multiple * np.median(earlier))


@settings(max_examples=25)
@given(
    minutes=st.lists(st.integers(1, 12), min_size=1, max_size=25),
    window=st.sampled_from([5.0, 15.0, 30.0]),
    holes=st.integers(0, 2**25 - 1),
)
def test_a_trailing_window_is_its_minutes_once_the_session_is_as_old(
    minutes: list[int], window: float, holes: int
) -> None:
    times = 555 + np.cumsum(minutes)
    built = chain({clock(time): 100.0 + i for i, time in enumerate(times)})
    values = np.array([np.nan if holes >> i & 1 else float(i) for i in range(len(times))])
    rows = trailing(built, values, window)
    statistics = {"median": median(rows), "lowest": lowest(rows), "deviation": deviation(rows)}
    for i, time in enumerate(times):
        old_enough = time - times[0] >= window
        inside = [v for t, v in zip(times, values, strict=True) if time - window <= t <= time and not np.isnan(v)]
        inside = inside if old_enough else []
        assert sorted(rows[i][np.isfinite(rows[i])]) == inside
        expected = {
            "median": np.median(inside) if inside else np.nan,
            "lowest": min(inside, default=np.nan),
            "deviation": np.std(inside) if len(inside) > 1 else np.nan,
        }
        for name, value in expected.items():
            assert statistics[name][i] == pytest.approx(value, rel=1e-9, nan_ok=True), name


@given(VALUES)
def test_the_first_present_value_is_known_from_then_on(values: list[float]) -> None:
    found = first_present(np.array(values, dtype=float))
    present = [i for i, value in enumerate(values) if not np.isnan(value)]
    for i in range(len(values)):
        if present and i >= present[0]:
            assert found[i] == values[present[0]]
        else:
            assert np.isnan(found[i])
