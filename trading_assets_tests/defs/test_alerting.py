"""Alerts reach real local HTTP and SMTP servers; one that fails or hangs blocks nothing and loses nothing."""

import socket
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import monotonic

import dagster as dg
import pandas as pd
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as MailHandler
from pydantic import SecretStr

from trading_assets.defs import sensors
from trading_assets.defs.alerting import AppriseChannel, Found, LogChannel, alert, channels, issue_problems, state_path
from trading_assets.defs.workspace import Workspace, open_workspace
from trading_assets.quality.alerts import Message, Problem
from trading_assets.setting_sections import AlertSettings
from trading_assets.settings import Settings
from trading_assets.tables import quality_issues
from trading_assets_tests.defs.endpoints import Endpoint, dripping_endpoint, hanging_endpoint, http_endpoint

NOW = datetime(2025, 10, 13, 6, 0, tzinfo=UTC)
TIMEOUT = 0.5


@pytest.fixture
def workspace(home_settings: Settings) -> Workspace:
    return open_workspace(home_settings)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with http_endpoint() as found:
        yield found


def found(name: str = "one", group: str = "market_snapshots.frozen_feed") -> Found:
    return Found(name, Problem(group, "critical", "time moved and the content did not", NOW))


class Inbox(MailHandler):
    """Keeps the mails it is sent."""

    def __init__(self) -> None:
        super().__init__()
        self.mails: list[str] = []

    def handle_message(self, message: object) -> None:
        self.mails.append(str(message))


def test_an_http_endpoint_is_told_once(workspace: Workspace, endpoint: Endpoint) -> None:
    targets = [AppriseChannel(endpoint.url, TIMEOUT)]
    assert alert(workspace, [found()], targets, NOW, print) == (1, 0)
    assert alert(workspace, [found()], targets, NOW + timedelta(minutes=1), print) == (0, 0)
    assert len(endpoint.bodies) == 1
    assert "market_snapshots.frozen_feed" in endpoint.bodies[0]


def test_a_mail_server_is_told(workspace: Workspace) -> None:
    inbox = Inbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(inbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        url = f"mailto://127.0.0.1:{port}/desk@example.com?from=alerts@example.com&mode=insecure"
        assert alert(workspace, [found()], [AppriseChannel(url, TIMEOUT)], NOW, print) == (1, 0)
    finally:
        controller.stop()
    assert "trading_assets: 1 new" in inbox.mails[0]


@pytest.mark.parametrize("status", [500, 404, 429])
def test_a_refused_message_is_kept_over_a_restart(status: int, workspace: Workspace, endpoint: Endpoint) -> None:
    targets, said = [AppriseChannel(endpoint.url, TIMEOUT)], []
    endpoint.status = status
    assert alert(workspace, [found()], targets, NOW, said.append) == (0, 1)
    assert alert(workspace, [found()], targets, NOW + timedelta(minutes=1), said.append) == (0, 1)
    endpoint.status = 200
    again = open_workspace(workspace.settings)
    assert alert(again, [], targets, NOW + timedelta(minutes=2), said.append) == (1, 0)
    assert len(endpoint.bodies) == 1
    assert len(said) == 2


def test_a_hanging_endpoint_holds_up_nobody_and_loses_nothing(workspace: Workspace, endpoint: Endpoint) -> None:
    with hanging_endpoint() as hanging:
        targets = [AppriseChannel(hanging, TIMEOUT), AppriseChannel(endpoint.url, TIMEOUT)]
        began = monotonic()
        assert alert(workspace, [found()], targets, NOW, print) == (1, 1)
        assert monotonic() - began < 3 * TIMEOUT + 3, "the import of apprise included"
    assert len(endpoint.bodies) == 1


def test_an_endpoint_that_answers_for_ever_is_left_behind(workspace: Workspace, endpoint: Endpoint) -> None:
    with dripping_endpoint(TIMEOUT / 5, drops=60) as dripping:  # whole after twelve timeouts, and no read is late
        targets = [AppriseChannel(dripping, TIMEOUT / 2), AppriseChannel(endpoint.url, TIMEOUT)]
        assert alert(workspace, [found()], targets, NOW, print) == (1, 1)
    assert len(endpoint.bodies) == 1


def test_an_endpoint_that_is_not_there_is_tried_again(workspace: Workspace, endpoint: Endpoint) -> None:
    gone = AppriseChannel("json://127.0.0.1:9/", TIMEOUT)
    assert alert(workspace, [found()], [gone, AppriseChannel(endpoint.url, TIMEOUT)], NOW, print) == (1, 1)


def test_secrets_are_in_no_state_log_or_text(workspace: Workspace, endpoint: Endpoint) -> None:
    endpoint.status, said = 500, []
    target = AppriseChannel(endpoint.url, TIMEOUT)
    alert(workspace, [found()], [target], NOW, said.append)
    settings = AlertSettings(urls=(SecretStr(endpoint.url),))
    texts = [*said, repr(target), repr(settings), target.name, str(state_path(workspace, target))]
    texts.append(state_path(workspace, target).read_text())
    assert not any("secretpass" in text for text in texts)


def test_a_bad_day_over_a_failing_channel_is_few_messages_and_none_is_lost(
    workspace: Workspace, endpoint: Endpoint
) -> None:
    targets = [AppriseChannel(endpoint.url, TIMEOUT)]
    for minute in range(0, 400, 5):
        endpoint.status = 500 if 60 <= minute < 120 else 200
        at = NOW + timedelta(minutes=minute)
        problems = [
            Found(f"{minute}.{number}", Problem(f"table.rule{number}", "critical", "broken", at))
            for number in range(8)
            if number * 20 <= minute < number * 20 + 100
        ]
        alert(workspace, problems, targets, at, lambda _: None)
    text = "".join(endpoint.bodies)
    assert len(endpoint.bodies) <= 20
    assert [text.count(f"resolved \\u00b7 critical \\u00b7 table.rule{n} ") for n in range(8)] == [1] * 8


def test_a_dry_run_logs_instead(workspace: Workspace) -> None:
    said: list[str] = []
    settings = AlertSettings(urls=(SecretStr("json://127.0.0.1:9/"),), dry_run=True)
    targets = channels(settings, said.append)
    assert [type(target) for target in targets] == [LogChannel]
    assert alert(workspace, [found()], targets, NOW, print) == (1, 0)
    assert "would send: trading_assets: 1 new" in said[0]
    assert channels(AlertSettings(), said.append) == []


def test_an_unknown_url_is_not_delivered() -> None:
    assert not AppriseChannel("nosuchthing://x", TIMEOUT).send(Message("t", "b", urgent=False, made_at=NOW))


def test_a_suppressed_group_of_the_settings_is_silent(home_settings: Settings, endpoint: Endpoint) -> None:
    silent = AlertSettings(suppressed={"market_snapshots.frozen_feed": date(2025, 10, 14)})
    workspace = open_workspace(home_settings.model_copy(update={"alerts": silent}))
    targets = [AppriseChannel(endpoint.url, TIMEOUT)]
    assert alert(workspace, [found(), found("two", "other.rule")], targets, NOW, print) == (1, 0)
    assert "frozen_feed" not in endpoint.bodies[0]


def test_a_damaged_state_is_put_aside(workspace: Workspace, endpoint: Endpoint) -> None:
    target = AppriseChannel(endpoint.url, TIMEOUT)
    path = state_path(workspace, target)
    path.parent.mkdir(parents=True)
    path.write_text("{half")
    assert alert(workspace, [found()], [target], NOW, print) == (1, 0)
    assert path.with_suffix(".damaged").read_text() == "{half"


def test_issues_of_the_last_day_are_problems_and_older_ones_are_not(workspace: Workspace) -> None:
    times = [NOW - timedelta(minutes=5), NOW - timedelta(days=2)]
    workspace.journal.append(
        quality_issues.CONTRACT,
        quality_issues.CONTRACT.frame(
            {
                "date": [pd.Timestamp(at.date()) for at in times],
                "issue_id": ["new", "old"],
                "timestamp": pd.to_datetime(times, utc=True),
                "severity": "critical",
                "category": "stale_data",
                "rule": "frozen_feed",
                "message": "time moved",
                "details": "{}",
                "table_name": "market_snapshots",
            }
        ),
    )
    (one,) = issue_problems(workspace, NOW)
    assert (one.name, one.problem.group) == ("new.critical", "market_snapshots.frozen_feed")


def test_the_sensor_sends_failed_runs(
    home_settings: Settings, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TRADING_ASSETS_HOME", str(home_settings.home))
    monkeypatch.setenv("TRADING_ASSETS_ALERTS__URLS", f'["{endpoint.url}"]')
    sensor = next(one for one in sensors.build() if one.name == "alert_sensor")
    with dg.instance_for_test(temp_dir=str(tmp_path)) as instance:

        @dg.job
        def broken_job() -> None:
            fails()

        broken_job.execute_in_process(instance=instance, raise_on_error=False)
        told = sensor(dg.build_sensor_context(instance=instance))
    assert isinstance(told, dg.SkipReason)
    assert told.skip_message == "1 message(s) sent, 0 waiting."
    assert "run.broken_job" in endpoint.bodies[0]


def test_without_channels_the_sensor_says_so(home_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADING_ASSETS_HOME", str(home_settings.home))
    sensor = next(one for one in sensors.build() if one.name == "alert_sensor")
    with dg.instance_for_test() as instance:
        told = sensor(dg.build_sensor_context(instance=instance))
    assert isinstance(told, dg.SkipReason)
    assert "names no channel" in str(told.skip_message)


@dg.op
def fails() -> None:
    message = "planted"
    raise RuntimeError(message)
