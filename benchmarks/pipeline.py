"""The whole pipeline on simulated one-minute NIFTY: a backfill against copying the same bytes, and one EOD run.

Every command is a process of its own. `TRADING_ASSETS_BENCH_SESSIONS` sets the length (10; 250 is a year).
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from datetime import date
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow.parquet as pq

from trading_assets.feeds.simulated_files import write_session
from trading_assets.feeds.simulated_spec import SimulationSpec
from trading_assets.market.packaged import load_market

SESSIONS = int(os.environ.get("TRADING_ASSETS_BENCH_SESSIONS", "10"))
CALL = [sys.executable, "-c", "from trading_assets.cli.main import main; main()"]
FIRST = date(2025, 1, 1)
Result = dict[str, object]


def _run(home: Path, *arguments: str) -> tuple[float, float]:
    """Run a command; return wall and CPU seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    done = subprocess.run(
        [*CALL, *arguments],
        cwd=home.parent,
        env={**os.environ, "TRADING_ASSETS_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    wall = time.perf_counter() - started
    if done.returncode:
        raise RuntimeError(done.stderr or done.stdout)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _copied(files: list[Path], target: Path) -> float:
    """Seconds of CPU to read the files and write them again with the same compression."""
    started = time.process_time()
    for number, path in zip(count(), files, strict=False):
        pq.write_table(pq.read_table(path), target / f"{number}.parquet", compression="zstd")
    return time.process_time() - started


def measure() -> list[Result]:
    """Backfill, one session again, and what the bytes alone cost."""
    market = load_market()
    sessions = market.calendar.sessions(FIRST, date(2026, 12, 1))[:SESSIONS]
    with TemporaryDirectory() as folder:
        recordings, home, copies = (Path(folder) / name for name in ("recordings", "home", "copies"))
        recordings.mkdir()
        copies.mkdir()
        for day in sessions:
            write_session(recordings, SimulationSpec(), market.calendar.session(day), market.reference)
        landed, _ = _run(home, "ingest", "--feed", "simulated", str(recordings))
        wall, cpu = _run(home, "materialize", "--from", f"{sessions[0]}", "--to", f"{sessions[-1]}")
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        again, _ = _run(home, "materialize", "--from", f"{sessions[-1]}", "--to", f"{sessions[-1]}")
        tables = sorted((home / "tables").rglob("*.parquet"))
        copied = _copied(tables, copies)
        stored = sum(path.stat().st_size for path in home.rglob("*") if path.is_file()) / len(sessions) / 1e6
    plain = "pyarrow reading and writing the same tables"
    return [
        {"name": f"land {len(sessions)} sessions", "value": landed, "unit": "s"},
        {"name": f"backfill of {len(sessions)} sessions", "value": wall, "unit": "s"},
        {"name": "… per session", "value": wall / len(sessions), "unit": "s", "target": 0.48},
        {"name": "… CPU", "value": cpu, "unit": "CPU-s", "peer": plain, "ratio": copied / cpu},
        {"name": "… peak memory", "value": peak, "unit": "MB", "target": 1_500},
        {"name": "one EOD run", "value": again, "unit": "s", "target": 6.0},
        {"name": "stored per session", "value": stored, "unit": "MB"},
    ]
