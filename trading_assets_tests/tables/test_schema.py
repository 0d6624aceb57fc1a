"""Pandera schemas from contracts: each bound caught alone, and every known way to be fooled closed."""

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from trading_assets.tables.bounds import Bound, bounds
from trading_assets.tables.catalog import CONTRACTS
from trading_assets.tables.contract import Column, Contract
from trading_assets.tables.market_snapshots import CONTRACT as SNAPSHOTS
from trading_assets.tables.schema import Violation, schema, violations
from trading_assets_tests.tables.valid_frames import breaking_value, valid_frame

EVERY_BOUND = [(contract, bound) for contract in CONTRACTS for bound in bounds(contract)]


def named(contract: Contract, bound: Bound) -> str:
    return f"{contract.name}.{bound.column.name}:{bound.name}"


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
def test_a_valid_frame_keeps_its_contract(contract: Contract) -> None:
    assert violations(contract, valid_frame(contract)) == ()


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
def test_an_empty_frame_keeps_its_contract_only_with_its_columns(contract: Contract) -> None:
    assert violations(contract, contract.empty()) == ()
    lacking = contract.empty().drop(columns=contract.names[0])
    assert [(found.column, found.bound) for found in violations(contract, lacking)] == [(contract.names[0], "absent")]


@pytest.mark.parametrize(("contract", "bound"), EVERY_BOUND, ids=[named(*pair) for pair in EVERY_BOUND])
def test_every_bound_is_caught_at_its_row(contract: Contract, bound: Bound) -> None:
    frame = valid_frame(contract)
    frame.loc[2, bound.column.name] = breaking_value(bound)
    found = violations(contract, frame)
    caught = [item for item in found if (item.column, item.bound) == (bound.column.name, bound.name)]
    assert len(caught) == 1
    assert caught[0].rows.tolist() == [2]
    assert caught[0].count == 1
    # infinity is also above a high bound; nothing else may be found
    assert {item.column for item in found} == {bound.column.name}
    assert {item.bound for item in found} <= {bound.name, "high"}


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
def test_a_repeated_key_is_caught_at_the_later_row(contract: Contract) -> None:
    frame = valid_frame(contract)
    frame.loc[3, list(contract.key)] = frame.loc[1, list(contract.key)]
    found = violations(contract, frame)
    assert [(item.bound, item.rows.tolist()) for item in found] == [("key", [3])]


def test_a_sentence_says_where_what_and_what_was_expected() -> None:
    frame = valid_frame(SNAPSHOTS)
    frame.loc[[1, 3], "spot"] = 0.0
    (found,) = violations(SNAPSHOTS, frame)
    assert found.sentence == "spot in 2 row(s), first row 1: 0.0, expected at least 0.05"


def test_a_wrong_dtype_an_unknown_and_an_absent_column_are_told_apart() -> None:
    frame = valid_frame(SNAPSHOTS).astype({"lot_size": "float64"}).drop(columns="spot")
    frame["surprise"] = 1
    found = {(item.column, item.bound): item for item in violations(SNAPSHOTS, frame)}
    assert set(found) == {("lot_size", "dtype"), ("spot", "absent"), ("surprise", "extra")}
    assert found["lot_size", "dtype"].sentence == "lot_size is float64, expected int64"
    assert all(item.count == 0 for item in found.values())


def test_times_without_a_zone_are_not_read_as_utc() -> None:
    frame = valid_frame(SNAPSHOTS)
    frame["observed_at"] = frame["observed_at"].dt.tz_localize(None)
    assert [(item.column, item.bound) for item in violations(SNAPSHOTS, frame)] == [("observed_at", "dtype")]


def test_rows_with_the_same_label_are_told_apart() -> None:
    frame = valid_frame(SNAPSHOTS)
    frame.loc[2, "spot"] = -1.0
    frame.index = pd.Index([7, 7, 7, 7])
    (found,) = violations(SNAPSHOTS, frame)
    assert found.rows.tolist() == [2]
    assert frame.index.tolist() == [7, 7, 7, 7], "the frame that was handed in is not changed"


def test_a_further_check_is_named_and_keeps_its_rows() -> None:
    frame = valid_frame(SNAPSHOTS)
    found = violations(SNAPSHOTS, frame, {"crossed_quote": np.array([False, True, False, True])})
    assert [(item.rule, item.rows.tolist()) for item in found] == [("crossed_quote", [1, 3])]
    assert violations(SNAPSHOTS, frame, {"crossed_quote": np.zeros(4, dtype=bool)}) == ()


def test_the_schema_has_one_check_per_bound_and_one_for_the_key() -> None:
    built = schema(SNAPSHOTS)
    assert list(built.columns) == SNAPSHOTS.names
    assert [check.name for check in built.checks] == [f"{b.column.name}:{b.name}" for b in bounds(SNAPSHOTS)] + ["key"]
    assert not built.coerce
    assert built.strict


SWITCHED_OFF = """
import pandas as pd
from trading_assets.tables.market_snapshots import CONTRACT
from trading_assets.tables.schema import violations
from trading_assets_tests.tables.valid_frames import valid_frame
frame = valid_frame(CONTRACT)
frame.loc[1, "spot"] = -1.0
print([(found.column, found.bound) for found in violations(CONTRACT, frame)])
print([found.bound for found in violations(CONTRACT, frame.drop(columns="strike"))])
"""


@pytest.mark.parametrize(
    "environment",
    [
        {"PANDERA_VALIDATION_ENABLED": "false"},
        {"PANDERA_VALIDATION_ENABLED": "False", "PANDERA_VALIDATION_DEPTH": "SCHEMA_ONLY"},
        {"PANDERA_VALIDATION_DEPTH": "DATA_ONLY"},
    ],
    ids=str,
)
def test_no_variable_of_the_environment_switches_validation_off(environment: dict[str, str]) -> None:
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # noqa: PTH100, PTH120
    ran = subprocess.run(
        [sys.executable, "-c", SWITCHED_OFF],
        env={**os.environ, **environment, "PYTHONPATH": root},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.splitlines() == ["[('spot', 'low')]", "['absent', 'low']"]


def test_a_day_whose_every_row_is_bad_is_told_in_few_words() -> None:
    frame = valid_frame(SNAPSHOTS, rows=5_000)
    frame[["spot", "strike", "bid"]] = -1.0
    found = violations(SNAPSHOTS, frame)
    assert {(item.column, item.count) for item in found} == {("spot", 5_000), ("strike", 5_000), ("bid", 5_000)}
    assert sum(len(item.sentence) for item in found) < 500


def test_a_violation_without_rows_speaks_of_the_column() -> None:
    none = np.zeros(0, dtype=np.intp)
    assert Violation("spot", "dtype", none, "int64", "float64").sentence == "spot is int64, expected float64"


def test_infinity_passes_no_float_column_even_without_bounds() -> None:
    open_column = Contract("t", (Column("x", "number", "Any.", nullable=True),), ("x",), "", "", "")
    frame = open_column.frame({"x": [1.0, float("nan"), float("inf"), float("-inf")]})
    assert [(item.bound, item.rows.tolist()) for item in violations(open_column, frame)] == [("finite", [2, 3])]
