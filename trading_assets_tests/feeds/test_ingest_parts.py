"""What an ingest counts: snapshots, not the captures that hold parts of them; levels of side feeds; captures once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from trading_assets.feeds.discovery import feed_named, recording_feed
from trading_assets.feeds.ingest import IngestSummary, ingest
from trading_assets.feeds.side_feed import Levels
from trading_assets.market.packaged import load_market
from trading_assets_tests.feeds import test_index_1min, test_vix_daily
from trading_assets_tests.feeds.csv_chains import (
    RECORDERS,
    bar,
    dhan,
    dhan_files,
    five_minutes,
    five_minutes_rows,
    legs,
)
from trading_assets_tests.feeds.quote_frames import from_frame
from trading_assets_tests.feeds.test_ingest import Shelf
from trading_assets_tests.feeds.test_normalise import AT, model_quotes

if TYPE_CHECKING:
    from pathlib import Path

    from trading_assets.feeds.archives import RawFile

MARKET = load_market()


def run(folder: Path, name: str, files: list[RawFile], underlying: str | None = None) -> IngestSummary:
    for number, file in enumerate(files):
        (folder / str(number)).mkdir()
        (folder / str(number) / file.stem).write_bytes(file.content)
    return ingest(recording_feed(name), [folder], Shelf().land, MARKET, underlying)


def test_a_snapshot_that_many_files_hold_a_part_of_counts_once(tmp_path: Path) -> None:
    files = dhan_files()
    found = run(tmp_path, "dhan-15min", files)
    assert len(files) > 1
    assert (found.captures_new, found.snapshots) == (len(files), 1)


def test_each_bar_of_such_files_counts_once(tmp_path: Path) -> None:
    clocks = ("2026-09-16 10:00:00", "2026-09-16 10:15:00", "2026-09-16 10:30:00")
    files = [
        dhan([bar(leg, at) for at in clocks], file.stem, f"ATM+{number}")
        for number, (leg, file) in enumerate(zip(legs(), dhan_files(), strict=True))
    ]
    assert run(tmp_path, "dhan-15min", files).snapshots == len(clocks)


def test_snapshots_of_one_file_count_each(tmp_path: Path) -> None:
    rows = [row for minute in (15, 20, 25) for row in five_minutes_rows(f"2026-09-16 11:{minute}:00.230471+05:30")]
    assert run(tmp_path, "nse-5min-csv", [five_minutes(rows)]).snapshots == 3


def test_two_indices_at_one_moment_are_two_snapshots(tmp_path: Path) -> None:
    rows = five_minutes_rows()
    other = [row | {"contract": str(row["contract"]).replace("NIFTY", "BANKNIFTY")} for row in rows]
    assert run(tmp_path, "nse-5min-csv", [five_minutes(rows + other)]).snapshots == 2


@pytest.mark.parametrize("name", sorted(RECORDERS))
def test_ingesting_again_counts_the_same_snapshots(tmp_path: Path, name: str) -> None:
    shelf = Shelf()
    for number, file in enumerate(RECORDERS[name]()):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / file.stem).write_bytes(file.content)
    first, again = (ingest(feed_named(name), [tmp_path], shelf.land, MARKET) for _ in range(2))
    assert first.snapshots == again.snapshots > 0
    assert (again.captures_new, again.captures_known) == (0, first.captures_new)


def test_levels_of_a_side_feed_are_counted_by_moment(tmp_path: Path) -> None:
    found = run(tmp_path, "index-1min", [test_index_1min.TestNamedBars().recording()])
    # the first of January 2024 was a session, as the second
    assert (found.captures_new, found.snapshots, len(found.sessions)) == (2, 3, 2)


def test_a_bar_written_while_it_ran_counts_once(tmp_path: Path) -> None:
    found = run(tmp_path, "index-1min", [test_index_1min.TestJsonBars().recording()], "NIFTY")
    assert (found.captures_new, found.snapshots) == (1, 2)


def test_a_side_capture_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    recording = test_vix_daily.TestAmericanDates().recording()
    content = recording.content.replace(b"/2016", b"/2024").replace(b"16.75", b"dear")
    found = run(tmp_path, "vix-daily", [replace(recording, content=content)])
    assert (found.captures_new, found.snapshots, found.closed_days) == (2, 1, ())
    assert found.quarantined == {"unreadable": 1}


@pytest.mark.parametrize(
    ("level", "usable"),
    [(10.0, True), (30.0, True), (9.999, False), (30.001, False), (0.0, False), (-15.0, False), (np.nan, False)],
)
def test_a_level_is_usable_within_its_band_ends_included(level: float, *, usable: bool) -> None:
    found = Levels(np.array(["2024-01-01"], dtype="datetime64[us]"), np.array([level]))
    assert found.usable(10.0, 30.0).tolist() == [usable]


def test_without_a_band_only_levels_above_zero_are_usable() -> None:
    levels = np.array([1e-9, 1e9, 0.0, -1.0, np.nan, np.inf])
    found = Levels(np.full(6, np.datetime64("2024-01-01", "us")), levels)
    assert found.usable(0.0, np.finfo(np.float64).max).tolist() == [True, True, False, False, False, False]


@pytest.mark.parametrize("moving", ["observed_at", "received_at"])
def test_either_time_tells_snapshots_of_one_capture_apart(tmp_path: Path, moving: str) -> None:
    quotes = pd.concat([model_quotes(), model_quotes(**{moving: AT + timedelta(minutes=1)})], ignore_index=True)
    feed = replace(feed_named("nse-json"), quotes=lambda _: from_frame(quotes))
    path = tmp_path / "NIFTY_2025-10-27T05-00-05Z.json"
    path.write_bytes(b"{}")
    assert ingest(feed, [path], Shelf().land, MARKET, "NIFTY").snapshots == 2
