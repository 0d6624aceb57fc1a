"""Rows as JSON and ids: against the standard library, for every kind of value."""

import hashlib
import json
from datetime import UTC, datetime

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.quality.row_text import json_lists, rows_as_json, short_hash
from trading_assets.tables.catalog import CONTRACTS
from trading_assets_tests.tables.valid_frames import valid_frame

NAMES = ["alpha", "beta", "gamma", "delta", "rule:x", "bound:spot", "eta", "theta", "iota"]


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=1, max_size=20))
def test_numbers_survive_and_infinities_are_named(values: list[float]) -> None:
    rows = [json.loads(text)["x"] for text in rows_as_json(pd.DataFrame({"x": np.array(values)}))]
    expected = [None if np.isnan(value) else str(value) if np.isinf(value) else value for value in values]
    assert rows == expected


@given(st.lists(st.none() | st.text(max_size=8), min_size=1))
def test_texts_survive_and_missing_is_null(values: list[str | None]) -> None:
    rows = [json.loads(text)["x"] for text in rows_as_json(pd.DataFrame({"x": pd.Series(values, dtype="str")}))]
    assert rows == values


def test_days_times_flags_and_integers_are_readable() -> None:
    at = datetime(2025, 10, 13, 3, 45, 0, 123456, tzinfo=UTC)
    frame = pd.DataFrame(
        {
            "day": pd.Series(["2025-10-13", None], dtype="datetime64[s]"),
            "at": pd.Series([at, None], dtype="datetime64[us, UTC]"),
            "flag": [True, False],
            "lots": [3, -4],
        }
    )
    first, second = (json.loads(text) for text in rows_as_json(frame))
    assert first == {"day": "2025-10-13", "at": "2025-10-13T03:45:00.123456+00:00", "flag": True, "lots": 3}
    assert second == {"day": None, "at": None, "flag": False, "lots": -4}


def test_keys_are_sorted_in_every_table() -> None:
    for contract in CONTRACTS:
        for text in rows_as_json(valid_frame(contract, 2)):
            assert list(json.loads(text)) == sorted(contract.names)


def test_no_rows_give_no_text() -> None:
    assert rows_as_json(CONTRACTS[0].empty()) == []
    assert json_lists([], 0) == []
    assert json_lists([], 2) == ["[]", "[]"]


@given(
    st.integers(0, 9).flatmap(
        lambda names: st.lists(st.lists(st.booleans(), min_size=names, max_size=names), max_size=20)
    )
)
def test_lists_name_what_holds_sorted(table: list[list[bool]]) -> None:
    held = np.array(table, dtype=bool).reshape(len(table), len(table[0]) if table else 0)
    masks = [(name, held[:, at]) for at, name in enumerate(NAMES[: held.shape[1]])]
    expected = [sorted(name for name, mask in masks if mask[row]) for row in range(len(table))]
    assert [json.loads(text) for text in json_lists(masks, len(table))] == expected


def test_a_short_hash_is_sixteen_hex_of_sha256_over_joined_parts() -> None:
    assert short_hash("a", "b") == hashlib.sha256(b"a|b").hexdigest()[:16]
    assert short_hash("a", "b") != short_hash("ab", "")
