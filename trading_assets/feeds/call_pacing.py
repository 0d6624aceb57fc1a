"""When a live feed may be called: the clock it is handed, its documented rate limits, and how failures are retried."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable


class StopRequested(Exception):  # noqa: N818 - no error: how waiting ends when a stop is asked for
    """A stop was asked for; what was landed is whole."""


class Clock(Protocol):
    """Time as a collector sees it; tests hand in one that runs faster."""

    def now(self) -> datetime:
        """Wall-clock time, tz-aware UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds since some moment; never goes back."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait; raises StopRequested, also for a wait of 0, when a stop was asked for. Negative waits are 0."""
        ...


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most so many calls in any window of so many seconds."""

    calls: int
    seconds: float


class RateLimiter:
    """Holds every limit at once over a sliding window; a caller waits its turn.

    Args:
        limits: At least one.
        clock: Time and waiting.
        earlier: Times of calls made before this process began, tz-aware; they count too.
    """

    def __init__(self, limits: tuple[RateLimit, ...], clock: Clock, earlier: Iterable[datetime] = ()) -> None:
        self._limits = limits
        self._clock = clock
        now, offset = clock.now(), clock.monotonic()
        ages = sorted((max((now - at).total_seconds(), 0.0) for at in earlier), reverse=True)
        self._called = deque((offset - age for age in ages), maxlen=max(limit.calls for limit in limits))

    def acquire(self) -> None:
        """Wait until one more call keeps all limits, and count it."""
        while (wait := self._wait()) > 0.0:
            self._clock.sleep(wait)
        self._called.append(self._clock.monotonic())

    def _wait(self) -> float:
        now = self._clock.monotonic()
        waits = [
            self._called[-limit.calls] + limit.seconds - now
            for limit in self._limits
            if len(self._called) >= limit.calls
        ]
        return max(waits, default=0.0)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and after what wait a call that failed for the moment is tried again.

    Args:
        attempts: Tries in all, at least 1.
        first_wait: Seconds before the second try; doubled for each one after it.
        longest_wait: Seconds no wait exceeds. A server that asks for more is not called again.
    """

    attempts: int = 4
    first_wait: float = 0.5
    longest_wait: float = 30.0

    def wait(self, attempt: int, retry_after: float | None, jitter: float) -> float | None:
        """Seconds to wait after a failed attempt.

        Args:
            attempt: Number of the attempt that failed, from 1.
            retry_after: Seconds the server asked for; None when it did not.
            jitter: Random number in [0, 1), so that many clients do not come back at once.

        Returns:
            Between half and the whole of the backoff, or what the server asked for and a little more; None when it
            must not be tried again.
        """
        if attempt >= self.attempts or (retry_after is not None and retry_after > self.longest_wait):
            return None
        backoff = min(self.first_wait * 2.0 ** (attempt - 1), self.longest_wait)
        if retry_after is not None:
            return min(retry_after + jitter * self.first_wait, self.longest_wait)
        return backoff * (0.5 + jitter / 2.0)


def retry_after_seconds(header: str | None, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for, ≥ 0; None when it is absent or unreadable.

    Source: RFC 9110, section 10.2.3: a number of seconds or an HTTP date.
    """
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return float(text[:10])
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max((at - now).total_seconds(), 0.0)
