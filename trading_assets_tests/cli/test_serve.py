"""The HTTP service over a real server on loopback: what it answers, what it refuses, and that it keeps answering."""

import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import pandas as pd
import pytest
from pydantic import SecretStr

from trading_assets.cli.serve import listen, server_of
from trading_assets.defs.workspace import Workspace, open_workspace
from trading_assets.errors import InputError, SettingsError
from trading_assets.settings import Settings
from trading_assets.storage.atomic import replace_file
from trading_assets.tables import daily_performance, feed_calls, quality_issues
from trading_assets_tests.cli.served import served
from trading_assets_tests.quality.clean_sessions import clean_table

TOKEN = "a-token-of-enough-letters"  # noqa: S105 - made for these tests
ISSUE = {"category": "stale_data", "rule": "snapshot_age", "details": '{"value":700}', "table_name": "market_snapshots"}


def issues(now: datetime, *severities: str, prefix: str = "") -> pd.DataFrame:
    """One issue per severity, a minute old."""
    return quality_issues.CONTRACT.frame(
        {
            "date": [pd.Timestamp(now.date())] * len(severities),
            "issue_id": [f"{prefix}{number:08d}" for number in range(len(severities))],
            "timestamp": pd.to_datetime([now - timedelta(minutes=1)] * len(severities), utc=True),
            "severity": list(severities),
            "message": [f"snapshot was old {number}" for number in range(len(severities))],
            **ISSUE,
        }
    )


def calls(now: datetime, success: list[bool]) -> pd.DataFrame:
    return feed_calls.CONTRACT.frame(
        {
            "date": [pd.Timestamp(now.date())] * len(success),
            "feed": "upstox",
            "endpoint": "chain",
            "called_at": pd.to_datetime(
                [now - timedelta(seconds=5 * at) for at in range(1, len(success) + 1)], utc=True
            ),
            "duration_ms": [100.0 + at for at in range(len(success))],
            "success": success,
            "status": 200.0,
            "error": None,
        }
    )


@pytest.fixture
def workspace(home_settings: Settings) -> Workspace:
    """A home with an issue of a verdict, two of the gate, three calls, two days and a tear sheet."""
    found = open_workspace(home_settings)
    now = datetime.now(UTC)
    found.store.write(quality_issues.CONTRACT, issues(now, "critical", prefix="v"), now.date())
    found.journal.append(quality_issues.CONTRACT, issues(now, "warning", "info", prefix="g"))
    found.journal.append(feed_calls.CONTRACT, calls(now, [True, True, False]))
    row = clean_table("daily_performance", 1)
    for day in (date(2025, 10, 13), date(2025, 10, 14)):
        found.store.write(daily_performance.CONTRACT, row.assign(date=pd.Timestamp(day).as_unit("s")), day)
    replace_file(found.home / "reports" / "tear_sheet.html", b"<!doctype html><title>Trading performance</title>")
    return found


def test_every_route_answers(workspace: Workspace) -> None:
    with served(workspace.settings) as service:
        quality = service.get("/api/data-quality").json()
        health = service.get("/api/feed-health").json()
        metrics = service.get("/metrics")
        page = service.get("/report")
        documents = service.get("/docs"), service.get("/openapi.json"), service.get("/healthz")
    assert set(quality) == {"timestamp", "recent_issues", "feed_health", "summary"}
    assert quality["summary"] == {
        "total_issues_tracked": 3,
        "critical_issues_last_hour": 1,
        "warning_issues_last_hour": 1,
    }
    assert [set(issue) >= {"severity", "message", "timestamp"} for issue in quality["recent_issues"]] == [True] * 3
    assert health == quality["feed_health"]
    assert health["upstox"]["failed_calls"] == 1
    assert 'trading_assets_quality_issues_last_hour{severity="critical"} 1.0' in metrics.text
    assert 'trading_assets_feed_response_ms{feed="upstox",quantile="0.50"} 101.0' in metrics.text
    assert "trading_assets_last_session_net_pnl 94.83" in metrics.text
    assert metrics.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert "Trading performance" in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert page.headers["x-content-type-options"] == "nosniff"
    assert [one.status_code for one in documents] == [200] * 3
    assert "/api/performance/daily" in documents[0].text
    assert "/api/data-quality" in documents[1].json()["paths"]
    assert "http" not in documents[0].text, "the page of routes loads nothing from elsewhere"


def test_performance_is_given_by_range(workspace: Workspace) -> None:
    with served(workspace.settings) as service:
        both = service.get("/api/performance/daily").json()
        one = service.get("/api/performance/daily?from=2025-10-14&to=2025-10-31").json()
        none = service.get("/api/performance/daily?to=2025-01-01").json()
        wrong = service.get("/api/performance/daily?from=2025-10-14&to=2025-10-13")
        unreadable = service.get("/api/performance/daily?from=yesterday")
    assert [row["date"] for row in both] == ["2025-10-13", "2025-10-14"]
    assert [row["date"] for row in one] == ["2025-10-14"]
    assert none == []
    assert one[0]["net_pnl"] == 94.83
    assert one[0]["total_trades"] == 4
    assert (wrong.status_code, unreadable.status_code) == (422, 422)
    assert "ends (2025-10-13) before it starts" in wrong.text


def test_an_empty_home_is_answered_too(home_settings: Settings) -> None:
    with served(home_settings) as service:
        quality = service.get("/api/data-quality").json()
        daily = service.get("/api/performance/daily").json()
        metrics = service.get("/metrics")
        page = service.get("/report")
    assert quality["recent_issues"] == []
    assert quality["summary"]["total_issues_tracked"] == 0
    assert daily == []
    assert "trading_assets_sessions 0.0" in metrics.text
    assert page.status_code == 404
    assert "trading-assets report" in page.text


def test_a_token_is_asked_for_and_never_named(workspace: Workspace) -> None:
    settings = workspace.settings.model_copy(update={"api_token": SecretStr(TOKEN)})
    with served(settings) as service:
        allowed = service.get("/api/data-quality", Authorization=f"Bearer {TOKEN}")
        refused = [
            service.get("/api/data-quality"),
            service.get("/api/data-quality", Authorization=f"Bearer {TOKEN}x"),
            service.get("/api/data-quality", Authorization=f"Basic {TOKEN}"),
            service.get(f"/api/data-quality?token={TOKEN}"),
            service.get("/docs"),
            service.get("/healthz?x=1"),
        ]
        free = service.get("/healthz")
    assert allowed.status_code == free.status_code == 200
    assert [answer.status_code for answer in refused] == [401] * 6
    assert not any(TOKEN in answer.text for answer in refused)


def test_foreign_hosts_bodies_and_long_addresses_are_refused(workspace: Workspace) -> None:
    def request(line: str, *headers: str, body: str = "") -> bytes:
        return "\r\n".join([f"{line} HTTP/1.1", *headers, "Connection: close", "", body]).encode()

    with served(workspace.settings) as service:
        here = f"Host: 127.0.0.1:{service.port}"
        answers = [
            service.raw(request("GET /healthz", "Host: rebound.example")),
            service.raw(request("GET /healthz")),
            service.raw(request(f"GET /healthz?{'x' * 3_000}", here)),
            service.raw(request("POST /healthz", here, "Content-Length: 0")),
            service.raw(request("GET /healthz", here, "Content-Length: 5", body="hello")),
            service.raw(request("GET /healthz", here, f"X-Long: {'x' * 100_000}")),
            service.raw(request("GET /../../etc/passwd", here)),
        ]
        after = service.get("/healthz")
    codes = [answer.split(b" ", 2)[1].decode() for answer in answers]
    assert codes == ["421", "400", "414", "405", "413", "431", "404"]
    assert after.status_code == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "desk.example"])  # noqa: S104 - refused
def test_beyond_loopback_it_does_not_start_without_a_token(host: str, home_settings: Settings) -> None:
    with pytest.raises(SettingsError, match="TRADING_ASSETS_API_TOKEN"):
        server_of(home_settings, host, [])


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.8.8.8"])
def test_loopback_needs_no_token(host: str, home_settings: Settings) -> None:
    assert server_of(home_settings, host, []) is not None


def test_a_short_token_is_refused(home_settings: Settings) -> None:
    settings = home_settings.model_copy(update={"api_token": SecretStr("short")})
    with pytest.raises(SettingsError, match="5 characters"):
        server_of(settings, "127.0.0.1", [])


def test_a_taken_port_is_said() -> None:
    with listen("127.0.0.1", 0) as first, pytest.raises(InputError, match="Choose another"):
        listen("127.0.0.1", first.getsockname()[1])


def test_it_answers_while_the_gate_writes(workspace: Workspace) -> None:
    """A hundred requests without an error; how long they take at 50 a second is measured in benchmarks/service.py."""
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.wait(0.05):
            number += 1
            now = datetime.now(UTC)
            workspace.journal.append(quality_issues.CONTRACT, issues(now, "warning", prefix=f"w{number}"))

    def tracked(client: httpx.Client) -> int:
        answer = client.get("/api/data-quality")
        assert answer.status_code == 200
        return int(answer.json()["summary"]["total_issues_tracked"])

    writer = threading.Thread(target=write)
    with served(workspace.settings) as service, httpx.Client(base_url=f"http://127.0.0.1:{service.port}") as client:
        writer.start()
        try:
            counts = [tracked(client) for _ in range(100)]
        finally:
            stop.set()
            writer.join()
    assert counts[0] >= 3
    assert counts == sorted(counts), "none that was told is lost again"


def test_what_was_written_is_seen_without_a_restart(workspace: Workspace) -> None:
    from trading_assets.defs.answers import Answers

    seconds = [0.0]
    answers = Answers(workspace, lambda: seconds[0], lambda: datetime.now(UTC))
    first = answers.quality().report
    workspace.journal.append(quality_issues.CONTRACT, issues(datetime.now(UTC), "critical", prefix="new"))
    assert answers.quality().report is first, "a second has not passed"
    seconds[0] += 5.0
    assert b'"total_issues_tracked":4' in answers.quality().report


def test_sql_shows_the_gates_issues_beside_the_stored(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    from trading_assets_tests.commands import trading_assets

    monkeypatch.setenv("TRADING_ASSETS_HOME", str(Path(workspace.home)))
    answer = trading_assets("sql", "SELECT count(*) AS n FROM quality_issues", "--format", "csv")
    assert answer.out.split() == ["n", "3"]
    assert trading_assets("sql", "SELECT count(*) AS n FROM feed_calls", "--format", "csv").out.split() == ["n", "3"]
