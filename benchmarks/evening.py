"""One evening's run in parts: what its steps and audits take, and what imports and Dagster take around them.

`TRADING_ASSETS_BENCH_EARLIER` sessions (8) stand before it: fewer leave out what is read of earlier sessions. Parts are
seconds of CPU, because the machine may be shared; of the whole run and of our code the wall is told too. Steps and
audits run once as an evening runs them, with what they import, and then `AGAIN` times, each time as if the session had
not been made: our code is the median of these, less the time in which the disk is waited for.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from benchmarks.pipeline import recorded, run_command
from trading_assets.tables import equity_curve
from trading_assets.tables.catalog import CONTRACTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trading_assets.defs.workspace import Workspace

EARLIER = int(os.environ.get("TRADING_ASSETS_BENCH_EARLIER", "8"))
OURS_SECONDS, WHOLE_SECONDS = 0.3, 6.0
AGAIN = 19
Result = dict[str, object]


def unmade(workspace: Workspace, day: date) -> None:
    """Take away what was made of a session, as if its evening were still to come."""
    for contract in (contract for contract in CONTRACTS if contract.partitioned):
        workspace.store.path(contract, day).unlink(missing_ok=True)
    curve = workspace.store.read(equity_curve.CONTRACT)
    workspace.store.write(equity_curve.CONTRACT, curve[curve["date"] < str(day)].reset_index(drop=True), None)


@contextmanager
def waiting_timed() -> Iterator[list[float]]:
    """Seconds of each wait for the disk to have what was written."""
    waits: list[float] = []

    def timed(descriptor: int) -> None:
        begun = time.perf_counter()
        synced(descriptor)
        waits.append(time.perf_counter() - begun)

    synced, os.fsync = os.fsync, timed
    try:
        yield waits
    finally:
        os.fsync = synced


def parts(day: date) -> dict[str, float]:
    """CPU seconds of imports, definitions and instance, and of steps and audits, first and again; the wall of these."""
    from trading_assets.cli.console import keep_freed_memory, seldom_search_for_cycles
    from trading_assets.defs import checks, runner, signal_steps, steps
    from trading_assets.defs.build import build_definitions
    from trading_assets.defs.session_chains import SessionChains
    from trading_assets.defs.workspace import open_workspace

    seldom_search_for_cycles()  # as the command does, and the next
    keep_freed_memory()
    imported = time.process_time()
    workspace = open_workspace()
    runner.selected_job(build_definitions(workspace), ["trades"])
    with runner.open_instance():
        opened = time.process_time()
    made = (steps.market_step, signal_steps.signals_step, signal_steps.scoring_step, steps.trades_step)
    runs: list[tuple[float, float, float]] = []
    for _ in range(1 + AGAIN):
        unmade(workspace, day)
        home = replace(workspace, chains=SessionChains())  # what one run keeps the next has not
        with waiting_timed() as waits:
            begun = time.perf_counter(), time.process_time()
            for step in (*made, steps.daily_step, steps.strategy_step):
                step(home, day)
            steps.equity_step(home)
            for contract in checks.AUDITED:
                checks.outcomes_of(home, contract, [day])
            wall, cpu = time.perf_counter() - begun[0], time.process_time() - begun[1]
        runs.append((wall - sum(waits), cpu, sum(waits)))
    (_, first, _), *again = runs
    return {
        "imports": imported,  # since the process began
        "definitions and instance": opened - imported,
        "steps and audits, first time": first,
        "steps and audits, again": median(cpu for _, cpu, _ in again),
        "our code": median(wall for wall, _, _ in again),
        "waits for the disk": median(waited for _, _, waited in again),
    }


def measure() -> list[Result]:
    """Run an evening, then its parts in another process on the same home."""
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        recordings = Path(os.environ.get("TRADING_ASSETS_BENCH_RECORDINGS", folder / "recordings"))
        *earlier, last = (str(day) for day in recorded(recordings, EARLIER + 1))
        home = folder / "home"
        files = [str(recordings / f"NIFTY_{day}.parquet") for day in (*earlier, last)]
        run_command(home, "ingest", "--feed", "simulated", *files)
        if earlier:
            run_command(home, "materialize", "--from", earlier[0], "--to", earlier[-1])
        wall, cpu, peak = run_command(home, "materialize", "--from", last, "--to", last)
        told = subprocess.run(
            [sys.executable, "-m", "benchmarks.evening", last],
            env=os.environ | {"TRADING_ASSETS_HOME": str(home)},
            capture_output=True,
            check=True,
        ).stdout
    found: dict[str, float] = json.loads(told)
    ours, waits = found.pop("our code"), found.pop("waits for the disk")
    around = cpu - found["imports"] - found["definitions and instance"] - found["steps and audits, first time"]
    return [
        {"name": f"EOD after {EARLIER} sessions", "value": wall, "unit": "s", "target": WHOLE_SECONDS},
        {
            "name": "… CPU",
            "value": cpu,
            "unit": "CPU-s",
            "peer": "its steps and audits alone",
            "ratio": found["steps and audits, again"] / cpu,
        },
        {"name": "… peak memory", "value": peak, "unit": "MB"},
        *({"name": f"… {name}", "value": seconds, "unit": "CPU-s"} for name, seconds in found.items()),
        {"name": "… left for Dagster's run and events", "value": around, "unit": "CPU-s"},
        {"name": "… our code", "value": ours, "unit": "s", "target": OURS_SECONDS},
        {"name": "… waits for the disk beside it", "value": waits, "unit": "s"},
    ]


if __name__ == "__main__":
    print(json.dumps(parts(date.fromisoformat(sys.argv[1]))))
