"""An acknowledged group stays silent up to its date and no longer; nothing else is kept from speaking."""

from datetime import UTC, date, datetime, timedelta

import pytest

from trading_assets.defs.acknowledging import acknowledge, acknowledged
from trading_assets.defs.alerting import Found, LogChannel, alert
from trading_assets.defs.workspace import Workspace, open_workspace
from trading_assets.errors import StorageError, UsageError
from trading_assets.quality.alerts import Problem
from trading_assets.settings import Settings

FROZEN, AGE = "market_snapshots.frozen_feed", "market_snapshots.snapshot_age"
TODAY = date(2025, 10, 13)
NOON = datetime(2025, 10, 13, 6, 30, tzinfo=UTC)


@pytest.fixture
def workspace(home_settings: Settings) -> Workspace:
    return open_workspace(home_settings)


def messages(workspace: Workspace, groups: list[str], now: datetime) -> str:
    """What alerts say of a new critical problem of each group."""
    lines: list[str] = []
    found = [Found(f"{group} {now}", Problem(group, "critical", "it broke", now)) for group in groups]
    alert(workspace, found, [LogChannel(lines.append)], now, lines.append)
    return "\n".join(lines)


def test_nothing_is_acknowledged_at_first(workspace: Workspace) -> None:
    assert acknowledged(workspace) == {}
    assert FROZEN in messages(workspace, [FROZEN], NOON)


def test_an_acknowledged_group_is_silent_and_the_others_speak(workspace: Workspace) -> None:
    acknowledge(workspace, FROZEN, date(2025, 10, 15), TODAY)
    said = messages(workspace, [FROZEN, AGE], NOON)
    assert FROZEN not in said
    assert AGE in said


def test_it_speaks_again_on_the_day_named_not_before(workspace: Workspace) -> None:
    acknowledge(workspace, FROZEN, date(2025, 10, 15), TODAY)
    last_minute = datetime(2025, 10, 14, 18, 29, tzinfo=UTC)  # 23:59 IST
    assert FROZEN not in messages(workspace, [FROZEN], last_minute)
    assert FROZEN in messages(workspace, [FROZEN], last_minute + timedelta(minutes=2))


def test_a_later_acknowledgement_replaces_the_one_before(workspace: Workspace) -> None:
    acknowledge(workspace, FROZEN, date(2025, 10, 15), TODAY)
    acknowledge(workspace, FROZEN, date(2025, 11, 1), TODAY)
    acknowledge(workspace, AGE, date(2025, 10, 14), TODAY)
    assert acknowledged(workspace) == {FROZEN: date(2025, 11, 1), AGE: date(2025, 10, 14)}


def test_a_day_that_is_not_ahead_takes_it_back(workspace: Workspace) -> None:
    acknowledge(workspace, FROZEN, date(2025, 11, 1), TODAY)
    acknowledge(workspace, FROZEN, TODAY, TODAY)
    assert acknowledged(workspace) == {}
    assert FROZEN in messages(workspace, [FROZEN], NOON)


def test_those_that_are_over_are_forgotten(workspace: Workspace) -> None:
    acknowledge(workspace, FROZEN, date(2025, 10, 14), TODAY)
    acknowledge(workspace, AGE, date(2025, 12, 1), date(2025, 11, 1))
    assert acknowledged(workspace) == {AGE: date(2025, 12, 1)}


@pytest.mark.parametrize("group", ["run.eod_job", "eod.missing", "calendar.ends"])
def test_what_is_no_rule_can_be_acknowledged_too(workspace: Workspace, group: str) -> None:
    acknowledge(workspace, group, date(2025, 10, 15), TODAY)
    assert group not in messages(workspace, [group, AGE], NOON)


@pytest.mark.parametrize("group", ["", "frozen_feed", "market_snapshots.frozen_fed", "market_snapshots"])
def test_a_group_that_no_alert_has_is_refused(workspace: Workspace, group: str) -> None:
    with pytest.raises(UsageError, match="no alert has the group"):
        acknowledge(workspace, group, date(2025, 10, 15), TODAY)
    assert acknowledged(workspace) == {}


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"market_snapshots.frozen_feed": "soon"}'])
def test_a_damaged_file_is_told_and_silences_nothing(workspace: Workspace, content: bytes) -> None:
    path = workspace.home / "alerts" / "acknowledged.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    with pytest.raises(StorageError, match="is damaged"):
        acknowledged(workspace)
    said = messages(workspace, [FROZEN], NOON)
    assert "is damaged" in said
    assert FROZEN in said.replace("is damaged", "")


def test_a_setting_outweighs_an_acknowledgement(workspace: Workspace, home_settings: Settings) -> None:
    acknowledge(workspace, FROZEN, date(2025, 12, 1), TODAY)
    alerts = home_settings.alerts.model_copy(update={"suppressed": {FROZEN: TODAY}})
    assert FROZEN in messages(open_workspace(home_settings.model_copy(update={"alerts": alerts})), [FROZEN], NOON)
