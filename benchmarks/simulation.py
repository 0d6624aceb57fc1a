"""Trading signals on a session of 375 snapshots x 200 contracts: all at once, and the plain rules as the peer.

`simulation`: entries, exits, marks, charges and limits, signals to priced round trips. `with tables`: the same and the
rows of trades, fills and outcomes with their ids. The peer walks from each entry to its exit snapshot by snapshot, as
the tests' oracle does, and does nothing else.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from benchmarks._timing import cpu_seconds
from trading_assets.market.packaged import load_market
from trading_assets.settings import TradingSettings
from trading_assets.tables import market_snapshots, scored_signals
from trading_assets.trades.charge_table import load_charges
from trading_assets.trades.entries import Decisions
from trading_assets.trades.simulation import TradingRules, execute, simulate_under
from trading_assets.trades.tape import build_tape

if TYPE_CHECKING:
    from trading_assets.market.calendar import Session
    from trading_assets.trades.tape import Tape

DAY = date(2024, 2, 6)
EXPIRY = date(2024, 2, 8)
SIGNALS = 200_000
PEER_SIGNALS = 2_000
#: Share of quotes that are not there.
MISSING = 0.01
REPEATS = 5


def market_day(session: Session, snapshots: int = 375, strikes: int = 100) -> pd.DataFrame:
    """One snapshot a minute; every contract walks on its own, one quote in a hundred is missing."""
    rng = np.random.default_rng(1)
    contracts = 2 * strikes
    mid = rng.uniform(20, 400, contracts) * np.exp(rng.normal(0, 0.02, (snapshots, contracts)).cumsum(axis=0))
    half = 0.05 * rng.integers(1, 5, mid.shape)
    bid = np.maximum(np.rint((mid - half) * 20), 1) / 20
    ask = bid + 2 * half
    bid[rng.random(bid.shape) < MISSING] = np.nan
    opened = pd.Timestamp(session.open).tz_convert("UTC")
    observed = pd.Series(opened + pd.to_timedelta(np.repeat(np.arange(snapshots), contracts), unit="min"))
    available = observed + pd.Timedelta(seconds=2)
    return market_snapshots.CONTRACT.frame(
        {
            "date": pd.Timestamp(DAY),
            "underlying": "NIFTY",
            "feed": "bench",
            "snapshot_id": np.repeat([f"s{n:04d}" for n in range(snapshots)], contracts),
            "capture_id": "c",
            "observed_at": observed,
            "received_at": available,
            "available_at": available,
            "spot": 21_700.0,
            "spot_source": "feed",
            "expiry": pd.Timestamp(EXPIRY),
            "strike": np.tile(np.repeat(19_200.0 + 50 * np.arange(strikes), 2), snapshots),
            "option_type": np.tile(["CE", "PE"], strikes * snapshots),
            "bid": np.rint(bid.ravel() * 100) / 100,
            "ask": np.rint(ask.ravel() * 100) / 100,
            "lot_size": np.full(observed.size, 50),
        }
    )


def scored(frame: pd.DataFrame, count: int) -> pd.DataFrame:
    """Signals on random rows of the first nine tenths of the day, in order of their ids."""
    rng = np.random.default_rng(2)
    rows = frame.iloc[rng.integers(0, len(frame) * 9 // 10, count)].reset_index(drop=True)
    copied = ("date", "underlying", "available_at", "snapshot_id", "expiry", "strike", "option_type")
    return scored_signals.CONTRACT.frame(
        {
            **{name: rows[name] for name in copied},
            "signal_id": [f"{n:016x}" for n in range(count)],
            "content_hash": "h",
            "strategy_id": [f"strategy_{n:03d}" for n in rows.groupby("snapshot_id").cumcount()],
            "parameter_hash": "p",
            "timestamp": rows["observed_at"],
            "symbol": "NIFTY 2024-02-08 21700 CE",
            "side": rng.choice(["BUY", "SELL"], count),
            "leg": np.ones(count, dtype=np.int64),
            "confidence": 0.7,
            "entry_price": 100.0,
            "entry_price_estimated": False,
            "stop_fraction": rng.choice([np.nan, 0.1, 0.25, 0.5], count),
            "target_fraction": rng.choice([np.nan, 0.1, 0.4], count),
            "time_stop_minutes": rng.choice([np.nan, 15.0, 45.0, 120.0], count),
            "market_conditions": "{}",
            "ml_score": 0.8,
            "decision_threshold": 0.4,
        }
    )


def walked(wanted: Decisions, tape: Tape, limit: int) -> int:
    """Walk from each entry to its exit, the peer; returns how many were closed."""
    bids, asks = tape.bid.tolist(), tape.ask.tolist()
    available, observed = tape.available.tolist(), tape.observed.tolist()
    asked = [getattr(wanted, field.name).tolist() for field in fields(wanted)]
    names = {field.name: column for field, column in zip(fields(wanted), asked, strict=True)}
    rows = np.searchsorted(tape.keys, wanted.key).tolist()
    closed = 0
    for n, contract in enumerate(rows):
        entry = next((at for at, then in enumerate(available) if then > names["decided"][n]), len(observed))
        if entry == len(observed) or not asks[contract][entry] >= bids[contract][entry] > 0:
            continue
        long, minutes = names["long"][n], names["minutes"][n]
        price = asks[contract][entry] if long else bids[contract][entry]
        sign = 1 if long else -1
        stop, target = price * (1 - sign * names["stop"][n]), price * (1 + sign * names["target"][n])
        until = min(limit, observed[entry] + minutes * 60_000_000) if minutes > 0 else limit
        worst = best = 0.0
        for at in range(entry + 1, len(observed)):
            bid, ask = bids[contract][at], asks[contract][at]
            if not ask >= bid > 0:
                continue
            mark = bid if long else ask
            worst, best = min(worst, sign * (mark - price)), max(best, sign * (mark - price))
            if sign * mark <= sign * stop or sign * mark >= sign * target or observed[at] >= until:
                closed += 1
                break
    return closed


def measure() -> list[dict[str, object]]:
    """Return trades a second, all in one session."""
    market = load_market()
    session = market.calendar.session(DAY)
    settings = TradingSettings(max_open_positions=10**6, max_loss_per_day=10**9)
    rules = TradingRules(market.reference, settings, load_charges())
    frame = market_day(session)
    signals = scored(frame, SIGNALS)
    trades = len(simulate_under(signals, frame, session, rules).trades)
    bare = trades / cpu_seconds(lambda: execute(signals, frame, session, rules), REPEATS)
    whole = trades / cpu_seconds(lambda: simulate_under(signals, frame, session, rules), REPEATS)
    wanted = Decisions.of(signals.iloc[:PEER_SIGNALS], None)
    tape, limit = build_tape(frame, wanted.key), rules.clock(session, "NIFTY").square_off
    slow = walked(wanted, tape, limit) / cpu_seconds(lambda: walked(wanted, tape, limit), REPEATS)
    common = {"unit": "trades/s", "peer": "a walk of each position in plain Python, trades/s"}
    return [
        {"name": "simulation", "value": bare, "target": 500_000, "ratio": bare / slow, **common},
        {"name": "with tables", "value": whole, "ratio": whole / slow, **common},
        {"name": "plain walk", "value": slow, "unit": "trades/s"},
    ]
