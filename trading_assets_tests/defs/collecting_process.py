"""A collector in a process of its own, on a clock that runs faster; it prints a line per acknowledged snapshot.

Arguments: home, URL of the server, simulated start, real time of that start, speed, cadence in seconds.
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import SecretStr

from trading_assets.defs.collecting import Collection, CollectPlan
from trading_assets.defs.workspace import open_workspace
from trading_assets.market.calendar import IST
from trading_assets.settings import Settings


class FastClock:
    """The machine's clock, `speed` times faster from a moment on; all processes of a test share its time."""

    def __init__(self, start: datetime, real_start: float, speed: float) -> None:
        self._start, self._real_start, self._speed = start, real_start, speed

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        return (time.time() - self._real_start) * self._speed

    def sleep(self, seconds: float) -> None:
        time.sleep(max(seconds, 0.0) / self._speed)


def main(home: str, url: str, start: str, real_start: str, pace: str) -> None:
    speed, every = (float(text) for text in pace.split("x"))
    settings = Settings(home=Path(home), upstox_base_url=url, upstox_token=SecretStr("token"))
    clock = FastClock(datetime.fromisoformat(start).astimezone(UTC), float(real_start), speed)
    plan = CollectPlan("upstox", ("NIFTY",), timedelta(seconds=every), 1)
    collection = Collection(
        open_workspace(settings),
        plan,
        clock,
        lambda poll: print(  # noqa: T201 - the acknowledgement
            poll.slot.isoformat(), poll.capture and poll.capture.capture_id, poll.missed, flush=True
        ),
    )
    collection.run_day(clock.now().astimezone(IST).date())


if __name__ == "__main__":
    main(*sys.argv[1:])
