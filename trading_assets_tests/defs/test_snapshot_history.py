"""What earlier sessions tell the judgement of a day: the spot left behind, the volume of days of the same kind."""

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from trading_assets.defs import snapshot_history
from trading_assets.defs.snapshot_history import COMPARED_SESSIONS, EarlierVolumes, previous_spots, usual_volumes
from trading_assets.defs.workspace import Workspace, open_workspace
from trading_assets.quality import volume_profile
from trading_assets.quality.volume_profile import MINUTES_A_DAY
from trading_assets.settings import Settings
from trading_assets.storage import parquet
from trading_assets.tables import market_snapshots, session_bars
from trading_assets.tables.contract import Contract
from trading_assets_tests.object_store import Bucket
from trading_assets_tests.quality.clean_sessions import clean_snapshots

DAY = date(2025, 10, 13)  # a Monday; NIFTY expires on Tuesdays
FIRST_MINUTE = 3 * 60 + 45


@pytest.fixture
def workspace(home_settings: Settings) -> Workspace:
    return open_workspace(home_settings)


def store_bars(workspace: Workspace, day: date, closes: list[float]) -> None:
    at = pd.Timestamp(day, tz="UTC") + pd.Timedelta(hours=4)
    frame = pd.DataFrame(
        {
            "date": np.datetime64(day, "s"),
            "underlying": "NIFTY",
            "ended_at": [at + pd.Timedelta(minutes=5 * number) for number in range(len(closes))],
            "close": closes,
        }
    )
    workspace.store.write(session_bars.CONTRACT, session_bars.CONTRACT.frame(frame), day)


def store_session(workspace: Workspace, day: date, factor: float = 1.0) -> None:
    """Twelve minutes of a session whose options expire on the day when it is a Tuesday."""
    frame = clean_snapshots(12)
    moved = pd.Timestamp(day) - pd.Timestamp(DAY)
    frame[["observed_at", "received_at", "available_at"]] += moved
    frame["date"] = np.datetime64(day, "s")
    near = frame["expiry"] == frame["expiry"].min()
    tuesday = pd.Timestamp(day) + pd.Timedelta(days=(1 - day.weekday()) % 7)
    frame["expiry"] = np.where(near, tuesday.as_unit("s"), (tuesday + pd.Timedelta(days=7)).as_unit("s"))
    frame["volume_units"] *= factor
    workspace.store.write(market_snapshots.CONTRACT, market_snapshots.CONTRACT.frame(frame), day)


def sessions_before(workspace: Workspace, count: int, *, tuesdays: bool) -> list[date]:
    calendar = workspace.market.calendar
    known = [day for day in calendar.sessions(date(2025, 7, 1), DAY) if day < DAY]
    expires = workspace.market.reference.is_expiry
    return [day for day in known if expires("NIFTY", day) == tuesdays][-count:]


def test_the_last_spot_of_the_session_before_is_known(workspace: Workspace) -> None:
    store_bars(workspace, date(2025, 10, 10), [25_200.0, 25_285.0, np.nan])
    assert previous_spots(workspace, DAY) == {"NIFTY": 25_285.0}


@pytest.mark.parametrize("stored", [date(2025, 10, 9), DAY])
def test_another_session_is_not_the_one_before(workspace: Workspace, stored: date) -> None:
    store_bars(workspace, stored, [25_200.0])
    assert previous_spots(workspace, DAY) == {}


def test_a_home_without_history_compares_with_nothing(workspace: Workspace) -> None:
    assert previous_spots(workspace, DAY) == {}
    assert usual_volumes(workspace, DAY, ["NIFTY"]) == {}


def test_four_sessions_are_too_few_and_five_enough(workspace: Workspace) -> None:
    days = sessions_before(workspace, 5, tuesdays=False)
    for day in days[:4]:
        store_session(workspace, day)
    assert usual_volumes(workspace, DAY, ["NIFTY"]) == {}
    store_session(workspace, days[4])
    profile = usual_volumes(workspace, DAY, ["NIFTY", "BANKNIFTY"])
    assert set(profile) == {"NIFTY"}
    assert profile["NIFTY"].median[FIRST_MINUTE] == 40 * 7_500.0


def test_days_of_expiry_are_compared_with_days_of_expiry(workspace: Workspace) -> None:
    for day in sessions_before(workspace, 5, tuesdays=False):
        store_session(workspace, day)
    for day in sessions_before(workspace, 5, tuesdays=True):
        store_session(workspace, day, factor=3.0)
    monday, tuesday = (usual_volumes(workspace, day, ["NIFTY"])["NIFTY"] for day in (DAY, date(2025, 10, 14)))
    assert tuesday.median[FIRST_MINUTE] == 3.0 * monday.median[FIRST_MINUTE]


def test_only_the_newest_sessions_count(workspace: Workspace) -> None:
    days = sessions_before(workspace, COMPARED_SESSIONS + 6, tuesdays=False)
    for number, day in enumerate(days):
        store_session(workspace, day, factor=100.0 if number < 6 else 1.0)
    assert usual_volumes(workspace, DAY, ["NIFTY"])["NIFTY"].median[FIRST_MINUTE] == 40 * 7_500.0


def test_a_run_reads_each_earlier_session_once_and_says_the_same(workspace: Workspace) -> None:
    for day in sessions_before(workspace, 6, tuesdays=False):
        store_session(workspace, day)
    earlier = EarlierVolumes(workspace)
    first = usual_volumes(workspace, DAY, ["NIFTY"], earlier)["NIFTY"]
    np.testing.assert_array_equal(first.median, usual_volumes(workspace, DAY, ["NIFTY"])["NIFTY"].median)
    for path in workspace.store.paths(market_snapshots.CONTRACT):
        path.unlink()
        path.write_bytes(b"of another run")
    np.testing.assert_array_equal(usual_volumes(workspace, DAY, ["NIFTY"], earlier)["NIFTY"].median, first.median)


def test_between_runs_a_session_is_read_again_only_when_it_was_replaced(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = sessions_before(workspace, 6, tuesdays=False)
    for day in days:
        store_session(workspace, day)
    first = usual_volumes(workspace, DAY, ["NIFTY", "BANKNIFTY"])
    opened: list[str] = []
    reading = parquet.read

    def watched(contract: Contract, path: Path, columns: list[str]) -> object:
        opened.append(path.parent.name)
        return reading(contract, path, columns)

    monkeypatch.setattr(parquet, "read", watched)
    again = usual_volumes(workspace, DAY, ["NIFTY", "BANKNIFTY"])
    assert set(again) == set(first) == {"NIFTY"}
    np.testing.assert_array_equal(again["NIFTY"].median, first["NIFTY"].median)
    np.testing.assert_array_equal(again["NIFTY"].spread, first["NIFTY"].spread)
    assert opened == []
    for number, day in enumerate(days[2:]):
        store_session(workspace, day, factor=2.0)
        at = usual_volumes(workspace, DAY, ["NIFTY"])["NIFTY"].median[FIRST_MINUTE] / (40 * 7_500.0)
        assert at == [1.0, 1.0, 1.5, 2.0][number]
    assert opened == [f"date={day}" for day in days[2:]]


def test_volume_that_other_code_worked_out_is_worked_out_again(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for day in sessions_before(workspace, 6, tuesdays=False):
        store_session(workspace, day)
    other = tmp_path / "volume_profile.py"
    other.write_text("it was worked out otherwise")
    with monkeypatch.context() as patched:
        patched.setattr(volume_profile, "__file__", str(other))
        patched.setattr(snapshot_history, "session_volumes", lambda _: {"NIFTY": (False, np.full(MINUTES_A_DAY, 7.0))})
        assert usual_volumes(workspace, DAY, ["NIFTY"])["NIFTY"].median[FIRST_MINUTE] == 7.0
    assert usual_volumes(workspace, DAY, ["NIFTY"])["NIFTY"].median[FIRST_MINUTE] == 40 * 7_500.0


@pytest.mark.parametrize("tuesdays", [False, True])
def test_a_bucket_is_asked_for_sessions_of_the_kind_only_and_no_further_back_than_it_takes(
    tmp_path: Path, bucket: Bucket, *, tuesdays: bool
) -> None:
    workspace = open_workspace(Settings(home=tmp_path, storage=bucket.settings))
    for day in sessions_before(workspace, COMPARED_SESSIONS + 1, tuesdays=tuesdays):
        store_session(workspace, day)
    bucket.server.requests.clear()
    assert set(usual_volumes(workspace, DAY + timedelta(days=tuesdays), ["NIFTY"])) == {"NIFTY"}
    assert Counter(method for method, _ in bucket.server.requests) == {
        "HEAD": COMPARED_SESSIONS,
        "GET": COMPARED_SESSIONS,
    }
