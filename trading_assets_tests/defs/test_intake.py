"""Taking recordings in: what lands, what a closed day leaves behind, and how both are told."""

from datetime import date
from importlib.resources import as_file, files
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from trading_assets.defs.intake import SHOWN_REFUSALS, Landed, keep_closed_day_aside, land_recordings
from trading_assets.defs.session_captures import candidates
from trading_assets.defs.steps import market_step
from trading_assets.defs.workspace import Workspace, open_workspace
from trading_assets.feeds.discovery import feed_named
from trading_assets.feeds.ingest import Finding, IngestSummary
from trading_assets.feeds.simulated_codec import LEGS_KEY, unpacked
from trading_assets.settings import Settings
from trading_assets.tables import market_snapshots, quality_issues, quarantined_rows
from trading_assets_tests.defs.conftest import CLEAN, DIRTY
from trading_assets_tests.defs.conftest import Landed as LandedHome

SIMULATED = feed_named("simulated")
NOTICE = "date,exchange,description,note,source\n2026-01-28,NSE,Declared late,,circular\n"
SNAPSHOTS = 6


def recording(folder: Path, name: str, first: int, last: int) -> Path:
    """A recording of a few snapshots of the clean session, from the first to before the last."""
    with as_file(files("trading_assets.feeds") / "data" / "simulated" / f"NIFTY_{CLEAN}.parquet") as path:
        table = pq.read_table(path)
    # the values of a packed file say how each snapshot differs from the one before: a part is cut from the plain ones
    for column, values in unpacked(table).items():
        table = table.set_column(table.schema.get_field_index(column), column, pa.array(values))
    metadata = {key: value for key, value in (table.schema.metadata or {}).items() if key != LEGS_KEY}
    table = table.replace_schema_metadata(metadata)
    times = pc.unique(table["received_at"]).sort()[first:last]
    folder.mkdir(exist_ok=True)
    path = folder / name
    pq.write_table(table.filter(pc.is_in(table["received_at"], times)), path)
    return path


def desk(tmp_path: Path, *, closed: bool = False) -> Workspace:
    """A home whose user may have been told that the clean session is a holiday."""
    overlay = tmp_path / "overlay"
    overlay.mkdir(exist_ok=True)
    if closed:
        (overlay / "holidays.csv").write_text(NOTICE, encoding="utf-8")
    return open_workspace(Settings(home=tmp_path / "home", overlay=overlay))


@pytest.fixture
def halves(tmp_path: Path) -> tuple[Path, Path]:
    """Two recordings that follow each other."""
    folder = tmp_path / "recorded"
    return (
        recording(folder, f"NIFTY_{CLEAN}_a.parquet", 0, SNAPSHOTS),
        recording(folder, f"NIFTY_{CLEAN}_b.parquet", SNAPSHOTS, 2 * SNAPSHOTS),
    )


def test_recordings_land_once_and_wait_to_be_judged(tmp_path: Path, halves: tuple[Path, Path]) -> None:
    workspace = desk(tmp_path)
    first = land_recordings(workspace, SIMULATED, halves, None)
    again = land_recordings(workspace, SIMULATED, halves, None)
    assert (first.summary.captures_new, first.summary.captures_known) == (2, 0)
    assert (again.summary.captures_new, again.summary.captures_known) == (0, 2)
    assert first.summary.sessions == again.summary.sessions == (CLEAN,)
    assert first.summary.snapshots == again.summary.snapshots == 2 * SNAPSHOTS
    assert first.closed_days == {}
    assert workspace.landing.days() == [CLEAN]
    assert not workspace.store.has(market_snapshots.CONTRACT, CLEAN), "judging is the asset's work"


def test_what_lands_in_two_recordings_is_one_session(tmp_path: Path, halves: tuple[Path, Path]) -> None:
    workspace = desk(tmp_path)
    for path in halves:
        land_recordings(workspace, SIMULATED, [path], None)
    [found] = candidates(workspace, CLEAN).values()
    assert found.frame["observed_at"].nunique() == 2 * SNAPSHOTS
    report = market_step(workspace, CLEAN)
    assert report.tables["market_snapshots"]["snapshots"] == 2 * SNAPSHOTS


def test_the_rows_of_a_closed_day_are_set_aside_at_once(tmp_path: Path, halves: tuple[Path, Path]) -> None:
    workspace = desk(tmp_path, closed=True)
    landed = land_recordings(workspace, SIMULATED, halves[:1], None)
    aside = workspace.store.read(quarantined_rows.CONTRACT, [CLEAN])
    assert landed.closed_days == {CLEAN: len(aside)}
    assert len(aside) > 0
    assert landed.summary.sessions == ()
    assert landed.summary.quarantined == {"closed_day: Declared late": 1}
    assert set(aside["date"].dt.date) == {CLEAN}
    assert all("Declared late" in text for text in aside["detail"])
    assert not workspace.store.has(market_snapshots.CONTRACT, CLEAN)
    assert not workspace.store.has(quality_issues.CONTRACT, CLEAN)


def test_a_closed_day_is_set_aside_again_from_all_its_captures(tmp_path: Path, halves: tuple[Path, Path]) -> None:
    workspace = desk(tmp_path, closed=True)
    one = land_recordings(workspace, SIMULATED, halves[:1], None).closed_days[CLEAN]
    both = land_recordings(workspace, SIMULATED, halves[1:], None).closed_days[CLEAN]
    aside = workspace.store.read(quarantined_rows.CONTRACT, [CLEAN])
    assert both == len(aside)
    assert both > one, "the second ingest replaces nothing of the first"
    assert set(aside["capture_id"]) == {capture.capture_id for capture in workspace.landing.captures(CLEAN)}
    assert aside["row_id"].is_unique
    content = workspace.store.content_sha256(quarantined_rows.CONTRACT, CLEAN)
    assert keep_closed_day_aside(workspace, CLEAN) == both
    assert workspace.store.content_sha256(quarantined_rows.CONTRACT, CLEAN) == content


def test_no_row_of_a_closed_day_is_lost(tmp_path: Path, halves: tuple[Path, Path]) -> None:
    land_recordings(desk(tmp_path), SIMULATED, halves, None)
    [found] = candidates(desk(tmp_path), CLEAN).values()
    closed = desk(tmp_path, closed=True)
    assert keep_closed_day_aside(closed, CLEAN) == len(found.frame)
    strikes = [orjson.loads(text)["strike"] for text in closed.store.read(quarantined_rows.CONTRACT, [CLEAN])["raw"]]
    assert sorted(strikes) == sorted(found.frame["strike"])


def test_a_day_without_captures_leaves_an_empty_account(tmp_path: Path) -> None:
    assert keep_closed_day_aside(desk(tmp_path), date(2026, 1, 26)) == 0


def test_a_file_of_another_kind_is_refused_and_the_rest_goes_on(tmp_path: Path, halves: tuple[Path, Path]) -> None:
    stranger = tmp_path / "notes.parquet"
    stranger.write_bytes(b"not a recording")
    landed = land_recordings(desk(tmp_path), SIMULATED, [stranger, *halves], None)
    assert [item.source for item in landed.summary.refused] == [str(stranger)]
    assert landed.summary.captures_new == 2
    [told] = [line for line in landed.text().splitlines() if line.startswith("  refused ")]
    assert told.count(str(stranger)) == 1, "the file is named once"


def test_the_account_as_json_has_plain_values(tmp_path: Path, halves: tuple[Path, Path]) -> None:
    landed = land_recordings(desk(tmp_path, closed=True), SIMULATED, halves, None)
    told = orjson.loads(orjson.dumps(landed.as_dict()))
    assert told == {
        "feed": "simulated",
        "sessions": [],
        "captures_new": 2,
        "captures_known": 0,
        "snapshots_accepted": 0,
        "captures_quarantined": {"closed_day: Declared late": 2},
        "rows_quarantined_on_closed_days": {"2026-01-28": landed.closed_days[CLEAN]},
        "refused": [],
    }


def account(sessions: tuple[date, ...] = (), refused: int = 0) -> Landed:
    findings = tuple(Finding(f"file-{number}", "no recording") for number in range(refused))
    return Landed(IngestSummary("simulated", sessions, 3, 1, 40, (), (), findings), {})


def test_the_account_in_words_says_what_to_do_next() -> None:
    lines = account((CLEAN, DIRTY)).text().splitlines()
    assert lines[0] == "simulated: 3 captures landed, 1 were there already"
    assert lines[1] == "  sessions     2 (2026-01-28 to 2026-01-30)"
    assert lines[-1] == "next: trading-assets materialize --from 2026-01-28 --to 2026-01-30"


def test_nothing_landed_asks_for_nothing() -> None:
    text = account().text()
    assert "  sessions     0 (none)" in text
    assert "next:" not in text


@pytest.mark.parametrize("refused", [0, 1, SHOWN_REFUSALS, SHOWN_REFUSALS + 1, SHOWN_REFUSALS + 25])
def test_a_long_list_of_refusals_is_cut_and_counted(refused: int) -> None:
    lines = account(refused=refused).text().splitlines()
    shown = [line for line in lines if line.startswith("  refused ")]
    assert shown == [f"  refused      file-{n}: no recording" for n in range(min(refused, SHOWN_REFUSALS))]
    more = [line for line in lines if "more files refused; see --json" in line]
    assert more == (
        [f"  … and {refused - SHOWN_REFUSALS} more files refused; see --json"] if refused > SHOWN_REFUSALS else []
    )
    assert len(orjson.loads(orjson.dumps(account(refused=refused).as_dict()))["refused"]) == refused


def test_the_fixture_lands_whole_sessions(landed: LandedHome) -> None:
    workspace = landed(CLEAN, DIRTY)
    assert workspace.landing.days() == [CLEAN, DIRTY]
    assert workspace.landing.feeds(CLEAN) == ["simulated"]
