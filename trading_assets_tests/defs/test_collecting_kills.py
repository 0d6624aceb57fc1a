"""Collectors that are killed at any moment lose nothing they acknowledged and poll nothing twice."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np

from trading_assets.feeds.collector import slot_of
from trading_assets.storage.journal import Journal
from trading_assets.storage.landing import Landing
from trading_assets.tables import feed_calls
from trading_assets_tests.feeds.upstox_answers import answer
from trading_assets_tests.feeds.upstox_server import UpstoxServer

ROOT = Path(__file__).resolve().parents[2]
START = datetime.fromisoformat("2026-01-28T09:14:50+05:30")


@dataclass
class Ordeal:
    """A collector that is started, killed at random and started again.

    Args:
        home: Its home folder.
        url: The server.
        every: Cadence in seconds.
        acknowledged: What it printed: slot, capture and slots missed, as texts.
        processes: Polls of each process.
    """

    home: Path
    url: str
    every: str
    real_start: float = field(default_factory=time.time)
    acknowledged: list[list[str]] = field(default_factory=list)
    processes: list[list[list[str]]] = field(default_factory=list)

    def live(self, lines: int, pause: float) -> None:
        """Start it, kill it `pause` real seconds after it acknowledged some snapshots."""
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "trading_assets_tests.defs.collecting_process"),
                *(str(self.home), self.url, START.isoformat(), str(self.real_start), self.every),
            ],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "NO_PROXY": "127.0.0.1"},
        )
        assert process.stdout is not None
        with process:
            heard = list(itertools.islice(process.stdout, lines))
            if process.poll() is None and heard:
                time.sleep(pause)
            process.kill()
            heard += list(process.stdout)  # what it had printed before it died
        polls = [line.split() for line in heard if line.endswith("\n")]
        self.processes.append(polls)
        self.acknowledged += polls


def check(ordeal: Ordeal) -> Counter[datetime]:
    """Assert that nothing acknowledged is lost and nothing is there twice; return the landed slots."""
    landed = list(Landing(ordeal.home / "landing").captures(START.date(), "upstox", "NIFTY"))
    slots = Counter(slot for capture in landed if (slot := slot_of(capture)) is not None)
    assert len(landed) == slots.total()
    assert set(slots.values()) == {1}
    ids = {slot_of(capture): capture.capture_id for capture in landed}
    acknowledged = {datetime.fromisoformat(slot): capture for slot, capture, _ in ordeal.acknowledged}
    assert len(acknowledged) == len(ordeal.acknowledged)
    assert all(ids[slot] == capture for slot, capture in acknowledged.items())
    assert 0 <= len(landed) - len(acknowledged) <= len(ordeal.processes)  # landed, killed before it could say so
    calls = Journal(ordeal.home / "journal").read(feed_calls.CONTRACT)
    assert calls["called_at"].is_unique
    return slots


def ordeal_of(home: Path, url: str, lives: list[tuple[int, float]]) -> tuple[Ordeal, Counter[datetime]]:
    """Run collectors one after the other, each killed after so many snapshots and so many seconds more."""
    ordeal = Ordeal(home, url, "1")
    for lines, pause in lives:
        ordeal.live(lines, pause)
    return ordeal, check(ordeal)


def test_kills_lose_nothing_acknowledged_and_repeat_nothing_and_leave_no_slot_out(tmp_path: Path) -> None:
    rng = np.random.default_rng(11)
    numbers = itertools.count()
    with UpstoxServer(
        answers=lambda _path, query: answer(query["expiry_date"], shift=0.05 * (next(numbers) % 500))
    ) as server:
        lives = [(int(rng.integers(3, 30)), float(rng.uniform(0.0, 0.1))) for _ in range(3)]
        ordeal, slots = ordeal_of(tmp_path, server.url, lives)
    assert len(slots) >= sum(lines for lines, _ in lives) - len(lives)
    for polls in ordeal.processes:
        times = [datetime.fromisoformat(slot) for slot, _, _ in polls]
        missed = sum(int(count) for _, _, count in polls[1:])
        assert (times[-1] - times[0]).total_seconds() == len(times) - 1 + missed, "each slot is polled or counted"
        assert missed <= len(times) // 2, "a living collector keeps its cadence, also on a busy machine"
