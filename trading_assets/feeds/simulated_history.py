"""The year before the committed sessions, as `session_bars`: what rank, percentile and the skew's score look back on.

One bar a session, its close; five-minute bars for the last 25 sessions. 2,000 rows that took a year to simulate.
"""

from __future__ import annotations

from datetime import timedelta
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from trading_assets.feeds import simulated
from trading_assets.feeds.archives import RawFile
from trading_assets.feeds.normalise import normalise_session
from trading_assets.feeds.simulated_files import SCRIPTED_SESSIONS, session_file
from trading_assets.feeds.simulated_path import day_path
from trading_assets.feeds.simulated_spec import SimulationSpec
from trading_assets.market.history import BAR_MINUTES, YEAR_SESSIONS
from trading_assets.market.session_bars import session_bars
from trading_assets.tables.session_bars import CONTRACT

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from trading_assets.market.calendar import Session
    from trading_assets.market.packaged import Market

#: Sessions before the first committed one that are kept in five-minute bars: 20 for the skew, and some to spare.
_WHOLE_SESSIONS = 25
_SPEC = SimulationSpec(strikes_each_side=13, cadence=timedelta(minutes=BAR_MINUTES))
_VIX_PER_VOLATILITY = 103.0


def history_file() -> Traversable:
    """The committed file, as a packaged resource."""
    return resources.files("trading_assets.feeds").joinpath("data", "simulated_history.parquet")


def committed_history() -> pd.DataFrame:
    """Rows of `session_bars` of the 252 sessions before the first committed one, by time."""
    table = pq.read_table(pa.BufferReader(history_file().read_bytes()), use_threads=False)
    return CONTRACT.frame(table.to_pandas())


def made_history(market: Market) -> bytes:
    """Make the committed file again, as parquet."""
    calendar = market.calendar
    days = [day for day in calendar.sessions(calendar.first_day, SCRIPTED_SESSIONS[0]) if day < SCRIPTED_SESSIONS[0]]
    days = days[-YEAR_SESSIONS:]
    parts = [_close(calendar.session(day)) for day in days[:-_WHOLE_SESSIONS]]
    parts += [_bars(calendar.session(day), market) for day in days[-_WHOLE_SESSIONS:]]
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pandas(pd.concat(parts), preserve_index=False), sink, compression="brotli")
    return bytes(sink.getvalue())


def _close(session: Session) -> pd.DataFrame:
    path = day_path(_SPEC, session.day, np.arange(75) / 75.0)
    return CONTRACT.frame(
        {
            "date": [pd.Timestamp(session.day)],
            "underlying": [_SPEC.underlying],
            "ended_at": [pd.Timestamp(session.close).tz_convert("UTC")],
            "close": path.spot[-1:],
            "india_vix": np.round(_VIX_PER_VOLATILITY * path.volatility[-1:], 2),
        }
    )


def _bars(session: Session, market: Market) -> pd.DataFrame:
    content = session_file(_SPEC, session, market.reference)
    captures = simulated.FEED.captures(RawFile(f"{session.day}", session.close, content), None)
    return session_bars(normalise_session(captures, simulated.FEED, market, _SPEC.rate).frame, session)
