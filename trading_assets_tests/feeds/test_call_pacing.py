from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.feeds.call_pacing import RateLimit, RateLimiter, RetryPolicy, retry_after_seconds
from trading_assets.feeds.upstox_calls import LIMITS
from trading_assets_tests.feeds.fake_clock import FakeClock

NOW = datetime(2026, 9, 16, 5, 45, tzinfo=UTC)
SMALL = (RateLimit(3, 1.0), RateLimit(5, 10.0))


def kept(times: list[float], limits: tuple[RateLimit, ...]) -> bool:
    """Whether any `calls + 1` successive calls take at least the window."""
    return all(
        times[at] - times[at - limit.calls] >= limit.seconds - 1e-9
        for limit in limits
        for at in range(limit.calls, len(times))
    )


@given(st.lists(st.floats(0.0, 3.0), min_size=1, max_size=60))
def test_no_window_ever_holds_more_calls_than_a_limit(pauses: list[float]) -> None:
    clock = FakeClock()
    limiter = RateLimiter(SMALL, clock)
    times = []
    for pause in pauses:
        clock.sleep(pause)
        limiter.acquire()
        times.append(clock.monotonic())
    assert kept(times, SMALL)


def test_calls_that_keep_the_limits_do_not_wait() -> None:
    clock = FakeClock()
    limiter = RateLimiter(SMALL, clock)
    for _ in range(3):
        limiter.acquire()
    assert clock.sleeps == []
    limiter.acquire()
    assert clock.sleeps == [1.0]


def test_the_documented_limits_are_all_kept_by_three_thousand_calls_in_a_row() -> None:
    clock = FakeClock()
    limiter = RateLimiter(LIMITS, clock)
    times = []
    for _ in range(3_000):
        limiter.acquire()
        times.append(clock.monotonic())
    assert kept(times, LIMITS)
    assert times[49] == 0.0
    assert times[50] == 1.0
    assert times[499] < 10.0
    assert times[500] == 60.0
    assert times[1_999] < 200.0
    assert times[2_000] == 1_800.0


def test_calls_of_an_earlier_process_count() -> None:
    clock = FakeClock(NOW)
    earlier = [NOW - timedelta(seconds=age) for age in (0.4, 0.2, 0.6)]
    limiter = RateLimiter(SMALL, clock, earlier)
    limiter.acquire()
    assert clock.sleeps == [pytest.approx(0.4)]


@given(st.integers(1, 10), st.none() | st.floats(0.0, 100.0), st.floats(0.0, 1.0, exclude_max=True))
def test_a_wait_is_bounded_and_never_shorter_than_asked_for(
    attempt: int, retry_after: float | None, jitter: float
) -> None:
    policy = RetryPolicy(attempts=6, first_wait=0.5, longest_wait=8.0)
    wait = policy.wait(attempt, retry_after, jitter)
    if attempt >= 6 or (retry_after or 0.0) > 8.0:
        assert wait is None
        return
    assert wait is not None
    assert 0.0 <= wait <= 8.0
    if retry_after is None:
        backoff = min(0.5 * 2 ** (attempt - 1), 8.0)
        assert backoff / 2 <= wait <= backoff
    else:
        assert wait >= retry_after


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("2", 2.0),
        (" 120 ", 120.0),
        ("0", 0.0),
        ("Wed, 16 Sep 2026 05:45:30 GMT", 30.0),
        ("Wed, 16 Sep 2026 05:44:30 GMT", 0.0),
        ("Wed, 16 Sep 2026 05:45:30 -0000", 30.0),
        ("soon", None),
        ("-1", None),
        ("1.5", None),
        ("9" * 400, 9_999_999_999.0),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, expected: float | None) -> None:
    assert retry_after_seconds(header, NOW) == expected


@given(st.text(max_size=40))
def test_any_retry_after_is_read_or_ignored(header: str) -> None:
    wait = retry_after_seconds(header, NOW)
    assert wait is None or wait >= 0.0
