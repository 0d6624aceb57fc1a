"""What a home knows of earlier sessions: strictly before, by the calendar, holes included, read once a run."""

from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from trading_assets.defs.earlier_sessions import EarlierSessions
from trading_assets.defs.workspace import Workspace, open_workspace
from trading_assets.market.history import YEAR_SESSIONS
from trading_assets.settings import Settings
from trading_assets.tables.session_bars import CONTRACT
from trading_assets_tests.object_store import Bucket

# Wednesday to Tuesday with a Sunday of trading between
DAYS = [date(2026, 1, 28), date(2026, 1, 29), date(2026, 1, 30), date(2026, 2, 1), date(2026, 2, 2), date(2026, 2, 3)]


def bars(day: date, close: float, clock: str = "15:30") -> pd.DataFrame:
    """One bar of a day."""
    ended = [pd.Timestamp(f"{day} {clock}", tz="Asia/Kolkata").tz_convert("UTC")]
    return CONTRACT.frame({"date": [pd.Timestamp(day)], "underlying": ["NIFTY"], "ended_at": ended, "close": [close]})


@pytest.fixture
def home(tmp_path: Path) -> Workspace:
    """A home that has bars of five sessions; the close is the day of the month."""
    workspace = open_workspace(Settings(home=tmp_path / "home"))
    for day in DAYS[:5]:
        workspace.store.write(CONTRACT, bars(day, float(day.day)), day)
    return workspace


def test_a_session_knows_those_before_it_and_not_itself(home: Workspace) -> None:
    for day, close in zip(DAYS[1:], (28.0, 29.0, 30.0, 1.0, 2.0), strict=True):
        assert EarlierSessions(home).before(day)["NIFTY"].previous_close == close


def test_it_looks_back_over_a_year_of_the_calendar_whatever_is_stored(home: Workspace) -> None:
    known = EarlierSessions(home).before(DAYS[-1])["NIFTY"]
    assert known.closes.shape[0] == YEAR_SESSIONS
    assert np.isfinite(known.closes).any(axis=1).tolist() == [False] * (YEAR_SESSIONS - 5) + [True] * 5
    first = home.market.calendar.first_day
    assert EarlierSessions(home).before(home.market.calendar.next_session(first)) == {}


def test_a_session_that_is_not_stored_is_a_hole_and_the_one_before_it_is_not_moved_up(home: Workspace) -> None:
    home.store.delete(CONTRACT, DAYS[3])
    known = EarlierSessions(home).before(DAYS[4])["NIFTY"]
    assert np.isnan(known.previous_close)
    assert np.isfinite(known.closes[-2]).any()


def test_a_home_without_bars_knows_nothing(tmp_path: Path) -> None:
    assert EarlierSessions(open_workspace(Settings(home=tmp_path))).before(DAYS[0]) == {}


def test_sessions_in_any_order_are_told_the_same(home: Workspace) -> None:
    forth, back = EarlierSessions(home), EarlierSessions(home)
    expected = {day: forth.before(day)["NIFTY"].closes for day in DAYS[1:]}
    for day in reversed(DAYS[1:]):
        assert np.array_equal(back.before(day)["NIFTY"].closes, expected[day], equal_nan=True)


def test_a_run_reads_a_session_once_and_the_next_run_anew(home: Workspace) -> None:
    run = EarlierSessions(home)
    assert run.before(DAYS[2])["NIFTY"].previous_close == 29.0
    home.store.write(CONTRACT, bars(DAYS[1], 77.0), DAYS[1])
    assert run.before(DAYS[2])["NIFTY"].previous_close == 29.0
    assert EarlierSessions(home).before(DAYS[2])["NIFTY"].previous_close == 77.0


def test_bars_from_elsewhere_stand_before_those_that_are_stored(home: Workspace) -> None:
    run = EarlierSessions(home)
    run.learn(DAYS[4], bars(DAYS[4], 55.0))
    assert run.before(DAYS[5])["NIFTY"].previous_close == 55.0
    run.learn(DAYS[4], bars(DAYS[4], 56.0))
    assert run.before(DAYS[5])["NIFTY"].previous_close == 56.0
    assert run.before(DAYS[4])["NIFTY"].previous_close == 1.0
    # they replace a session whole, also bars that they do not have
    run.learn(DAYS[4], bars(DAYS[4], 57.0, "15:20"))
    assert run.before(DAYS[5])["NIFTY"].previous_close == 57.0


def test_a_bucket_is_listed_once_and_asked_for_nothing_but_what_is_new(tmp_path: Path, bucket: Bucket) -> None:
    workspace = open_workspace(Settings(home=tmp_path, storage=bucket.settings))
    for day in DAYS[:4]:
        workspace.store.write(CONTRACT, bars(day, float(day.day)), day)
    run = EarlierSessions(workspace)
    bucket.server.requests.clear()
    assert run.before(DAYS[4])["NIFTY"].previous_close == 1.0
    assert Counter(method for method, _ in bucket.server.requests) == {"GET": 1 + 4}
    workspace.store.write(CONTRACT, bars(DAYS[4], 2.0), DAYS[4])
    bucket.server.requests.clear()
    assert run.before(DAYS[5])["NIFTY"].previous_close == 2.0
    assert len(bucket.server.requests) == 1
