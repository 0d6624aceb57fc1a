"""Decisions and entries: which signals become positions, on which snapshot and at what price, or why not."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trading_assets.trades.tape import Tape, contract_keys, micros

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Indices = NDArray[np.intp]
    Codes = NDArray[np.int64]

#: A time that does not come.
NEVER = np.iinfo(np.int64).max
#: Why a signal was not traded, by number; 0 is none.
REASONS = (
    "",
    "below_threshold",
    "after_square_off",
    "no_next_snapshot",
    "quote_stale",
    "quote_missing",
    "quote_zero",
    "quote_crossed",
    "leg_rejected",
    "risk_budget",
    "max_open_positions",
    "daily_loss_limit",
    "cool_down",
)
(
    TAKEN,
    BELOW_THRESHOLD,
    AFTER_SQUARE_OFF,
    NO_NEXT_SNAPSHOT,
    QUOTE_STALE,
    QUOTE_MISSING,
    QUOTE_ZERO,
    QUOTE_CROSSED,
    LEG_REJECTED,
    RISK_BUDGET,
    MAX_OPEN_POSITIONS,
    DAILY_LOSS_LIMIT,
    COOL_DOWN,
) = range(len(REASONS))


@dataclass(frozen=True, slots=True)
class Clock:
    """The session's limits in microseconds since 1970 UTC, and price steps in paise.

    Args:
        square_off: From here on nothing is opened and everything is closed.
        close: Close of the session.
        max_entry_delay: Longest wait for the next snapshot, microseconds.
        max_quote_age: Oldest a snapshot may be when it arrives to be traded on, microseconds.
        tick: Smallest price step, paise.
        slippage: Given away on every market fill, paise.
    """

    square_off: int
    close: int
    max_entry_delay: int
    max_quote_age: int
    tick: int
    slippage: int


@dataclass(frozen=True, slots=True)
class Decisions:
    """What signals ask for, arrays of shape (n,).

    Args:
        decided: When, microseconds since 1970 UTC.
        long: Whether to buy.
        key: Contract (`tape.contract_keys`).
        expiry: Expiry of the contract.
        strike: Strike, index points.
        put: Whether it is a put.
        stop: Stop as a fraction of the entry price, NaN for none.
        target: Target, likewise.
        trailing: Distance of the trailing stop, likewise.
        stop_spot: Index level that stops it, points, NaN for none.
        target_spot: Index level that is its target, likewise.
        stop_vix: India VIX above which it is stopped, percent a year, NaN for none.
        minutes: Time stop, minutes, NaN for none.
        out: When the strategy decided to close it, microseconds since 1970 UTC, `NEVER` for none.
    """

    decided: Codes
    long: Flags
    key: Codes
    expiry: NDArray[np.datetime64]
    strike: Floats
    put: Flags
    stop: Floats
    target: Floats
    trailing: Floats
    stop_spot: Floats
    target_spot: Floats
    stop_vix: Floats
    minutes: Floats
    out: Codes

    @classmethod
    def of(cls, signals: pd.DataFrame, trailing: float | None) -> Decisions:
        """Read rows of `scored_signals`, n ≥ 0; `trailing` is the trailing stop of all of them, None for none."""
        numbers = {
            name: signals[column].to_numpy(dtype=np.float64)
            for name, column in (
                ("strike", "strike"),
                ("stop", "stop_fraction"),
                ("target", "target_fraction"),
                ("stop_spot", "stop_spot"),
                ("target_spot", "target_spot"),
                ("stop_vix", "stop_vix"),
                ("minutes", "time_stop_minutes"),
            )
        }
        return cls(
            decided=micros(signals["available_at"]),
            long=(signals["side"] == "BUY").to_numpy(dtype=bool),
            key=contract_keys(signals),
            expiry=signals["expiry"].to_numpy(dtype="datetime64[D]"),
            put=(signals["option_type"] == "PE").to_numpy(dtype=bool),
            trailing=np.full(len(signals), np.nan if trailing is None else trailing),
            out=np.where(signals["exit_at"].isna(), NEVER, micros(signals["exit_at"])),
            **numbers,
        )

    def pick(self, rows: Indices | Flags) -> Decisions:
        """Return the decisions of some rows."""
        return Decisions(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


@dataclass(frozen=True, slots=True)
class Entries:
    """Entries, arrays of shape (n,): contract and snapshot on the tape, price in paise, number in `REASONS`."""

    contract: Indices
    at: Indices
    price: Floats
    reason: Codes

    def pick(self, rows: Indices) -> Entries:
        """Return some of the entries."""
        return Entries(self.contract[rows], self.at[rows], self.price[rows], self.reason[rows])


def below_threshold(signals: pd.DataFrame) -> Flags:
    """Tell which signals the model holds back, shape (n,); a signal without a score or threshold is not held back."""
    score = signals["ml_score"].to_numpy(dtype=np.float64)
    return np.asarray(score < signals["decision_threshold"].to_numpy(dtype=np.float64), dtype=bool)


def find_entries(wanted: Decisions, tape: Tape, clock: Clock) -> Entries:
    """Find the entry of each decision: the first snapshot available strictly after it.

    A buy fills at ask plus slippage, a sale at bid minus slippage. The snapshot must not be stale, and both sides of
    the quote must be there, above 0 and not crossed: a position that cannot be marked is not opened.

    Args:
        wanted: Decisions on the tape's underlying, n ≥ 0.
        tape: Quotes of their contracts.
        clock: Limits of the session.
    """
    contract = np.searchsorted(tape.keys, wanted.key)
    at = np.searchsorted(tape.available, wanted.decided, side="right")
    late = wanted.decided >= clock.square_off
    if not len(tape.available):
        reason = np.where(late, AFTER_SQUARE_OFF, NO_NEXT_SNAPSHOT)
        return Entries(contract, at, np.full(len(at), np.nan), reason)
    reachable = at < len(tape.available)
    seen = np.minimum(at, len(tape.available) - 1)
    bid, ask = tape.bid[contract, seen], tape.ask[contract, seen]
    price = np.where(wanted.long, ask + clock.slippage, bid - clock.slippage)
    reason = np.select(
        [
            late | (reachable & (tape.observed[seen] >= clock.square_off)),
            ~reachable | (tape.available[seen] - wanted.decided > clock.max_entry_delay),
            tape.stale(clock.max_quote_age)[seen],
            np.isnan(bid) | np.isnan(ask),
            (bid <= 0) | (ask <= 0) | (price <= 0),
            bid > ask,
        ],
        [AFTER_SQUARE_OFF, NO_NEXT_SNAPSHOT, QUOTE_STALE, QUOTE_MISSING, QUOTE_ZERO, QUOTE_CROSSED],
        default=TAKEN,
    )
    return Entries(contract, seen, price, reason)


def position_numbers(signals: pd.DataFrame) -> Indices:
    """Number the positions signals belong to: the legs one strategy fired on one underlying's snapshot, shape (n,).

    Positions are numbered by strategy, underlying and time, so that ties never depend on the order of the rows.
    """
    number = np.zeros(len(signals), dtype=np.int64)
    for values in (signals["strategy_id"], signals["underlying"], micros(signals["timestamp"])):
        codes, distinct = pd.factorize(values, sort=True)
        number = number * len(distinct) + codes
    return np.asarray(np.unique(number, return_inverse=True)[1], dtype=np.intp)


def all_or_none(position: Indices, reason: Codes) -> Codes:
    """Reject the legs whose position lost another leg; reasons that are there stay."""
    broken = np.zeros(int(position.max(initial=-1)) + 1, dtype=bool)
    broken[position[reason != TAKEN]] = True
    return np.where((reason == TAKEN) & broken[position], LEG_REJECTED, reason)
