"""A month of the simulated market without planted dirt: the rules stay silent where nothing is wrong.

A few sessions of one snapshot every five minutes; `TRADING_ASSETS_TEST_MONTH=1` asks for the month, every minute.
"""

import os
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from trading_assets.feeds.archives import raw_files
from trading_assets.feeds.normalise import normalise_session
from trading_assets.feeds.simulated import FEED
from trading_assets.feeds.simulated_files import write_session
from trading_assets.feeds.simulated_spec import SimulationSpec
from trading_assets.market.calendar import Session
from trading_assets.quality.facts import SnapshotFacts
from trading_assets.quality.verdict import Verdict, judge
from trading_assets.quality.volume_profile import FEWEST_SESSIONS, session_volumes, volume_profile
from trading_assets.settings import QualitySettings
from trading_assets_tests.quality.clean_sessions import market

WHOLE = "TRADING_ASSETS_TEST_MONTH" in os.environ
FIRST, LAST = (date(2025, 10, 1), date(2025, 10, 31)) if WHOLE else (date(2025, 10, 1), date(2025, 10, 6))
SPEC = SimulationSpec(cadence=timedelta(minutes=1 if WHOLE else 5), strikes_each_side=10)


def judged(folder: Path, session: Session, earlier: list[Verdict]) -> Verdict:
    """The verdict over a simulated session, with what the sessions before it tell."""
    path = write_session(folder, SPEC, session, market().reference)
    captures = [capture for raw_file in raw_files(path) for capture in FEED.captures(raw_file, None)]
    found = normalise_session(captures, FEED, market(), 0.065)
    assert not found.unreadable
    volumes = [session_volumes(one.clean)["NIFTY"] for one in earlier]
    today = bool((found.frame["expiry"] == found.frame["date"]).any())
    usual = volume_profile([volume for on_the_day, volume in volumes if on_the_day == today])
    facts = SnapshotFacts(
        session.day,
        session,
        None,
        SPEC.cadence.total_seconds(),
        market().reference,
        previous_spot={"NIFTY": float(earlier[-1].clean["spot"].iloc[-1])} if earlier else {},
        usual_volume={} if usual is None else {"NIFTY": usual},
    )
    return judge(found.frame, facts, QualitySettings())


def test_a_clean_month_raises_no_critical_issue_and_less_than_a_warning_a_session(tmp_path: Path) -> None:
    verdicts: list[Verdict] = []
    for day in market().calendar.sessions(FIRST, LAST):
        verdicts.append(judged(tmp_path, market().calendar.session(day), verdicts))
    assert len(verdicts) > (2 * FEWEST_SESSIONS if WHOLE else 1)
    issues = pd.concat([one.issues for one in verdicts], ignore_index=True)
    counts = issues.groupby(["rule", "severity"]).size().to_dict()
    assert not (issues["severity"] == "critical").any(), counts
    assert (issues["severity"] == "warning").sum() < len(verdicts), counts
    assert sum(len(one.quarantined) for one in verdicts) == 0
