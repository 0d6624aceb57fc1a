"""When a strategy may speak again: one open signal per side, and a cool-down after each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.strategies.levels import NO_LEVELS, Levels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trading_assets.market.option_chain import OptionChain
    from trading_assets.strategies.entries import Entries
    from trading_assets.strategies.strategy import ExitPlan, Leg

    Mask = NDArray[np.bool_]
    Rows = NDArray[np.intp]

_MICROS = 60_000_000
#: ₹ that absorb the binary representation of prices.
_SLACK = 1e-6


@dataclass(frozen=True, eq=False)
class Candidates:
    """Snapshots at which one side of a strategy fired, with every leg it would trade.

    Args:
        legs: What is traded.
        entries: One per leg, all over the same n snapshots in time order.
        levels: Where the market closes a position opened at each snapshot of the chain, filled.
        out: At which snapshots of the chain the rule closes what it opened before; None for none.
    """

    legs: tuple[Leg, ...]
    entries: tuple[Entries, ...]
    levels: Levels = NO_LEVELS
    out: Mask | None = None

    def __len__(self) -> int:
        return len(self.entries[0].snapshot)

    def take(self, positions: Rows) -> Candidates:
        """Return some of them."""
        return replace(self, entries=tuple(entry.take(positions) for entry in self.entries))

    def out_after(self, snapshot: int) -> int | None:
        """First later snapshot at which the rule closes a position opened at this one; None for none."""
        later = np.empty(0, dtype=bool) if self.out is None else self.out[snapshot + 1 :]
        return snapshot + 1 + int(later.argmax()) if later.any() else None

    @property
    def view(self) -> float:
        """1 for a position that wants a rise, -1 for a fall; NaN for more than one leg."""
        return self.legs[0].view if len(self.legs) == 1 else float("nan")

    def same_contract_twice(self) -> Mask:
        """Where two legs would trade the same contract, so that a wing protects nothing, shape (n,)."""
        twice = np.zeros(len(self), dtype=bool)
        for one, other in combinations(self.entries, 2):
            twice |= (one.expiry == other.expiry) & (one.strike == other.strike) & (one.side == other.side)
        return twice


def paced(chain: OptionChain, candidates: Candidates, exit_plan: ExitPlan, cooldown_minutes: float) -> Rows:
    """Positions (0 to n - 1) of the candidates that become signals, rising.

    A signal is open until its time stop, until the marks of its legs (bid for a buy, ask for a sale) have reached its
    stop or target, until the market has passed one of its levels, or until its rule says out. Only snapshots up to the
    next candidate decide about it, so nothing is known ahead.

    Args:
        chain: The option chain.
        candidates: All tradable, shape n.
        exit_plan: When a position is closed.
        cooldown_minutes: Time after a signal before the next.
    """
    times = chain.observed_at.astype("datetime64[us]").astype(np.int64)
    chosen: list[int] = []
    free_at, closed = np.iinfo(np.int64).min, -1
    for position, snapshot in enumerate(candidates.entries[0].snapshot.tolist()):
        if times[snapshot] < free_at or snapshot < closed:
            continue
        chosen.append(position)
        free_at = times[snapshot] + int(cooldown_minutes * _MICROS)
        closed = _closed_at(chain, candidates.take(np.array([position])), exit_plan, times)
    return np.array(chosen, dtype=np.intp)


def _closed_at(chain: OptionChain, one: Candidates, plan: ExitPlan, times: NDArray[np.int64]) -> int:
    """Index of the first later snapshot at which the signal is closed; the number of snapshots for none."""
    snapshot = int(one.entries[0].snapshot[0])
    later, told = slice(snapshot + 1, None), one.levels.at(snapshot)
    gain, premium = np.zeros(len(times) - snapshot - 1), 0.0
    for leg, entry in zip(one.legs, one.entries, strict=True):
        at = (later, int(entry.expiry[0]), int(entry.strike[0]), entry.side)
        sign, price = (1.0 if leg.side == "BUY" else -1.0), float(entry.price[0])
        gain = gain + sign * ((chain.bid if leg.side == "BUY" else chain.ask)[at] - price)
        premium += sign * price
    done = one.levels.passed(snapshot, chain.spot[later], chain.india_vix[later], one.view)
    stop = plan.stop_fraction if told["stop_fraction"] is None else told["stop_fraction"]
    if stop is not None:
        done |= gain <= -stop * abs(premium) + _SLACK
    if plan.target_fraction is not None:
        done |= gain >= plan.target_fraction * abs(premium) - _SLACK
    if plan.time_stop_minutes is not None:
        done |= times[later] >= times[snapshot] + int(plan.time_stop_minutes * _MICROS)
    if one.out is not None:
        done |= one.out[later]
    return snapshot + 1 + int(done.argmax()) if done.any() else len(times)
