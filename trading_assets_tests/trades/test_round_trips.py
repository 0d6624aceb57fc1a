"""Matching executions: laws over random books, and the cases a trader would check by hand."""

from __future__ import annotations

from collections import deque

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.errors import ContractError
from trading_assets.trades.round_trips import Executions, Matched, Method, match

Fill = tuple[int, int, bool, int, int]
FILLS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 5), st.booleans(), st.integers(1, 9), st.integers(0, 99_999)),
    max_size=30,
)
METHODS = st.sampled_from(Method)


def book(fills: list[Fill]) -> Executions:
    """Executions of (contract, time, bought, quantity, paise in all); charges are a tenth, the row is the key."""
    columns = np.array(fills, dtype=np.int64).reshape(-1, 5).T
    amounts = np.stack((columns[4], columns[4] // 10), axis=1)
    return Executions(columns[0], columns[1], np.arange(len(fills)), columns[2] > 0, columns[3], amounts)


def trips(found: Matched) -> list[tuple[int, int, int, int, int]]:
    values = (found.entry, found.leave, found.quantity, found.entry_amounts[:, 0], found.exit_amounts[:, 0])
    return sorted(zip(*(value.tolist() for value in values), strict=True))


def buy(units: int, paise: int, at: int = 0, contract: int = 7) -> Fill:
    return contract, at, True, units, paise


def sell(units: int, paise: int, at: int = 1, contract: int = 7) -> Fill:
    return contract, at, False, units, paise


@given(FILLS, METHODS)
def test_no_unit_is_lost_on_either_side(fills: list[Fill], method: Method) -> None:
    given_book = book(fills)
    found = match(given_book, method)
    for contract in range(3):
        own = given_book.contract == contract
        sign = np.where(given_book.bought, 1, -1)
        left = found.open.contract == contract
        held = (np.where(found.open.bought, 1, -1) * found.open.quantity)[left].sum()
        assert held == (sign * given_book.quantity)[own].sum()
        closed = found.quantity[given_book.contract[found.entry] == contract].sum()
        assert 2 * closed + found.open.quantity[left].sum() == given_book.quantity[own].sum()


@given(FILLS, METHODS)
def test_no_paisa_is_lost(fills: list[Fill], method: Method) -> None:
    given_book = book(fills)
    found = match(given_book, method)
    total = found.entry_amounts.sum(axis=0) + found.exit_amounts.sum(axis=0) + found.open.amounts.sum(axis=0)
    np.testing.assert_array_equal(total, given_book.amounts.sum(axis=0))
    assert (found.entry_amounts >= 0).all()
    assert (found.exit_amounts >= 0).all()
    assert (found.open.amounts >= 0).all()


@given(FILLS, st.sampled_from([Method.FIFO, Method.LIFO]))
def test_every_row_is_used_up_exactly(fills: list[Fill], method: Method) -> None:
    given_book = book(fills)
    found = match(given_book, method)
    used = np.zeros_like(given_book.amounts)
    for rows, amounts in (
        (found.entry, found.entry_amounts),
        (found.leave, found.exit_amounts),
        (found.open_rows, found.open.amounts),
    ):
        np.add.at(used, rows, amounts)
    np.testing.assert_array_equal(used, given_book.amounts)


@given(FILLS, METHODS, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(fills: list[Fill], method: Method, chance: object) -> None:
    given_book = book(fills)
    shuffled = np.array(list(range(len(fills))), dtype=np.intp)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    found, again = match(given_book, method), match(given_book.take(shuffled), method)
    assert trips(found) == sorted((shuffled[entry], shuffled[leave], *rest) for entry, leave, *rest in trips(again))


@given(FILLS)
def test_fifo_is_what_a_queue_of_single_units_says(fills: list[Fill]) -> None:
    given_book = book(fills)
    expected: dict[tuple[int, int], int] = {}
    queues: dict[int, deque[int]] = {}
    for row in sorted(range(len(fills)), key=lambda row: (fills[row][0], fills[row][1], row)):
        queue = queues.setdefault(fills[row][0], deque())
        for _ in range(fills[row][3]):
            if queue and fills[queue[0]][2] != fills[row][2]:
                pair = (queue.popleft(), row)
                expected[pair] = expected.get(pair, 0) + 1
            else:
                queue.append(row)
    found = match(given_book)
    assert {(entry, leave): units for entry, leave, units, _, _ in trips(found)} == expected


@given(FILLS, METHODS)
def test_a_trip_is_opened_before_it_is_closed_on_the_other_side_of_one_contract(
    fills: list[Fill], method: Method
) -> None:
    given_book = book(fills)
    found = match(given_book, method)
    assert (given_book.contract[found.entry] == given_book.contract[found.leave]).all()
    assert (given_book.bought[found.entry] != given_book.bought[found.leave]).all()
    assert (given_book.time[found.entry] <= given_book.time[found.leave]).all()
    assert (found.quantity > 0).all()


def test_scaling_in_closes_the_oldest_units_first() -> None:
    given_book = book([buy(50, 5_000), buy(50, 6_000, at=1), sell(75, 9_000, at=2)])
    found = match(given_book)
    assert trips(found) == [(0, 2, 50, 5_000, 6_000), (1, 2, 25, 3_000, 3_000)]
    assert (found.open_rows.tolist(), found.open.quantity.tolist(), found.open.amounts[:, 0].tolist()) == (
        [1],
        [25],
        [3_000],
    )


def test_last_in_first_out_closes_the_newest_units_first() -> None:
    found = match(book([buy(50, 5_000), buy(50, 6_000, at=1), sell(75, 9_000, at=2)]), Method.LIFO)
    assert trips(found) == [(0, 2, 25, 2_500, 3_000), (1, 2, 50, 6_000, 6_000)]


def test_average_cost_prices_the_position_and_not_the_execution() -> None:
    found = match(book([buy(50, 5_000), buy(50, 6_000, at=1), sell(75, 9_000, at=2)]), Method.AVERAGE)
    assert trips(found) == [(0, 2, 75, 8_250, 9_000)]
    assert found.open.amounts[:, 0].tolist() == [2_750]


def test_a_reversal_closes_with_one_part_and_opens_with_the_rest() -> None:
    for method in Method:
        found = match(book([buy(50, 5_000), sell(80, 8_000, at=1), buy(30, 2_000, at=2)]), method)
        assert trips(found) == [(0, 1, 50, 5_000, 5_000), (1, 2, 30, 3_000, 2_000)], method
        assert not len(found.open_rows)


def test_executions_of_the_same_time_are_taken_in_the_order_of_their_keys() -> None:
    found = match(book([sell(50, 5_000, at=0), buy(50, 4_000, at=0)]))
    assert trips(found) == [(0, 1, 50, 5_000, 4_000)]


def test_an_empty_book_has_no_trips_and_a_quantity_of_zero_is_refused() -> None:
    for method in Method:
        found = match(book([]), method)
        assert (len(found.entry), found.entry_amounts.shape, len(found.open_rows)) == (0, (0, 2), 0)
    with pytest.raises(ContractError, match="execution 1 has quantity 0"):
        match(book([buy(1, 1), buy(0, 1)]))
