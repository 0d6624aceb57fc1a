"""A made-up option chain whose numbers can be changed one snapshot at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd

from trading_assets.market.calendar import IST, Session
from trading_assets.market.option_chain import OptionChain
from trading_assets.tables.signals import CONTRACT

DAY = date(2024, 1, 15)
SESSION = Session(
    day=DAY,
    exchange="NSE",
    kind="regular",
    intervals=((datetime(2024, 1, 15, 9, 15, tzinfo=IST), datetime(2024, 1, 15, 15, 30, tzinfo=IST)),),
)
OPEN = np.datetime64("2024-01-15T03:45:00", "us")
DELAY = np.timedelta64(20, "s")


def chain(snapshots: int = 75, minutes: int = 5, seed: int = 2, underlying: str = "NIFTY") -> OptionChain:
    """One snapshot every few minutes from the open on, two expiries, five strikes; usable 20 seconds later."""
    random = np.random.default_rng(seed)
    observed = OPEN + np.arange(snapshots) * np.timedelta64(minutes, "m")
    shape = (snapshots, 2, 5, 2)
    premium = np.round(random.uniform(20.0, 200.0, shape), 2)
    return OptionChain(
        underlying=underlying,
        session=SESSION,
        observed_at=observed,
        available_at=observed + DELAY,
        snapshot_id=np.array([f"{number:016x}" for number in range(snapshots)], dtype=object),
        spot=21_500.0 + np.cumsum(random.normal(0.0, 8.0, snapshots)),
        india_vix=np.full(snapshots, 14.5),
        expiries=np.array(["2024-01-18", "2024-01-25"], dtype="datetime64[D]"),
        strikes=np.arange(21_400.0, 21_601.0, 50.0),
        forward=np.full((snapshots, 2), 21_510.0),
        lot_size=np.array([50, 50]),
        bid=premium,
        ask=premium + 0.5,
        last_price=premium,
        open_interest_lots=np.round(random.uniform(1_000.0, 9_000.0, shape)),
        volume_units=np.round(random.uniform(0.0, 1e6, shape)),
        implied_vol=np.full(shape, 12.0),
    )


def poisoned(clean: OptionChain, after: np.datetime64) -> OptionChain:
    """The same chain with every number wrong in the snapshots that became available after a time."""
    future = clean.available_at > after
    names = ("spot", "india_vix", "bid", "ask", "last_price", "open_interest_lots", "volume_units", "implied_vol")
    changed = {}
    for name in names:
        values = getattr(clean, name).copy()
        values[future] = values[future] * 3.7 + 11.0
        changed[name] = values
    return replace(clean, **changed)


def signals_at(times: np.ndarray, underlying: str = "NIFTY") -> pd.DataFrame:
    """One signal per decision time."""
    count = len(times)
    decided = pd.to_datetime(pd.Series(times)).dt.tz_localize("UTC").astype("datetime64[us, UTC]")
    return CONTRACT.frame(
        {
            "date": pd.Series([pd.Timestamp(DAY)] * count, dtype="datetime64[s]"),
            "signal_id": [f"{underlying.lower()}{number:06d}" for number in range(count)],
            "content_hash": ["0" * 16] * count,
            "strategy_id": ["pcr_analysis"] * count,
            "parameter_hash": ["0" * 12] * count,
            "underlying": [underlying] * count,
            "timestamp": decided - timedelta(seconds=20),
            "available_at": decided,
            "snapshot_id": ["0" * 16] * count,
            "symbol": [f"{underlying} 2024-01-18 21500 CE"] * count,
            "expiry": pd.Series([pd.Timestamp("2024-01-18")] * count, dtype="datetime64[s]"),
            "strike": np.full(count, 21_500.0),
            "option_type": ["CE"] * count,
            "side": ["BUY"] * count,
            "leg": np.ones(count, dtype=np.int64),
            "confidence": np.linspace(0.3, 0.9, count),
            "entry_price": np.round(np.linspace(80.0, 120.0, count), 2),
            "entry_price_estimated": np.zeros(count, dtype=bool),
            "market_conditions": ["{}"] * count,
        }
    )
