"""A clean session in every table: no rule finds anything in it, so what a test plants is all there is to find."""

from dataclasses import dataclass, replace
from datetime import date
from functools import cache

import numpy as np
import pandas as pd

from trading_assets.market.packaged import Market, load_market
from trading_assets.quality.facts import SnapshotFacts
from trading_assets.settings import QualitySettings
from trading_assets.tables.catalog import contract
from trading_assets.tables.market_snapshots import CONTRACT as SNAPSHOTS
from trading_assets_tests.tables.valid_frames import valid_frame

DAY = date(2025, 10, 13)
OPEN = pd.Timestamp("2025-10-13 03:45", tz="UTC")
EXPIRIES = ("2025-10-14", "2025-10-20")
CADENCE = 60.0
SNAPSHOT_COUNT = 12
STRIKES = 20
LEGS = len(EXPIRIES) * STRIKES * 2


@cache
def market() -> Market:
    return load_market()


@dataclass(frozen=True)
class Case:
    """What is judged: rows, facts and settings."""

    frame: pd.DataFrame
    facts: SnapshotFacts
    settings: QualitySettings

    def with_frame(self, frame: pd.DataFrame) -> "Case":
        return replace(self, frame=frame)


def facts(day: date = DAY) -> SnapshotFacts:
    calendar = market().calendar
    if not calendar.is_session(day):
        return SnapshotFacts(day, None, calendar.closed_reason(day), CADENCE, market().reference)
    return SnapshotFacts(day, calendar.session(day), None, CADENCE, market().reference)


def clean_case(snapshots: int = SNAPSHOT_COUNT) -> Case:
    return Case(clean_snapshots(snapshots), facts(), QualitySettings())


def clean_snapshots(snapshots: int = SNAPSHOT_COUNT) -> pd.DataFrame:
    """A NIFTY chain once a minute from the open: two expiries, 20 strikes, every leg quoted and moving."""
    at, expiry, strike, call = (
        axis.ravel()
        for axis in np.meshgrid(range(snapshots), range(len(EXPIRIES)), range(STRIKES), [1, 0], indexing="ij")
    )
    spot = 25_000.0 + 3.0 * at
    strikes = 24_500.0 + 50.0 * strike
    intrinsic = np.maximum(np.where(call == 1, spot - strikes, strikes - spot), 0.0)
    price = np.round(intrinsic + 40.0 * (1 + expiry) + 0.05 * at, 2)
    observed = OPEN + pd.to_timedelta(CADENCE * at, unit="s")
    return SNAPSHOTS.frame(
        {
            "date": np.full(len(at), np.datetime64(DAY, "s")),
            "underlying": "NIFTY",
            "feed": "made",
            "snapshot_id": [f"snapshot-{number:04d}" for number in at],
            "capture_id": [f"capture-{number:04d}" for number in at],
            "observed_at": observed,
            "received_at": observed + pd.Timedelta(seconds=2),
            "available_at": observed + pd.Timedelta(seconds=2),
            "spot": spot,
            "spot_source": "feed",
            "forward": spot,
            "expiry": np.array(EXPIRIES, dtype="datetime64[s]")[expiry],
            "strike": strikes,
            "option_type": np.where(call == 1, "CE", "PE"),
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


def snapshot_rows_of(frame: pd.DataFrame, number: int) -> pd.Series:
    """Mark the rows of one snapshot by its number."""
    return frame["snapshot_id"] == f"snapshot-{number:04d}"


def clean_table(table: str, rows: int = 4) -> pd.DataFrame:
    """Rows of a table other than `market_snapshots` that no rule objects to."""
    frame = valid_frame(contract(table), rows)
    values = {name: value for name, value in CLEAN_VALUES.get(table, {}).items() if name in frame}
    return contract(table).frame(frame.assign(**values))


_DAY = pd.Timestamp(DAY).as_unit("s")
_EXPIRY = pd.Timestamp(EXPIRIES[0]).as_unit("s")
_SIGNAL = {
    "date": _DAY,
    "expiry": _EXPIRY,
    "timestamp": OPEN + pd.Timedelta(minutes=5),
    "available_at": OPEN + pd.Timedelta(minutes=5, seconds=2),
    "confidence": 0.6,
    "entry_price": 120.0,
}
_TRADE = {
    "date": _DAY,
    "expiry": _EXPIRY,
    "side": "BUY",
    "entry_time": OPEN + pd.Timedelta(minutes=5),
    "exit_time": OPEN + pd.Timedelta(minutes=50),
    "entry_price": 100.0,
    "exit_price": 101.0,
    "quantity": 150,
    "lots": 2,
    "lot_size": 75,
    "gross_pnl": 150.0,
    "brokerage": 40.0,
    "stt": 15.17,
    "charges": 55.17,
    "net_pnl": 94.83,
    "is_winning_trade": True,
}
_ROLLUP = {"gross_pnl": 150.0, "charges": 55.17, "winning_trades": 2, "losing_trades": 1, "win_rate": 0.5}
CLEAN_VALUES: dict[str, dict[str, object]] = {
    "signals": _SIGNAL,
    "scored_signals": {
        **_SIGNAL,
        "ml_score": 0.7,
        "ml_score_reason": None,
        "model_version": "1.0.0",
        "model_hash": "0" * 64,
        "features_snapshot": "{}",
    },
    "trades": _TRADE,
    "daily_performance": {
        **_ROLLUP,
        "brokerage": 40.0,
        "stt": 15.17,
        "total_trades": 4,
        "net_pnl": 94.83,
        "sum_wins": 200.0,
        "sum_losses": -105.17,
    },
    "strategy_performance": {
        **_ROLLUP,
        "signals_generated": 9,
        "signals_scored": 8,
        "trades_taken": 4,
        "total_pnl": 94.83,
    },
    "feed_calls": {"feed": "made", "duration_ms": 150.0, "success": True},
}
