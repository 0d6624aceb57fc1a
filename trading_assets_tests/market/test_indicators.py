"""Indicators against the definition in another implementation, TA-Lib, and their laws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.market.indicators import atr, bollinger_width, macd, macd_pct, rsi
from trading_assets_tests.market.facts import fact

FACT = fact("indicators")
CLOSES = np.array(FACT["closes"])
CLOSE_LISTS = st.lists(st.floats(10_000, 30_000), min_size=0, max_size=80)
NAMES = ("rsi", "line", "signal", "histogram", "bollinger_width")


def every(closes: np.ndarray) -> dict[str, np.ndarray]:
    return dict(zip(NAMES, (rsi(closes), *macd(closes), bollinger_width(closes)), strict=True))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("bar", ["40", "100", "299"])
def test_values_are_the_definition(name: str, bar: str) -> None:
    assert every(CLOSES)[name][int(bar)] == pytest.approx(FACT["definition"][bar][name], rel=1e-9)


@pytest.mark.parametrize(("bar", "near"), [("100", 0.1), ("299", 1e-6)])
@pytest.mark.parametrize("name", NAMES)
def test_values_approach_another_library_once_the_start_is_forgotten(name: str, bar: str, near: float) -> None:
    assert every(CLOSES)[name][int(bar)] == pytest.approx(FACT["talib"][bar][name], abs=near)


@pytest.mark.parametrize("name", ["rsi", "bollinger_width"])
def test_values_with_a_defined_start_equal_the_other_library_at_once(name: str) -> None:
    assert every(CLOSES)[name][40] == pytest.approx(FACT["talib"]["40"][name], rel=1e-9)


@pytest.mark.parametrize("name", ["line", "signal", "histogram"])
@pytest.mark.parametrize("bar", ["40", "100", "299"])
def test_macd_equals_the_library_that_starts_its_averages_at_the_first_close_as_the_definition_does(
    name: str, bar: str
) -> None:
    assert every(CLOSES)[name][int(bar)] == pytest.approx(FACT["ta_macd"][bar][name], rel=1e-9)


def test_average_true_range_equals_the_other_library() -> None:
    found = atr(CLOSES * 1.001, CLOSES * 0.999, CLOSES)
    assert found[-1] == pytest.approx(FACT["talib_atr_of_close_plus_minus_per_mille"], rel=1e-12)


@pytest.mark.parametrize(
    ("name", "first"), [("rsi", 14), ("line", 25), ("signal", 33), ("histogram", 33), ("bollinger_width", 19)]
)
def test_the_first_value_stands_where_the_definition_has_it(name: str, first: int) -> None:
    found = every(CLOSES)[name]
    assert np.flatnonzero(np.isfinite(found))[0] == first
    assert np.isfinite(found[first:]).all()
    assert np.isnan(every(CLOSES[:first])[name]).all()


def test_the_first_average_true_range_is_at_bar_14() -> None:
    assert np.flatnonzero(np.isfinite(atr(CLOSES, CLOSES, CLOSES)))[0] == 14


def test_macd_in_percent_is_of_its_own_close() -> None:
    assert np.array_equal(macd_pct(CLOSES), 100 * macd(CLOSES)[0] / CLOSES, equal_nan=True)


@pytest.mark.parametrize("bars", [0, 1, 2, 13, 14, 15, 19, 20, 25, 26, 34])
def test_short_arrays_keep_their_length(bars: int) -> None:
    for found in every(CLOSES[:bars]).values():
        assert found.shape == (bars,)
    assert atr(CLOSES[:bars], CLOSES[:bars], CLOSES[:bars]).shape == (bars,)


@given(CLOSE_LISTS, st.integers(0, 80))
def test_a_prefix_gives_the_same_bits_as_the_whole(closes: list[float], cut: int) -> None:
    whole, prefix = every(np.array(closes)), every(np.array(closes[:cut]))
    for name, found in prefix.items():
        assert np.array_equal(found, whole[name][: len(found)], equal_nan=True), name


@given(CLOSE_LISTS, st.integers(0, 40))
def test_windows_do_not_depend_on_where_the_array_began(closes: list[float], skip: int) -> None:
    late = bollinger_width(np.array(closes[skip:]))
    whole = bollinger_width(np.array(closes))[skip:]
    known = np.isfinite(late)
    assert np.array_equal(late[known], whole[known])


@given(CLOSE_LISTS, st.floats(0.1, 10))
def test_percentages_do_not_depend_on_the_unit(closes: list[float], factor: float) -> None:
    one, other = np.array(closes), np.array(closes) * factor
    for indicator in (bollinger_width, macd_pct, rsi):
        assert indicator(other) == pytest.approx(indicator(one), nan_ok=True, abs=1e-6)


@given(CLOSE_LISTS)
def test_values_stay_in_their_bounds(closes: list[float]) -> None:
    found = every(np.array(closes))
    strength, width = (found[name][np.isfinite(found[name])] for name in ("rsi", "bollinger_width"))
    assert ((strength >= 0) & (strength <= 100)).all()
    assert (width >= 0).all()


def test_rising_and_falling_and_standing_still() -> None:
    up = np.arange(100.0, 140.0)
    assert (rsi(up)[14:] == 100).all()
    assert (rsi(up[::-1])[14:] == 0).all()
    assert np.isnan(rsi(np.full(40, 100.0))).all(), "0/0 says nothing"
    assert (bollinger_width(np.full(40, 100.0))[19:] == 0).all()
    assert (macd_pct(np.full(40, 100.0))[25:] == 0).all()


def test_a_missing_close_is_left_out() -> None:
    holes = [0, 17, 40, 41, 60]
    present = np.delete(np.arange(len(CLOSES)), holes)
    gappy = CLOSES.copy()
    gappy[holes] = np.nan
    for name, found in every(gappy).items():
        assert np.isnan(found[holes]).all(), name
        assert np.array_equal(found[present], every(CLOSES[present])[name], equal_nan=True), name
    assert np.isnan(every(np.full(40, np.nan))["rsi"]).all()


def test_a_bar_with_one_missing_price_is_left_out_of_the_true_range() -> None:
    high, low = CLOSES * 1.001, CLOSES * 0.999
    high[50] = np.nan
    present = np.delete(np.arange(len(CLOSES)), 50)
    found = atr(high, low, CLOSES)
    assert np.isnan(found[50])
    assert np.array_equal(found[present], atr(high[present], low[present], CLOSES[present]), equal_nan=True)


def test_a_gap_counts_in_the_true_range() -> None:
    close = np.array([100.0] * 15 + [110.0] * 15)
    jump = atr(close + 1, close - 1, close)
    assert jump[14] == 2
    assert jump[15] == pytest.approx((2 * 13 + 11) / 14)
