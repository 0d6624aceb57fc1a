"""kill -9 at random moments, two writers at once, readers all the while: old or new, never a part of either."""

import random
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from trading_assets.storage.journal import Journal
from trading_assets.storage.landing import Landing
from trading_assets.storage.sql import query
from trading_assets.storage.tables import TableStore
from trading_assets.tables import feed_calls, market_snapshots
from trading_assets_tests.storage import writers
from trading_assets_tests.storage.captured import DAY
from trading_assets_tests.storage.contract_frames import SESSION, snapshots
from trading_assets_tests.storage.journaled import calls

CONTRACT = market_snapshots.CONTRACT
KILLS = 22
ENDLESS = 10**6


def test_a_killed_table_writer_leaves_the_old_or_the_new_partition_whole(tmp_path: Path) -> None:
    store = TableStore(tmp_path)
    versions = [snapshots(writers.ROWS, seed) for seed in (1, 2)]
    moments = random.Random(20251013)  # noqa: S311 - moments to kill at, not secrets
    for turn in range(KILLS):
        with writers.running(writers.write_tables, tmp_path, (1, 2), ENDLESS) as (process, told):
            assert told.recv() == 0
            if turn % 2:
                writers.wait_for_temporary_file(process, store.path(CONTRACT, SESSION).parent)
            else:
                process.join(moments.uniform(0.0, 0.15))  # it lives on: this waits
            assert process.is_alive()
        read = store.read(CONTRACT, [SESSION])
        assert any(read.equals(version) for version in versions)
        assert store.content_sha256(CONTRACT, SESSION) is not None
    torn = list(tmp_path.rglob("*.tmp"))
    assert torn, "no kill hit a write; the test proves nothing"
    assert store.sweep(timedelta(0)) == len(torn)
    store.write(CONTRACT, versions[0], SESSION)
    assert store.read(CONTRACT).equals(versions[0])


def test_two_writers_of_one_partition_and_readers_meanwhile_see_whole_versions_only(tmp_path: Path) -> None:
    store = TableStore(tmp_path)
    versions = [snapshots(writers.ROWS, seed) for seed in (1, 2, 3)]
    sums = {round(float(version["last_price"].sum()), 2) for version in versions}
    asked = "SELECT count(*), round(sum(last_price), 2) FROM market_snapshots"
    reads = 0
    with (
        writers.running(writers.write_tables, tmp_path, (1, 2), 40) as (first, one),
        writers.running(writers.write_tables, tmp_path, (2, 3), 40) as (second, two),
    ):
        assert one.recv() == two.recv() == 0
        while first.is_alive() or second.is_alive():
            read = store.read(CONTRACT)
            assert any(read.equals(version) for version in versions), len(read)
            [(rows, total)] = query(store, asked).rows
            assert (rows, total in sums) == (writers.ROWS, True)
            reads += 1
        assert (first.exitcode, second.exitcode) == (0, 0)
    assert reads > 2
    assert list(tmp_path.rglob("*.tmp")) == []


def test_a_killed_landing_leaves_whole_captures_and_goes_on(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    moments = random.Random(7)  # noqa: S311 - moments to kill at, not secrets
    for _ in range(KILLS):
        with writers.running(writers.land_captures, tmp_path, ENDLESS) as (process, told):
            assert told.recv() == 0
            process.join(moments.uniform(0.0, 0.1))
            assert process.is_alive()
    landed = list(landing.captures(DAY))
    assert landed == [writers.heavy(number) for number in range(len(landed))]
    landing.sweep(timedelta(0))
    assert landing.land(writers.heavy(len(landed)))
    assert list(tmp_path.rglob("*.tmp")) == []


def test_a_killed_journal_writer_loses_at_most_the_row_it_was_writing(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    moments = random.Random(3)  # noqa: S311 - moments to kill at, not secrets
    told_rows = 0
    for turn in range(KILLS):
        with writers.running(writers.append_calls, tmp_path, f"feed{turn:02}", ENDLESS) as (process, told):
            last = told.recv()
            process.join(moments.uniform(0.0, 0.03))
            assert process.is_alive()
            process.kill()
            process.join()
            last = max([last, *received(told)])
        told_rows += last + 1
        found = journal.read(feed_calls.CONTRACT)
        mine = found[found["feed"] == f"feed{turn:02}"].reset_index(drop=True)
        assert mine.equals(calls(range(len(mine)), f"feed{turn:02}"))
        assert len(mine) >= last + 1
    assert told_rows > KILLS


def received(told: Connection) -> list[int]:
    """What a dead process had still told; half a message is none."""
    numbers: list[int] = []
    try:
        while told.poll():
            numbers.append(told.recv())
    except (EOFError, OSError):
        return numbers
    return numbers


@pytest.mark.parametrize("count", [4])
def test_journal_writers_side_by_side_lose_no_row(tmp_path: Path, count: int) -> None:
    started = [writers.running(writers.append_calls, tmp_path, f"feed{number}", 100) for number in range(count)]
    opened = [one.__enter__() for one in started]
    for process, _ in opened:
        process.join()
    for one in started:
        one.__exit__(None, None, None)
    read = Journal(tmp_path).read_checked(feed_calls.CONTRACT)
    assert read.torn == ()
    assert read.frame.groupby("feed").size().tolist() == [100] * count
