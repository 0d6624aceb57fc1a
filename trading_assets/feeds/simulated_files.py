"""Files of the simulated market: the five that are committed for the demo and the tests, and two scripted ones.

The committed ones: NIFTY, one minute, two expiries, 27 strikes, the sessions from Wednesday 2026-01-28 to Monday
2026-02-02 with the special session on Sunday 2026-02-01. One session is dirty, 2026-01-30: eight snapshots from 11:00
carry the spot of another index (about 11,500), and for six minutes from 13:05 the chain stands still while the
exchange time goes on. The scripted ones come before them, see `simulated_events`; on all seven every packaged strategy
speaks in every direction it knows.
"""

from __future__ import annotations

from datetime import date
from importlib import resources
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from trading_assets.feeds.quotes import KEY_DTYPES, VALUE_NAMES
from trading_assets.feeds.simulated import TIMES, UNDERLYING_KEY
from trading_assets.feeds.simulated_codec import LEGS_KEY, packed
from trading_assets.feeds.simulated_events import SCRIPTS
from trading_assets.feeds.simulated_market import simulate_session
from trading_assets.feeds.simulated_spec import Dirt, SimulationSpec

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.resources.abc import Traversable
    from pathlib import Path

    import pandas as pd

    from trading_assets.market.calendar import Session
    from trading_assets.market.packaged import Market
    from trading_assets.market.reference import ReferenceData

FIXTURE_SESSIONS = (date(2026, 1, 28), date(2026, 1, 29), date(2026, 1, 30), date(2026, 2, 1), date(2026, 2, 2))
SCRIPTED_SESSIONS = tuple(sorted(SCRIPTS))
#: All committed sessions, oldest first.
COMMITTED_SESSIONS = (*SCRIPTED_SESSIONS, *FIXTURE_SESSIONS)
DIRTY_SESSION = date(2026, 1, 30)
FIXTURE_DIRT = (Dirt("wrong_index_spot", 105, 8), Dirt("frozen", 230, 6))

_BROTLI_LEVEL = 10


def fixture_spec(day: date) -> SimulationSpec:
    """Spec of a committed session."""
    dirt = FIXTURE_DIRT if day == DIRTY_SESSION else ()
    return SimulationSpec(strikes_each_side=13, dirt=dirt, script=SCRIPTS.get(day))


def fixture_folder() -> Traversable:
    """Folder of the five committed files, as a packaged resource."""
    return resources.files("trading_assets.feeds").joinpath("data", "simulated")


def scripted_folder() -> Traversable:
    """Folder of the two scripted files, as a packaged resource."""
    return resources.files("trading_assets.feeds").joinpath("data", "simulated_events")


def committed_file(day: date) -> Traversable:
    """File of a committed session, as a packaged resource."""
    folder = scripted_folder() if day in SCRIPTED_SESSIONS else fixture_folder()
    return folder.joinpath(f"NIFTY_{day}.parquet")


def session_file(spec: SimulationSpec, session: Session, reference: ReferenceData) -> bytes:
    """Simulate a session as the content of a file.

    Raises:
        FeedError: The session cannot be simulated.
    """
    frame = simulate_session(spec, session, reference)
    legs = spec.expiries * (2 * spec.strikes_each_side + 1) * 2
    coded = packed(frame, legs)
    names = [*KEY_DTYPES, *VALUE_NAMES]
    table = pa.table({name: coded[name] if name in coded else _column(frame[name]) for name in names})
    table = table.replace_schema_metadata({UNDERLYING_KEY: spec.underlying.encode(), LEGS_KEY: str(legs).encode()})
    sink = pa.BufferOutputStream()
    pq.write_table(
        table,
        sink,
        compression="brotli",
        compression_level=_BROTLI_LEVEL,
        use_dictionary=[name for name in table.column_names if name not in coded],
        column_encoding=dict.fromkeys(coded, "BYTE_STREAM_SPLIT"),
    )
    return bytes(sink.getvalue())


def write_session(folder: Path, spec: SimulationSpec, session: Session, reference: ReferenceData) -> Path:
    """Simulate a session into `<folder>/<underlying>_<date>.parquet` and return its path; an older file is replaced.

    Raises:
        FeedError: The session cannot be simulated.
    """
    content = session_file(spec, session, reference)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{spec.underlying}_{session.day}.parquet"
    path.write_bytes(content)
    return path


def _column(series: pd.Series) -> pa.Array:
    if series.name in TIMES:
        return pa.array(series.dt.tz_convert(None).to_numpy(), type=pa.timestamp("us", tz="UTC"))
    return pa.array(series.array if series.name == "option_type" else series.to_numpy())


def write_fixture(folder: Path, market: Market, sessions: Sequence[date] = FIXTURE_SESSIONS) -> list[Path]:
    """Write committed files again, into any folder."""
    return [
        write_session(folder, fixture_spec(day), market.calendar.session(day), market.reference) for day in sessions
    ]
