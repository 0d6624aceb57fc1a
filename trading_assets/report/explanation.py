"""One trade explained from what was seen to what was earned, for people and as plain values."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

from trading_assets.report.arithmetic import arithmetic_checks
from trading_assets.report.numbers import (
    NULL,
    count,
    counted,
    duration,
    inert,
    moment,
    plain,
    price,
    ratio,
    rupees,
    sign,
)
from trading_assets.report.reasons import stored_values
from trading_assets.report.trade_record import as_number
from trading_assets.tables.trades import CHARGE_COMPONENTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trading_assets.report.trade_record import TradeRecord

_INDENT = 14
_HASH_SHOWN = 12
_VERIFIED = {True: "re-hashed and verified", False: "ALTERED: its hash no longer agrees", None: "not re-hashed"}


def explanation(record: TradeRecord) -> dict[str, object]:
    """Return the whole chain of one trade as values JSON knows.

    Returns:
        `trade`, `snapshot`, `features`, `signal`, `model`, `fills`, `charges`, `result`, `checks` and
        `disagreements` (names of the checks that do not hold). Parts that were not handed in are empty; missing
        values are None.
    """
    trade, signal = record.trade_values(), record.signal_values()
    checks = arithmetic_checks(record)
    return {
        "trade": trade,
        "snapshot": record.quote(signal.get("snapshot_id")),
        "features": dict(stored_values(trade.get("features_snapshot"))),
        "signal": signal,
        "model": {
            **{name: trade.get(name) for name in ("model_version", "model_hash", "ml_score", "ml_score_reason")},
            "decision_threshold": signal.get("decision_threshold"),
            "hash_verified": record.hash_verified,
        },
        "fills": [fill | {"quote": record.quote(fill["snapshot_id"])} for fill in record.fill_values()],
        "charges": {
            name: trade[name] for name in (*CHARGE_COMPONENTS, "charges", "charges_version", "charges_estimated")
        },
        "result": {name: trade[name] for name in ("gross_pnl", "charges", "net_pnl", "mae", "mfe", "exit_reason")},
        "checks": [asdict(check) for check in checks],
        "disagreements": [check.name for check in checks if not check.agrees],
    }


def explain(record: TradeRecord) -> str:
    """Explain one trade in plain text, one part of the chain after the other, its arithmetic written out.

    A statement that does not hold is named below the title and marked where it stands.
    """
    trade, signal = record.trade_values(), record.signal_values()
    checks = arithmetic_checks(record)
    parts = {
        "snapshot": _snapshot(record.quote(signal.get("snapshot_id"))),
        "signal": _signal(signal),
        "features": _features(stored_values(trade["features_snapshot"])),
        "model": _model(trade, signal, verified=record.hash_verified),
        "fills": _fills(record),
        "charges": _charges(trade),
        "P&L": _result(trade),
        "checks": (f"{'ok' if check.agrees else 'NO'}  {check.name}: {check.written}" for check in checks),
    }
    wrong = [f"DISAGREES  {check.name}: {check.written}" for check in checks if not check.agrees]
    lines = [*_title(trade), *wrong, *(line for name, told in parts.items() for line in _part(name, told))]
    return "\n".join(inert(line).rstrip() for line in lines)


def _part(name: str, told: Iterator[str]) -> Iterator[str]:
    yield ""
    for place, line in enumerate(told):
        yield f"{name if place == 0 else '':<{_INDENT}}{line}"


def _title(trade: Mapping[str, object]) -> Iterator[str]:
    units, lots = count(as_number(trade, "quantity")), counted(int(as_number(trade, "lots") or 0), "lot")
    yield f"{trade['trade_id']}  {trade['side']} {units} ({lots}) {trade['symbol']}"
    closed = f"closed by {plain(str(trade['exit_reason']))} after {duration(_held(trade))}"
    yield f"{trade['strategy_name']}: {_signed(trade, 'net_pnl')} net, {closed}"


def _held(trade: Mapping[str, object]) -> float:
    ends = [datetime.fromisoformat(str(trade[name])) for name in ("entry_time", "exit_time")]
    return (ends[1] - ends[0]).total_seconds()


def _snapshot(quote: Mapping[str, object]) -> Iterator[str]:
    if not quote:
        yield "the snapshot of the signal is not at hand"
        return
    yield f"observed {_when(quote, 'observed_at')}, could be used from {_when(quote, 'available_at')}"
    yield f"feed {quote['feed']}, snapshot {quote['snapshot_id']}, capture {str(quote['capture_id'])[:_HASH_SHOWN]}"
    yield f"spot {_plain(quote, 'spot')} ({quote['spot_source']}), forward {_plain(quote, 'forward')}"
    yield f"this leg: {_quote_words(quote)}"


def _quote_words(quote: Mapping[str, object]) -> str:
    return f"bid {_plain(quote, 'bid')}, ask {_plain(quote, 'ask')}, last {_plain(quote, 'last_price')}"


def _signal(signal: Mapping[str, object]) -> Iterator[str]:
    if not signal:
        yield "none: the trade was imported, or its signal is not at hand"
        return
    yield f"{signal['strategy_id']} said {signal['side']} with confidence {_plain(signal, 'confidence')}"
    estimated = " (estimated: the quote was missing)" if signal["entry_price_estimated"] else ""
    yield f"expected entry {_plain(signal, 'entry_price')}{estimated}; signal {signal['signal_id']}"
    yield f"parameters {signal['parameter_hash']}; conditions {_pairs(stored_values(signal['market_conditions']))}"


def _features(features: Mapping[str, object]) -> Iterator[str]:
    if not features:
        yield "none stored"
    width = max((len(name) for name in features), default=0)
    for name in sorted(features):
        yield f"{name:<{width}}  {_value(features[name])}"


def _model(trade: Mapping[str, object], signal: Mapping[str, object], *, verified: bool | None) -> Iterator[str]:
    if trade["model_version"] is None:
        yield f"none: {plain(str(trade['ml_score_reason'] or 'no model was valid for the session'))}"
        return
    yield f"version {trade['model_version']}, SHA-256 {trade['model_hash']}"
    yield _VERIFIED[verified]
    threshold = ratio(as_number(signal, "decision_threshold"), 4)
    yield f"ml_score {ratio(as_number(trade, 'ml_score'), 4)}, threshold {threshold}"


def _fills(record: TradeRecord) -> Iterator[str]:
    fills = record.fill_values()
    if not fills:
        yield "none at hand"
    for fill in fills:
        quote = record.quote(fill["snapshot_id"])
        what = f"{fill['side']} {count(as_number(fill, 'quantity'))} at {price(as_number(fill, 'price'))}"
        yield f"{_when(fill, 'time')}  {fill['role']:<5}  {what} on the {_basis(fill, quote)}, {fill['source']}"
        if quote:
            yield f"{'':<27}snapshot {fill['snapshot_id']}: {_quote_words(quote)}"


def _basis(fill: Mapping[str, object], quote: Mapping[str, object]) -> str:
    """Name what a price is made of, with its distance from the quote where it is made of one."""
    basis = str(fill["basis"])
    paid, quoted = as_number(fill, "price"), as_number(quote, basis)
    if paid is None or quoted is None:
        return basis
    return f"{basis} of {price(quoted)} {sign(paid - quoted, plus=True) or '+'} {price(abs(paid - quoted))}"


def _charges(trade: Mapping[str, object]) -> Iterator[str]:
    for name in CHARGE_COMPONENTS:
        yield f"{plain(name):<14}{rupees(as_number(trade, name)):>16}"
    origin = "computed by us" if trade["charges_estimated"] else "stated by the broker"
    yield f"{'total':<14}{rupees(as_number(trade, 'charges')):>16}  {origin}, rates {trade['charges_version']}"


def _result(trade: Mapping[str, object]) -> Iterator[str]:
    for name in ("gross_pnl", "charges", "net_pnl"):
        amount = as_number(trade, name)
        shown = rupees(-amount if name == "charges" and amount else amount, plus=True)
        yield f"{plain(name).replace('pnl', 'P&L'):<14}{shown:>16}"
    marks = counted(int(as_number(trade, "mark_count") or 0), "mark")
    yield f"while open: worst {_signed(trade, 'mae')}, best {_signed(trade, 'mfe')} on {marks}"


def _when(values: Mapping[str, object], name: str) -> str:
    found = values.get(name)
    return moment(datetime.fromisoformat(str(found))) if found is not None else NULL


def _plain(values: Mapping[str, object], name: str) -> str:
    return ratio(as_number(values, name))


def _signed(values: Mapping[str, object], name: str) -> str:
    return rupees(as_number(values, name), plus=True)


def _pairs(values: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {_value(values[name])}" for name in sorted(values)) or "none stored"


def _value(value: object) -> str:
    return NULL if value is None else str(value)
