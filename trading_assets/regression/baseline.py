"""Baselines: the signals a strategy gave over a range of sessions, what came of them, and what the run was made of.

How they are written is `baseline_text`'s work.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import orjson

from trading_assets.regression.inputs import whole_hash

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    import pandas as pd

    from trading_assets.strategies.strategy import Parameters, Strategy

#: Decimals of market conditions: enough to read, and what is cut is noise.
_DECIMALS = 4


@dataclass(frozen=True)
class StrategyFacts:
    """Which rule with which numbers spoke: the strategy's version and the hash of its parameters."""

    version: str
    parameter_hash: str


@dataclass(frozen=True)
class Provenance:
    """What a run over a range was made of.

    Args:
        start: First day of the range.
        end: Last day, inclusive.
        inputs: `inputs.input_hash` of every session of the range that had snapshots.
        calendar_version: Version of the trading calendar.
        trading_hash: What trades were made under, as `statistics.trading_hash` has it.
        strategies: Facts of every strategy that ran, by strategy_id, also of those that said nothing.
    """

    start: date
    end: date
    inputs: Mapping[date, str]
    calendar_version: str
    trading_hash: str
    strategies: Mapping[str, StrategyFacts] = field(default_factory=dict)

    @property
    def input_hash(self) -> str:
        """One hash over the inputs of all sessions, 64 hex."""
        return whole_hash(self.inputs)


@dataclass(frozen=True)
class SignalRecord:
    """One signal leg as a baseline keeps it.

    Args:
        signal_id: Identity of the signal.
        timestamp: observed_at of its snapshot, UTC.
        strategy_id: Who spoke.
        symbol: Underlying, expiry, strike and option type, blank-separated.
        side: BUY or SELL.
        leg: Number of the leg.
        confidence: The strategy's, 0 to 1, in steps of 1e-4.
        entry_price: ₹, in paise.
        market_conditions: What the market was, by name.
    """

    signal_id: str
    timestamp: datetime
    strategy_id: str
    symbol: str
    side: str
    leg: int
    confidence: float
    entry_price: float
    market_conditions: Mapping[str, float | None]

    @property
    def underlying(self) -> str:
        """Index the option is on."""
        return self.symbol.split(" ", maxsplit=1)[0]

    @property
    def option_type(self) -> str:
        """CE or PE."""
        return self.symbol.rsplit(" ", maxsplit=1)[-1]


@dataclass(frozen=True)
class SessionStatistics:
    """What came of one strategy's signals in one session, each traded alone: no model, no limits of the desk.

    Args:
        date: The session.
        signals: Signal legs.
        trades: Round trips.
        winning: Of them with a gain after charges.
        gross_paise: Sum before charges, paise.
        charges_paise: Sum of charges, paise.
        net_paise: Sum after charges, paise.
        drawdown_paise: Largest fall of the realised sum within the session, paise.
    """

    date: date
    signals: int
    trades: int
    winning: int
    gross_paise: int
    charges_paise: int
    net_paise: int
    drawdown_paise: int


@dataclass(frozen=True)
class Baseline:
    """What one strategy said over a range, what came of it by session, and what the run was made of."""

    strategy_id: str
    facts: StrategyFacts
    provenance: Provenance
    signals: tuple[SignalRecord, ...]
    statistics: tuple[SessionStatistics, ...] = ()


def strategy_facts(
    strategies: Mapping[str, Strategy[Parameters]], parameters: Mapping[str, Parameters]
) -> dict[str, StrategyFacts]:
    """Facts of every strategy, by strategy_id.

    Args:
        strategies: The strategies that run.
        parameters: Their parameters in force, from `evaluation.parameters_in_force`.
    """
    return {
        name: StrategyFacts(strategy.version, strategy.parameter_hash(parameters[name]))
        for name, strategy in sorted(strategies.items())
    }


def records(signals: pd.DataFrame) -> list[SignalRecord]:
    """Rows of the `signals` table as records, sorted by time, then signal_id.

    Args:
        signals: Rows of the `signals` table, n ≥ 0.
    """
    columns = zip(
        signals["signal_id"],
        signals["timestamp"],
        signals["strategy_id"],
        signals["symbol"],
        signals["side"],
        signals["leg"],
        signals["confidence"],
        signals["entry_price"],
        signals["market_conditions"],
        strict=True,
    )
    found = [
        SignalRecord(
            signal_id=str(key),
            timestamp=time.to_pydatetime(),
            strategy_id=str(strategy),
            symbol=str(symbol),
            side=str(side),
            leg=int(leg),
            confidence=round(float(confidence), 4),
            entry_price=round(float(price), 2),
            market_conditions=_rounded(orjson.loads(conditions)),
        )
        for key, time, strategy, symbol, side, leg, confidence, price, conditions in columns
    ]
    return sorted(found, key=time_order)


def time_order(record: SignalRecord) -> tuple[datetime, str]:
    """The order signals are kept and shown in: time, then signal_id."""
    return (record.timestamp, record.signal_id)


def _rounded(conditions: Mapping[str, float | None]) -> dict[str, float | None]:
    return {name: None if value is None else round(value, _DECIMALS) for name, value in conditions.items()}
