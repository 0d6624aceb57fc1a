"""How long people wait for the command line to start, against what the interpreter alone takes."""

from __future__ import annotations

import subprocess
import sys
import time

from benchmarks._timing import cpu_seconds
from trading_assets.market.packaged import load_market

CALL = [sys.executable, "-c", "from trading_assets.cli.main import main; main()"]
HELP_SECONDS = 0.3
RUNS = 7


def _best(command: list[str]) -> float:
    times = []
    for _ in range(RUNS):
        started = time.perf_counter()
        subprocess.run(command, capture_output=True, check=True)
        times.append(time.perf_counter() - started)
    return min(times)


def measure() -> list[dict[str, object]]:
    """Best of seven starts of `--help`, and of the interpreter that does nothing."""
    bare = _best([sys.executable, "-c", "pass"])
    asked = {"--help": _best([*CALL, "--help"]), "quality rules": _best([*CALL, "quality", "rules"])}
    loaded = {
        "name": "reference data of the market",
        "value": cpu_seconds(load_market),
        "unit": "CPU s",
        "target": 0.05,
    }
    return [
        loaded,
        *(
            {
                "name": f"`{name}`",
                "value": seconds,
                "unit": "s",
                "target": HELP_SECONDS if name == "--help" else None,
                "peer": "bare interpreter",
                "ratio": bare / seconds,
            }
            for name, seconds in asked.items()
        ),
    ]
