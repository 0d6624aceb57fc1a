"""Frames that keep a contract: what is cast, what is refused, what an absent column becomes."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from trading_assets.errors import ContractError
from trading_assets.tables.catalog import CONTRACTS
from trading_assets.tables.contract import FRAME_DTYPES, Column, Contract, Kind
from trading_assets.tables.frames import of_arrays
from trading_assets_tests.tables.valid_frames import valid_frame

KINDS: tuple[Kind, ...] = ("date", "time", "text", "json", "integer", "number", "money", "flag")
TABLE = Contract(
    "t",
    (
        Column("name", "text", "Name."),
        Column("at", "time", "Time.", nullable=True),
        Column("day", "date", "Day.", nullable=True),
        Column("price", "number", "Price.", nullable=True),
        Column("note", "text", "Note.", nullable=True),
    ),
    ("name",),
    "",
    "",
    "",
)


def one(kind: Kind, values: object, *, nullable: bool = False) -> pd.Series:
    """The column that a frame makes of values."""
    frame = Contract("t", (Column("x", kind, "Any.", nullable=nullable),), ("x",), "", "", "").frame({"x": values})
    return frame["x"]


def test_what_is_done_to_an_empty_frame_shows_in_no_other() -> None:
    changed = TABLE.empty()
    changed["price"] = changed["price"].astype("int64")
    changed.loc[0] = ["a", pd.NaT, pd.NaT, 1, None]
    assert len(TABLE.empty()) == 0
    assert {str(name): str(dtype) for name, dtype in TABLE.empty().dtypes.items()} == TABLE.dtypes


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
def test_an_empty_frame_has_the_columns_and_types(contract: Contract) -> None:
    frame = contract.empty()
    assert len(frame) == 0
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == contract.dtypes
    pd.testing.assert_frame_equal(contract.frame(frame), frame)


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
def test_columns_without_rows_are_cast_too(contract: Contract) -> None:
    pd.testing.assert_frame_equal(contract.frame({name: [] for name in contract.names}), contract.empty())


def test_columns_come_in_the_contracts_order_with_a_fresh_index() -> None:
    given = pd.DataFrame({"price": [1.5, 2.5], "name": ["a", "b"]}, index=[9, 9])
    frame = TABLE.frame(given)
    assert frame.columns.tolist() == TABLE.names
    assert frame.index.tolist() == [0, 1]
    assert frame["price"].tolist() == [1.5, 2.5]


def test_a_whole_frame_in_another_order_is_put_in_order() -> None:
    given = TABLE.frame({"name": ["a", "b"], "price": [1.5, 2.5]})
    pd.testing.assert_frame_equal(TABLE.frame(given[TABLE.names[::-1]].set_axis([9, 9])), given)


def test_absent_nullable_columns_are_missing_and_others_are_refused() -> None:
    frame = TABLE.frame({"name": ["a", "b"]})
    assert frame.drop(columns="name").isna().all(axis=None)
    with pytest.raises(ContractError, match=r"table t needs column name \(Name\.\)"):
        TABLE.frame({"price": [1.0]})


def test_a_scalar_fills_every_row_also_when_there_is_none() -> None:
    assert TABLE.frame({"name": ["a", "b"], "price": 3.0, "note": "n"})["price"].tolist() == [3.0, 3.0]
    assert len(TABLE.frame({"name": [], "price": 3.0, "note": "n"})) == 0


def test_unknown_columns_and_unequal_lengths_are_refused_by_name() -> None:
    with pytest.raises(ContractError, match=r"does not know column\(s\) surprise"):
        TABLE.frame({"name": ["a"], "surprise": [1]})
    with pytest.raises(ContractError, match=r"different lengths: \[1, 2\]"):
        TABLE.frame({"name": ["a"], "price": [1.0, 2.0]})


@pytest.mark.parametrize(
    ("kind", "values", "why"),
    [
        ("number", ["1.5"], "not numeric"),
        ("money", ["1.5"], "not numeric"),
        ("integer", ["1"], "not numeric"),
        ("integer", [1.5], "not whole numbers"),
        ("integer", [1.0, np.nan], "x cannot hold float64 values as integer"),
        ("integer", [np.inf], "x cannot hold float64 values as integer"),
        ("text", [1], "not text"),
        ("text", ["a", 1], "not text"),
        ("json", [{"a": 1}], "not text"),
        ("time", [datetime(2025, 10, 13, 9, 15)], "times without a zone"),  # noqa: DTZ001 the point of the test
        ("time", [1_760_000_000_000], "integer values are no days or moments"),
        ("date", [1_760_000_000_000], "integer values are no days or moments"),
        ("date", [20251013], "integer values are no days or moments"),
        ("date", ["soon"], "x cannot hold"),
        ("flag", [1, 0], "not flags"),
        ("flag", [np.nan], "not flags"),
        ("flag", ["true"], "not flags"),
        ("flag", [True, None], "not flags"),
    ],
)
def test_nothing_is_guessed(kind: Kind, values: object, why: str) -> None:
    with pytest.raises(ContractError, match=why):
        one(kind, values)


def test_dates_and_times_are_read_from_what_python_has() -> None:
    midnight = pd.Timestamp("2025-10-13")
    assert one("date", [date(2025, 10, 13)])[0] == midnight
    assert one("date", ["2025-10-13"])[0] == midnight
    assert one("date", np.array(["2025-10-13"], dtype="datetime64[D]"))[0] == midnight
    assert one("time", [datetime(2025, 10, 13, 9, 15, tzinfo=ZoneInfo("Asia/Kolkata"))])[0] == datetime(
        2025, 10, 13, 3, 45, tzinfo=UTC
    )


def test_times_are_kept_to_the_microsecond() -> None:
    at = pd.Series(pd.to_datetime(["2025-10-13T03:45:00.123456789Z"]))
    series = one("time", at)
    assert str(series.dtype) == "datetime64[us, UTC]"
    assert series[0] == pd.Timestamp("2025-10-13T03:45:00.123456Z")


def test_whole_floats_are_integers_and_true_flags_stay() -> None:
    assert one("integer", [1.0, 2.0]).tolist() == [1, 2]
    assert one("flag", [True, False]).tolist() == [True, False]
    assert one("flag", np.array([True])).tolist() == [True]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in {"integer", "flag"}])
def test_a_column_of_missing_values_takes_its_type(kind: Kind) -> None:
    series = one(kind, [None, None], nullable=True)
    assert series.isna().all()
    assert str(series.dtype) == str(one(kind, [], nullable=True).dtype)


def test_what_was_handed_in_is_not_changed() -> None:
    given = pd.DataFrame({"name": ["a"], "price": [1.0]})
    frame = TABLE.frame(given)
    frame.loc[0, "price"] = 2.0
    assert given["price"].tolist() == [1.0]


@pytest.mark.parametrize("kind", KINDS)
def test_columns_of_the_promised_type_are_taken_without_their_index(kind: Kind) -> None:
    given = pd.Series({"number": [1.5, 2.5], "money": [1.5, 2.5], "integer": [1, 2], "flag": [True, False]}.get(kind))
    if kind in {"text", "json"}:
        given = pd.Series(["a", "b"])
    if kind in {"date", "time"}:
        given = pd.Series(pd.to_datetime(["2025-10-13", "2025-10-14"], utc=kind == "time"))
    stored = given.astype(FRAME_DTYPES[kind])
    for handed_in in (stored.set_axis([7, 8]), stored.array, stored.to_numpy(), stored.tolist()):
        pd.testing.assert_series_equal(one(kind, handed_in), stored, check_names=False)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in {"integer", "flag"}])
@pytest.mark.parametrize("rows", [0, 2])
def test_an_absent_column_is_missing_in_every_row_and_of_its_type(kind: Kind, rows: int) -> None:
    columns = (Column("x", "integer", "Any."), Column("y", kind, "Any.", nullable=True))
    found = Contract("t", columns, ("x",), "", "", "").frame({"x": np.arange(rows)})["y"]
    assert found.isna().tolist() == [True] * rows
    assert str(found.dtype) == FRAME_DTYPES[kind]


def test_a_column_of_times_shares_no_memory_with_what_it_was_built_from() -> None:
    at = pd.array(pd.to_datetime(["2025-10-13T03:45:00Z", "2025-10-13T03:46:00Z"]), dtype="datetime64[us, UTC]")
    frame = TABLE.frame({"name": ["a", "b"], "at": at})
    at[0] = pd.NaT
    assert frame["at"].notna().all()


@pytest.mark.parametrize("columns", [1, 2])
def test_a_frame_shares_no_memory_with_what_it_was_built_from(columns: int) -> None:
    names = [f"x{number}" for number in range(columns)]
    contract = Contract("t", tuple(Column(name, "number", "Any.") for name in names), ("x0",), "", "", "")
    given = {name: np.array([1.0, 2.0]) for name in names}
    frame = contract.frame(given)
    for values in given.values():
        values[:] = 9.0
    assert frame["x0"].tolist() == [1.0, 2.0]


def test_a_frame_that_keeps_the_contract_is_not_copied_and_still_does_not_change_with_its_source() -> None:
    given = TABLE.frame({"name": ["a", "b"], "price": [1.0, 2.0]})
    frame = TABLE.frame(given)
    assert np.shares_memory(frame["price"].to_numpy(), given["price"].to_numpy())
    frame.loc[0, "price"] = 9.0
    given.loc[1, "name"] = "z"
    assert given["price"].tolist() == [1.0, 2.0]
    assert frame["name"].tolist() == ["a", "b"]


def test_what_the_columns_of_one_frame_are_called_shows_in_no_other() -> None:
    one, other = (TABLE.frame({"name": ["a"], "price": [1.0]}) for _ in range(2))
    one.columns.name = "column"
    assert other.columns.name is None


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
def test_a_frame_of_arrays_is_the_one_pandas_builds_and_can_be_worked_on(contract: Contract) -> None:
    arrays = {name: series.array for name, series in valid_frame(contract).items()}
    made, plain = of_arrays(arrays, len(valid_frame(contract))), pd.DataFrame(arrays)
    pd.testing.assert_frame_equal(made, plain)
    for worked in (
        lambda frame: pd.concat([frame, frame], ignore_index=True),
        lambda frame: frame.iloc[::-1].sort_values(list(contract.key), ignore_index=True),
        lambda frame: frame[frame.notna().all(axis=1)],
        lambda frame: frame.assign(**{contract.key[0]: frame[contract.key[0]].iloc[0]}),
    ):
        pd.testing.assert_frame_equal(worked(made), worked(plain))


def test_arrays_that_are_given_away_are_not_copied() -> None:
    prices = np.array([1.5, 2.5])
    frame = TABLE.frame({"name": ["a", "b"], "price": prices}, copy=False)
    assert np.shares_memory(frame["price"].to_numpy(), prices)
