from __future__ import annotations

from concurrent.futures import Executor, Future
from datetime import UTC, date, datetime
from threading import Barrier, Lock
from typing import TYPE_CHECKING

import pytest

from trading_assets.errors import StorageError
from trading_assets.feeds.landing_queue import LandingQueue
from trading_assets.market.captures import Capture

if TYPE_CHECKING:
    from collections.abc import Callable

MEGABYTE = 1 << 20


def capture(number: int, size: int = 1) -> Capture:
    raw = str(number).encode() * size
    return Capture("nse-json", "NIFTY", date(2026, 1, 28), datetime(2026, 1, 28, 5, tzinfo=UTC), raw, str(number))


def test_captures_are_landed_together_so_that_they_wait_for_the_disk_together() -> None:
    together = Barrier(8, timeout=30)

    def land(_: Capture) -> bool:
        together.wait()  # broken, and so an error, unless eight are on their way at once
        return True

    with LandingQueue(land) as queue:
        for number in range(8):
            queue.put(capture(number))
    assert queue.landed == {True: 8}


def test_every_capture_is_landed_before_the_block_is_left_and_counted_as_new_or_known() -> None:
    landed: set[str] = set()

    def land(one: Capture) -> bool:
        new = one.source not in landed
        landed.add(one.source)
        return new

    with LandingQueue(land) as queue:
        for number in range(500):
            queue.put(capture(number))
    with LandingQueue(land) as again:
        for number in range(400, 600):
            again.put(capture(number))
    assert landed == {str(number) for number in range(600)}
    assert queue.landed == {True: 500}
    assert again.landed == {True: 100, False: 100}


def test_what_landing_raises_reaches_whoever_hands_captures_in() -> None:
    def land(one: Capture) -> bool:
        if one.source == "3":
            msg = "the disk is full"
            raise StorageError(msg)
        return True

    def put_all() -> None:
        with LandingQueue(land) as queue:
            for number in range(6):
                queue.put(capture(number))

    with pytest.raises(StorageError, match="disk is full"):
        put_all()


def test_an_error_beside_it_leaves_nothing_half_landed() -> None:
    landed, lock = [], Lock()

    def land(one: Capture) -> bool:
        with lock:
            landed.append(one.source)
        return True

    def stop_early() -> None:
        with LandingQueue(land) as queue:
            queue.put(capture(1))
            queue.put(capture(2))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stop_early()
    assert sorted(landed) == ["1", "2"]


class Late(Future[bool]):
    """What is done only when somebody waits for it: the slowest of all disks."""

    def __init__(self, work: Callable[[], bool]) -> None:
        super().__init__()
        self._work = work

    def result(self, timeout: float | None = None) -> bool:
        if not self.done():
            self.set_result(self._work())
        return super().result(timeout)


class LatePool(Executor):
    def submit(self, work: Callable[[Capture], bool], one: Capture) -> Late:  # type: ignore[override]
        return Late(lambda: work(one))


@pytest.mark.parametrize(("sizes", "most"), [([20, 20, 20], 20), ([6, 6, 6, 6, 6], 12), ([30, 1, 1, 1], 30)])
def test_no_more_waits_in_memory_than_a_few_dumps_however_slow_the_disk(sizes: list[int], most: int) -> None:
    waiting, seen = 0, []

    def land(one: Capture) -> bool:
        nonlocal waiting
        waiting -= len(one.raw)
        return True

    with LandingQueue(land, LatePool()) as queue:
        for number, size in enumerate(sizes):
            queue.put(capture(number, size * MEGABYTE))
            waiting += size * MEGABYTE
            seen.append(waiting)
    assert max(seen) == most * MEGABYTE
    assert (waiting, queue.landed.total()) == (0, len(sizes))
