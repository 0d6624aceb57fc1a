"""The regression suite on 7 sessions x 375 snapshots x 204 contracts with twenty strategies, against pandas.

`evaluation`: chains and the surfaces of all strategies in this process; the peer computes four of the same features
with pandas `groupby` and `rolling` on the same rows. `command`: `regression --mode test` as a process of its own, CPU
because machines are shared; its peer is a process that imports pandas and reads the same rows.
"""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pandas as pd

from benchmarks._timing import cpu_seconds
from trading_assets.cli.reruns import rerun, setup
from trading_assets.defs.workspace import open_workspace
from trading_assets.feeds.archives import RawFile
from trading_assets.feeds.normalise import normalise_session
from trading_assets.feeds.simulated import FEED
from trading_assets.feeds.simulated_files import COMMITTED_SESSIONS, session_file
from trading_assets.feeds.simulated_spec import SimulationSpec
from trading_assets.market.option_chain import chains
from trading_assets.regression.baseline import records
from trading_assets.regression.comparison import compare
from trading_assets.regression.inputs import COLUMNS
from trading_assets.regression.suite import make_baselines
from trading_assets.settings import Settings
from trading_assets.strategies.evaluation import evaluated, parameters_in_force
from trading_assets.strategies.signals import signals
from trading_assets.tables import market_snapshots

if TYPE_CHECKING:
    from trading_assets.defs.workspace import Workspace
    from trading_assets.market.calendar import Session

FIRST, LAST = date(2025, 1, 1), date(2025, 1, 9)
TEST = ["regression", "--mode", "test", "--start", f"{FIRST}", "--end", f"{LAST}"]
CALL = [sys.executable, "-c", "from trading_assets.cli.main import main; main()"]
PLAIN = [sys.executable, "-c", "import sys, pandas as pd\nfor path in sys.argv[1:]: pd.read_parquet(path)"]
#: Tells CPU seconds and peak kB of a command. The peak of a child is at least its parent's, so this one is small.
LAUNCHER = (
    "import resource, subprocess, sys\n"
    "subprocess.run(sys.argv[1:], check=True, capture_output=True)\n"
    "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
    "print(used.ru_utime + used.ru_stime, used.ru_maxrss)"
)
Rows = list[tuple["Session", pd.DataFrame]]
Result = dict[str, object]


def stored(workspace: Workspace) -> Rows:
    """Simulate the sessions, store their snapshots, and return them."""
    calendar, reference = workspace.market.calendar, workspace.market.reference
    rows = []
    for session in map(calendar.session, calendar.sessions(FIRST, LAST)):
        file = RawFile("simulated.parquet", session.close, session_file(SimulationSpec(), session, reference))
        frame = normalise_session(FEED.captures(file, None), FEED, workspace.market, 0.065).frame
        workspace.store.write(market_snapshots.CONTRACT, frame, session.day)
        rows.append((session, frame[list(COLUMNS)]))
    return rows


def evaluate(workspace: Workspace, rows: Rows) -> None:
    """Build every chain and ask every strategy for its surface."""
    strategies = setup(workspace, None).strategies
    params = parameters_in_force(strategies, {})
    for session, frame in rows:
        for chain in chains(frame, session).values():
            for name, strategy in strategies.items():
                evaluated(strategy, chain, params[name])


def with_pandas(rows: Rows) -> None:
    """Compute total open interest, its ratio, the straddle and a half-hour median, the peer."""
    for _, frame in rows:
        near = frame[frame["expiry"] == frame.groupby("observed_at")["expiry"].transform("min")]
        puts = near["option_type"] == "PE"
        put, call = (near[side].groupby("observed_at")["open_interest_lots"].sum() for side in (puts, ~puts))
        ratio = put / call
        ratio.rolling("30min").median()
        distance = (near["strike"] - near["forward"]).abs()
        money = near[distance == distance.groupby(near["observed_at"]).transform("min")]
        straddle = money.assign(mid=(money["bid"] + money["ask"]) / 2).groupby("observed_at")["mid"].sum()
        straddle.rolling("30min").median()


def process(command: list[str], environment: dict[str, str], runs: int = 3) -> tuple[float, float]:
    """Run a command some times; return the least CPU seconds and the least peak memory, MB."""
    told = [
        subprocess.run(
            [sys.executable, "-c", LAUNCHER, *command],
            env=os.environ | environment,
            capture_output=True,
            check=True,
            text=True,
        ).stdout.split()
        for _ in range(runs)
    ]
    return min(float(cpu) for cpu, _ in told), min(float(peak) for _, peak in told) * 1024 / 1e6


def measure() -> list[Result]:
    """Return evaluation, the command, its memory, the diff, the size of baselines and the proofs."""
    with TemporaryDirectory() as folder:
        places = {"TRADING_ASSETS_HOME": f"{folder}/home", "TRADING_ASSETS_BASELINES": f"{folder}/baselines"}
        workspace = open_workspace(Settings(home=Path(folder) / "home"))
        rows = stored(workspace)
        run = rerun(workspace, FIRST, LAST, None)
        texts = make_baselines(run)
        (Path(folder) / "baselines").mkdir()
        for name, text in texts.items():
            (Path(folder) / "baselines" / name).write_text(text, encoding="utf-8")
        surfaces = cpu_seconds(lambda: evaluate(workspace, rows))
        whole = cpu_seconds(lambda: [signals(frame, session, {}) for session, frame in rows])
        peer = cpu_seconds(lambda: with_pandas(rows))
        tables = sorted(map(str, (Path(folder) / "home" / "tables").rglob("*.parquet")))
        command, peak = process([*CALL, *TEST], places)
        plain, _ = process([*PLAIN, *tables], {})
        said = records(run.signals)
        diff = cpu_seconds(lambda: compare(said, said))
        first, last = COMMITTED_SESSIONS[0], COMMITTED_SESSIONS[-1]
        asked = ["verify", "--snapshots", "committed", "--start", f"{first}", "--end", f"{last}"]
        proofs, _ = process([*CALL, "regression", *asked], places, runs=1)
    features = "four features with pandas groupby and rolling, CPU-s"
    largest = max(len(text.encode()) for text in texts.values()) / 1000
    return [
        {
            "name": "evaluation",
            "value": surfaces,
            "unit": "CPU-s",
            "target": 0.5,
            "peer": features,
            "ratio": peer / surfaces,
        },
        {
            "name": "… with legs, pacing and ids",
            "value": whole,
            "unit": "CPU-s",
            "peer": features,
            "ratio": peer / whole,
        },
        {
            "name": "`regression --mode test`",
            "value": command,
            "unit": "CPU-s",
            "target": 3.0,
            "peer": "a process that imports pandas and reads the same tables, CPU-s",
            "ratio": plain / command,
        },
        {"name": "… peak memory", "value": peak, "unit": "MB", "target": 220},
        {"name": f"diff of {len(said)} signals", "value": 1000 * diff, "unit": "CPU-ms", "target": 50},
        {"name": "largest baseline of a week", "value": largest * 5 / 7, "unit": "kB", "target": 25},
        {"name": "`regression verify`, all processes", "value": proofs, "unit": "CPU-s", "target": 60},
    ]
