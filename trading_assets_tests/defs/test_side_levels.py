"""Side feeds on a home: ingested like others, apart from sessions, used where a chain lacks a level, or set aside."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from trading_assets.defs.intake import land_recordings
from trading_assets.defs.session_captures import chosen_feeds
from trading_assets.defs.side_levels import side_levels
from trading_assets.defs.steps import market_step
from trading_assets.defs.workspace import Workspace, open_workspace
from trading_assets.feeds.discovery import recording_feed
from trading_assets.feeds.side_feed import INDIA_VIX
from trading_assets.feeds.snapshot_json import snapshot_file_name
from trading_assets.settings import Settings
from trading_assets.tables import market_snapshots, quarantined_rows

MONDAY, FRIDAY, SATURDAY = date(2025, 10, 27), date(2025, 10, 24), date(2025, 10, 25)
AT = "2025-10-27T11:00:00+05:30"
VIX = (
    "Date,NIFTY_50,INDIA_VIX,RAW_RATIO,RATIO_OSCILLATOR\n2025-10-24,25795.15,11.59,0,0\n2025-10-27,25966.05,11.86,0,0\n"
)
BARS = (
    "Instrument,Date,Time,Open,High,Low,Close\n"
    "NIFTY,20251027,10:58,25930,25940,25925,25935.5\n"
    "NIFTY,20251027,10:59,25935,25950,25930,25948.25\n"
    "NIFTY,20251027,11:00,25948,26000,25940,25999\n"
)


def desk(folder: Path, **settings: object) -> Workspace:
    return open_workspace(Settings.model_validate({"home": folder / "home", **settings}))


def land(workspace: Workspace, feed: str, name: str, content: str, underlying: str | None = None) -> dict[str, object]:
    folder = workspace.home.parent / "recorded"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(content, encoding="utf-8")
    return land_recordings(workspace, recording_feed(feed), [folder / name], underlying).as_dict()


def land_chain(workspace: Workspace, spot: float | None = None, price: float | None = 100.0) -> None:
    """One snapshot at eleven without India VIX; without prices its options say nothing of a forward."""
    legs = [
        {"expiry": "2025-11-04", "strike": strike, "option_type": side, "last_price": price, "open_interest": 7_500}
        for strike in (25_900.0, 25_950.0, 26_000.0)
        for side in ("CE", "PE")
    ]
    snapshot = {"symbol": "NIFTY", "timestamp": AT, "spot_price": spot, "option_chain": legs}
    land(workspace, "snapshot-json", snapshot_file_name(MONDAY), json.dumps([snapshot]))


def stored(workspace: Workspace) -> pd.DataFrame:
    market_step(workspace, MONDAY)
    return workspace.store.read(market_snapshots.CONTRACT, [MONDAY])


def told(frame: pd.DataFrame) -> list[object]:
    (row,) = frame[["spot", "spot_source", "india_vix", "vix_source"]].drop_duplicates().to_numpy().tolist()
    return row


def test_levels_are_ingested_like_other_recordings_once(tmp_path: Path) -> None:
    workspace = desk(tmp_path)
    first = land(workspace, "index-1min", "bars.csv", BARS)
    again = land(workspace, "index-1min", "bars.csv", BARS)
    assert (first["captures_new"], first["snapshots_accepted"], first["sessions"]) == (1, 3, ["2025-10-27"])
    assert (again["captures_new"], again["captures_known"]) == (0, 1)


def test_levels_alone_are_no_session(tmp_path: Path) -> None:
    workspace = desk(tmp_path)
    land(workspace, "index-1min", "bars.csv", BARS)
    assert workspace.landing.days() == []
    assert chosen_feeds(workspace, MONDAY) == {}
    assert stored(workspace).empty


def test_a_chain_without_spot_and_vix_gets_them_as_of_its_exchange_time(tmp_path: Path) -> None:
    workspace = desk(tmp_path)
    land_chain(workspace)
    land(workspace, "index-1min", "bars.csv", BARS)
    land(workspace, "vix-daily", "vix.csv", VIX)
    frame = stored(workspace)
    assert len(frame) == 6
    assert told(frame) == [25948.25, "index-1min", 11.59, "vix-daily"], "the bar of 10:59 and Friday's close"


def test_minute_bars_of_india_vix_come_before_its_daily_close(tmp_path: Path) -> None:
    workspace = desk(tmp_path)
    land_chain(workspace, spot=25_950.0)
    land(workspace, "vix-daily", "vix.csv", VIX)
    vix_bars = BARS.replace("NIFTY,", "INDIAVIX,").replace("25935.5", "11.9").replace("25948.25", "12.05")
    land(workspace, "index-1min", "vix_bars.csv", vix_bars.replace("25999", "12.1"))
    assert told(stored(workspace)) == [25_950.0, "feed", 12.05, "index-1min"]


def test_without_side_feeds_a_chain_without_spot_is_set_aside(tmp_path: Path) -> None:
    workspace = desk(tmp_path)
    land_chain(workspace, price=None)
    assert stored(workspace).empty
    reasons = workspace.store.read(quarantined_rows.CONTRACT, [MONDAY])["reasons"]
    assert len(reasons) == 6
    assert all("missing_spot" in text or "bound:spot" in text for text in reasons)


def test_levels_of_another_index_are_set_aside_with_what_to_do(tmp_path: Path) -> None:
    """Bars of BANKNIFTY under the name NIFTY, as a recorder wrote them."""
    workspace = desk(tmp_path)
    land_chain(workspace, spot=25_950.0)
    wrong = BARS.replace("25935.5", "58100").replace("25948.25", "58110").replace("25999", "58120")
    land(workspace, "index-1min", "bars.csv", wrong)
    assert told(stored(workspace))[:2] == [25_950.0, "feed"]
    (row,) = workspace.store.read(quarantined_rows.CONTRACT, [MONDAY]).to_dict("records")
    assert (row["feed"], row["underlying"], row["reasons"]) == ("index-1min", "NIFTY", '["spot_band"]')
    assert "3 of 3 levels of NIFTY lie outside 10000 to 30000 (first: 58100)" in row["detail"]
    assert "--underlying" in row["detail"]


def test_named_by_the_user_they_are_levels_of_their_index(tmp_path: Path) -> None:
    workspace = desk(tmp_path)
    content = BARS.replace("25935.5", "58100").replace("25948.25", "58110").replace("25999", "5.8")
    land(workspace, "index-1min", "bars.csv", content, "BANKNIFTY")
    reading = side_levels(workspace, MONDAY)
    assert set(reading.levels.by_index) == {"BANKNIFTY"}
    (found,) = reading.levels.by_index["BANKNIFTY"]
    assert found.level.tolist() == [58_100.0, 58_110.0], "5.8 is no level of it"
    assert [unusable.underlying for unusable in reading.unusable] == ["BANKNIFTY"]


def test_a_level_outside_its_band_costs_itself(tmp_path: Path) -> None:
    workspace = desk(tmp_path)
    land_chain(workspace)
    land(workspace, "index-1min", "bars.csv", BARS.replace("25948.25", "0.05"))
    assert told(stored(workspace))[:2] == [25_935.5, "index-1min"], "the bar before"


def test_a_capture_damaged_after_landing_is_set_aside_by_name(tmp_path: Path) -> None:
    workspace = desk(tmp_path)
    land(workspace, "index-1min", "bars.csv", BARS)
    (landed,) = workspace.levels.captures(MONDAY)
    workspace.levels.path(landed).unlink()
    workspace.levels.land(replace(landed, raw=b"not bars\n", source="bars.csv"))
    (unusable,) = side_levels(workspace, MONDAY).unusable
    assert (unusable.rule, unusable.feed) == ("unreadable", "index-1min")
    assert "bars.csv" in unusable.reason


def test_levels_of_a_closed_day_are_quarantined_with_its_name(tmp_path: Path) -> None:
    workspace = desk(tmp_path)
    summary = land(workspace, "vix-daily", "vix.csv", VIX.replace("2025-10-24", "2025-10-25"))
    assert summary["captures_quarantined"] == {"closed_day: Saturday": 1}
    (row,) = workspace.store.read(quarantined_rows.CONTRACT, [SATURDAY]).to_dict("records")
    assert (row["underlying"], row["reasons"], row["detail"]) == (INDIA_VIX, '["closed_day"]', "closed_day: Saturday")


@pytest.mark.parametrize(
    ("day", "served"),
    [
        ("2025-10-23", True),
        ("2025-10-22", False),  # fresh enough, but a holiday: set aside
        ("2025-10-21", False),  # 5 days and 20 hours before
        ("2025-10-27", False),  # the close of the session itself
    ],
)
def test_a_close_serves_the_sessions_of_the_next_days(tmp_path: Path, day: str, *, served: bool) -> None:
    workspace = desk(tmp_path)
    land_chain(workspace)
    land(workspace, "vix-daily", "vix.csv", VIX.replace("2025-10-27", "2025-10-28").replace("2025-10-24", day))
    assert stored(workspace)["india_vix"].notna().all() == served


def test_the_same_recordings_give_the_same_bytes(tmp_path: Path) -> None:
    hashes = []
    for name in ("one", "two"):
        workspace = desk(tmp_path / name)
        workspace.home.parent.mkdir(parents=True)
        for feed, content in (("index-1min", BARS), ("vix-daily", VIX)):
            land(workspace, feed, "levels.csv", content)
        land_chain(workspace)
        stored(workspace)
        frame = workspace.store.read(market_snapshots.CONTRACT, [MONDAY])
        hashes.append(pd.util.hash_pandas_object(frame).sum())
    assert hashes[0] == hashes[1]


def test_what_an_earlier_day_had_wrong_is_set_aside_on_that_day_only(tmp_path: Path) -> None:
    workspace = desk(tmp_path)
    land(workspace, "vix-daily", "vix.csv", VIX.replace("11.59", "1159"))
    assert [unusable.day for unusable in side_levels(workspace, FRIDAY).unusable] == [FRIDAY]
    assert side_levels(workspace, MONDAY).unusable == ()
