"""`make bench`: every measurement of this folder in a process of its own, as a table and as JSON for the trend.

A module of this folder has `measure() -> list[dict]` with `name`, `value`, `unit` and, where there is one, `peer` (what
it is compared with), `ratio` (peer over ours, larger is better for us) and `target`. Machines differ and are shared:
ratios taken in one run mean something, seconds alone mean little. A run of everything also writes the page of the
documentation, and ends within `TRADING_ASSETS_BENCH_SECONDS` (600): what has no time left says so.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
RESULTS = FOLDER / "results"
LIBRARIES = ("dagster", "duckdb", "mlflow", "numpy", "pandas", "pandera", "pyarrow", "scikit-learn")
PAGE = FOLDER.parent / "docs" / "explanation" / "benchmarks.md"
BUDGET_SECONDS = float(os.environ.get("TRADING_ASSETS_BENCH_SECONDS", "600"))
INTRO = """# Benchmarks

Made by `make bench`; do not edit. Ratio is peer over ours, so above 1 ours is the better; a target is an upper limit of
the value. Everything was measured in one run on one machine, each part in a process of its own; seconds of another
machine or another load cannot be compared, ratios can."""
Result = dict[str, object]


def modules() -> list[str]:
    """Return the names of the measurements: every other file of this folder that is not private."""
    return sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "run" and not path.stem.startswith("_"))


def machine() -> Result:
    """Return what the figures depend on besides the code."""
    model = next((line.split(":")[1].strip() for line in _cpu_lines() if line.startswith("model name")), "unknown")
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
        "system": platform.platform(),
        "python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
    }


def _cpu_lines() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def child(name: str) -> None:
    """Measure one module in this process and print its results and peak memory as JSON."""
    found = import_module(f"benchmarks.{name}").measure()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(json.dumps({"results": found, "peak_mb": round(peak)}, default=float))


def measured(name: str, seconds: float) -> Result:
    """Run one module in a fresh process; a failure is a result too, and the rest goes on."""
    started = time.perf_counter()
    found = _measured(name, max(seconds, 1.0))
    return found | {"seconds": round(time.perf_counter() - started, 1)}


def _measured(name: str, seconds: float) -> Result:
    command = [sys.executable, "-m", "benchmarks.run", "--child", name]
    try:
        done = subprocess.run(command, cwd=FOLDER.parent, capture_output=True, text=True, check=False, timeout=seconds)
    except subprocess.TimeoutExpired:
        return {"results": [], "failed": f"no answer in the {seconds:.0f} s that were left"}
    if done.returncode:
        return {"results": [], "failed": (done.stderr.strip().splitlines() or ["no message"])[-1]}
    answer: Result = json.loads(done.stdout.splitlines()[-1])
    return answer


def table(found: dict[str, Result]) -> str:
    """Return the Markdown table of all results."""
    lines = ["| What | Value | Unit | Target | Peer | Ratio |", "|---|---:|---|---:|---|---:|"]
    for name, part in found.items():
        peak = f", peak {part['peak_mb']} MB" if "peak_mb" in part else ""
        peak += f", {part['seconds']} s" if "seconds" in part else ""
        failed = f" failed: {part['failed']}" if "failed" in part else ""
        lines.append(f"| **{name}**{peak}{failed} | | | | | |")
        lines += [
            f"| {row['name']} | {_number(row['value'])} | {row['unit']} | {_number(row.get('target'))} "
            f"| {row.get('peer') or ''} | {_number(row.get('ratio'))} |"
            for row in part["results"]
        ]
    return "\n".join(lines)


def _number(value: object) -> str:
    return "" if value is None else f"{value:,.4g}" if isinstance(value, int | float) else str(value)


def main() -> int:
    """Measure, print the table, keep the JSON; 1 when a module failed."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__.splitlines()[0])
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--only", nargs="*", help="Names of modules; all when absent.")
    options = parser.parse_args()
    if options.child:
        child(options.child)
        return 0
    found = {}
    end = time.perf_counter() + BUDGET_SECONDS
    for name in options.only or modules():
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        found[name] = measured(name, end - time.perf_counter())
    taken = datetime.now(UTC)
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{taken:%Y-%m-%dT%H%M%SZ}.json"
    path.write_text(json.dumps({"taken": taken.isoformat(), "machine": machine(), "measured": found}, indent=1) + "\n")
    about = machine()
    whole = BUDGET_SECONDS - (end - time.perf_counter())
    where = f"{about['cpu']}, {about['cores']} cores, load {about['load']}, Python {about['python']}"
    answer = f"{where}; {whole:.0f} s in all\n\n{table(found)}"
    print(answer)
    if not options.only:
        libraries = ", ".join(f"{name} {about[name]}" for name in LIBRARIES)
        PAGE.write_text(f"{INTRO}\n\n{taken:%Y-%m-%d}, {libraries}; {answer}\n", encoding="utf-8")
    print(f"\nkept in {path.relative_to(FOLDER.parent)}", file=sys.stderr)
    return int(any("failed" in part for part in found.values()))


if __name__ == "__main__":
    sys.exit(main())
