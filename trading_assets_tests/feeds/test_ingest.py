from __future__ import annotations

import io
import tarfile
from dataclasses import replace
from datetime import UTC, date, datetime
from threading import Lock
from typing import TYPE_CHECKING

import orjson
import pytest

from trading_assets.errors import ArchiveError
from trading_assets.feeds.ingest import IngestSummary, ingest
from trading_assets.feeds.nse_json import FEED
from trading_assets.feeds.simulated import FEED as SIMULATED
from trading_assets.feeds.simulated_files import FIXTURE_SESSIONS, fixture_folder
from trading_assets.market.packaged import load_market
from trading_assets_tests.feeds.nse_dumps import dump

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from trading_assets.feeds.archives import RawFile
    from trading_assets.market.captures import Capture

MARKET = load_market()


class Shelf:
    """A landing zone in memory; several threads land at once."""

    def __init__(self) -> None:
        self.captures: dict[tuple[datetime, str], Capture] = {}
        self._lock = Lock()

    def land(self, capture: Capture) -> bool:
        key = (capture.received_at, capture.capture_id)
        with self._lock:
            new = key not in self.captures
            self.captures.setdefault(key, capture)
        return new


def dump_of(day: str, clock: str) -> bytes:
    document = dump("v2")
    document["records"]["timestamp"] = f"{datetime.fromisoformat(day):%d-%b-%Y} {clock}"
    return orjson.dumps(document)


def folder_with(folder: Path, files: Mapping[str, bytes]) -> Path:
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def run(folder: Path, shelf: Shelf) -> IngestSummary:
    return ingest(FEED, [folder], shelf.land, MARKET)


GOOD = "NIFTY_2026-09-16T05-45-07Z.json"
CUT = "NIFTY_2026-09-16T06-00-00Z.json"
HOLIDAY = "NIFTY_2025-10-22T05-00-00Z.json"
SATURDAY = "NIFTY_2026-09-12T05-00-00Z.json"
FAR = "NIFTY_2056-09-12T05-00-00Z.json"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return folder_with(
        tmp_path / "in",
        {
            GOOD: dump_of("2026-09-16", "11:15:00"),
            CUT: dump_of("2026-09-16", "11:30:00")[:900],
            HOLIDAY: dump_of("2025-10-22", "10:30:00"),
            SATURDAY: dump_of("2026-09-12", "10:30:00"),
            FAR: dump_of("2056-09-12", "10:30:00"),
            "notes.txt": b"hello",
            "broken.tar": b"no tar at all",
        },
    )


def test_everything_is_accounted_for(folder: Path) -> None:
    shelf = Shelf()
    found = run(folder, shelf)
    assert found.sessions == (date(2026, 9, 16),)
    assert (found.captures_new, found.captures_known, found.snapshots) == (5, 0, 1)
    assert [item.source for item in found.unreadable] == [str(folder / CUT)]
    assert {item.source for item in found.refused} == {str(folder / "notes.txt"), str(folder / "broken.tar")}
    assert {(item.capture.day, item.reason.split(",")[0]) for item in found.closed_days} == {
        (date(2025, 10, 22), "Diwali Balipratipada"),
        (date(2026, 9, 12), "Saturday"),
        (date(2056, 9, 12), "outside the calendar"),
    }
    assert found.quarantined["unreadable"] == 1
    assert found.quarantined["closed_day: Diwali Balipratipada"] == 1
    assert sum(found.quarantined.values()) == 4


def test_raw_bytes_are_landed_also_of_closed_days_and_unreadable_ones(folder: Path) -> None:
    shelf = Shelf()
    run(folder, shelf)
    landed = {capture.source: capture.raw for capture in shelf.captures.values()}
    assert landed == {str(folder / name): (folder / name).read_bytes() for name in (GOOD, CUT, HOLIDAY, SATURDAY, FAR)}


def test_a_second_ingest_lands_nothing_and_says_the_same(folder: Path) -> None:
    shelf = Shelf()
    first, second = run(folder, shelf), run(folder, shelf)
    assert (second.captures_new, second.captures_known) == (0, 5)
    assert (first.snapshots, first.quarantined, first.refused) == (
        second.snapshots,
        second.quarantined,
        second.refused,
    )


def test_the_same_bytes_received_again_are_another_capture(tmp_path: Path) -> None:
    content = dump_of("2026-09-16", "11:15:00")
    again = GOOD.replace("05-45-07", "05-50-07")
    found = run(folder_with(tmp_path / "in", {GOOD: content, again: content}), Shelf())
    assert (found.captures_new, found.snapshots) == (2, 2)


def test_good_members_before_an_unsafe_one_are_kept(tmp_path: Path) -> None:
    content = dump_of("2026-09-16", "11:15:00")
    folder = folder_with(tmp_path / "in", {})
    with tarfile.open(folder / "day.tar.xz", "w:xz") as archive:
        for name in (GOOD, "../up.json"):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    found = run(folder, Shelf())
    assert (found.captures_new, len(found.refused)) == (1, 1)
    assert "outside" in found.refused[0].reason


def test_paths_are_taken_one_by_one_so_that_progress_can_be_shown(folder: Path) -> None:
    seen: list[str] = []

    def watched() -> object:
        for path in (folder / GOOD, folder / SATURDAY):
            seen.append(f"asked for {path.name}")
            yield path

    def split(file: RawFile, underlying: str | None) -> object:
        seen.append(f"split {file.stem}")
        return FEED.captures(file, underlying)

    ingest(replace(FEED, captures=split), watched(), Shelf().land, MARKET)
    assert seen == [f"{what} {name}" for name in (GOOD, SATURDAY) for what in ("asked for", "split")]


def test_a_path_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="absent"):
        run(tmp_path / "absent", Shelf())


def test_the_committed_simulated_sessions_are_ingested() -> None:
    shelf = Shelf()
    found = ingest(SIMULATED, [fixture_folder()], shelf.land, MARKET)
    assert found.sessions == FIXTURE_SESSIONS
    assert found.snapshots == 5 * 375
    assert (found.unreadable, found.closed_days, found.refused) == ((), (), ())
    assert all(capture.received_at.astimezone(UTC).day == capture.day.day for capture in shelf.captures.values())
