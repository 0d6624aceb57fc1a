"""The rules on real recordings: after-hours and closed-day captures are aside with their reason, the rest trades."""

import json
from collections import Counter, defaultdict
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from trading_assets.feeds.archives import raw_files
from trading_assets.feeds.normalise import normalise_session
from trading_assets.feeds.nse_json import FEED
from trading_assets.market.captures import Capture
from trading_assets.quality.audit import audit
from trading_assets.quality.facts import AuditContext, SnapshotFacts
from trading_assets.quality.verdict import Verdict, judge
from trading_assets.settings import QualitySettings
from trading_assets.tables.market_snapshots import CONTRACT
from trading_assets.tables.schema import violations
from trading_assets_tests.quality.clean_sessions import market

pytestmark = pytest.mark.recordings

#: Day → captures, and captures that a trader may use: in the session's hours and not stale.
USABLE = {
    date(2025, 10, 13): (7, 5),
    date(2025, 10, 17): (15, 13),
    date(2025, 10, 21): (4, 1),
    date(2025, 10, 22): (1, 0),
    date(2025, 10, 30): (12, 12),
    date(2025, 11, 5): (1, 0),
    date(2025, 11, 14): (19, 17),
}


@cache
def captures(folder: Path) -> dict[date, list[Capture]]:
    found: dict[date, list[Capture]] = defaultdict(list)
    for archive in sorted(folder.glob("nse_json_2025-*.tar.xz")):
        for raw_file in raw_files(archive):
            for capture in FEED.captures(raw_file, None):
                found[capture.day].append(capture)
    return dict(found)


@cache
def judged(folder: Path, day: date) -> tuple[int, Verdict, AuditContext]:
    """Rows of a day, the verdict over them, and what its audit needs."""
    calendar = market().calendar
    session = calendar.session(day) if calendar.is_session(day) else None
    facts = SnapshotFacts(day, session, calendar.closed_reason(day), FEED.cadence.total_seconds(), market().reference)
    found = normalise_session(captures(folder)[day], FEED, market(), 0.065)
    assert not found.unreadable
    settings = QualitySettings()
    verdict = judge(found.frame, facts, settings)
    return len(found.frame), verdict, AuditContext(settings, verdict.issues, len(verdict.quarantined), session)


def reasons(verdict: Verdict) -> Counter[str]:
    return Counter(name for text in verdict.quarantined["reasons"] for name in json.loads(text))


@pytest.mark.parametrize("day", USABLE, ids=str)
def test_what_is_usable_of_a_day(recordings: Path, day: date) -> None:
    rows, verdict, _ = judged(recordings / "nse_json_2025", day)
    recorded, usable = USABLE[day]
    assert len(captures(recordings / "nse_json_2025")[day]) == recorded
    assert verdict.clean["snapshot_id"].nunique() == usable
    assert len(verdict.clean) + len(verdict.quarantined) == rows
    assert violations(CONTRACT, verdict.clean) == ()


def test_nothing_but_time_keeps_a_leg_out_of_a_session(recordings: Path) -> None:
    folder = recordings / "nse_json_2025"
    total: Counter[str] = Counter()
    for day in USABLE:
        total += reasons(judged(folder, day)[1])
    assert set(total) <= {"outside_session", "snapshot_age", "expired_option"}
    assert total["outside_session"] >= total["snapshot_age"]


def test_holidays_and_the_special_session_are_named(recordings: Path) -> None:
    folder = recordings / "nse_json_2025"
    said = {day: judged(folder, day)[1].quarantined["detail"] for day in (date(2025, 10, 22), date(2025, 11, 5))}
    assert said[date(2025, 10, 22)].str.contains(r"2025-10-22 is closed \(Diwali").all()
    assert said[date(2025, 11, 5)].str.contains(r"2025-11-05 is closed \(.*Guru Nanak").all()
    special = judged(folder, date(2025, 10, 21))[1]
    assert special.quarantined["detail"].str.contains("2025-10-21 trades 13:45-14:45 IST").all()
    assert special.clean["observed_at"].dt.tz_convert("Asia/Kolkata").dt.strftime("%H:%M").unique().tolist() == [
        "14:25"
    ]


def test_no_real_session_is_blocked(recordings: Path) -> None:
    for day in USABLE:
        _, verdict, context = judged(recordings / "nse_json_2025", day)
        for outcome in audit(CONTRACT, verdict.clean, context):
            assert outcome.passed or not outcome.blocking, (day, outcome.sentence)


def test_a_session_is_told_in_few_issues(recordings: Path) -> None:
    for day in USABLE:
        assert len(judged(recordings / "nse_json_2025", day)[1].issues) <= 10
