"""Rows find their cell once; columns are taken through it, whatever the order of the rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.errors import ContractError
from trading_assets.market.leg_rows import SIDES, LegRows, distinct
from trading_assets_tests.market.chain_builder import EXPIRY, frame, leg, snapshot

EXPIRIES = np.array([EXPIRY], dtype="datetime64[D]")


def scattered(*rows: dict[str, object]) -> LegRows:
    return LegRows.of(frame(rows), EXPIRIES, "here")


def test_every_row_has_its_cell() -> None:
    rows = [*snapshot("10:05", {25050: (1, 2)}), *snapshot("10:00", {25000: (3, 4)})]
    found = scattered(*rows)
    assert found.row_of.shape == (2, 1, 2, 2)
    assert found.row_of[1, 0, 1].tolist() == [0, 1]
    assert found.row_of[0, 0, 0].tolist() == [2, 3]
    assert np.count_nonzero(found.row_of < 0) == 4
    assert SIDES == ("CE", "PE")


def test_columns_are_taken_by_leg_expiry_and_snapshot() -> None:
    found = scattered(*snapshot("10:00", {25000: (3, 4)}, spot=1.0, forward=2.0, bid=5.0))
    assert found.by_leg("bid").tolist() == [[[[5.0, 5.0]]]]
    assert found.by_expiry("forward").tolist() == [[2.0]]
    assert found.by_snapshot("spot").tolist() == [1.0]
    assert found.lot_size().tolist() == [75]
    assert found.snapshot_id().tolist() == ["snapshot-10:00"]
    assert found.available_at()[0] == found.times[0]


def test_a_zero_below_zero_is_zero_as_it_is_stored() -> None:
    found = scattered(*snapshot("10:00", {25000: (-0.0, -0.0)}, bid=-0.0))
    assert not np.signbit(found.by_leg("bid")).any()
    assert not np.signbit(found.by_leg("open_interest_lots")).any()


@given(values=st.lists(st.sampled_from([np.nan, -0.0, 0.0, 1.0, 2.5]), max_size=8))
def test_distinct_values_are_those_of_numpy(values: list[float]) -> None:
    found = distinct(np.array(values, dtype=np.float64))
    assert found.tolist() == pytest.approx(np.unique(np.array(values, dtype=np.float64)).tolist(), nan_ok=True)


def test_legs_that_disagree_about_the_snapshot_are_settled_by_the_first_cell_not_the_first_row() -> None:
    low, high = leg("10:00", 25000, "CE", spot=1.0), leg("10:00", 25050, "CE", spot=2.0)
    assert scattered(low, high).by_snapshot("spot").tolist() == [1.0]
    assert scattered(high, low).by_snapshot("spot").tolist() == [1.0]


def test_no_rows_have_no_cells() -> None:
    found = LegRows.of(frame([leg("10:00", 25000, "CE")]).iloc[:0], EXPIRIES[:0], "here")
    assert found.row_of.shape == (0, 0, 0, 2)
    assert len(found.by_snapshot("spot")) == len(found.lot_size()) == len(found.snapshot_id()) == 0


def test_repeats_are_counted_and_placed() -> None:
    row = leg("10:00", 25000, "CE")
    with pytest.raises(ContractError, match=r"here: 2 of 4 rows repeat a leg .first: 2025-10-20 25000 CE"):
        scattered(row, row, row, leg("10:00", 25000, "PE"))
