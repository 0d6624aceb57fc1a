"""Legs grouped by snapshot: grouping, per-snapshot sums, fingerprints and repeated legs."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_assets.quality.leg_layout import CONTENT
from trading_assets.quality.snapshot_frames import snapshot_rows
from trading_assets.quality.snapshot_rows import SnapshotRows
from trading_assets.tables.market_snapshots import CONTRACT
from trading_assets_tests.quality.clean_sessions import clean_snapshots, snapshot_rows_of

FINGERPRINTS = [4002025526966490128, 2606293621044467140]


def rows_of(frame: pd.DataFrame) -> SnapshotRows:
    return snapshot_rows(frame)[0]


def test_snapshots_come_in_order_of_receipt_whatever_the_order_of_rows() -> None:
    frame = clean_snapshots(4).sample(frac=1.0, random_state=1)
    rows, order = snapshot_rows(frame)
    assert rows.snapshot_id == tuple(f"snapshot-{number:04d}" for number in range(4))
    assert rows.lengths.tolist() == [80] * 4
    assert rows.size == 320
    assert rows.number("strike").tolist() == frame["strike"].iloc[order].tolist()
    assert np.diff(rows.received_at).min() > np.timedelta64(0)


def test_a_missing_receipt_comes_last_and_parts_of_a_snapshot_stay_together() -> None:
    frame = clean_snapshots(3)
    frame.loc[snapshot_rows_of(frame, 0), "received_at"] = pd.NaT
    frame.loc[snapshot_rows_of(frame, 1).to_numpy().nonzero()[0][:10], "capture_id"] = "other"
    rows = rows_of(frame)
    assert rows.lengths.tolist() == [80, 80, 80]
    assert np.isnat(rows.received_at).tolist() == [False, False, True]


def test_missing_names_are_empty_text() -> None:
    frame = clean_snapshots(1)
    frame[["underlying", "snapshot_id"]] = None
    rows = rows_of(frame.astype(CONTRACT.dtypes))
    assert rows.underlying == ("",)
    assert rows.snapshot_id == ("",)


def test_no_rows_make_no_snapshot() -> None:
    rows = rows_of(CONTRACT.empty())
    assert (rows.count, rows.size) == (0, 0)
    for array in (rows.fingerprint, rows.repeats, rows.total(np.zeros(0, dtype=bool)), rows.largest(np.zeros(0))):
        assert len(array) == 0


def test_sides_are_call_put_or_neither() -> None:
    frame = clean_snapshots(1)
    frame.loc[0, "option_type"] = "XX"
    frame.loc[1, "option_type"] = None
    rows = rows_of(frame)
    assert rows.side[:4].tolist() == [2, 2, 1, 0]
    assert rows.is_call[:4].tolist() == [False, False, True, False]


@settings(max_examples=30)
@given(st.lists(st.floats(allow_nan=True, allow_infinity=False, width=32), min_size=160, max_size=160))
def test_sums_and_extremes_per_snapshot_skip_what_is_missing(values: list[float]) -> None:
    rows = rows_of(clean_snapshots(2))
    array = np.array(values)
    parts = [array[:80], array[80:]]
    present = [part[~np.isnan(part)] for part in parts]
    assert rows.total(~np.isnan(array)).tolist() == [len(part) for part in present]
    for found, reduce in ((rows.largest(array), np.max), (rows.smallest(array), np.min)):
        expected = [reduce(part) if len(part) else np.nan for part in present]
        np.testing.assert_array_equal(found, expected)


def test_a_fingerprint_ignores_order_time_and_spot() -> None:
    frame = clean_snapshots(1)
    moved = frame.sample(frac=1.0, random_state=2).assign(spot=26_000.0)
    moved["observed_at"] += pd.Timedelta(minutes=5)
    assert rows_of(frame).fingerprint == rows_of(moved).fingerprint


@pytest.mark.parametrize("column", [*CONTENT, "strike"])
def test_a_fingerprint_sees_every_change_of_content(column: str) -> None:
    frame = clean_snapshots(1)
    base = rows_of(frame).fingerprint[0]
    changed = frame.copy()
    changed.loc[17, column] += 0.05
    missing = frame.copy()
    missing.loc[17, column] = np.nan
    assert len({int(base), int(rows_of(changed).fingerprint[0]), int(rows_of(missing).fingerprint[0])}) == 3


def test_a_fingerprint_sees_two_legs_that_swapped_their_values() -> None:
    frame = clean_snapshots(1)
    swapped = frame.copy()
    swapped.loc[[2, 8], "last_price"] = frame.loc[[8, 2], "last_price"].to_numpy()
    assert rows_of(frame).fingerprint != rows_of(swapped).fingerprint


def test_fingerprints_are_the_same_on_every_machine() -> None:
    assert rows_of(clean_snapshots(2)).fingerprint.tolist() == FINGERPRINTS


def test_a_minus_zero_and_any_nan_are_one_value() -> None:
    frame = clean_snapshots(1)
    plus, minus = frame.assign(volume_units=0.0), frame.assign(volume_units=-0.0)
    assert rows_of(plus).fingerprint == rows_of(minus).fingerprint
    odd = np.array([0x7FF8000000000001], dtype=np.uint64).view(np.float64)[0]
    assert rows_of(frame.assign(bid=np.nan)).fingerprint == rows_of(frame.assign(bid=odd)).fingerprint


@settings(max_examples=30)
@given(st.lists(st.integers(0, 159), max_size=10))
def test_repeats_count_the_earlier_copies_in_the_same_snapshot(copied: list[int]) -> None:
    frame = clean_snapshots(2)
    whole = pd.concat([frame, frame.loc[copied]], ignore_index=True)
    rows, order = snapshot_rows(whole)
    seen: dict[tuple[object, ...], int] = {}
    expected = []
    for leg in whole.iloc[order][["capture_id", "expiry", "strike", "option_type"]].itertuples(index=False, name=None):
        expected.append(seen.get(leg, 0))
        seen[leg] = expected[-1] + 1
    assert rows.repeats.tolist() == expected


def test_a_leg_that_is_neither_call_nor_put_is_no_repeat_of_a_put() -> None:
    frame = clean_snapshots(1)
    stray = frame.loc[[1]].assign(option_type="XX")
    assert rows_of(pd.concat([stray, frame], ignore_index=True)).repeats.tolist() == [0.0] * 81
