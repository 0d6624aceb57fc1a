"""The arithmetic of one trade, written out and done again from its stored parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trading_assets.report.numbers import count, group_digits, is_null, price, ratio, rupees
from trading_assets.tables.money import round_half_up
from trading_assets.tables.trades import CHARGE_COMPONENTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trading_assets.report.trade_record import TradeRecord

_PRICE_TOLERANCE = 1e-6


@dataclass(frozen=True)
class ArithmeticCheck:
    """One statement about a trade: its name, the statement written out with its numbers, and whether it holds."""

    name: str
    written: str
    agrees: bool


def arithmetic_checks(record: TradeRecord) -> tuple[ArithmeticCheck, ...]:
    """Check prices, quantities, charges, P&L, telemetry and the order of time of one trade.

    Returns:
        Every statement that can be made of the rows handed in, true or not, in the order of the chain.
    """
    return (
        *_signal_checks(record),
        *_fill_checks(record),
        _quantity(record.trade),
        _gross(record.trade),
        _charges(record.trade),
        _net(record.trade),
    )


def _money_check(name: str, formula: str, computed: float, stored: float) -> ArithmeticCheck:
    """State that an amount comes out as stored, to the paisa."""
    agrees = not is_null(stored) and int(round_half_up(computed * 100)) == round(stored * 100)
    written = f"{formula} = {rupees(computed)}"
    return ArithmeticCheck(name, written if agrees else f"{written}, but {rupees(stored)} is stored", agrees)


def _gross(trade: pd.DataFrame) -> ArithmeticCheck:
    entry, exit_, quantity = (float(trade[name].iloc[0]) for name in ("entry_price", "exit_price", "quantity"))
    bought = trade["side"].iloc[0] == "BUY"
    first, second = (exit_, entry) if bought else (entry, exit_)
    words = "exit - entry" if bought else "entry - exit, as it was sold first"
    formula = f"({price(first)} - {price(second)}) × {count(quantity)} ({words})"  # noqa: RUF001 - a times sign
    return _money_check("gross P&L", formula, (first - second) * quantity, float(trade["gross_pnl"].iloc[0]))


def _charges(trade: pd.DataFrame) -> ArithmeticCheck:
    parts = [float(trade[name].iloc[0]) for name in CHARGE_COMPONENTS]
    return _money_check("charges", " + ".join(ratio(part) for part in parts), sum(parts), _stored(trade, "charges"))


def _net(trade: pd.DataFrame) -> ArithmeticCheck:
    gross, charges = _stored(trade, "gross_pnl"), _stored(trade, "charges")
    net = _stored(trade, "net_pnl")
    check = _money_check("net P&L", f"{rupees(gross)} - {rupees(charges)}", gross - charges, net)
    if bool(trade["is_winning_trade"].iloc[0]) == (net > 0):
        return check
    return ArithmeticCheck(check.name, f"{check.written}, but is_winning_trade says otherwise", agrees=False)


def _stored(trade: pd.DataFrame, name: str) -> float:
    return float(trade[name].iloc[0])


def _quantity(trade: pd.DataFrame) -> ArithmeticCheck:
    lots, size, quantity = (int(trade[name].iloc[0]) for name in ("lots", "lot_size", "quantity"))
    agrees = lots * size == quantity
    written = f"{group_digits(lots)} × {group_digits(size)} = {group_digits(lots * size)} units"  # noqa: RUF001
    return ArithmeticCheck("quantity", written if agrees else f"{written}, but {quantity} are stored", agrees)


def _fill_checks(record: TradeRecord) -> Iterator[ArithmeticCheck]:
    """State that the fills make up the trade's prices and quantity."""
    quantity = int(record.trade["quantity"].iloc[0])
    for role, column in (("entry", "entry_price"), ("exit", "exit_price")):
        fills = record.fills.loc[record.fills["role"] == role]
        if fills.empty:
            continue
        filled = int(fills["quantity"].sum())
        average = float(np.average(fills["price"], weights=fills["quantity"]))
        stored = float(record.trade[column].iloc[0])
        agrees = filled == quantity and abs(average - stored) <= _PRICE_TOLERANCE * max(1.0, stored)
        written = f"{count(filled)} units at an average of {price(average)}"
        but = "" if agrees else f", but the trade says {count(quantity)} at {price(stored)}"
        yield ArithmeticCheck(f"{role} fills", written + but, agrees)


def _signal_checks(record: TradeRecord) -> Iterator[ArithmeticCheck]:
    """State that the trade came after its signal, on what the model said then."""
    if record.signal.empty:
        return
    signal, trade = record.signal.iloc[0], record.trade.iloc[0]
    after = trade["entry_time"] >= signal["available_at"]
    wait = (trade["entry_time"] - signal["available_at"]).total_seconds()
    when = f"{abs(wait):.0f} s {'after' if after else 'BEFORE'} the signal could be acted on"
    yield ArithmeticCheck("order of time", f"entered {when}", bool(after))
    same = [
        _same(signal[name], trade[name]) for name in ("ml_score", "model_version", "model_hash", "features_snapshot")
    ]
    words = "trade and signal carry the same score, version, hash and features"
    yield ArithmeticCheck("telemetry", words if all(same) else f"NOT true: {words}", all(same))
    score, least = float(signal["ml_score"]), float(signal["decision_threshold"])
    if not is_null(score) and not is_null(least):
        sign = "≥" if score >= least else "<"
        yield ArithmeticCheck(
            "decision", f"ml_score {ratio(score, 4)} {sign} threshold {ratio(least, 4)}", score >= least
        )


def _same(left: object, right: object) -> bool:
    return bool(pd.isna(left) and pd.isna(right)) or left == right
