"""The whole pipeline on simulated one-minute NIFTY: a backfill against copying the same bytes, and one EOD run.

Every command is a process of its own. `TRADING_ASSETS_BENCH_SESSIONS` sets the length (10; 250 is a year),
`TRADING_ASSETS_BENCH_RECORDINGS` a folder that keeps the recordings, `TRADING_ASSETS_BENCH_WORKERS` the processes.
"""

from __future__ import annotations

import os
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
FIRST, LAST = date(2025, 1, 1), date(2026, 12, 1)
WORKERS = ("--workers", os.environ.get("TRADING_ASSETS_BENCH_WORKERS", "1"))
Result = dict[str, object]


def run_command(home: Path, *arguments: str, overlay: Path | None = None) -> tuple[float, float, float]:
    """Run a command of ours in a process of its own; return wall and CPU seconds and its peak memory in MB."""
    laid = {} if overlay is None else {"TRADING_ASSETS_OVERLAY": str(overlay)}
    started = time.perf_counter()
    with subprocess.Popen(
        [*CALL, *arguments],
        cwd=home.parent,
        env={**os.environ, "TRADING_ASSETS_HOME": str(home), **laid},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as process:
        told = process.stderr.read().decode() if process.stderr else ""
        # of this process alone, not the most of all so far
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(told)
    return time.perf_counter() - started, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def _copied(files: list[Path], target: Path) -> float:
    """Seconds of CPU to read the files and write them again with the same compression."""
    compression = {path: pq.read_metadata(path).row_group(0).column(0).compression for path in files}
    started = time.process_time()
    for number, path in zip(count(), files, strict=False):
        pq.write_table(pq.read_table(path), target / f"{number}.parquet", compression=compression[path])
    return time.process_time() - started


def recorded(folder: Path, count_of: int = SESSIONS) -> list[date]:
    """Write the recordings that are not in a folder yet; return their sessions."""
    market = load_market()
    sessions = market.calendar.sessions(FIRST, LAST)[:count_of]
    folder.mkdir(parents=True, exist_ok=True)
    for day in sessions:
        if not (folder / f"NIFTY_{day}.parquet").exists():
            write_session(folder, SimulationSpec(), market.calendar.session(day), market.reference)
    return sessions


def measure() -> list[Result]:
    """Backfill, one session again, and what the bytes alone cost."""
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        recordings = Path(os.environ.get("TRADING_ASSETS_BENCH_RECORDINGS", folder / "recordings"))
        sessions = recorded(recordings)
        files = [recordings / f"NIFTY_{day}.parquet" for day in sessions]
        home, copies = folder / "home", folder / "copies"
        copies.mkdir()
        landed, *_ = run_command(home, "ingest", "--feed", "simulated", *map(str, files))
        first, last = str(sessions[0]), str(sessions[-1])
        whole = run_command(home, "materialize", "--from", first, "--to", last, *WORKERS)
        again = run_command(home, "materialize", "--from", last, "--to", last)
        started = run_command(home, "status", "--from", last, "--to", last)
        copied = _copied([*files, *sorted((home / "tables").rglob("date=*/*.parquet"))], copies)
        stored = {part: _megabytes(home / part) / len(sessions) for part in ("landing", "tables", "dagster")}
    plain = "pyarrow reading the recordings and tables and writing them again"
    wall, cpu, peak = whole
    return [
        {"name": f"land {len(sessions)} sessions", "value": landed, "unit": "s"},
        {"name": f"backfill of {len(sessions)} sessions", "value": wall, "unit": "s"},
        {"name": "… per session", "value": wall / len(sessions), "unit": "s", "target": 0.48},
        {"name": "… CPU", "value": cpu, "unit": "CPU-s", "peer": plain, "ratio": copied / cpu, "target": 6 * copied},
        {
            "name": "… CPU without one evening's",
            "value": cpu - again[1],
            "unit": "CPU-s",
            "peer": plain,
            "ratio": copied / max(cpu - again[1], 1e-9),
        },
        {"name": "… peak memory", "value": peak, "unit": "MB", "target": 1_500},
        {"name": "one EOD run", "value": again[0], "unit": "s", "target": 6.0},
        {
            "name": "… CPU",
            "value": again[1],
            "unit": "CPU-s",
            "peer": "a process that opens the tables",
            "ratio": started[1] / again[1],
        },
        *({"name": f"stored per session: {part}", "value": size, "unit": "MB"} for part, size in stored.items()),
    ]


def _megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
