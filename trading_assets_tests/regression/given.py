"""Signals and runs that regression tests start from."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pandas as pd

from trading_assets.regression.baseline import Provenance, SessionStatistics, SignalRecord, StrategyFacts
from trading_assets.regression.runs import Run
from trading_assets.strategies.identity import content_hash, signal_id, symbol
from trading_assets.tables.signals import CONTRACT

DAY = date(2025, 10, 15)
EXPIRY = date(2025, 10, 20)
FIRST = datetime(2025, 10, 15, 4, 30, tzinfo=UTC)
INPUTS = {date(2025, 10, 15): "1" * 16, date(2025, 10, 16): "2" * 16, date(2025, 10, 17): "3" * 16}
CONDITIONS = {"atm_iv": 12.0, "days_to_expiry": 5, "forward": 25000.0, "pcr": None, "spot": 25000.0}


def record(minute: int = 0, strike: float = 25000.0, option_type: str = "CE", **changes: object) -> SignalRecord:
    """One signal so many minutes after 10:00 IST; `changes` replace its other fields and not its id."""
    moment = FIRST + timedelta(minutes=minute)
    side, leg = str(changes.get("side", "BUY")), int(str(changes.get("leg", 1)))
    plain = SignalRecord(
        signal_id=signal_id(("NIFTY", "mine"), moment, EXPIRY, strike, (option_type, side, leg)),
        timestamp=moment,
        strategy_id="mine",
        symbol=symbol("NIFTY", EXPIRY, strike, option_type),
        side=side,
        leg=leg,
        confidence=0.8,
        entry_price=100.5,
        market_conditions=CONDITIONS,
    )
    return replace(plain, **changes)


def signals_frame(*records: SignalRecord) -> pd.DataFrame:
    """The rows of the `signals` table that records come from."""
    rows = [
        {
            "date": pd.Timestamp(one.timestamp.date()),
            "signal_id": one.signal_id,
            "content_hash": content_hash(one.entry_price, one.confidence),
            "strategy_id": one.strategy_id,
            "parameter_hash": "0" * 12,
            "underlying": one.underlying,
            "timestamp": pd.Timestamp(one.timestamp),
            "available_at": pd.Timestamp(one.timestamp),
            "snapshot_id": "s",
            "symbol": one.symbol,
            "expiry": pd.Timestamp(EXPIRY),
            "strike": 25000.0,
            "option_type": one.option_type,
            "side": one.side,
            "leg": one.leg,
            "confidence": one.confidence,
            "entry_price": one.entry_price,
            "entry_price_estimated": False,
            "market_conditions": '{"atm_iv":12.0,"days_to_expiry":5,"forward":25000.0,"pcr":null,"spot":25000.0}',
        }
        for one in records
    ]
    return CONTRACT.frame(pd.DataFrame(rows)) if rows else CONTRACT.empty()


def provenance(*strategies: str, **changes: object) -> Provenance:
    """What a run over three sessions was made of, for these strategies."""
    facts = {name: StrategyFacts("1.0.0", "a" * 12) for name in strategies or ("mine",)}
    plain = Provenance(DAY, date(2025, 10, 17), INPUTS, "c" * 12, "d" * 12, facts)
    return replace(plain, **changes)


def statistics(**changes: object) -> SessionStatistics:
    """What came of a strategy's signals in one session; `changes` replace its fields."""
    return replace(SessionStatistics(DAY, 3, 3, 1, 150_000, 12_345, 137_655, 20_010), **changes)


def ran(signals: pd.DataFrame, *strategies: str, **changes: object) -> Run:
    """A run that gave these signals; `changes` replace fields of the run or of its provenance."""
    own = {name: changes.pop(name) for name in ("statistics", "snapshot_times") if name in changes}
    return Run(signals, provenance(*strategies, **changes), **own)
