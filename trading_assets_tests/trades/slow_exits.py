"""The rules of exits told as plainly as possible: one position at a time, one snapshot after the other.

This is the oracle of `trading_assets.trades.exits`, which decides the same for all positions at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from trading_assets.trades.closings import Plans
from trading_assets.trades.entries import Clock
from trading_assets.trades.exits import SETTLEMENT_MICROS, OpenLegs
from trading_assets.trades.tape import Tape

#: The first of these that happened is why a position was closed.
ORDER = ("signal", "stop", "trailing", "stop_spot", "stop_vix", "target", "target_spot", "time", "square_off")


@dataclass(frozen=True)
class SlowExit:
    """What became of one leg, as a row of `exits.Exits`."""

    at: int
    time: int
    price: float
    reason: str
    basis: str
    worst: float
    best: float
    marks: int


@dataclass(frozen=True)
class SlowMarket:
    """Legs and plans on a tape, asked one by one."""

    legs: OpenLegs
    plans: Plans
    tape: Tape
    clock: Clock

    def fresh(self, at: int) -> bool:
        return bool(self.tape.available[at] - self.tape.observed[at] <= self.clock.max_quote_age)

    def mark(self, leg: int, at: int) -> float | None:
        """Signed price the leg could be closed at: the bid it would be sold at, minus the ask it would be bought at."""
        bid, ask = self.tape.bid[self.legs.contract[leg], at], self.tape.ask[self.legs.contract[leg], at]
        price = bid if self.legs.sign[leg] > 0 else ask
        if not self.fresh(at) or bid > ask or not price > 0:
            return None
        return float(price * self.legs.sign[leg])

    def worth(self, position: int, at: int) -> float | None:
        marks = [self.mark(leg, at) for leg in self.members(position)]
        known = [mark for mark in marks if mark is not None]
        return sum(known) if len(known) == len(marks) else None

    def members(self, position: int) -> list[int]:
        return [leg for leg in range(len(self.legs.sign)) if self.legs.position[leg] == position]

    def closing(self, position: int) -> tuple[int, str]:
        """Snapshot and reason of the exit of all legs of a position."""
        plans, highest = self.plans, -math.inf
        happened: set[str] = set()
        last = int(plans.entry[position])
        for at in range(last, len(self.tape.observed)):
            worth = self.worth(position, at)
            if at > plans.entry[position]:
                happened |= self.events(position, at)
            if worth is None:
                continue
            last, highest = at, max(highest, worth)
            if at == plans.entry[position]:
                continue
            if worth <= plans.stop[position]:
                happened.add("stop")
            if highest - worth >= plans.trail[position]:
                happened.add("trailing")
            if worth >= plans.target[position]:
                happened.add("target")
            for reason in ORDER:
                if reason in happened:
                    return at, reason
        return last, "data_gap"

    def events(self, position: int, at: int) -> set[str]:
        """What a snapshot says about the market and the clock."""
        plans, found = self.plans, set()
        spot, view = self.tape.spot[at], plans.view[position]
        if self.fresh(at):
            if view * spot <= view * plans.stop_spot[position]:
                found.add("stop_spot")
            if view * spot >= view * plans.target_spot[position]:
                found.add("target_spot")
            if self.tape.vix[at] > plans.stop_vix[position]:
                found.add("stop_vix")
        if self.tape.available[at] > plans.out[position]:
            found.add("signal")
        if self.tape.observed[at] >= min(plans.deadline[position], self.clock.square_off):
            found.add("time" if plans.deadline[position] <= self.clock.square_off else "square_off")
        return found

    def leg(self, leg: int) -> SlowExit:
        """Exit of one leg with its price and what was seen on the way."""
        legs, tape = self.legs, self.tape
        at, reason = self.closing(int(legs.position[leg]))
        sign, entry = float(legs.sign[leg]), int(legs.entry[leg])
        seen = [mark for mark in (self.mark(leg, moment) for moment in range(entry, at + 1)) if mark is not None]
        opened = sign * float(legs.price[leg])
        seen_pnl = (min(seen) - opened, max(seen) - opened, len(seen))
        if reason == "data_gap" and legs.expires[leg] and tape.observed[-1] >= self.clock.close - SETTLEMENT_MICROS:
            points = float(tape.spot[-1] - legs.strike[leg]) * (-1 if legs.put[leg] else 1)
            intrinsic = float(round(max(points, 0.0) * 100))
            return SlowExit(len(tape.spot) - 1, self.clock.close, intrinsic, "expiry", "intrinsic", *seen_pnl)
        time = int(tape.observed[at])
        if reason == "target" and not math.isnan(legs.limit[leg]):
            return SlowExit(at, time, float(legs.limit[leg]), reason, "target", *seen_pnl)
        price = abs(seen[-1]) - sign * self.clock.slippage
        return SlowExit(at, time, max(price, self.clock.tick), reason, "bid" if sign > 0 else "ask", *seen_pnl)
