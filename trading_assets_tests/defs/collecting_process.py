"""A collector in a process of its own, on a clock that skips waits; it prints a line per acknowledged snapshot.

Arguments: home, URL of the server, simulated start, cadence in seconds.
"""

from __future__ import annotations

import math
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import SecretStr

from trading_assets.defs.collecting import Collection, CollectPlan
from trading_assets.defs.workspace import open_workspace
from trading_assets.market.calendar import IST
from trading_assets.settings import Settings

WIDTH = 20


class SkippingClock:
    """A clock that stands still but for waits, which move it on at once, and a microsecond for each look at it.

    So no slot passes however busy the machine is or however long a process takes to start: what is missing in the end
    was lost. The time stands in a file, so that a process goes on where the killed one was, and no two looks ever see
    the same moment.
    """

    def __init__(self, start: datetime, file: Path) -> None:
        self._start = start
        self._file = os.open(file, os.O_RDWR | os.O_CREAT)
        self._passed = int(os.pread(self._file, WIDTH, 0) or 0)

    def now(self) -> datetime:
        return self._start + timedelta(microseconds=self._move(1))

    def monotonic(self) -> float:
        return self._move(1) / 1e6

    def sleep(self, seconds: float) -> None:
        self._move(max(math.ceil(seconds * 1e6), 0))

    def _move(self, microseconds: int) -> int:
        self._passed += microseconds
        os.pwrite(self._file, f"{self._passed:{WIDTH}d}".encode(), 0)
        return self._passed


def main(home: str, url: str, start: str, every: str) -> None:
    settings = Settings(home=Path(home), upstox_base_url=url, upstox_token=SecretStr("token"))
    clock = SkippingClock(datetime.fromisoformat(start).astimezone(UTC), Path(home) / "clock")
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
