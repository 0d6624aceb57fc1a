"""Frames nobody should hand in: each is told by the name of what is wrong, none is let through, none raises."""

from collections.abc import Callable
from itertools import cycle

import numpy as np
import pandas as pd
import pytest

from trading_assets.tables.catalog import CONTRACTS
from trading_assets.tables.contract import Contract
from trading_assets.tables.market_snapshots import CONTRACT as SNAPSHOTS
from trading_assets.tables.schema import Violation, violations
from trading_assets_tests.tables.valid_frames import valid_frame

EACH_TABLE = pytest.mark.parametrize("table", CONTRACTS, ids=lambda table: table.name)
#: dtypes that hold the same values as the one of the contract, and are another
LOOKALIKES = {
    "int64": ("Int64", "float64", "int32", "object"),
    "float64": ("Float64", "float32", "object", "complex128"),
    "str": ("object", "string", "category"),
    "bool": ("boolean", "object", "int64"),
    "datetime64[s]": ("datetime64[ns]", "object", "str"),
    "datetime64[us, UTC]": ("datetime64[ns, UTC]", "datetime64[us, Asia/Kolkata]", "object", "str"),
}


def told(table: Contract, frame: pd.DataFrame) -> list[tuple[str, str]]:
    return [(found.column, found.bound) for found in violations(table, frame)]


@EACH_TABLE
def test_a_dtype_that_only_looks_alike_is_told_in_every_column(table: Contract) -> None:
    turns = {dtype: cycle(others) for dtype, others in LOOKALIKES.items()}
    wrong = {name: next(turns[dtype]) for name, dtype in table.dtypes.items()}
    found = violations(table, valid_frame(table).astype(wrong))
    # bounds are not judged on another dtype, so nothing else is found
    assert {item.column: item.first for item in found} == wrong
    assert {(item.bound, item.count) for item in found} == {("dtype", 0)}
    assert all(item.sentence.endswith(f"expected {table.dtypes[item.column]}") for item in found)


def test_a_bad_value_does_not_hide_behind_a_lookalike_dtype() -> None:
    frame = valid_frame(SNAPSHOTS)
    negative = frame.assign(lot_size=[-5, 1, 1, 1]).astype({"lot_size": "Int64"})
    unknown = frame.assign(option_type=np.array(["XX", "CE", "PE", "CE"], dtype=object))
    assert told(SNAPSHOTS, negative) == [("lot_size", "dtype")]
    assert told(SNAPSHOTS, unknown.astype({"option_type": "object"})) == [("option_type", "dtype")]


@EACH_TABLE
def test_a_name_that_stands_twice_is_told_alone(table: Contract) -> None:
    frame = valid_frame(table)
    name = table.names[-1]
    doubled = pd.concat([frame, frame[[name]], frame[[name]].rename(columns={name: "surprise"})], axis=1)
    (found,) = violations(table, doubled)
    assert (found.column, found.bound, found.count) == (name, "extra", 0)
    assert found.sentence == f"{name} is there more than once, expected one column of a name"


@EACH_TABLE
def test_a_frame_of_nothing_lacks_every_column(table: Contract) -> None:
    for nothing in (pd.DataFrame(), pd.DataFrame(index=range(3))):
        assert sorted(told(table, nothing)) == sorted((name, "absent") for name in table.names)


@EACH_TABLE
def test_another_table_is_not_taken_for_this_one(table: Contract) -> None:
    other = CONTRACTS[CONTRACTS.index(table) - 1]
    found = told(table, other.empty())
    assert {name for name, bound in found if bound == "extra"} == set(other.names) - set(table.names)
    assert {name for name, bound in found if bound == "absent"} == set(table.names) - set(other.names)
    assert found


@pytest.mark.parametrize(
    ("rename", "named"),
    [(dict.fromkeys(["spot"], float("nan")), "nan"), ({"spot": 7}, "7"), ({"spot": "Spot"}, "Spot")],
)
def test_a_column_without_a_proper_name_is_extra_and_its_own_is_absent(rename: dict[str, object], named: str) -> None:
    assert sorted(told(SNAPSHOTS, valid_frame(SNAPSHOTS).rename(columns=rename))) == sorted(
        [(named, "extra"), ("spot", "absent")]
    )


@EACH_TABLE
def test_the_order_of_columns_is_no_offence(table: Contract) -> None:
    frame = valid_frame(table)
    assert told(table, frame[frame.columns[::-1]]) == []


CHOSEN = [(table, column) for table in CONTRACTS for column in table.columns if column.choices]
DISGUISES: list[Callable[[str], str]] = [
    str.swapcase,
    lambda choice: choice + " ",
    lambda choice: " " + choice,
    lambda choice: choice + "\x00",
    lambda choice: choice[:-1],
    lambda choice: choice + choice,
    lambda choice: f"{choice},{choice}",
    lambda _: "",
]


@pytest.mark.parametrize(("table", "column"), CHOSEN, ids=[f"{t.name}.{c.name}" for t, c in CHOSEN])
def test_a_choice_in_disguise_is_no_choice(table: Contract, column: object) -> None:
    name, choices = column.name, column.choices  # type: ignore[attr-defined]
    disguised = [hide(choice) for hide in DISGUISES for choice in choices]
    values = [text for text in disguised if text not in choices]
    assert len(values) >= len(choices), "every choice has a disguise"
    frame = valid_frame(table, rows=len(values)).assign(**{name: pd.Series(values, dtype="str")})
    found: list[Violation] = [item for item in violations(table, frame) if item.column == name]
    assert [(item.bound, item.count) for item in found] == [("choices", len(values))]
    assert found[0].expected == f"one of {', '.join(choices)}"


def test_a_whole_bad_row_is_told_by_each_of_its_columns() -> None:
    frame = valid_frame(SNAPSHOTS)
    frame.loc[3, ["spot", "strike"]] = np.nan
    frame.loc[3, ["underlying", "observed_at"]] = None
    found = violations(SNAPSHOTS, frame)
    assert {(item.column, item.bound) for item in found} == {
        ("spot", "present"),
        ("strike", "present"),
        ("underlying", "present"),
        ("observed_at", "present"),
    }
    assert all(item.rows.tolist() == [3] for item in found)
