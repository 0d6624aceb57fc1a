"""Journals: appended line by line, readable after any crash, bounded by the day."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import orjson
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_assets.errors import ContractError, StorageError
from trading_assets.places.place import Place
from trading_assets.storage import journal as journal_module
from trading_assets.storage.journal import Journal
from trading_assets.tables import feed_calls, quality_issues
from trading_assets.tables.contract import Contract
from trading_assets_tests.storage.contract_frames import frames
from trading_assets_tests.storage.journaled import DAY, MORNING, calls

CALLS = feed_calls.CONTRACT
#: Not what a bucket could change; its requests cost milliseconds.
in_a_folder = pytest.mark.parametrize("place", ["folder"], indirect=True)


@pytest.fixture
def journal(place: Place) -> Journal:
    return Journal(place / "journal")


@pytest.fixture
def local(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal")


def file_of(journal: Journal) -> Place:
    [path] = journal.paths(CALLS, [DAY])
    return path


@pytest.mark.parametrize("contract", [feed_calls.CONTRACT, quality_issues.CONTRACT], ids=lambda c: c.name)
@settings(max_examples=40)
@given(data=st.data())
def test_rows_come_back_as_they_were_in_key_order(
    tmp_path_factory: pytest.TempPathFactory, contract: Contract, data: st.DataObject
) -> None:
    journal = Journal(tmp_path_factory.mktemp("journal"))
    frame = data.draw(frames(contract))
    frame = frame.where(~frame.isin([float("inf"), float("-inf")]))  # JSON has no infinity
    frame = contract.frame(frame)
    assert journal.append(contract, frame) == len(frame)
    expected = frame.sort_values(list(contract.key), kind="stable", ignore_index=True)
    pd.testing.assert_frame_equal(journal.read(contract), expected)


@in_a_folder
def test_rows_may_be_mappings_with_nullable_columns_left_out(journal: Journal) -> None:
    row = {
        "date": DAY,
        "feed": "upstox",
        "endpoint": "option/chain",
        "called_at": MORNING,
        "duration_ms": 12.5,
        "success": True,
        "status": 200.0,
    }
    failed = {**row, "called_at": MORNING + timedelta(microseconds=1), "success": False, "status": None, "error": "t/o"}
    assert journal.append(CALLS, [row, failed]) == 2
    read = journal.read(CALLS)
    assert read["error"].isna().tolist() == [True, False]
    assert read["called_at"].tolist() == [MORNING, MORNING + timedelta(microseconds=1)]


@in_a_folder
def test_a_row_that_does_not_keep_the_contract_leaves_nothing_behind(journal: Journal) -> None:
    good = {"date": DAY, "feed": "f", "endpoint": "e", "called_at": MORNING, "duration_ms": 1.0, "success": True}
    naive = {**good, "called_at": datetime(2025, 10, 13, 9, 15)}  # noqa: DTZ001 - the defect
    for bad in ({**good, "colour": "red"}, naive, {"date": DAY}):
        with pytest.raises(ContractError):
            journal.append(CALLS, [bad])
    assert journal.days(CALLS) == []


def test_each_day_has_its_own_file_and_is_read_alone(journal: Journal) -> None:
    tuesday = date(2025, 10, 14)
    journal.append(CALLS, pd.concat([calls([5], day=tuesday), calls([1, 0])], ignore_index=True))
    assert journal.days(CALLS) == [DAY, tuesday]
    assert len(journal.read(CALLS, [tuesday])) == 1
    assert len(journal.read(CALLS, [DAY, date(2020, 1, 1), DAY])) == 2
    assert len(journal.read(CALLS)) == 3


def test_nothing_appended_reads_as_empty(journal: Journal) -> None:
    assert journal.append(CALLS, CALLS.empty()) == 0
    assert journal.append(CALLS, []) == 0
    pd.testing.assert_frame_equal(journal.read(CALLS), CALLS.empty())


def test_a_torn_line_is_reported_and_costs_only_itself(local: Journal) -> None:
    local.append(CALLS, calls([0, 1]))
    whole = file_of(local).read_bytes()
    first = whole.index(b"\n") + 1
    for cut in range(first + 1, len(whole) - 1, 11):
        file_of(local).write_bytes(whole[:cut])
        local.append(CALLS, calls([2]))
        read = local.read_checked(CALLS)
        assert read.frame["called_at"].tolist() == [MORNING, MORNING + timedelta(seconds=2)], cut
        assert read.torn == (f"{file_of(local)}:2",)


def test_a_line_that_lacks_only_its_end_is_not_lost(local: Journal) -> None:
    local.append(CALLS, calls([0]))
    file_of(local).write_bytes(file_of(local).read_bytes().removesuffix(b"\n"))
    local.append(CALLS, calls([1]))
    read = local.read_checked(CALLS)
    assert len(read.frame) == 2
    assert read.torn == ()


@in_a_folder
def test_a_whole_line_of_another_table_is_not_skipped(journal: Journal) -> None:
    journal.append(CALLS, calls([0]))
    path = file_of(journal)
    path.write_bytes(path.read_bytes() + b'{"price": 1}\n')
    with pytest.raises(ContractError, match="price"):
        journal.read(CALLS)


def test_a_full_disk_is_said(local: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module.os, "write", lambda _, line: len(line) - 3)
    with pytest.raises(StorageError, match=r"only \d+ of \d+ bytes .*disk full"):
        local.append(CALLS, calls([0]))


def test_lines_are_plain_json_that_other_tools_read(journal: Journal) -> None:
    journal.append(CALLS, calls([0]))
    [line] = file_of(journal).read_bytes().splitlines()
    row = orjson.loads(line)
    assert row["called_at"] == "2025-10-13T03:45:00.000000+00:00"
    assert row["date"] == "2025-10-13"
    assert row["error"] is None
    assert list(row) == sorted(row)
    assert datetime.fromisoformat(row["called_at"]) == datetime(2025, 10, 13, 3, 45, tzinfo=UTC)
