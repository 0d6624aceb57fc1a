"""The HTTP service under load: `/api/data-quality` asked for 50 times a second while a process writes as the gate does.

Every answer is timed from the moment it was due, so an answer that holds up the next ones counts as often as it does.
`TRADING_ASSETS_BENCH_SERVICE_SECONDS` (20) says for how long. Server, writer and asker share the cores of the machine:
the service's CPU time per answer tells what it costs whatever else runs, and `/healthz`, asked the same way right
after, what any answer waits for on this machine.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trading_assets.defs.workspace import Workspace, open_workspace
from trading_assets.settings import Settings
from trading_assets.tables import feed_calls, quality_issues

if TYPE_CHECKING:
    from collections.abc import Iterator

Result = dict[str, object]
SECONDS = float(os.environ.get("TRADING_ASSETS_BENCH_SERVICE_SECONDS", "20"))
RATE, ASKERS = 50, 5
HELD, WRITES_A_SECOND = 1_000, 10
PATH = "/api/data-quality"


def issues(now: datetime, prefix: str, count: int) -> pd.DataFrame:
    """Return issues as the gate tells them, a second apart."""
    return quality_issues.CONTRACT.frame(
        {
            "date": [pd.Timestamp(now.date())] * count,
            "issue_id": [f"{prefix}{number:08d}" for number in range(count)],
            "timestamp": pd.to_datetime([now - timedelta(seconds=number) for number in range(count)], utc=True),
            "severity": ["critical", "warning"] * (count // 2) + ["warning"] * (count % 2),
            "category": "stale_data",
            "rule": "snapshot_age",
            "message": "snapshot_age: snapshot was 662 s old, more than 600 s (200 row(s), first NIFTY 3a85f42f)",
            "details": '{"critical_rows":200,"limit":600.0,"rows":200,"value":662.0}',
            "table_name": "market_snapshots",
        }
    )


def calls(now: datetime, count: int) -> pd.DataFrame:
    """Return calls of a feed, a second apart."""
    return feed_calls.CONTRACT.frame(
        {
            "date": [pd.Timestamp(now.date())] * count,
            "feed": "upstox",
            "endpoint": "chain",
            "called_at": pd.to_datetime([now - timedelta(seconds=number) for number in range(count)], utc=True),
            "duration_ms": [100.0 + number % 50 for number in range(count)],
            "success": [number % 20 > 0 for number in range(count)],
            "status": 200.0,
            "error": None,
        }
    )


def write_until_told(home: Path) -> None:
    """Append an issue and a call ten times a second until standard input closes."""
    workspace, number = open_workspace(Settings(home=home)), 0
    os.set_blocking(sys.stdin.fileno(), False)
    while sys.stdin.buffer.read(1) is None:
        number += 1
        now = datetime.now(UTC)
        workspace.journal.append(quality_issues.CONTRACT, issues(now, f"w{number}-", 1))
        workspace.journal.append(feed_calls.CONTRACT, calls(now, 1))
        time.sleep(1.0 / WRITES_A_SECOND)


@contextmanager
def serving(home: Path) -> Iterator[tuple[int, int]]:
    """Serve a home in a process of its own; give its port and process id."""
    command = [str(Path(sys.executable).with_name("trading-assets")), "serve", "--port", "0"]
    environment = {**os.environ, "TRADING_ASSETS_HOME": str(home)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:
        try:
            if server.stdout is None:
                raise RuntimeError
            yield int(server.stdout.readline().split("/docs")[0].rsplit(":", 1)[1]), server.pid
        finally:
            server.terminate()


def asked(port: int, path: str, seconds: float) -> tuple[list[float], int]:
    """Ask as often as agreed; return how long each answer took from when it was due, s, and how many were wrong."""
    started, each = time.perf_counter() + 0.5, ASKERS / RATE

    def ask(number: int) -> tuple[list[float], int]:
        connection, taken, wrong = HTTPConnection("127.0.0.1", port, timeout=30), [], 0
        for turn in range(int(seconds / each)):
            due = started + each * (turn + number / ASKERS)
            time.sleep(max(0.0, due - time.perf_counter()))
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read()
            taken.append(time.perf_counter() - due)
            wrong += answer.status != 200 or not body.startswith(b"{")  # noqa: PLR2004
        return taken, wrong

    with ThreadPoolExecutor(ASKERS) as pool:
        done = list(pool.map(ask, range(ASKERS)))
    return [one for taken, _ in done for one in taken], sum(wrong for _, wrong in done)


def measure() -> list[Result]:
    """Serve, write and ask; the quantiles are of all answers."""
    with TemporaryDirectory() as folder:
        home = Path(folder)
        fill(open_workspace(Settings(home=home)))
        with (
            serving(home) as (port, server),
            subprocess.Popen([sys.executable, "-m", "benchmarks.service", folder], stdin=subprocess.PIPE) as writer,
        ):
            asked(port, PATH, 2.0)  # the first answers are made from nothing
            before = cpu_of(server)
            taken, wrong = asked(port, PATH, SECONDS)
            used = cpu_of(server) - before
            least, _ = asked(port, "/healthz", SECONDS / 2)
            writer.communicate(b"")
    slow, slow_peer = (1_000.0 * float(np.quantile(times, 0.99)) for times in (taken, least))
    title = f"{PATH}, {RATE} a second for {SECONDS:.0f} s while the gate writes"
    return [
        {"name": f"{title}: p50", "value": 1_000.0 * float(np.quantile(taken, 0.50)), "unit": "ms"},
        {"name": "… p99", "value": slow, "unit": "ms", "target": 50, "peer": "/healthz", "ratio": slow_peer / slow},
        {"name": "… slowest", "value": 1_000.0 * max(taken), "unit": "ms"},
        {"name": "… answers that were wrong", "value": wrong, "unit": "", "target": 0},
        {"name": "… CPU of the service per answer", "value": 1_000.0 * used / len(taken), "unit": "CPU ms"},
    ]


def fill(workspace: Workspace) -> None:
    """Write as many issues and calls as a report looks at."""
    now = datetime.now(UTC)
    workspace.journal.append(quality_issues.CONTRACT, issues(now, "held-", HELD))
    workspace.journal.append(feed_calls.CONTRACT, calls(now, HELD))


def cpu_of(process: int) -> float:
    """Return the CPU seconds a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    write_until_told(Path(sys.argv[1]))
