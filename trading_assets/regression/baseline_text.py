"""Baselines as text that is the same whenever it is re-made: one JSON object, one line per session and per signal.

A change then reads as a diff of those lines. Where the files lie is the caller's business.
"""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import date, datetime
from typing import TYPE_CHECKING

import orjson

from trading_assets.errors import BaselineError
from trading_assets.regression.baseline import (
    Baseline,
    Provenance,
    SessionStatistics,
    SignalRecord,
    StrategyFacts,
    time_order,
)
from trading_assets.strategies.identity import signal_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FORMAT = 2
_SORTED = orjson.OPT_SORT_KEYS


def file_name(strategy_id: str, start: date, end: date) -> str:
    """Name of a baseline's file, `<strategy>_<start>_to_<end>.json`."""
    return f"{strategy_id}_{start:%Y-%m-%d}_to_{end:%Y-%m-%d}.json"


def dumps(baseline: Baseline) -> str:
    """Text of a baseline: sorted keys, a line per session and per signal, ending in a newline."""
    run = baseline.provenance
    header = {
        "format": FORMAT,
        "strategy_id": baseline.strategy_id,
        "strategy_version": baseline.facts.version,
        "parameter_hash": baseline.facts.parameter_hash,
        "start": run.start,
        "end": run.end,
        "inputs": {f"{day}": told for day, told in run.inputs.items()},
        "input_hash": run.input_hash,
        "calendar_version": run.calendar_version,
        "trading_hash": run.trading_hash,
        "signals": len(baseline.signals),
    }
    sessions = (asdict(one) for one in sorted(baseline.statistics, key=lambda one: one.date))
    signals = map(_told, sorted(baseline.signals, key=time_order))
    provenance = orjson.dumps(header, option=_SORTED).decode()
    return f'{{"provenance":{provenance},\n"statistics":{_lines(sessions)},\n"signals":{_lines(signals)}}}\n'


def loads(text: str, name: str) -> Baseline:
    """Read a baseline.

    Args:
        text: Text of the file.
        name: Name of the file, for the error.

    Raises:
        BaselineError: It is not a baseline of this format, its count does not match its lines, or its hashes do not
            match each other.
    """
    try:
        document = orjson.loads(text)
        header = document["provenance"]
        _require_format(header, len(document["signals"]), name)
        facts = StrategyFacts(header["strategy_version"], header["parameter_hash"])
        run = Provenance(
            start=date.fromisoformat(header["start"]),
            end=date.fromisoformat(header["end"]),
            inputs={date.fromisoformat(day): str(told) for day, told in header["inputs"].items()},
            calendar_version=header["calendar_version"],
            trading_hash=header["trading_hash"],
            strategies={header["strategy_id"]: facts},
        )
        signals = tuple(map(_record, document["signals"]))
        statistics = tuple(map(_statistics, document["statistics"]))
    except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError, ValueError) as error:
        msg = f"baseline {name} cannot be read: {error!r}. Re-make it with `regression --mode baseline`."
        raise BaselineError(msg) from error
    if run.input_hash != header["input_hash"]:
        msg = (
            f"baseline {name} names inputs of {len(run.inputs)} sessions whose hash is {run.input_hash[:12]}; its "
            f"input_hash is {header['input_hash']!r:.14}. It was altered; re-make it with `regression --mode baseline`."
        )
        raise BaselineError(msg)
    return Baseline(header["strategy_id"], facts, run, signals, statistics)


def _require_format(header: Mapping[str, object], there: int, name: str) -> None:
    if header["format"] != FORMAT or header["signals"] != there:
        msg = (
            f"baseline {name} is format {header['format']} and promises {header['signals']} signals, {there} are "
            f"there; expected format {FORMAT} and equal counts. Re-make it with `regression --mode baseline`."
        )
        raise BaselineError(msg)


def _lines(objects: Iterable[Mapping[str, object]]) -> str:
    lines = ",\n".join(orjson.dumps(one, option=_SORTED).decode() for one in objects)
    return f"[\n{lines}\n]" if lines else "[]"


def _told(record: SignalRecord) -> dict[str, object]:
    told = asdict(record)
    part = f".{record.timestamp:%f}" if record.timestamp.microsecond else ""
    told["timestamp"] = f"{record.timestamp:%Y-%m-%dT%H:%M:%S}{part}Z"
    if record.leg == 1:
        del told["leg"]
    return told


def _record(line: Mapping[str, object]) -> SignalRecord:
    """A signal whose id is that of what it says; else the line was altered."""
    told = {"leg": 1, **line, "timestamp": datetime.fromisoformat(str(line["timestamp"]))}
    record = SignalRecord(**told)  # type: ignore[arg-type]  # wrong kinds fail the comparison, wrong names here
    underlying, expiry, strike, option_type = record.symbol.split(" ")
    action = (option_type, record.side, record.leg)
    place = (underlying, record.strategy_id)
    if record.signal_id != signal_id(place, record.timestamp, date.fromisoformat(expiry), float(strike), action):
        msg = f"signal {record.signal_id} is not of {record.symbol} {record.side} at {record.timestamp}: it was altered"
        raise ValueError(msg)
    return record


def _statistics(line: Mapping[str, object]) -> SessionStatistics:
    numbers = {one.name: int(str(line[one.name])) for one in fields(SessionStatistics) if one.name != "date"}
    if len(line) != len(numbers) + 1:
        msg = f"statistics of {line['date']} have other names than {', '.join(numbers)}"
        raise ValueError(msg)
    return SessionStatistics(date=date.fromisoformat(str(line["date"])), **numbers)
