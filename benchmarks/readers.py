"""A backfill alone and with 50 readers of the same home: how much slower the writer is, and that nobody sees a part.

The readers do what people and dashboards do, at their pace: 25 ask SQL for the sessions so far and 20 ask the HTTP
service for the daily rows, the data quality, the gauges or the report, each every 10 s; 5 make a tear sheet of all
sessions and read it back, each every 60 s. That is 4.6 questions a second. SQL and tear sheets are made by one process
of threads, the service is a process of its own, and both are up before the writer starts. All share the cores of the
machine with it: its wall time is what the readers cost it, its CPU what it did itself. Each way is measured twice,
alone first and last, and the quicker one counts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Lock

import duckdb

from benchmarks.pipeline import recorded, run_command
from benchmarks.service import cpu_of, serving
from trading_assets.defs.monitoring_steps import write_tear_sheet
from trading_assets.defs.workspace import Workspace, open_workspace
from trading_assets.errors import InputError, TradingAssetsError
from trading_assets.settings import Settings
from trading_assets.storage.sql import query

SESSIONS = int(os.environ.get("TRADING_ASSETS_BENCH_READ_SESSIONS", "12"))
READERS, PAUSE, REPORT_PAUSE = 50, 10.0, 60.0
SQL = """SELECT date, count(*), count(DISTINCT signal_id), sum(net_pnl) FROM trades GROUP BY date
UNION ALL SELECT date, total_trades, total_trades, net_pnl FROM daily_performance_facts"""
PATHS = ("/api/performance/daily", "/api/data-quality", "/report", "/metrics")
NOT_FOUND = 404
Result = dict[str, object]
Writer = tuple[float, float, float]


def read_until_told(home: Path, port: int) -> None:
    """Read from 50 threads until standard input closes; print how often, the slowest answer and what went wrong."""
    workspace, stop, lock = open_workspace(Settings(home=home)), Event(), Lock()
    taken: list[float] = []
    torn: list[str] = []
    failed: list[str] = []

    def reader(number: int) -> None:
        pause = REPORT_PAUSE if number % 10 == 0 else PAUSE
        stop.wait(pause * number / READERS)
        while not stop.is_set():
            started = time.perf_counter()
            try:
                told = _question(workspace, port, number)
            except (TradingAssetsError, HTTPException, OSError, ValueError, duckdb.Error) as error:
                failed.append(f"{type(error).__name__}: {error}")
                told = []
            with lock:
                taken.append(time.perf_counter() - started)
                torn.extend(told)
            stop.wait(pause)

    query(workspace.store, SQL)
    print("ready", flush=True)
    before = time.process_time()
    with ThreadPoolExecutor(READERS) as pool:
        running = [pool.submit(reader, number) for number in range(READERS)]
        sys.stdin.read()
        stop.set()
        for one in running:
            one.result()
    used = time.process_time() - before
    counts = {"answered": len(taken) - len(failed), "slowest": max(taken, default=0.0), "cpu": used}
    print(json.dumps(counts | {"torn": torn, "failed": failed}))


def _question(workspace: Workspace, port: int, number: int) -> list[str]:
    """Ask, and return what is not whole: a session's trades that repeat, a day that does, a page without its end."""
    if number % 2:
        return [f"{row}" for row in query(workspace.store, SQL).rows if row[1] != row[2]]
    if number % 10:
        return _asked(port, PATHS[number // 2 % len(PATHS)])
    try:
        page = write_tear_sheet(workspace).read_text(encoding="utf-8")
    except InputError:  # there is no session yet
        return []
    return [] if page.rstrip().endswith("</html>") else [f"a tear sheet of {len(page)} characters"]


def _asked(port: int, path: str) -> list[str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status == NOT_FOUND and path == "/report":  # none was written yet
        return []
    if answer.status >= 300:  # noqa: PLR2004
        msg = f"{path} answered {answer.status}"
        raise HTTPException(msg)
    if path == "/report":
        return [] if body.rstrip().endswith(b"</html>") else [f"a report of {len(body)} bytes"]
    found = json.loads(body) if path.startswith("/api") else {}
    days = [row["date"] for row in found] if isinstance(found, list) else []
    return [] if days == sorted({*days}) else [f"days {days}"]


def measure() -> list[Result]:
    """Backfill fresh homes: alone, twice with readers, alone."""
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        recordings = folder / "recordings"
        days = recorded(recordings, SESSIONS)
        first = _backfill(folder / "first", recordings, days)
        beside = [_beside(folder / name, recordings, days) for name in ("read", "read-again")]
        alone = min(first, _backfill(folder / "last", recordings, days))
    writer = min(of_writer for of_writer, _ in beside)
    readers = [told for _, told in beside]
    peer = "the same backfill without readers"
    return [
        {"name": f"backfill of {SESSIONS} sessions with {READERS} readers", "value": writer[0], "unit": "s",
         "peer": peer, "ratio": alone[0] / writer[0], "target": alone[0] * 1.2},
        {"name": "… slower than alone", "value": 100.0 * (writer[0] / alone[0] - 1.0), "unit": "%", "target": 20.0},
        {"name": "… CPU of the writer", "value": writer[1], "unit": "CPU-s", "peer": peer,
         "ratio": alone[1] / writer[1]},
        {"name": "… CPU of the readers and the service", "value": min(told["cpu"] for told in readers),
         "unit": "CPU-s"},
        {"name": "… questions answered, both times", "value": sum(told["answered"] for told in readers), "unit": ""},
        {"name": "… slowest answer", "value": max(told["slowest"] for told in readers), "unit": "s"},
        {"name": "… answers that were torn", "value": sum(len(told["torn"]) for told in readers), "unit": "",
         "target": 0.0},
        {"name": "… errors", "value": sum(len(told["failed"]) for told in readers), "unit": "", "target": 0.0},
    ]  # fmt: skip


def _beside(home: Path, recordings: Path, days: list[object]) -> tuple[Writer, dict[str, object]]:
    """Backfill while the readers read; return what the writer took and what they tell."""
    home.mkdir()
    with (
        serving(home) as (port, server),
        subprocess.Popen(
            [sys.executable, "-m", "benchmarks.readers", str(home), str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as readers,
    ):
        if readers.stdout is None or readers.stdout.readline() != "ready\n":
            msg = "the readers did not start"
            raise RuntimeError(msg)
        before = cpu_of(server)
        writer = _backfill(home, recordings, days)
        told = json.loads(readers.communicate("")[0])
        told["cpu"] += cpu_of(server) - before
    for wrong in (*told["torn"][:3], *told["failed"][:3]):
        print(wrong, file=sys.stderr)
    return writer, told


def _backfill(home: Path, recordings: Path, days: list[object]) -> Writer:
    files = [str(recordings / f"NIFTY_{day}.parquet") for day in days]
    run_command(home, "ingest", "--feed", "simulated", *files)
    return run_command(home, "materialize", "--from", str(days[0]), "--to", str(days[-1]))


if __name__ == "__main__":
    read_until_told(Path(sys.argv[1]), int(sys.argv[2]))
