"""Collectors that are killed at any moment lose nothing they acknowledged and poll nothing twice."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
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
        pace: Speed of the clock and cadence in seconds, joined by x.
        acknowledged: What it printed: slot, capture and slots missed, as texts.
        processes: Polls of each process.
    """

    home: Path
    url: str
    pace: str
    real_start: float = field(default_factory=time.time)
    acknowledged: list[list[str]] = field(default_factory=list)
    processes: list[list[list[str]]] = field(default_factory=list)

    @property
    def elapsed(self) -> timedelta:
        """Simulated time since the start."""
        return timedelta(seconds=(time.time() - self.real_start) * float(self.pace.split("x")[0]))

    def live(self, lines: int, pause: float) -> None:
        """Start it, kill it `pause` real seconds after it acknowledged some snapshots."""
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "trading_assets_tests.defs.collecting_process"),
                *(str(self.home), self.url, START.isoformat(), str(self.real_start), self.pace),
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


def test_kills_lose_nothing_acknowledged_and_repeat_nothing(tmp_path: Path) -> None:
    rng = np.random.default_rng(11)
    numbers = itertools.count()
    with UpstoxServer(
        answers=lambda _path, query: answer(query["expiry_date"], shift=0.05 * (next(numbers) % 500))
    ) as server:
        ordeal = Ordeal(tmp_path, server.url, "20x1")
        for _ in range(3):
            ordeal.live(int(rng.integers(3, 9)), float(rng.uniform(0.0, 0.1)))
    slots = check(ordeal)
    assert len(slots) >= 9
    assert all(len(polls) >= 3 for polls in ordeal.processes)
