"""The quick answer to which bounds a frame breaks is that of the masks, whatever stands in it."""

from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.tables import bounds as table_bounds
from trading_assets.tables.bounds import bounds, broken_bounds, repeated_keys
from trading_assets.tables.contract import FRAME_DTYPES, Column, Contract
from trading_assets.tables.money import MOST_PAISE

FLOATS = [np.nan, np.inf, -np.inf, 0.0, -0.0, -5e-324, 10.0, np.nextafter(10.0, 11.0), 0.125, 0.1 + 0.2, 7.01, 1e300]
FLOATS += [MOST_PAISE / 100.0, MOST_PAISE / 100.0 + 1.0, -(2.0**60)]
DAYS = ["2024-02-06", "2024-02-07", "2024-02-07T09:15:01", "1969-12-31", None]
HOSTILE = {
    "number": FLOATS,
    "money": FLOATS,
    "integer": [0, -1, 10, 11, 2**53 + 1, -(2**62)],
    "text": ["CE", "PE", "", "elsewhere", None],
    "json": ["{}", None],
    "date": DAYS,
    "time": ["2024-02-06T03:45:00Z", "2024-02-06T03:45:00.000001Z", None],
    "flag": [True, False],
}
COLUMNS = [
    *(
        Column(kind, kind, "x", nullable=nullable, low=low, high=high)
        for kind in ("number", "money", "integer")
        for nullable in ((False,) if kind == "integer" else (False, True))
        for low, high in ((None, None), (0.0, None), (None, 10.0), (0.0, 10.0))
    ),
    *(
        Column(kind, kind, "x", nullable=nullable, choices=choices)
        for kind, choices in (("text", ()), ("text", ("CE", "PE")), ("json", ()), ("date", ()), ("time", ()))
        for nullable in (False, True)
    ),
    Column("flag", "flag", "x"),
]


def series(kind: str, values: list[object]) -> pd.Series:
    """A column with the dtype of its kind, whatever is in it."""
    plain = np.array(values, dtype="datetime64[s]") if kind == "date" else values
    if kind == "time":
        return pd.Series(pd.to_datetime(values, utc=True, format="ISO8601")).astype(FRAME_DTYPES["time"])
    return pd.Series(plain, dtype=FRAME_DTYPES[kind])


@pytest.mark.parametrize("column", COLUMNS, ids=str)
@given(data=st.data())
def test_broken_bounds_are_those_whose_masks_mark_a_row(column: Column, data: st.DataObject) -> None:
    contract = Contract("t", (column,), (), "", "", "")
    values = data.draw(st.lists(st.sampled_from(HOSTILE[column.kind]), max_size=4))
    as_promised = series(column.kind, values)
    for found in (as_promised, as_promised.astype("object")):
        frame = pd.DataFrame({column.name: found})
        masks = [(bound, bound.broken(frame).tolist()) for bound in bounds(contract)]
        told = [(bound, mask.tolist()) for bound, mask in broken_bounds(contract, frame)]
        assert told == [(bound, mask) for bound, mask in masks if any(mask)]


def test_columns_that_are_absent_break_nothing() -> None:
    contract = Contract("t", tuple(COLUMNS[:1]), (), "", "", "")
    assert [*broken_bounds(contract, pd.DataFrame({"other": [np.inf]}))] == []


KEY = ("text", "time", "number", "date", "integer")
ROW = st.tuples(*(st.sampled_from(HOSTILE[kind][-3:] if kind == "text" else HOSTILE[kind][:4]) for kind in KEY))


@given(
    rows=st.lists(ROW, max_size=8),
    again=st.integers(0, 3),
    order=st.sampled_from(["any", "key"]),
    names=st.permutations(KEY),
)
def test_repeated_keys_are_found_in_rows_of_any_order(
    rows: list[tuple[object, ...]], again: int, order: str, names: list[str]
) -> None:
    frame = pd.DataFrame({kind: series(kind, [row[at] for row in rows]) for at, kind in enumerate(KEY)})
    frame = pd.concat([frame, frame.head(again)], ignore_index=True)
    columns = tuple(Column(kind, kind, "x", nullable=kind != "integer") for kind in KEY)
    for key in (names[:1], names[:2], names):
        contract = Contract("t", columns, tuple(key), "", "", "")
        stored = frame.sort_values(key, ignore_index=True) if order == "key" else frame
        expected = stored.duplicated(list(key)).tolist()
        assert repeated_keys(contract, stored).tolist() == expected
        assert repeated_keys(contract, stored.astype("object")).tolist() == expected


def test_rows_in_the_order_of_their_key_are_not_numbered() -> None:
    contract = Contract("t", (Column("name", "text", "x"), Column("leg", "integer", "x")), ("name", "leg"), "", "", "")
    rows = [("A", 2), ("A", 3), ("B", 1), ("C", 1), ("C", 2)]
    frame = contract.frame({"name": [name for name, _ in rows], "leg": np.array([leg for _, leg in rows])})
    with patch.object(table_bounds, "row_codes", side_effect=AssertionError):
        assert not repeated_keys(contract, frame).any()
