"""Captures that could not be read, and rows that may not be used: nothing is dropped."""

import json
from datetime import UTC, date, datetime

import numpy as np
import pytest

from trading_assets.quality.quarantine import Reason, Unreadable, quarantine_rows, quarantine_unreadable
from trading_assets.tables.quarantined_rows import CONTRACT
from trading_assets.tables.schema import violations
from trading_assets_tests.quality.clean_sessions import clean_snapshots


def unreadable(capture_id: str, raw: bytes = b"{half") -> Unreadable:
    at = datetime(2025, 10, 13, 4, tzinfo=UTC)
    return Unreadable("nse-json", "NIFTY", date(2025, 10, 13), capture_id, at, raw, "x.json is not JSON")


def test_an_unreadable_capture_is_one_critical_row_with_its_beginning() -> None:
    frame = quarantine_unreadable([unreadable("b" * 64), unreadable("a" * 64, b"\xff" + b"x" * 5_000)])
    assert violations(CONTRACT, frame) == ()
    assert frame["row_id"].is_monotonic_increasing
    assert set(frame["capture_id"]) == {"a" * 64, "b" * 64}
    assert frame["reasons"].unique().tolist() == ['["unreadable"]']
    assert frame["severity"].unique().tolist() == ["critical"]
    assert frame["detail"].unique().tolist() == ["unreadable: x.json is not JSON"]
    assert frame["observed_at"].isna().all()
    raw = {row["bytes"]: row["beginning"] for row in map(json.loads, frame["raw"])}
    assert raw[5] == "{half"
    assert len(raw[5_001]) == 2_000
    assert raw[5_001].startswith("\N{REPLACEMENT CHARACTER}x")


def test_nothing_unreadable_is_an_empty_table() -> None:
    assert quarantine_unreadable([]).equals(CONTRACT.empty())


def test_no_refused_rows_are_an_empty_table() -> None:
    assert quarantine_rows(clean_snapshots(1), np.zeros(0, dtype=np.intp), []).equals(CONTRACT.empty())


@pytest.mark.parametrize("copies", [2, 5])
def test_equal_rows_of_a_capture_keep_different_ids(copies: int) -> None:
    frame = clean_snapshots(1).loc[[0] * copies].reset_index(drop=True)
    reason = Reason("any", np.ones(copies, dtype=bool), lambda row: f"row {row}")
    found = quarantine_rows(frame, np.arange(copies), [reason])
    assert found["row_id"].is_unique
    assert violations(CONTRACT, found) == ()
    assert sorted(found["detail"]) == [f"row {row}" for row in range(copies)]


def test_rows_without_feed_or_capture_are_kept_too() -> None:
    frame = clean_snapshots(1).head(2)
    frame[["feed", "underlying", "capture_id"]] = None
    reason = Reason("any", np.ones(2, dtype=bool), lambda _row: "why")
    found = quarantine_rows(frame.astype(clean_snapshots(1).dtypes), np.arange(2), [reason])
    assert violations(CONTRACT, found) == ()
    assert found[["feed", "underlying", "capture_id"]].eq("").all(axis=None)


def test_the_first_reason_is_told_and_the_others_are_counted() -> None:
    both, one = np.array([True, True]), np.array([False, True])
    reasons = [Reason("z", one, lambda row: f"z at {row}"), Reason("a", both, lambda row: f"a at {row}")]
    found = quarantine_rows(clean_snapshots(1).head(2), np.arange(2), reasons).sort_values("detail")
    assert found["detail"].tolist() == ["a at 0", "z at 1 (and 1 more)"]
    assert found["reasons"].tolist() == ['["a"]', '["a","z"]']
