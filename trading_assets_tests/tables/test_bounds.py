"""Bounds as row masks: what counts as broken, and what does not."""

from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.tables import bounds as table_bounds
from trading_assets.tables.bounds import Bound, bounds, repeated_keys, row_codes
from trading_assets.tables.contract import Column, Contract
from trading_assets.tables.market_snapshots import CONTRACT as SNAPSHOTS
from trading_assets_tests.tables.valid_frames import valid_frame

PRICE = Column("price", "number", "A price.", nullable=True, low=0.0, high=10.0)
ANY_FLOAT = st.floats(allow_nan=True, allow_infinity=True)


def of(name: str, column: Column = PRICE) -> Bound:
    return next(bound for bound in bounds(Contract("t", (column,), (), "", "", "")) if bound.name == name)


@given(st.lists(ANY_FLOAT, min_size=1))
def test_a_number_breaks_a_bound_exactly_when_plain_python_says_so(values: list[float]) -> None:
    frame = pd.DataFrame({"price": np.array(values)})
    assert of("low").broken(frame).tolist() == [value < 0.0 for value in values]
    assert of("high").broken(frame).tolist() == [value > 10.0 for value in values]
    assert of("finite").broken(frame).tolist() == [value in {float("inf"), float("-inf")} for value in values]


def test_a_missing_value_breaks_only_present() -> None:
    column = Column("price", "money", "A price.", low=0.0, high=10.0)
    frame = pd.DataFrame({"price": [np.nan]})
    broken = [bound.name for bound in bounds(Contract("t", (column,), (), "", "", "")) if bound.broken(frame).any()]
    assert broken == ["present"]


@given(st.integers(-(10**12), 10**12))
def test_whole_paise_keep_the_money_bound(paise: int) -> None:
    bound = of("paise", Column("net", "money", "Money."))
    assert not bound.broken(pd.DataFrame({"net": [paise / 100.0]})).any()
    if abs(paise) < 10**9:
        assert bound.broken(pd.DataFrame({"net": [paise / 100.0 + 0.004]})).all()


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (Column("a", "integer", "x", low=0), ["low"]),
        (Column("a", "flag", "x"), []),
        (Column("a", "text", "x", nullable=True), []),
        (Column("a", "text", "x", choices=("p", "q")), ["present", "choices"]),
        (Column("a", "money", "x", high=0.0), ["present", "finite", "high", "paise"]),
        (Column("a", "date", "x"), ["present", "midnight"]),
    ],
)
def test_a_column_has_the_bounds_of_its_kind(column: Column, expected: list[str]) -> None:
    assert [bound.name for bound in bounds(Contract("t", (column,), (), "", "", ""))] == expected


def test_a_bound_says_what_it_expects() -> None:
    assert of("low").expected == "at least 0.0"
    assert of("high").expected == "at most 10.0"
    assert of("choices", Column("a", "text", "x", choices=("p", "q"))).expected == "one of p, q"


def test_an_absent_column_and_another_dtype_break_nothing_here() -> None:
    assert of("low").broken(pd.DataFrame({"other": [1, 2]})).tolist() == [False, False]
    assert of("low").broken(pd.DataFrame({"price": ["a", "b"]})).tolist() == [False, False]


@given(
    rows=st.lists(st.tuples(st.sampled_from(["A", "B", None]), st.integers(0, 2)), max_size=12),
    largest=st.sampled_from([1, 4, 2**62]),
)
def test_repeated_keys_are_those_a_set_has_seen(rows: list[tuple[str | None, int]], largest: int) -> None:
    contract = Contract(
        "t", (Column("name", "text", "x", nullable=True), Column("leg", "integer", "x")), ("name", "leg"), "", "", ""
    )
    frame = contract.frame(
        {"name": [name for name, _ in rows], "leg": np.array([leg for _, leg in rows], dtype=np.int64)}
    )
    seen: set[tuple[str | None, int]] = set()
    expected = []
    for row in rows:
        expected.append(row in seen)
        seen.add(row)
    with patch.object(table_bounds, "_LARGEST_CODE", largest):
        assert repeated_keys(contract, frame).tolist() == expected


def test_numbers_of_rows_do_not_run_over() -> None:
    names = [f"c{number}" for number in range(70)]  # 2 to the 70 combinations
    frame = pd.DataFrame({name: [0, 1, 0, 1] for name in names} | {"c0": [0, 1, 1, 0]})
    assert len({*row_codes(frame, names).tolist()}) == 4


def test_keys_are_not_judged_without_their_columns() -> None:
    frame = valid_frame(SNAPSHOTS)
    frame["strike"] = 100.0
    assert not repeated_keys(SNAPSHOTS, frame.drop(columns="expiry")).any()
    assert repeated_keys(SNAPSHOTS, SNAPSHOTS.empty()).tolist() == []
