"""One evening's run in parts: what its steps and audits take, and what imports and Dagster take around them.

`TRADING_ASSETS_BENCH_EARLIER` sessions (8) stand before it: fewer leave out what is read of earlier sessions. Parts are
seconds of CPU, because the machine may be shared; of the whole run and of our code the wall is told too. Steps and
audits run once as an evening runs them, with what they import, and then `AGAIN` times: our code is the median of these.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from datetime import date
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.pipeline import recorded, run_command

EARLIER = int(os.environ.get("TRADING_ASSETS_BENCH_EARLIER", "8"))
OURS_SECONDS, WHOLE_SECONDS = 0.3, 6.0
AGAIN = 19
Result = dict[str, object]


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
    runs: list[tuple[float, float]] = []
    for _ in range(1 + AGAIN):
        home = replace(workspace, chains=SessionChains())  # what one run keeps the next has not
        begun = time.perf_counter(), time.process_time()
        for step in (*made, steps.daily_step, steps.strategy_step):
            step(home, day)
        steps.equity_step(home)
        for contract in checks.AUDITED:
            checks.outcomes_of(home, contract, [day])
        runs.append((time.perf_counter() - begun[0], time.process_time() - begun[1]))
    (_, first), *again = runs
    return {
        "imports": imported,  # since the process began
        "definitions and instance": opened - imported,
        "steps and audits, first time": first,
        "steps and audits, again": median(cpu for _, cpu in again),
        "our code": median(wall for wall, _ in again),
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
    ours = found.pop("our code")
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
    ]


if __name__ == "__main__":
    print(json.dumps(parts(date.fromisoformat(sys.argv[1]))))
