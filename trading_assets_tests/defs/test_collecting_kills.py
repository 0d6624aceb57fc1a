"""Collectors that are killed at any moment lose nothing they acknowledged, poll nothing twice and leave no slot out.

The ordeal is short here: `TRADING_ASSETS_TEST_COLLECTOR_KILLS=30` kills as many through two hours of one poll a second.
"""

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
OPENS = datetime.fromisoformat("2026-01-28T09:15:00+05:30")
SECOND = timedelta(seconds=1)
KILLS = int(os.environ.get("TRADING_ASSETS_TEST_COLLECTOR_KILLS", "3"))
#: Slots of the ordeal: 240 for each life, so that 30 live through two hours; few of them in the suite.
SLOTS = 240 * KILLS if KILLS > 3 else 45


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
    acknowledged: list[list[str]] = field(default_factory=list)
    processes: list[list[list[str]]] = field(default_factory=list)

    def live(self, lines: int, pause: float) -> None:
        """Start it, kill it `pause` real seconds after it acknowledged some snapshots."""
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "trading_assets_tests.defs.collecting_process"),
                *(str(self.home), self.url, START.isoformat(), self.every),
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


def lives(kills: int, slots: int) -> list[int]:
    """Snapshots after which each of so many processes is killed: random shares of all slots but a few."""
    shares = np.random.default_rng(11).dirichlet(np.full(kills, 4.0))
    return np.maximum(np.rint(shares * slots).astype(int), 2).tolist()


def test_kills_lose_nothing_acknowledged_and_repeat_nothing_and_leave_no_slot_out(tmp_path: Path) -> None:
    random, numbers = np.random.default_rng(12), itertools.count()
    with UpstoxServer(
        answers=lambda _path, query: answer(query["expiry_date"], shift=0.05 * (next(numbers) % 500))
    ) as server:
        ordeal = Ordeal(tmp_path, server.url, "1")
        for lines in lives(KILLS, SLOTS):
            ordeal.live(lines, float(random.uniform(0.0, 0.2)))
        asked = len(server.seen)
    slots = check(ordeal)
    assert len(slots) >= SLOTS - KILLS
    assert sorted(slots) == [OPENS + number * SECOND for number in range(len(slots))], "a slot is lost"
    assert {missed for _, _, missed in ordeal.acknowledged} == {"0"}
    assert 0 <= asked - len(slots) <= KILLS  # asked, killed before it landed, asked again
