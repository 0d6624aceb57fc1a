"""The matching rules that need a position's history: last in first out, and average cost. Loops over plain lists."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AveragedTrip:
    """Units closed by one execution at the average cost of the position.

    Args:
        entry: Row that opened the position.
        leave: Row that closed these units.
        quantity: Units.
        entry_amounts: Their share of the position's amounts, paise.
        exit_amounts: Their share of the closing row's amounts, paise.
    """

    entry: int
    leave: int
    quantity: int
    entry_amounts: tuple[int, ...]
    exit_amounts: tuple[int, ...]


def last_in_first_out(
    contract: list[int], bought: list[bool], quantity: list[int]
) -> tuple[list[int], list[int], list[int]]:
    """Match rows in order of contract and time, the newest open units first.

    Returns:
        Opening row, closing row and units of each match.
    """
    entries: list[int] = []
    exits: list[int] = []
    units: list[int] = []
    stack: list[list[int]] = []
    held = None
    for row, (own, side, size) in enumerate(zip(contract, bought, quantity, strict=True)):
        if own != held:
            stack, held = [], own
        left = size
        while left and stack and bought[stack[-1][0]] != side:
            newest = stack[-1]
            closed = min(left, newest[1])
            entries.append(newest[0])
            exits.append(row)
            units.append(closed)
            left -= closed
            newest[1] -= closed
            if not newest[1]:
                stack.pop()
        if left:
            stack.append([row, left])
    return entries, exits, units


@dataclass(slots=True)
class _Pool:
    """An open position: the row that opened it, its side, units and amounts."""

    row: int
    bought: bool
    quantity: int
    amounts: list[int]

    def give(self, units: int) -> tuple[int, ...]:
        """Take units out and return their share of the amounts."""
        shares = tuple(amount * units // self.quantity for amount in self.amounts)
        self.amounts = [amount - share for amount, share in zip(self.amounts, shares, strict=True)]
        self.quantity -= units
        return shares


def average_cost(
    contract: list[int], bought: list[bool], quantity: list[int], amounts: list[list[int]]
) -> tuple[list[AveragedTrip], list[tuple[int, int, list[int]]]]:
    """Match rows in order of contract and time; what is closed costs what the position's units cost on average.

    Returns:
        The round trips, and row, units and amounts of every position left open.
    """
    trips: list[AveragedTrip] = []
    pools: dict[int, _Pool] = {}
    for row, own in enumerate(contract):
        coming = _Pool(row, bought[row], quantity[row], list(amounts[row]))
        pool = pools.get(own)
        if pool is not None and pool.bought != coming.bought:
            closed = min(pool.quantity, coming.quantity)
            trips.append(AveragedTrip(pool.row, row, closed, pool.give(closed), coming.give(closed)))
            if pool.quantity:
                continue
            del pools[own]
            pool = None
        if pool is None and coming.quantity:
            pools[own] = coming
        elif pool is not None:
            pool.quantity += coming.quantity
            pool.amounts = [mine + more for mine, more in zip(pool.amounts, coming.amounts, strict=True)]
    return trips, [(pool.row, pool.quantity, pool.amounts) for pool in pools.values()]
