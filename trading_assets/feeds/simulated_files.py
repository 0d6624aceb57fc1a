"""Files of the simulated market, and the five that are committed for the demo and the tests.

The committed ones: NIFTY, one minute, two expiries, 27 strikes, the sessions from Wednesday 2026-01-28 to Monday
2026-02-02 with the special session on Sunday 2026-02-01. One session is dirty, 2026-01-30: eight snapshots from 11:00
carry the spot of another index (about 11,500), and for six minutes from 13:05 the chain stands still while the
exchange time goes on.
"""

from __future__ import annotations

from datetime import date
from importlib import resources
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from trading_assets.feeds.simulated import TIMES, UNDERLYING_KEY
from trading_assets.feeds.simulated_market import simulate_session
from trading_assets.feeds.simulated_spec import Dirt, SimulationSpec

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable
    from pathlib import Path

    import pandas as pd

    from trading_assets.market.calendar import Session
    from trading_assets.market.packaged import Market
    from trading_assets.market.reference import ReferenceData

FIXTURE_SESSIONS = (date(2026, 1, 28), date(2026, 1, 29), date(2026, 1, 30), date(2026, 2, 1), date(2026, 2, 2))
DIRTY_SESSION = date(2026, 1, 30)
FIXTURE_DIRT = (Dirt("wrong_index_spot", 105, 8), Dirt("frozen", 230, 6))

_ZSTD_LEVEL = 19


def fixture_spec(day: date) -> SimulationSpec:
    """Spec of a committed session."""
    return SimulationSpec(strikes_each_side=13, dirt=FIXTURE_DIRT if day == DIRTY_SESSION else ())


def fixture_folder() -> Traversable:
    """Folder of the committed files, as a packaged resource."""
    return resources.files("trading_assets.feeds").joinpath("data", "simulated")


def write_session(folder: Path, spec: SimulationSpec, session: Session, reference: ReferenceData) -> Path:
    """Simulate a session into `<folder>/<underlying>_<date>.parquet` and return its path; an older file is replaced.

    Raises:
        FeedError: The session cannot be simulated.
    """
    frame = simulate_session(spec, session, reference)
    table = pa.table({name: _column(frame[name]) for name in frame.columns})
    table = table.replace_schema_metadata({UNDERLYING_KEY: spec.underlying.encode()})
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{spec.underlying}_{session.day}.parquet"
    pq.write_table(table, path, compression="zstd", compression_level=_ZSTD_LEVEL)
    return path


def _column(series: pd.Series) -> pa.Array:
    if series.name in TIMES:
        return pa.array(series.dt.tz_convert(None).to_numpy(), type=pa.timestamp("us", tz="UTC"))
    return pa.array(series.array if series.name == "option_type" else series.to_numpy())


def write_fixture(folder: Path, market: Market) -> list[Path]:
    """Write the committed files again, into any folder."""
    return [
        write_session(folder, fixture_spec(day), market.calendar.session(day), market.reference)
        for day in FIXTURE_SESSIONS
    ]
