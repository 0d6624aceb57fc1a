"""The Prometheus text: one gauge per fact, labels escaped, nothing invented where nothing is known."""

from datetime import date

import pytest

from trading_assets.defs.exposition import exposition

HEALTH = {
    "total_calls": 10,
    "failure_rate": 0.1,
    "p50_ms": 80.0,
    "p95_ms": 200.0,
    "p99_ms": 900.0,
    "last_success": "2025-10-13T10:00:00+00:00",
}
SUMMARY = {"total_issues_tracked": 7, "critical_issues_last_hour": 2, "warning_issues_last_hour": 3}


def lines(feeds: dict[str, object], days: list[date] | None = None) -> list[str]:
    newest = {"net_pnl": -12.5, "total_trades": 4} if days else {}
    return exposition({"summary": SUMMARY, "feed_health": feeds}, days or [], newest).splitlines()


def test_every_sample_has_its_help_and_type() -> None:
    found = lines({"upstox": HEALTH}, [date(2025, 10, 13)])
    named = {line.split("{")[0].split(" ")[0] for line in found if not line.startswith("#")}
    assert named <= {line.split()[2] for line in found if line.startswith("# TYPE")}
    assert named <= {line.split()[2] for line in found if line.startswith("# HELP")}


def test_facts_are_given_with_their_labels() -> None:
    found = lines({"upstox": HEALTH}, [date(2025, 10, 10), date(2025, 10, 13)])
    for line in (
        "trading_assets_quality_issues_tracked 7.0",
        'trading_assets_quality_issues_last_hour{severity="critical"} 2.0',
        'trading_assets_feed_response_ms{feed="upstox",quantile="0.99"} 900.0',
        'trading_assets_feed_last_success_timestamp_seconds{feed="upstox"} 1760349600.0',
        "trading_assets_sessions 2.0",
        "trading_assets_last_session_net_pnl -12.5",
    ):
        assert line in found


def test_without_sessions_or_success_nothing_is_invented() -> None:
    found = "\n".join(lines({"upstox": {**HEALTH, "last_success": None}}))
    assert "last_session" not in found
    assert "last_success_timestamp_seconds{" not in found


def test_labels_are_escaped() -> None:
    assert r'{feed="a\"b\\c\nd"}' in "\n".join(lines({'a"b\\c\nd': HEALTH}))


def test_a_report_of_another_shape_is_refused() -> None:
    with pytest.raises(TypeError, match="mapping"):
        exposition({"summary": [], "feed_health": {}}, [], {})
