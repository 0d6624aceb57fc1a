"""A collector in a process of its own, on a clock that skips waits; it prints a line per acknowledged snapshot.

Arguments: home, URL of the server, simulated start, real time of that start, cadence in seconds.
"""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import SecretStr

from trading_assets.defs.collecting import Collection, CollectPlan
from trading_assets.defs.workspace import open_workspace
from trading_assets.market.calendar import IST
from trading_assets.settings import Settings

WIDTH = 20
HASTE = 1_000.0


class SkippingClock:
    """A clock that waits for nothing: a wait only moves it on, and work takes a thousandth of its time.

    So no slot passes on a busy machine, nor while a process starts, which takes a minute on one: what is
    missing in the end was lost. How much was skipped stands in a file, so that a process goes on where the killed one
    was.
    """

    def __init__(self, start: datetime, real_start: float, skipped: Path) -> None:
        self._start, self._real_start = start, real_start
        self._file = os.open(skipped, os.O_RDWR | os.O_CREAT)
        self._skipped = float(os.pread(self._file, WIDTH, 0) or 0.0)

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        return (time.time() - self._real_start) / HASTE + self._skipped

    def sleep(self, seconds: float) -> None:
        self._skipped += max(seconds, 0.0)
        os.pwrite(self._file, f"{self._skipped:{WIDTH}.6f}".encode(), 0)


def main(home: str, url: str, start: str, real_start: str, every: str) -> None:
    settings = Settings(home=Path(home), upstox_base_url=url, upstox_token=SecretStr("token"))
    clock = SkippingClock(datetime.fromisoformat(start).astimezone(UTC), float(real_start), Path(home) / "skipped")
    plan = CollectPlan("upstox", ("NIFTY",), timedelta(seconds=float(every)), 1)
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
