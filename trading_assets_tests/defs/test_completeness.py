"""What is missing, and whether anyone would notice that the 18:00 run did not happen."""

from datetime import date, datetime
from pathlib import Path

import pytest

from trading_assets.defs.alerting import LogChannel, alert
from trading_assets.defs.completeness import Completeness, completeness
from trading_assets.defs.jobs import DAILY
from trading_assets.defs.sensors import overdue_problems, overdue_sessions
from trading_assets.defs.workspace import Workspace
from trading_assets.market.calendar import IST
from trading_assets_tests.defs.conftest import CLEAN, DIRTY, SUNDAY, Landed
from trading_assets_tests.defs.test_steps import run_day


@pytest.fixture
def partly(landed: Landed) -> Workspace:
    """Three landed sessions, of which the first is materialized."""
    workspace = landed(CLEAN, DIRTY, SUNDAY)
    run_day(workspace, CLEAN)
    return workspace


def test_sessions_between_the_first_and_the_last_landed_are_looked_at(partly: Workspace) -> None:
    found = completeness(partly)
    assert found.sessions == (CLEAN, date(2026, 1, 29), DIRTY, SUNDAY)
    assert set(found.missing) == {date(2026, 1, 29), DIRTY, SUNDAY}
    assert found.missing[DIRTY] == DAILY
    assert found.last_eod == CLEAN


def test_gaps_are_runs_of_sessions_that_have_captures(partly: Workspace) -> None:
    assert completeness(partly).gaps() == [(DIRTY, SUNDAY)]


def test_a_session_without_captures_is_named_but_cannot_be_filled(partly: Workspace) -> None:
    found = completeness(partly)
    assert "2026-01-29 lacks" in found.text()
    assert "no captures have landed" in found.text()
    assert found.as_dict()["without_captures"] == ["2026-01-29"]


def test_a_range_asks_for_every_session_of_the_calendar(partly: Workspace) -> None:
    found = completeness(partly, date(2026, 1, 23), date(2026, 1, 28))
    assert found.sessions == (date(2026, 1, 23), date(2026, 1, 27), CLEAN), "26 January is Republic Day"


def test_an_empty_home_lacks_nothing(landed: Landed) -> None:
    found = completeness(landed())
    assert found == Completeness((), {}, frozenset(), None)
    assert found.gaps() == []


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-01-30T18:09", []),
        ("2026-01-30T18:10", [DIRTY]),
        ("2026-02-01T18:00", [DIRTY]),
        ("2026-02-01T18:10", [DIRTY, SUNDAY]),
        ("2026-02-20T18:10", []),
    ],
)
def test_from_six_ten_on_a_missing_rollup_is_overdue(partly: Workspace, moment: str, expected: list[date]) -> None:
    now = datetime.fromisoformat(moment).replace(tzinfo=IST)
    assert overdue_sessions(partly, now) == expected


def test_a_missing_rollup_is_one_incident_that_ends_once_it_is_there(partly: Workspace) -> None:
    told: list[str] = []

    def look(clock: str) -> None:
        now = datetime.fromisoformat(f"2026-01-30T{clock}").replace(tzinfo=IST)
        alert(partly, overdue_problems(partly, now), [LogChannel(told.append)], now, told.append)

    for clock in ("18:09", "18:10", "18:11", "18:40", "18:50"):
        look(clock)
    assert len(told) == 1
    assert "new · critical · eod.missing" in told[0]
    assert told[0].endswith("no rollup at 18:10 IST of 2026-01-30")
    run_day(partly, DIRTY)
    look("18:55")
    look("19:55")
    assert len(told) == 2
    assert "resolved · critical · eod.missing" in told[1]


def test_a_table_that_is_gone_is_missed(partly: Workspace) -> None:
    path = partly.store.root / "trades" / f"date={CLEAN}" / "trades.parquet"
    Path(path).unlink()
    assert completeness(partly, CLEAN, CLEAN).missing == {CLEAN: ("trades",)}
