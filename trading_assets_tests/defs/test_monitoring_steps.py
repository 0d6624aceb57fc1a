"""The monitoring steps against counting by hand; the tear sheet as a file; models as their files are now."""

import re
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from shutil import copytree
from statistics import median

import pandas as pd
import pytest

from trading_assets.defs import monitoring_steps
from trading_assets.defs.monitoring_steps import (
    feed_health_step,
    model_performance_step,
    model_statuses,
    tear_sheet_data,
    write_evening_tear_sheet,
    write_tear_sheet,
)
from trading_assets.defs.workspace import Workspace, open_workspace
from trading_assets.errors import InputError
from trading_assets.settings import Settings
from trading_assets.storage import kept_columns, parquet
from trading_assets.tables import (
    feed_calls,
    feed_health,
    market_snapshots,
    model_performance,
    quarantined_rows,
    trades,
)
from trading_assets.tables.money import total
from trading_assets_tests.defs.conftest import CLEAN, DIRTY


@pytest.fixture
def own(processed: Path, tmp_path: Path) -> Workspace:
    """A copy of the processed home, to be changed at will."""
    home = tmp_path / "own"
    copytree(processed, home)
    return open_workspace(Settings(home=home))


def health(workspace: Workspace, day: date) -> dict[str, object]:
    feed_health_step(workspace, day)
    [row] = workspace.store.read(feed_health.CONTRACT, [day]).to_dict(orient="records")
    return {str(name): value for name, value in row.items()}


def calls(day: date, outcomes: list[tuple[float, bool]], feed: str = "simulated") -> pd.DataFrame:
    start = datetime(day.year, day.month, day.day, 4, tzinfo=UTC)
    return feed_calls.CONTRACT.frame(
        {
            "date": pd.Timestamp(day),
            "feed": feed,
            "endpoint": "chain",
            "called_at": [start + timedelta(minutes=number) for number in range(len(outcomes))],
            "duration_ms": [duration for duration, _ in outcomes],
            "success": [success for _, success in outcomes],
        }
    )


@pytest.mark.parametrize("day", [CLEAN, DIRTY], ids=str)
def test_feed_health_is_what_counting_row_by_row_finds(own: Workspace, day: date) -> None:
    row = health(own, day)
    passed = own.store.read(market_snapshots.CONTRACT, [day])
    times = {seen: got for seen, got in zip(passed["observed_at"], passed["received_at"], strict=True)}  # noqa: C416
    ordered = sorted(times)
    ages = [(times[seen] - seen).total_seconds() for seen in ordered]
    aside = len(own.store.read(quarantined_rows.CONTRACT, [day]))
    assert (row["feed"], row["underlying"]) == ("simulated", "NIFTY")
    assert (row["snapshots"], row["rows"], row["quarantined_rows"]) == (len(ordered), len(passed), aside)
    assert row["quarantined_share"] == pytest.approx(aside / (aside + len(passed)))
    assert (row["first_observed_at"], row["last_observed_at"]) == (ordered[0], ordered[-1])
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(ordered)]
    assert row["longest_gap_seconds"] == max(gaps)
    assert row["median_age_seconds"] == pytest.approx(median(ages))
    assert row["max_age_seconds"] == max(ages)


def test_what_was_kept_out_shows_as_a_gap(own: Workspace) -> None:
    clean, dirty = health(own, CLEAN), health(own, DIRTY)
    assert clean["quarantined_rows"] == 0
    assert clean["longest_gap_seconds"] == 60
    assert dirty["quarantined_share"] > 0  # type: ignore[operator]
    assert dirty["longest_gap_seconds"] > 60  # type: ignore[operator]


def test_calls_of_the_session_and_the_feed_are_counted(own: Workspace) -> None:
    own.journal.append(feed_calls.CONTRACT, calls(CLEAN, [(100.0, True), (300.0, False), (200.0, True), (0.0, False)]))
    own.journal.append(feed_calls.CONTRACT, calls(DIRTY, [(9_000.0, False)]))
    own.journal.append(feed_calls.CONTRACT, calls(CLEAN, [(7_000.0, False)], feed="upstox"))
    row = health(own, CLEAN)
    assert (row["calls"], row["failed_calls"]) == (4, 2)
    assert row["failure_rate"] == 0.5
    assert row["avg_response_ms"] == 150.0


def test_a_feed_that_is_never_called_has_no_failure_rate(own: Workspace) -> None:
    row = health(own, CLEAN)
    assert (row["calls"], row["failed_calls"]) == (0, 0)
    assert pd.isna(row["failure_rate"])  # type: ignore[call-overload]
    assert pd.isna(row["avg_response_ms"])  # type: ignore[call-overload]


def test_a_session_without_anything_has_no_rows(own: Workspace) -> None:
    report = feed_health_step(own, date(2026, 1, 29))
    assert report.tables["feed_health"]["rows"] == 0
    assert own.store.has(feed_health.CONTRACT, date(2026, 1, 29)), "looked at, and nothing was there"


def test_feed_health_again_stores_the_same(own: Workspace) -> None:
    feed_health_step(own, DIRTY)
    first = own.store.content_sha256(feed_health.CONTRACT, DIRTY)
    feed_health_step(own, DIRTY)
    assert own.store.content_sha256(feed_health.CONTRACT, DIRTY) == first


def test_performance_by_model_adds_up_to_the_trades_it_decided(own: Workspace) -> None:
    assert model_performance_step(own).tables["model_performance"]["rows"] == 0, "no model has decided anything yet"
    decided = own.store.read(trades.CONTRACT, [DIRTY]).assign(model_version="v1.0.0", model_hash="a" * 64, ml_score=0.5)
    own.store.write(trades.CONTRACT, trades.CONTRACT.frame(decided), DIRTY)
    assert model_performance_step(own).tables["model_performance"]["rows"] == 1
    [row] = own.store.read(model_performance.CONTRACT).to_dict(orient="records")
    assert row["model_version"] == "v1.0.0"
    assert row["net_pnl"] == total(decided["net_pnl"])
    assert row["win_rate"] == pytest.approx(sum(decided["net_pnl"] > 0) / len(decided))


def test_a_tear_sheet_is_whole_and_named_by_its_range(own: Workspace) -> None:
    path = write_tear_sheet(own)
    assert path == own.home / "reports" / "tear_sheet_2026-01-28_to_2026-01-30.html"
    assert path.is_absolute()
    text = path.read_text(encoding="utf-8")
    assert text.lstrip().lower().startswith("<!doctype html>")
    assert text.rstrip().endswith("</html>")
    assert str(CLEAN) in text
    assert [found.name for found in path.parent.iterdir()] == [path.name], "nothing half-written beside it"


@pytest.mark.parametrize(
    ("first", "last", "name"),
    [
        (None, CLEAN, "tear_sheet_2026-01-28_to_2026-01-28.html"),
        (DIRTY, None, "tear_sheet_2026-01-30_to_2026-01-30.html"),
        (date(2020, 1, 1), date(2030, 1, 1), "tear_sheet_2026-01-28_to_2026-01-30.html"),
    ],
)
def test_a_range_is_named_by_the_sessions_it_shows(own: Workspace, first: date, last: date, name: str) -> None:
    assert write_tear_sheet(own, first, last).name == name


def test_writing_a_tear_sheet_again_replaces_it(own: Workspace) -> None:
    path = write_tear_sheet(own)
    path.write_text("cut off in the mid", encoding="utf-8")
    assert write_tear_sheet(own) == path
    assert path.read_text(encoding="utf-8").rstrip().endswith("</html>")


def test_the_evenings_tear_sheet_is_of_the_last_sessions_and_opens_no_old_file_twice(
    own: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def same_text(path: Path) -> str:
        return re.sub(r"\d\d:\d\d(:\d\d)?", "", path.read_text(encoding="utf-8"))

    whole = same_text(write_tear_sheet(own))
    assert same_text(write_evening_tear_sheet(own)) == whole
    opened: list[object] = []
    read = parquet.read
    monkeypatch.setattr(kept_columns.parquet, "read", lambda *args: (opened.append(args[1]), read(*args))[1])
    assert same_text(write_evening_tear_sheet(own)) == whole
    assert {str(path).rpartition("/")[2] for path in opened} <= {"equity_curve.parquet"}
    monkeypatch.setattr(monitoring_steps, "YEAR_SESSIONS", 1)
    assert write_evening_tear_sheet(own).name == f"tear_sheet_{DIRTY}_to_{DIRTY}.html"


def test_an_evening_without_sessions_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no session to report on; materialize some first"):
        write_evening_tear_sheet(open_workspace(Settings(home=tmp_path)))


@pytest.mark.parametrize(("first", "last"), [(date(2026, 1, 29), date(2026, 1, 29)), (DIRTY, CLEAN)])
def test_no_session_to_report_on_is_said_with_what_to_do(own: Workspace, first: date, last: date) -> None:
    with pytest.raises(InputError, match="there is no session to report on; materialize some first"):
        write_tear_sheet(own, first, last)
    assert not (own.home / "reports").exists()


def test_a_tear_sheet_shows_its_sessions_only(own: Workspace) -> None:
    shown = tear_sheet_data(own, [DIRTY])
    for frame in (shown.daily_performance, shown.strategy_performance, shown.equity_curve, shown.trades):
        assert set(frame["date"].dt.date) == {DIRTY}
    assert (shown.first, shown.last) == (DIRTY, DIRTY)
    both = tear_sheet_data(own, [CLEAN, DIRTY])
    assert len(both.trades) > len(shown.trades)
    assert both.capital == 1_000_000.0


def test_a_home_without_models_shows_none(own: Workspace) -> None:
    assert model_statuses(own) == ()
