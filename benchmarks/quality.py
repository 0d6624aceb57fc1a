"""What judging costs: the live gate per snapshot, the verdict and the audit over a day, clean and with every row bad.

The peer is Pandera used as its manual shows, on the same rows: a schema of columns with checks, all failures collected.
It knows the bounds of columns alone, no rule across columns, snapshots or time. great_expectations is measured where
`TRADING_ASSETS_BENCH_GREAT_EXPECTATIONS` names a Python that has it: its pins do not go with ours.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import time
from datetime import date
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from benchmarks._timing import cpu_seconds
from trading_assets.market.packaged import load_market
from trading_assets.quality.audit import audit
from trading_assets.quality.extremes import NUMBERS
from trading_assets.quality.facts import AuditContext, SnapshotFacts
from trading_assets.quality.gate import Gate, LiveSnapshot
from trading_assets.quality.verdict import judge
from trading_assets.quality.volume_profile import MINUTES_A_DAY, VolumeProfile
from trading_assets.settings import QualitySettings
from trading_assets.tables.bounds import bounds
from trading_assets.tables.market_snapshots import CONTRACT

if TYPE_CHECKING:
    from trading_assets.tables.contract import Column

Result = dict[str, object]
DAY = date(2025, 10, 13)
SNAPSHOTS, STRIKES = 375, 50
MANY, GATE_RUNS = 1_000_000, 10
SIDES = ("CE", "PE")
SETTINGS = QualitySettings()


def measure() -> list[Result]:
    """Measure gate, verdict and audit; ratios are the peer's CPU time over ours."""
    day = session_rows()
    bad = day.assign(spot=np.inf, bid=-1.0, open_interest_lots=-1.0)
    results = [*of_many(bad, "all-bad"), *of_many(day, "clean")]  # first: what comes later hides their memory
    results += [*of_gate(day, as_lists=False), *of_gate(day, as_lists=True)]
    return [*results, *of_day(day, "clean"), *of_day(bad, "all-bad"), of_great_expectations(day)]


def of_day(frame: pd.DataFrame, name: str) -> list[Result]:
    """Measure verdict and audit of a day against Pandera."""
    verdict, peer = cpu_seconds(partial(judge, frame, session_facts(), SETTINGS)), pandera_seconds(frame)
    audited = cpu_seconds(partial(audit, CONTRACT, frame, AuditContext(SETTINGS)))
    rows = f"{name} day, {len(frame):,} rows"
    return [
        {"name": f"verdict, {rows}", "value": verdict, "unit": "CPU s", "peer": "pandera", "ratio": peer / verdict},
        {"name": f"audit, {rows}", "value": audited, "unit": "CPU s", "peer": "pandera", "ratio": peer / audited},
    ]


def of_many(day: pd.DataFrame, name: str) -> list[Result]:
    """Measure the audit of a million rows: CPU time, and memory beyond the frame itself."""
    frame = pd.concat([day] * (MANY // len(day) + 1), ignore_index=True).head(MANY)
    before = _resident_megabytes()
    seconds = cpu_seconds(lambda: audit(CONTRACT, frame, AuditContext(SETTINGS)))
    added = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before
    title = f"audit, {name}, {MANY:,} rows"
    return [
        {"name": title, "value": seconds, "unit": "CPU s", "target": 1.0},
        {"name": f"{title}, beyond the frame at most", "value": added, "unit": "MB", "target": 500},
    ]


def of_great_expectations(day: pd.DataFrame) -> Result:
    """Measure the audit of a clean day against great_expectations, or say why not."""
    title, python = "audit against great_expectations", os.environ.get("TRADING_ASSETS_BENCH_GREAT_EXPECTATIONS")
    if python is None:
        return {"name": title, "value": "skipped: no Python named that has it", "unit": ""}
    facts = [{"column": bound.column.name, "bound": bound.name, "low": bound.column.low} for bound in bounds(CONTRACT)]
    script = Path(__file__).with_name("_great_expectations.py")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "day.parquet"
        day.to_parquet(path)
        done = subprocess.run(
            [python, str(script), str(path), json.dumps(facts)], capture_output=True, text=True, check=True
        )
    peer = float(done.stdout.split()[-1])
    audited = cpu_seconds(partial(audit, CONTRACT, day, AuditContext(SETTINGS)))
    return {"name": title, "value": audited, "unit": "CPU s", "peer": "great_expectations", "ratio": peer / audited}


def _resident_megabytes() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


def of_gate(day: pd.DataFrame, *, as_lists: bool) -> list[Result]:
    """Measure the gate on every snapshot of a day, in wall-clock time as a collector waits for it."""
    snapshots = [live(legs, as_lists=as_lists) for _, legs in day.groupby("snapshot_id", sort=True)]
    taken = np.full(len(snapshots), np.inf)
    for _ in range(GATE_RUNS):  # the least of each: what disturbs a snapshot of a tenth of a millisecond only adds
        gate = Gate(session_facts(), SETTINGS)
        for at, snapshot in enumerate(snapshots):
            started = time.perf_counter()
            verdict = gate.check(snapshot)
            taken[at] = min(taken[at], 1_000.0 * (time.perf_counter() - started))
            if not verdict.kept.all() or verdict.findings:
                msg = f"the gate finds something in a clean session: {verdict.findings}; the figure would mislead."
                raise AssertionError(msg)
    kind, target = ("Python lists", 0.3) if as_lists else ("arrays", 0.1)
    title = f"gate, {len(day) // len(snapshots)} legs from {kind}"
    return [
        {"name": f"{title}, p50", "value": float(np.quantile(taken, 0.50)), "unit": "ms", "target": target},
        {"name": f"{title}, p99", "value": float(np.quantile(taken, 0.99)), "unit": "ms"},
    ]


def session_rows() -> pd.DataFrame:
    """A chain once a minute: two expiries, 50 strikes, every leg quoted and moving; no rule finds anything in it."""
    at, expiry, strike, call = (
        axis.ravel() for axis in np.meshgrid(range(SNAPSHOTS), (0, 1), range(STRIKES), (1, 0), indexing="ij")
    )
    spot, strikes = 25_000.0 + 3.0 * at, 24_500.0 + 50.0 * strike
    intrinsic = np.maximum(np.where(call == 1, spot - strikes, strikes - spot), 0.0)
    price = np.round(intrinsic + 40.0 * (1 + expiry) + 0.05 * at, 2)
    observed = pd.Timestamp("2025-10-13 03:45", tz="UTC") + pd.to_timedelta(60.0 * at, unit="s")
    received = observed + pd.Timedelta(seconds=2)
    return CONTRACT.frame(
        {
            "date": np.full(len(at), np.datetime64(DAY, "s")),
            "underlying": "NIFTY",
            "feed": "made",
            "snapshot_id": [f"snapshot-{number:04d}" for number in at],
            "capture_id": [f"capture-{number:04d}" for number in at],
            "observed_at": observed,
            "received_at": received,
            "available_at": received,
            "spot": spot,
            "spot_source": "feed",
            "forward": spot,
            "expiry": np.array(["2025-10-14", "2025-10-20"], dtype="datetime64[s]")[expiry],
            "strike": strikes,
            "option_type": np.where(call == 1, *SIDES),
            "last_price": price,
            "bid": price - 0.05,
            "ask": price + 0.05,
            "volume_units": 75.0 * (100 + at),
            "open_interest_lots": 1_000.0 + at + strike,
            "open_interest_units": 75.0 * (1_000.0 + at + strike),
            "implied_vol": 14.0,
            "lot_size": 75,
        }
    )


def session_facts() -> SnapshotFacts:
    """Return what is known of the session, the usual volume of each minute included: every rule has what it reads."""
    market, at = load_market(), np.arange(SNAPSHOTS)
    median = np.full(MINUTES_A_DAY, np.nan)
    median[225 + at] = 2 * STRIKES * 75.0 * (100 + at)
    usual = {"NIFTY": VolumeProfile(median, 0.05 * median)}
    return SnapshotFacts(DAY, market.calendar.session(DAY), None, 60.0, market.reference, usual_volume=usual)


def live(legs: pd.DataFrame, *, as_lists: bool) -> LiveSnapshot:
    """Return a snapshot as a collector holds it."""
    first = legs.iloc[0]
    arrays = {name: legs[name].to_numpy(dtype=np.float64) for name in NUMBERS}
    days = legs["expiry"].to_numpy().astype("datetime64[D]")
    return LiveSnapshot(
        underlying=first["underlying"],
        snapshot_id=first["snapshot_id"],
        observed_at=first["observed_at"].to_pydatetime(),
        received_at=first["received_at"].to_pydatetime(),
        expiry=[str(day) for day in days] if as_lists else days,
        option_type=legs["option_type"].to_list(),
        numbers={name: values.tolist() for name, values in arrays.items()} if as_lists else arrays,
    )


def pandera_seconds(frame: pd.DataFrame) -> float:
    """CPU seconds of Pandera as its manual shows it, with the same bounds."""
    import pandera.pandas as pa
    from pandera.errors import SchemaErrors

    columns = {
        column.name: pa.Column(CONTRACT.dtypes[column.name], _checks(column), nullable=column.nullable)
        for column in CONTRACT.columns
    }
    schema = pa.DataFrameSchema(columns, unique=list(CONTRACT.key), strict=True)

    def validate() -> None:
        try:
            schema.validate(frame, lazy=True)
        except SchemaErrors as error:
            _ = error.failure_cases

    return cpu_seconds(validate, runs=1)


def _checks(column: Column) -> list[object]:
    import pandera.pandas as pa

    of_column = {bound.name for bound in bounds(CONTRACT) if bound.column is column}
    checks: list[object] = []
    if "low" in of_column:
        checks.append(pa.Check.ge(column.low))
    if "finite" in of_column:
        checks.append(pa.Check.lt(np.inf))
    if "choices" in of_column:
        checks.append(pa.Check.isin(list(column.choices)))
    return checks
