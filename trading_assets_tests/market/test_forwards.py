"""Parity forwards against a plain reading of the definition, and the clock to expiry."""

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.market.black76 import price
from trading_assets.market.forwards import parity_forward, years_to_expiry

MINUTE = 1 / (365 * 24 * 60)


def by_definition(legs: list[tuple[int, float, bool, float]], years: float, rate: float) -> list[float]:
    """Median of K + e^(rT)(C - P) over the three strikes of the smallest |C - P|, group by group."""
    forwards = []
    for group in range(max((leg[0] for leg in legs), default=-1) + 1):
        mids = {(strike, call): mid for number, strike, call, mid in legs if number == group}
        pairs = []
        for strike, call in mids:
            gap = mids[strike, True] - mids.get((strike, False), np.nan) if call else np.nan
            if np.isfinite(gap):
                pairs.append((abs(gap), strike, strike + np.exp(rate * years) * gap))
        forwards.append(float(np.median([value for *_, value in sorted(pairs)[:3]])) if pairs else np.nan)
    return forwards


LEGS = st.lists(
    st.tuples(
        st.integers(0, 4),
        st.integers(440, 450).map(lambda step: step * 50.0),
        st.booleans(),
        st.one_of(st.just(float("nan")), st.floats(0.05, 900)),
    ),
    max_size=60,
    unique_by=lambda leg: leg[:3],
)


@given(LEGS, st.floats(0, 1), st.floats(0, 0.1))
def test_it_is_the_definition(legs: list[tuple[int, float, bool, float]], years: float, rate: float) -> None:
    group, strike, is_call, mid = (list(column) for column in zip(*legs, strict=True)) if legs else ([], [], [], [])
    found = parity_forward(group, strike, is_call, mid, years, rate)
    assert found == pytest.approx(by_definition(legs, years, rate), nan_ok=True, rel=1e-14)


@given(LEGS, st.randoms(use_true_random=False))
def test_the_order_of_the_legs_changes_no_bit(
    legs: list[tuple[int, float, bool, float]],
    random: Random,
) -> None:
    shuffled = list(legs)
    random.shuffle(shuffled)
    if legs:
        one, two = (parity_forward(*zip(*some, strict=True), 0.02, 0.065) for some in (legs, shuffled))
        assert np.array_equal(one, two, equal_nan=True)


def chain(forward: float, strikes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    strike, is_call = np.repeat(strikes, 2), np.tile([True, False], len(strikes))
    return strike, is_call, price(forward, strike, 0.02, 0.065, 0.14, is_call)


def test_prices_of_the_model_give_their_forward_back() -> None:
    strike, is_call, mid = chain(24_512.3, np.arange(23_000, 26_000, 50.0))
    found = parity_forward(np.zeros(len(strike), dtype=int), strike, is_call, mid, 0.02, 0.065)
    assert found == pytest.approx([24_512.3], rel=1e-12)


def test_one_stale_strike_does_not_move_the_median() -> None:
    strike, is_call, mid = chain(24_512.3, np.arange(24_000, 25_000, 50.0))
    at = int(np.flatnonzero((strike == 24_500) & is_call)[0])
    mid[at] += 8
    found = parity_forward(np.zeros(len(strike), dtype=int), strike, is_call, mid, 0.02, 0.065)
    assert found == pytest.approx([24_512.3], rel=1e-12)


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([], np.nan),
        ([(100, 6, 4)], 102),
        ([(100, 6, 4), (105, 2, 4.5)], (102 + 102.5) / 2),
        ([(100, 6, 4), (105, 2, 4.5), (110, 1, 8)], 102.5),
        ([(100, 6, 4), (105, 2, 4.5), (110, 1, 8), (90, 13, 1)], 102.5),
        ([(100, 6, np.nan), (105, 2, 4.5)], 102.5),
    ],
)
def test_fewer_strikes_give_the_median_of_what_there_is(
    pairs: list[tuple[float, float, float]], expected: float
) -> None:
    legs = [(1, strike, side, mid) for strike, call, put in pairs for side, mid in ((True, call), (False, put))]
    columns = zip(*[*legs, (2, 100.0, True, 1.0)], strict=True)
    found = parity_forward(*columns, 0.0, 0.0)
    assert found == pytest.approx([np.nan, expected, np.nan], nan_ok=True)


def test_no_legs_give_no_groups() -> None:
    assert parity_forward([], [], [], [], [], 0.065).shape == (0,)


def test_after_expiry_there_is_no_forward() -> None:
    years = np.array([0.01, 0.01, np.nan, np.nan])
    found = parity_forward([0, 0, 1, 1], [100] * 4, [True, False] * 2, [6, 4, 6, 4], years, 0.0)
    assert found == pytest.approx([102, np.nan], nan_ok=True)


def test_puts_may_stand_before_their_calls() -> None:
    assert parity_forward([0, 0], [100, 100], [False, True], [4, 6], 0.0, 0.0).tolist() == [102]


def test_a_leg_quoted_twice_is_used_once() -> None:
    found = parity_forward([0] * 4, [100] * 4, [True, True, False, False], [6, 6, 4, 4], 0.0, 0.0)
    assert found.tolist() == [102]


def moments(*texts: str) -> np.ndarray:
    return np.array(texts, dtype="datetime64[us]")


def test_time_runs_in_calendar_minutes() -> None:
    close = np.datetime64("2025-10-28T10:00", "us")
    found = years_to_expiry(moments("2025-10-21T10:00", "2025-10-28T09:00", "2025-10-28T09:58:30"), close)
    assert found == pytest.approx([7 / 365, 60 * MINUTE, 1.5 * MINUTE], rel=1e-12)


def test_the_last_minute_counts_whole_and_then_there_is_none() -> None:
    close = np.datetime64("2025-10-28T10:00", "us")
    found = years_to_expiry(
        moments("2025-10-28T09:59:30", "2025-10-28T10:00", "2025-10-28T10:00:00.000001", "NaT"), close
    )
    assert found == pytest.approx([MINUTE, MINUTE, np.nan, np.nan], nan_ok=True)


def test_moments_and_closes_broadcast_and_keep_their_unit() -> None:
    at = np.array([["2025-10-28T09:00"], ["2025-10-29T09:00"]], dtype="datetime64[s]")
    found = years_to_expiry(at, moments("2025-10-28T10:00", "2025-11-04T10:00"))
    assert found.shape == (2, 2)
    assert np.isnan(found).tolist() == [[False, False], [True, False]]
    assert years_to_expiry(np.array([], dtype="datetime64[us]"), close_of("2025-10-28T10:00")).shape == (0,)


def close_of(text: str) -> np.datetime64:
    return np.datetime64(text, "us")
