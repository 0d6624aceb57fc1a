"""Limits replayed on stored sessions give what judging with them gives, and change nothing."""

import pandas as pd
import pytest

from trading_assets.defs.tuning import Outcome, tune
from trading_assets.defs.workspace import Workspace, open_workspace
from trading_assets.errors import InputError, UsageError
from trading_assets.quality.verdict import judge
from trading_assets.settings import Limits, Settings
from trading_assets.tables import daily_performance, market_snapshots, quality_issues, quarantined_rows
from trading_assets_tests.commands import trading_assets
from trading_assets_tests.quality.clean_sessions import DAY, clean_case, clean_table, snapshot_rows_of


@pytest.fixture
def workspace(home_settings: Settings) -> Workspace:
    """A judged session whose last two snapshots are 400 s and 700 s old: a warning and a critical."""
    found = open_workspace(home_settings)
    case = clean_case()
    frame = case.frame.assign(feed="simulated")
    for number, age in ((10, 400), (11, 700)):
        rows = snapshot_rows_of(frame, number)
        frame.loc[rows, "received_at"] = frame.loc[rows, "observed_at"] + pd.Timedelta(seconds=age)
    verdict = judge(frame, case.facts, case.settings)
    found.store.write(market_snapshots.CONTRACT, verdict.clean, DAY)
    found.store.write(quarantined_rows.CONTRACT, verdict.quarantined, DAY)
    found.store.write(quality_issues.CONTRACT, verdict.issues, DAY)
    found.store.write(daily_performance.CONTRACT, clean_table("daily_performance", 1), DAY)
    return found


def test_limits_as_they_are_change_nothing(workspace: Workspace) -> None:
    now, then = tune(workspace, "snapshot_age", Limits(warning=300.0, critical=600.0), 60).sessions[DAY]
    assert now == then == Outcome(warnings=0, criticals=1, quarantined=80)


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        (Limits(critical=800.0), Outcome(warnings=1, criticals=0, quarantined=0)),
        (Limits(warning=800.0, critical=900.0), Outcome()),
        (Limits(critical=350.0), Outcome(warnings=0, criticals=1, quarantined=160)),
        (Limits(warning=650.0, critical=650.0), Outcome(warnings=0, criticals=1, quarantined=80)),
    ],
)
def test_proposed_limits_show_what_they_would_have_done(
    limits: Limits, expected: Outcome, workspace: Workspace
) -> None:
    stored = workspace.store.read(quality_issues.CONTRACT)
    assert tune(workspace, "snapshot_age", limits, 60).sessions[DAY][1] == expected
    pd.testing.assert_frame_equal(workspace.store.read(quality_issues.CONTRACT), stored)


def test_rules_of_other_tables_are_replayed_too(workspace: Workspace) -> None:
    found = tune(workspace, "day_net_pnl", Limits(critical=-1.0), 60)
    assert found.sessions[DAY] == (Outcome(), Outcome(criticals=1))


def test_unknown_rules_contradicting_limits_and_empty_homes_are_said(workspace: Workspace, tmp_path: object) -> None:
    with pytest.raises(UsageError, match="no rule 'age'"):
        tune(workspace, "age", Limits(warning=1.0), 60)
    with pytest.raises(UsageError, match="lies above the critical one, 600"):
        tune(workspace, "snapshot_age", Limits(warning=700.0), 60)
    with pytest.raises(UsageError, match=r"scored_signals\.signal_outside_session"):
        tune(workspace, "signal_outside_session", Limits(warning=1.0), 60)
    with pytest.raises(InputError, match="no session to replay"):
        tune(workspace, "trade_net_pnl", Limits(warning=1.0), 60)
    assert tmp_path


def test_the_command_says_it_in_lines_and_in_json(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADING_ASSETS_HOME", str(workspace.home))
    lines = trading_assets("quality", "tune", "snapshot_age", "--critical", "350").out
    assert "warning > 300, critical > 600 now, warning > 300, critical > 350 proposed" in lines
    assert "80 → 160" in lines
    assert "0 session(s) alike" in lines
    assert '"quarantined": 160' in trading_assets("quality", "tune", "snapshot_age", "--critical", "350", "--json").out
    assert trading_assets("quality", "tune", "snapshot_age").code == 2
