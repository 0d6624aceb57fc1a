"""Decisions and entries: which signals become positions, on which snapshot and at what price, or why not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.trades.tape import Tape, contract_keys, micros

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]
    Reasons = NDArray[np.object_]

BELOW_THRESHOLD = "below_threshold"
AFTER_SQUARE_OFF = "after_square_off"
NO_NEXT_SNAPSHOT = "no_next_snapshot"
QUOTE_MISSING = "quote_missing"
QUOTE_ZERO = "quote_zero"
QUOTE_CROSSED = "quote_crossed"
LEG_REJECTED = "leg_rejected"
MAX_OPEN_POSITIONS = "max_open_positions"
DAILY_LOSS_LIMIT = "daily_loss_limit"
REJECTIONS = (
    BELOW_THRESHOLD,
    AFTER_SQUARE_OFF,
    NO_NEXT_SNAPSHOT,
    QUOTE_MISSING,
    QUOTE_ZERO,
    QUOTE_CROSSED,
    LEG_REJECTED,
    MAX_OPEN_POSITIONS,
    DAILY_LOSS_LIMIT,
)


@dataclass(frozen=True, slots=True)
class Clock:
    """The session's limits in microseconds since 1970 UTC, and price steps in paise.

    Args:
        square_off: From here on nothing is opened and everything is closed.
        close: Close of the session.
        max_entry_delay: Longest wait for the next snapshot, microseconds.
        tick: Smallest price step, paise.
        slippage: Given away on every market fill, paise.
    """

    square_off: int
    close: int
    max_entry_delay: int
    tick: int
    slippage: int


@dataclass(frozen=True, slots=True)
class Entries:
    """Entries of signals, shape (n,): contract and snapshot on the tape, price in paise, "" or why there is none."""

    contract: NDArray[np.intp]
    at: NDArray[np.intp]
    price: NDArray[np.float64]
    reason: NDArray[np.object_]

    def pick(self, rows: NDArray[np.bool_]) -> Entries:
        """Return the entries where `rows` is true."""
        return Entries(self.contract[rows], self.at[rows], self.price[rows], self.reason[rows])


def below_threshold(signals: pd.DataFrame) -> Flags:
    """Tell which signals the model holds back, shape (n,); a signal without a score or threshold is not held back."""
    score = signals["ml_score"].to_numpy(dtype=np.float64)
    return np.asarray(score < signals["decision_threshold"].to_numpy(dtype=np.float64), dtype=bool)


def find_entries(signals: pd.DataFrame, tape: Tape, clock: Clock) -> Entries:
    """Find the entry of each signal: the first snapshot available strictly after the decision.

    A buy fills at ask plus slippage, a sale at bid minus slippage. Both sides of the quote must be there, above 0 and
    not crossed: a position that cannot be marked is not opened.

    Args:
        signals: Rows of `scored_signals` of the tape's underlying, n ≥ 0.
        tape: Quotes of their contracts.
        clock: Limits of the session.
    """
    decided = micros(signals["available_at"])
    buys = (signals["side"] == "BUY").to_numpy(dtype=bool)
    contract = np.searchsorted(tape.keys, contract_keys(signals))
    at = np.searchsorted(tape.available, decided, side="right")
    reachable = at < len(tape.available)
    if not len(tape.available):
        late = decided >= clock.square_off
        reason = np.where(late, AFTER_SQUARE_OFF, NO_NEXT_SNAPSHOT).astype(object)
        return Entries(contract, at, np.full(len(at), np.nan), reason)
    seen = np.minimum(at, len(tape.available) - 1)
    bid, ask = tape.bid[contract, seen], tape.ask[contract, seen]
    price = np.where(buys, ask + clock.slippage, bid - clock.slippage)
    waited = tape.available[seen] - decided > clock.max_entry_delay
    late = (decided >= clock.square_off) | (reachable & (tape.observed[seen] >= clock.square_off))
    reason = np.select(
        [
            late,
            ~reachable | waited,
            np.isnan(bid) | np.isnan(ask),
            (bid <= 0) | (ask <= 0) | (price <= 0),
            bid > ask,
        ],
        [AFTER_SQUARE_OFF, NO_NEXT_SNAPSHOT, QUOTE_MISSING, QUOTE_ZERO, QUOTE_CROSSED],
        default="",
    ).astype(object)
    return Entries(contract, seen, price, reason)


def position_numbers(signals: pd.DataFrame) -> NDArray[np.intp]:
    """Number the positions signals belong to: the legs one strategy fired on one underlying's snapshot, shape (n,)."""
    numbers = signals.groupby(["strategy_id", "underlying", "timestamp"], sort=True).ngroup()
    return np.asarray(numbers.to_numpy(dtype=np.intp), dtype=np.intp)


def all_or_none(position: NDArray[np.intp], reason: Reasons) -> Reasons:
    """Reject the legs whose position lost another leg; reasons that are there stay."""
    rejected = reason != ""
    broken = np.zeros(int(position.max()) + 1 if len(position) else 0, dtype=bool)
    broken[position[rejected]] = True
    return np.where(~rejected & broken[position], LEG_REJECTED, reason).astype(object)
