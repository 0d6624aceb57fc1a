"""A backfill alone and with 50 readers of the same home: how much slower the writer is, and that nobody sees a part.

The readers are one process of 50 threads. Each does what people and dashboards do, in turn: 25 ask SQL for the sessions
so far, 20 read the tables of the last session as a report does, 5 read the daily rows as the service does. Each waits
`PAUSE` seconds between two questions, so the process asks five a second; how often they did is part of the answer.
Readers and writer share the cores of the machine: the writer's wall time is what they cost it, its CPU what it did.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Lock

from benchmarks.pipeline import recorded, run_command
from trading_assets.storage.sql import query
from trading_assets.storage.tables import TableStore
from trading_assets.tables.catalog import contract

SESSIONS = int(os.environ.get("TRADING_ASSETS_BENCH_READ_SESSIONS", "4"))
READERS, PAUSE = 50, 10.0
SQL = """SELECT date, count(*), count(DISTINCT signal_id), sum(net_pnl) FROM trades GROUP BY date
UNION ALL SELECT date, total_trades, total_trades, net_pnl FROM daily_performance_facts"""
Result = dict[str, object]


def read_until_told(home: Path) -> None:
    """Read from 50 threads until standard input closes; print how often, the slowest answer and what went wrong."""
    store, stop, lock = TableStore(home / "tables"), Event(), Lock()
    taken: list[float] = []
    wrong: list[str] = []

    def reader(number: int) -> None:
        stop.wait(PAUSE * number / READERS)
        while not stop.is_set():
            started = time.perf_counter()
            told = _question(store, number)
            with lock:
                taken.append(time.perf_counter() - started)
                wrong.extend(told)
            stop.wait(PAUSE)

    with ThreadPoolExecutor(READERS) as pool:
        running = [pool.submit(reader, number) for number in range(READERS)]
        sys.stdin.read()
        stop.set()
        for one in running:
            one.result()
    print(len(taken), max(taken, default=0.0), len(wrong), *wrong[:1])


def _question(store: TableStore, number: int) -> list[str]:
    """Ask, and return what is not whole: a session's trades that repeat, or a report's table without its rows."""
    if number % 2:
        return [f"{row}" for row in query(store, SQL).rows if row[1] != row[2]]
    if number % 10 == 0:
        store.read(contract("daily_performance"))
        return []
    days = store.sessions(contract("market_snapshots"))[-1:]
    snapshots = store.read(contract("market_snapshots"), days, ["observed_at", "strike"])
    legs = snapshots.groupby("observed_at").size()
    return [] if legs.nunique() <= 1 else [f"{days}: {legs.value_counts().to_dict()} legs"]


def measure() -> list[Result]:
    """Backfill twice on fresh homes: alone, then with readers."""
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        recordings = folder / "recordings"
        days = recorded(recordings, SESSIONS)
        alone = _backfill(folder / "alone", recordings, days)
        home = folder / "read"
        home.mkdir()
        with subprocess.Popen(
            [sys.executable, "-m", "benchmarks.readers", str(home)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as readers:
            beside = _backfill(home, recordings, days)
            asked, slowest, wrong, *_ = readers.communicate("")[0].split()
            if readers.returncode:
                msg = "a reader failed"
                raise RuntimeError(msg)
    peer = "the same backfill without readers"
    return [
        {"name": f"backfill of {SESSIONS} sessions with {READERS} readers", "value": beside[0], "unit": "s",
         "peer": peer, "ratio": alone[0] / beside[0], "target": alone[0] * 1.2},
        {"name": "… CPU of the writer", "value": beside[1], "unit": "CPU-s", "peer": peer,
         "ratio": alone[1] / beside[1]},
        {"name": "… questions answered", "value": float(asked), "unit": ""},
        {"name": "… slowest answer", "value": float(slowest), "unit": "s"},
        {"name": "… answers that were torn", "value": float(wrong), "unit": "", "target": 0.0},
    ]  # fmt: skip


def _backfill(home: Path, recordings: Path, days: list[object]) -> tuple[float, float, float]:
    files = [str(recordings / f"NIFTY_{day}.parquet") for day in days]
    run_command(home, "ingest", "--feed", "simulated", *files)
    return run_command(home, "materialize", "--from", str(days[0]), "--to", str(days[-1]))


if __name__ == "__main__":
    read_until_told(Path(sys.argv[1]))
