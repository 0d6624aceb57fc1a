"""One evening's run after 1, 5 and 20 years of history, and with 1, 5 and 20 underlyings: time, memory, bytes a day.

History is synthesised: every table's session is a real one of the simulated market with another date, snapshots cut to
their first one, and the Dagster events of a run are copied to each session. The 20 years and underlyings are measured
when `TRADING_ASSETS_BENCH_GROWTH` says so, as in `1,5,20`. Further underlyings are NIFTY under other names, by overlay.
"""

from __future__ import annotations

import json
import os
import sqlite3
from concurrent.futures import ProcessPoolExecutor
from datetime import date, timedelta
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.pipeline import run_command
from trading_assets.defs.jobs import EVENING
from trading_assets.feeds.simulated_files import write_session
from trading_assets.feeds.simulated_spec import SimulationSpec
from trading_assets.market.packaged import load_market
from trading_assets.storage import arrow, packing, parquet
from trading_assets.storage.overlay import read_overlay
from trading_assets.storage.tables import TableStore
from trading_assets.tables.catalog import contract

STEPS = [int(number) for number in os.environ.get("TRADING_ASSETS_BENCH_GROWTH", "1,5").split(",")]
DAY = date(2025, 6, 2)
SESSIONS_A_YEAR = 250
DATA = Path(__file__).resolve().parents[1] / "trading_assets" / "market" / "data"
#: Files of the overlay that know an underlying by its symbol.
NAMED = ("underlyings.csv", "lot_sizes.csv", "expiry_rules.csv")
TABLES = (
    "market_snapshots",
    "quarantined_rows",
    "quality_issues",
    "session_bars",
    "signals",
    "scored_signals",
    "trades",
    "fills",
    "signal_outcomes",
    "daily_performance",
    "strategy_performance",
)
Result = dict[str, object]


def evening(home: Path, folder: Path, names: list[str]) -> tuple[float, float, float]:
    """Land a session of some underlyings and run it; return wall, CPU seconds and peak memory in MB."""
    market = load_market(read_overlay(overlay(folder, names)))
    recordings = folder / f"recordings-{len(names)}"
    recordings.mkdir(exist_ok=True)
    for name in names:
        write_session(recordings, SimulationSpec(underlying=name), market.calendar.session(DAY), market.reference)
    run_command(home, "ingest", "--feed", "simulated", str(recordings), overlay=folder / "overlay")
    return again(home, folder)


def again(home: Path, folder: Path) -> tuple[float, float, float]:
    """Run the session; return wall, CPU seconds and peak memory in MB."""
    told = ("--from", f"{DAY}", "--to", f"{DAY}", "--select", ",".join(EVENING))
    return run_command(home, "materialize", *told, overlay=folder / "overlay")


def overlay(folder: Path, names: list[str]) -> Path:
    """Write an overlay in which NIFTY has other names too."""
    laid = folder / "overlay"
    laid.mkdir(exist_ok=True)
    for file in NAMED:
        head, *rows = (DATA / file).read_text(encoding="utf-8").splitlines()
        own = [row for row in rows if row.startswith("NIFTY,")]
        copies = [row.replace("NIFTY,", f"{name},", 1) for name in names if name != "NIFTY" for row in own]
        (laid / file).write_text("\n".join([head, *copies]) + "\n", encoding="utf-8")
    return laid


def synthesise(home: Path, sessions: int) -> None:
    """Write sessions before `DAY` as copies of its tables and events; those that are there are left alone."""
    store = TableStore(home / "tables")
    days = before(sessions)
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        for table in map(contract, TABLES):
            frame = store.read(table, [DAY])
            if table.name == "market_snapshots":
                frame = frame[frame["observed_at"] == frame["observed_at"].min()]
            encoded = parquet.in_key_order(table, arrow.to_table(table, frame))
            content = arrow.content_sha256(table, encoded)  # of the copied session, as is the run that its events name
            new = [path for path in (store.path(table, day) for day in days) if not path.exists()]
            list(pool.map(partial(_write_moved, encoded, content), new, chunksize=100))
    _copy_events(home / "dagster" / "history" / "runs" / "index.db", days)


def before(sessions: int) -> list[date]:
    """Return the weekdays before `DAY`, as many as wanted: the calendar knows no holidays of 2005."""
    days = pd.bdate_range(end=DAY - timedelta(days=1), periods=sessions)
    return [stamp.date() for stamp in days]


def _write_moved(encoded: pa.Table, content: str, path: Path) -> None:
    """Write rows under another date, which the folder of their file names; their times move with it."""
    moved = date.fromisoformat(path.parent.name.partition("=")[2]) - DAY
    for number, field in enumerate(encoded.schema):
        if pa.types.is_date(field.type) or pa.types.is_timestamp(field.type):
            times = pc.add(encoded.column(number), pa.scalar(moved, pa.duration("us")))
            encoded = encoded.set_column(number, field, times.cast(field.type))
    path.parent.mkdir(parents=True)
    path.write_bytes(packing.to_parquet(encoded, lambda: content))


def _copy_events(path: Path, days: list[date]) -> None:
    with sqlite3.connect(path) as index:
        # a copy that is lost is made again; journalled it takes three times as long
        index.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -64000")
        index.execute("CREATE TEMP TABLE days AS SELECT value FROM json_each(?)", (json.dumps([*map(str, days)]),))
        for table in ("event_logs", "asset_check_executions"):
            columns = [row[1] for row in index.execute(f"PRAGMA table_info({table})") if row[1] != "id"]
            chosen = ", ".join("value" if name == "partition" else name for name in columns)
            index.execute(
                f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) SELECT {chosen} FROM {table}, days "  # noqa: S608
                f"WHERE partition = ? AND value NOT IN (SELECT partition FROM {table} WHERE partition IS NOT NULL)",
                (str(DAY),),
            )


def measure() -> list[Result]:
    """Run the same evening again and again, on more and more history, then with more and more underlyings."""
    found: list[Result] = []
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        home = folder / "home"
        evening(home, folder, ["NIFTY"])
        found += _stored(home)
        base: tuple[float, float, float] | None = None
        for years in STEPS:
            synthesise(home, years * SESSIONS_A_YEAR)
            again(home, folder)  # the first run after a copy reads what the run before it would have kept
            measured = again(home, folder)
            base = base or measured
            found += _rows(f"EOD after {years} years", measured, base, "after 1 year")
        base = None
        for count in STEPS:
            names = ["NIFTY", *(f"IDX{number}" for number in range(1, count))]
            measured = evening(folder / f"home-{count}", folder, names)
            base = base or measured
            found += _rows(f"EOD with {count} underlyings", measured, base, "with 1 underlying")
    return found


def _rows(name: str, measured: tuple[float, float, float], base: tuple[float, float, float], peer: str) -> list[Result]:
    wall, cpu, peak = measured
    return [
        {"name": name, "value": wall, "unit": "s", "peer": peer, "ratio": base[0] / wall},
        {"name": "… CPU", "value": cpu, "unit": "CPU-s", "peer": peer, "ratio": base[1] / cpu},
        {"name": "… peak memory", "value": peak, "unit": "MB", "peer": peer, "ratio": base[2] / peak},
    ]


def _stored(home: Path) -> list[Result]:
    """Bytes that one evening left, by folder of the home."""
    return [
        {
            "name": f"stored by one session: {part}",
            "value": sum(path.stat().st_size for path in (home / part).rglob("*") if path.is_file()) / 1e6,
            "unit": "MB",
        }
        for part in ("landing", "tables", "dagster")
    ]
