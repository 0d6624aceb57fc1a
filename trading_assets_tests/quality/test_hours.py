"""How far a time misses a session's hours, against a plain loop."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.quality.hours import A_WHOLE_DAY, hours, seconds, seconds_outside
from trading_assets_tests.quality.clean_sessions import market

SECONDS = st.integers(0, 86_399)


def at(*seconds_of_day: int) -> np.ndarray:
    return np.datetime64("2025-10-13", "us") + np.array(seconds_of_day, dtype="timedelta64[s]")


@given(st.lists(SECONDS, min_size=1, max_size=8), st.lists(SECONDS, min_size=4, max_size=4), st.integers(0, 120))
def test_distance_is_that_to_the_nearest_interval(times: list[int], edges: list[int], grace: int) -> None:
    first, second, third, fourth = sorted(edges)
    intervals = [(first, second), (third, fourth)]
    expected = [min(max(opens - moment, moment - closes - grace, 0) for opens, closes in intervals) for moment in times]
    assert seconds_outside(at(*times), at(first, third), at(second, fourth), grace).tolist() == expected


def test_a_closed_day_is_a_whole_day_away() -> None:
    opens, closes = hours(None)
    assert seconds_outside(at(0, 40_000), opens, closes).tolist() == [A_WHOLE_DAY, A_WHOLE_DAY]


def test_missing_times_are_not_judged() -> None:
    outside = seconds_outside(np.array(["NaT"], dtype="datetime64[us]"), at(10), at(20))
    assert np.isnan(outside).all()
    assert np.isnan(seconds(np.array(["NaT"], dtype="timedelta64[us]"))).all()


@pytest.mark.parametrize(
    ("day", "count", "opens", "closes"),
    [
        (date(2025, 10, 13), 1, "2025-10-13T03:45", "2025-10-13T10:00"),
        (date(2025, 10, 21), 1, "2025-10-21T08:15", "2025-10-21T09:15"),
        (date(2024, 5, 18), 2, "2024-05-18T03:45", "2024-05-18T04:30"),
    ],
)
def test_hours_are_in_utc(day: date, count: int, opens: str, closes: str) -> None:
    found = hours(market().calendar.session(day))
    assert len(found[0]) == len(found[1]) == count
    assert found[0][0] == np.datetime64(opens)
    assert found[1][0] == np.datetime64(closes)


def test_hours_that_are_not_known_are_not_judged() -> None:
    session = market().calendar.session(date(2026, 11, 8))
    assert not session.hours_known
    opens, closes = hours(session)
    assert np.isnan(seconds_outside(at(0, 43_200), opens, closes)).all()
