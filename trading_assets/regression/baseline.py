"""Baselines: the signals a strategy gave over a range of sessions, as text that is the same whenever it is re-made.

A file is one JSON object with one signal per line, so that a change reads as a diff of those lines. Where the files
lie is the caller's business.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

import orjson

from trading_assets.errors import BaselineError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from trading_assets.strategies.strategy import Parameters, Strategy

FORMAT = 1
_SORTED = orjson.OPT_SORT_KEYS


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
        input_hash: SHA-256 over the snapshots that went in, as the caller computes it.
        calendar_version: Version of the trading calendar.
        sessions: Sessions of the range that had snapshots.
        strategies: Facts of every strategy that ran, by strategy_id, also of those that said nothing.
    """

    start: date
    end: date
    input_hash: str
    calendar_version: str
    sessions: int
    strategies: Mapping[str, StrategyFacts] = field(default_factory=dict)


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
class Baseline:
    """What one strategy said over a range, and what the run was made of."""

    strategy_id: str
    facts: StrategyFacts
    provenance: Provenance
    signals: tuple[SignalRecord, ...]


def file_name(strategy_id: str, start: date, end: date) -> str:
    """Name of a baseline's file, `<strategy>_<start>_to_<end>.json`."""
    return f"{strategy_id}_{start:%Y-%m-%d}_to_{end:%Y-%m-%d}.json"


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
            market_conditions=orjson.loads(conditions),
        )
        for key, time, strategy, symbol, side, leg, confidence, price, conditions in columns
    ]
    return sorted(found, key=lambda record: (record.timestamp, record.signal_id))


def dumps(baseline: Baseline) -> str:
    """Text of a baseline: sorted keys, one signal per line, ending in a newline."""
    run = baseline.provenance
    header = {
        "format": FORMAT,
        "strategy_id": baseline.strategy_id,
        "strategy_version": baseline.facts.version,
        "parameter_hash": baseline.facts.parameter_hash,
        "start": run.start,
        "end": run.end,
        "input_hash": run.input_hash,
        "calendar_version": run.calendar_version,
        "sessions": run.sessions,
        "signals": len(baseline.signals),
    }
    ordered = sorted(baseline.signals, key=lambda record: (record.timestamp, record.signal_id))
    lines = ",\n".join(_line(record) for record in ordered)
    body = f"[\n{lines}\n]" if lines else "[]"
    return f'{{"provenance":{orjson.dumps(header, option=_SORTED).decode()},\n"signals":{body}}}\n'


def loads(text: str, name: str) -> Baseline:
    """Read a baseline.

    Args:
        text: Text of the file.
        name: Name of the file, for the error.

    Raises:
        BaselineError: It is not a baseline of this format, or its count does not match its lines.
    """
    try:
        document = orjson.loads(text)
        header = document["provenance"]
        signals = tuple(_record(line) for line in document["signals"])
        found, counted = int(header["format"]), int(header["signals"])
        facts = StrategyFacts(header["strategy_version"], header["parameter_hash"])
        run = Provenance(
            start=date.fromisoformat(header["start"]),
            end=date.fromisoformat(header["end"]),
            input_hash=header["input_hash"],
            calendar_version=header["calendar_version"],
            sessions=int(header["sessions"]),
            strategies={header["strategy_id"]: facts},
        )
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        msg = f"baseline {name} cannot be read: {error!r}. Re-make it with `regression --mode baseline`."
        raise BaselineError(msg) from error
    if found != FORMAT or counted != len(signals):
        msg = (
            f"baseline {name} is format {found} and promises {counted} signals, {len(signals)} are there; expected "
            f"format {FORMAT} and equal counts. Re-make it with `regression --mode baseline`."
        )
        raise BaselineError(msg)
    return Baseline(header["strategy_id"], facts, run, signals)


def _line(record: SignalRecord) -> str:
    told = asdict(record)
    told["timestamp"] = f"{record.timestamp:%Y-%m-%dT%H:%M:%S.%f}Z"
    return orjson.dumps(told, option=_SORTED).decode()


def _record(line: Mapping[str, object]) -> SignalRecord:
    fields = dict(line)
    fields["timestamp"] = datetime.fromisoformat(str(fields["timestamp"]))
    return SignalRecord(**fields)  # type: ignore[arg-type]  # wrong kinds fail the comparison, wrong names here
