"""Matching executions into round trips: which units were opened by which execution and closed by which other one.

First in, first out by default: the n-th unit bought of a contract always meets the n-th unit sold of it, whichever came
first, so scale-in, scale-out, partial fills and reversals need no bookkeeping of positions. What has not met its other
side is open; an execution that settles it is matched with it like any other. Units are what is matched: a change of the
exchange's lot leaves them as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.errors import ContractError
from trading_assets.trades.matching_loops import average_cost, last_in_first_out

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Whole = NDArray[np.int64]
    Rows = NDArray[np.intp]


class Method(Enum):
    """Which open units an opposite execution closes."""

    FIFO = "fifo"
    LIFO = "lifo"
    AVERAGE = "average"


@dataclass(frozen=True, slots=True)
class Executions:
    """What was bought and sold, arrays over n ≥ 0 executions, any order.

    Args:
        contract: One integer per contract, shape (n,).
        time: Microseconds since 1970 UTC, shape (n,).
        sequence: Rank of the execution's key; decides between executions of the same time. Unique, shape (n,).
        bought: Whether it was bought, shape (n,).
        quantity: Units, above 0, shape (n,).
        amounts: Money that belongs to the whole execution in paise, shape (n, k), k ≥ 1, none negative: its value
            first, then anything that is shared out like it, such as charges.
    """

    contract: NDArray[np.int64]
    time: NDArray[np.int64]
    sequence: NDArray[np.int64]
    bought: NDArray[np.bool_]
    quantity: NDArray[np.int64]
    amounts: NDArray[np.int64]

    def take(self, rows: Rows) -> Executions:
        """Return the executions of some rows, in that order."""
        return Executions(
            self.contract[rows],
            self.time[rows],
            self.sequence[rows],
            self.bought[rows],
            self.quantity[rows],
            self.amounts[rows],
        )


@dataclass(frozen=True, slots=True)
class Matched:
    """Round trips and what is left open, in an order that does not depend on the order of the input.

    Args:
        entry: Row of the execution that opened, shape (m,); for average cost the first one of the position.
        leave: Row of the execution that closed, shape (m,).
        quantity: Units, shape (m,).
        entry_amounts: Share of the opening executions' amounts, paise, shape (m, k).
        exit_amounts: Share of the closing execution's amounts, paise, shape (m, k).
        open_rows: Rows of executions with units left, shape (o,).
        open: Those units as executions of their own, o of them.
    """

    entry: Rows
    leave: Rows
    quantity: NDArray[np.int64]
    entry_amounts: NDArray[np.int64]
    exit_amounts: NDArray[np.int64]
    open_rows: Rows
    open: Executions


def match(executions: Executions, method: Method = Method.FIFO) -> Matched:
    """Match executions of any number of contracts.

    No unit and no paisa is lost: a row's units and amounts equal those of its round trips and what is left open of it
    (under average cost this holds per position instead of per row).

    Raises:
        ContractError: A quantity is not above 0.
    """
    if (executions.quantity <= 0).any():
        row = int(np.flatnonzero(executions.quantity <= 0)[0])
        msg = f"execution {row} has quantity {executions.quantity[row]}; expected above 0. Leave such rows out."
        raise ContractError(msg)
    order = np.lexsort((executions.sequence, executions.time, executions.contract))
    ordered = executions.take(order)
    if method is Method.AVERAGE:
        return _averaged(ordered, order)
    if method is Method.LIFO:
        sides = last_in_first_out(ordered.contract.tolist(), ordered.bought.tolist(), ordered.quantity.tolist())
        first, second, quantity = (np.array(side, dtype=np.int64) for side in sides)
    else:
        first, second, quantity = _first_in_first_out(ordered)
    entry_amounts, used = _shared(ordered, first, quantity)
    exit_amounts, also_used = _shared(ordered, second, quantity, used)
    left, remaining = also_used.quantity > 0, also_used
    return Matched(
        entry=order[first],
        leave=order[second],
        quantity=quantity,
        entry_amounts=entry_amounts,
        exit_amounts=exit_amounts,
        open_rows=order[left],
        open=remaining.take(np.flatnonzero(left)),
    )


def _first_in_first_out(ordered: Executions) -> tuple[Whole, Whole, Whole]:
    """Lay every contract's bought units and sold units beside each other on one axis and cut it at every end."""
    new = np.concatenate(([True], np.diff(ordered.contract) != 0))[: len(ordered.contract)]
    group = np.cumsum(new) - 1
    totals = [
        np.bincount(group, ordered.quantity * side).astype(np.int64) for side in (ordered.bought, ~ordered.bought)
    ]
    base = np.concatenate(([0], np.cumsum(np.maximum(*totals))))
    sides = []
    for side, total in zip((ordered.bought, ~ordered.bought), totals, strict=True):
        rows = np.flatnonzero(side)
        before = np.concatenate(([0], np.cumsum(total)))
        ends = np.cumsum(ordered.quantity[rows]) - before[group[rows]] + base[group[rows]]
        sides.append((rows, ends - ordered.quantity[rows], ends))
    points = np.sort(np.concatenate([points for _, starts, ends in sides for points in (starts, ends)]))
    cuts = points[np.diff(points, prepend=-1) > 0]  # np.unique hashes, which takes ten times as long
    met = [_covering(cuts, *side) for side in sides]
    both = (met[0] >= 0) & (met[1] >= 0)
    bought, sold = met[0][both], met[1][both]
    return np.minimum(bought, sold), np.maximum(bought, sold), np.diff(cuts, append=cuts[-1:])[both]


def _covering(cuts: Whole, rows: Rows, starts: Whole, ends: Whole) -> Whole:
    """Return the row whose units lie at each cut, -1 where none does."""
    if not len(rows):
        return np.full(len(cuts), -1, dtype=np.int64)
    place = np.searchsorted(ends, cuts, side="right")
    inside = np.minimum(place, len(rows) - 1)
    return np.where((place < len(rows)) & (starts[inside] <= cuts), rows[inside], -1)


def _shared(
    whole: Executions, rows: Whole, quantity: Whole, left: Executions | None = None
) -> tuple[Whole, Executions]:
    """Share amounts of rows out by units, to the paisa, and return what is left of every row.

    Shares are differences of a rounded running total, so they add up to the whole whatever the cuts.
    """
    left = left or whole
    order = np.argsort(rows, kind="stable")
    cut, units = rows[order], quantity[order]
    running = np.cumsum(units)
    first = np.concatenate(([True], np.diff(cut) != 0))[: len(cut)]
    before = np.repeat((running - units)[first], np.diff(np.append(np.flatnonzero(first), len(cut))))
    # units a row lost on its other side count as used already: a reversal closes with one part and opens with the rest
    start = running - units - before + (whole.quantity - left.quantity)[cut]
    size = whole.quantity[cut]
    value = whole.amounts[cut]
    # what a part ends at is what the next part of its row starts at: dividing is what this costs
    until = value * (start + units)[:, None] // size[:, None]
    firsts = np.flatnonzero(first)
    since = np.concatenate((until[:1], until[:-1]))
    since[firsts] = value[firsts] * start[firsts, None] // size[firsts, None]
    sorted_share = until - since
    amounts, remaining = left.amounts.copy(), left.quantity.copy()
    if len(cut):
        remaining[cut[firsts]] -= np.add.reduceat(units, firsts)
        amounts[cut[firsts]] -= np.add.reduceat(sorted_share, firsts, axis=0)
    share = np.empty_like(sorted_share)
    share[order] = sorted_share
    return share, Executions(whole.contract, whole.time, whole.sequence, whole.bought, remaining, amounts)


def _averaged(ordered: Executions, order: Rows) -> Matched:
    columns = (ordered.contract, ordered.bought, ordered.quantity, ordered.amounts)
    trips, still_open = average_cost(*(column.tolist() for column in columns))
    width = ordered.amounts.shape[1]
    rows = np.array([row for row, _, _ in still_open], dtype=np.intp)
    held = ordered.take(rows)
    return Matched(
        entry=order[np.array([trip.entry for trip in trips], dtype=np.intp)],
        leave=order[np.array([trip.leave for trip in trips], dtype=np.intp)],
        quantity=np.array([trip.quantity for trip in trips], dtype=np.int64),
        entry_amounts=np.array([trip.entry_amounts for trip in trips], dtype=np.int64).reshape(-1, width),
        exit_amounts=np.array([trip.exit_amounts for trip in trips], dtype=np.int64).reshape(-1, width),
        open_rows=order[rows],
        open=Executions(
            held.contract,
            held.time,
            held.sequence,
            held.bought,
            np.array([units for _, units, _ in still_open], dtype=np.int64),
            np.array([amounts for _, _, amounts in still_open], dtype=np.int64).reshape(-1, width),
        ),
    )
