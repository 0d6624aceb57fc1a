"""Frames of any contract: drawn by hypothesis, or many rows of market_snapshots for tests that need some weight."""

from datetime import UTC, date, datetime

import numpy as np
import orjson
import pandas as pd
from hypothesis import strategies as st

from trading_assets.tables import market_snapshots
from trading_assets.tables.contract import Column, Contract

SESSION = date(2025, 10, 13)
_LARGEST = 10**13

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_VALUES: dict[str, st.SearchStrategy[object]] = {
    "date": st.dates(date(1990, 1, 1), date(2100, 1, 1)),
    "time": st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds are naive by contract
    "text": _TEXT,
    "json": st.dictionaries(_TEXT, st.one_of(st.none(), st.integers(-9, 9), _TEXT), max_size=3).map(
        lambda value: orjson.dumps(value).decode()
    ),
    "integer": st.integers(-(2**63), 2**63 - 1),
    "number": st.floats(allow_nan=False),
    "money": st.integers(-_LARGEST, _LARGEST).map(lambda paise: paise / 100),
    "flag": st.booleans(),
}


def _values(column: Column, rows: int) -> st.SearchStrategy[list[object]]:
    value = _VALUES[column.kind]
    return st.lists(st.none() | value if column.nullable else value, min_size=rows, max_size=rows)


@st.composite
def frames(draw: st.DrawFn, contract: Contract, session: date = SESSION) -> pd.DataFrame:
    """A frame of 0 to 6 rows, its `date` the session; repeated keys may occur."""
    rows = draw(st.integers(0, 6))
    values = {column.name: draw(_values(column, rows)) for column in contract.columns}
    if contract.partitioned:
        values["date"] = [session] * rows
    if not rows:
        return contract.empty()
    return contract.frame({name: _typed(contract.column(name), drawn) for name, drawn in values.items()})


def _typed(column: Column, drawn: list[object]) -> pd.Series:
    if column.kind == "time":
        return pd.Series(pd.to_datetime(drawn, utc=True))
    if column.kind in ("number", "money"):
        return pd.Series(drawn, dtype="float64")
    return pd.Series(drawn, dtype="datetime64[s]" if column.kind == "date" else "object" if None in drawn else None)


def snapshots(rows: int, seed: int, session: date = SESSION) -> pd.DataFrame:
    """`rows` legs of NIFTY with prices that differ by seed, in the order of the key."""
    random = np.random.default_rng(seed)
    minute, leg = np.divmod(np.arange(rows), 200)
    times = pd.Series(np.datetime64(session, "us") + np.timedelta64(225, "m") + minute * np.timedelta64(1, "m"))
    times = times.dt.tz_localize("UTC")
    prices = np.round(random.gamma(2.0, 60.0, rows), 2)
    return market_snapshots.CONTRACT.frame(
        {
            "date": pd.Series(np.full(rows, np.datetime64(session, "s"))),
            "underlying": "NIFTY",
            "feed": "simulated",
            "snapshot_id": [f"{seed:08x}{value:08x}" for value in minute],
            "capture_id": [f"{value:064x}" for value in minute],
            "observed_at": times,
            "received_at": times,
            "available_at": times,
            "spot": 25_000.0 + minute,
            "spot_source": "feed",
            "expiry": pd.Series(np.full(rows, np.datetime64("2025-10-14", "s"))),
            "strike": 22_500.0 + 50.0 * (leg // 2),
            "option_type": np.where(leg % 2, "PE", "CE"),
            "last_price": prices,
            "bid": prices - 0.05,
            "ask": prices + 0.05,
            "lot_size": np.full(rows, 75),
        }
    )
