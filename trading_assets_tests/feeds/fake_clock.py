"""A clock that stands still until somebody sleeps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class FakeClock:
    """Time that passes by sleeping, and by `tick` seconds with every look at it.

    Args:
        start: First moment.
        tick: Seconds per look.
    """

    def __init__(self, start: datetime = datetime(2026, 9, 16, 5, 45, tzinfo=UTC), tick: float = 0.0) -> None:
        self._start = start
        self._tick = tick
        self._elapsed = 0.0
        self.sleeps: list[float] = []

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.monotonic())

    def put_back(self, back: timedelta) -> None:
        """Correct the time of day; the seconds that never go back stay."""
        self._start -= back

    def monotonic(self) -> float:
        self._elapsed += self._tick
        return self._elapsed

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self._elapsed += max(seconds, 0.0)
