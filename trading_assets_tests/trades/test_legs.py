import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.trades.legs import worth_level


def level(entry: int, move: float, tick: int = 5) -> float:
    return float(worth_level(np.array([float(entry)]), np.array([move]), tick)[0])


@pytest.mark.parametrize(
    ("entry", "move", "expected"),
    [
        (15_050, 0.3, 19_565),
        (50, 0.1, 55),  # 50 * 1.1 / 5 is 11.000000000000002: representation must not push it a tick on
        (10_000, -0.25, 7_500),
        (10_005, 0.4, 14_010),  # 140.07 lies between ticks: the farther one
        (10_005, -0.25, 7_500),  # 75.0375 likewise
    ],
)
def test_a_level_lies_on_the_tick_farther_from_the_entry(entry: int, move: float, expected: float) -> None:
    assert level(entry, move) == expected


@pytest.mark.parametrize("move", [-1.0, -2.0, float("nan")])
def test_there_is_no_level_at_or_below_zero_nor_without_a_fraction(move: float) -> None:
    assert math.isnan(level(10_000, move))


@given(st.integers(5, 10**7), st.floats(-0.9, 3.0), st.sampled_from([1, 5]))
def test_a_level_is_on_a_tick_and_at_most_one_tick_farther_than_asked(entry: int, move: float, tick: int) -> None:
    found, exact = level(entry, move, tick), entry * (1 + move)
    if not math.isnan(found):
        assert found % tick == 0
        farther = (found - exact) * (1 if move >= 0 else -1)
        assert -1e-5 <= farther <= tick
