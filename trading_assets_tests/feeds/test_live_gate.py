from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import orjson
import pandas as pd
import pytest

from trading_assets.feeds.live_gate import LiveGate, live_snapshot
from trading_assets.feeds.normalise import normalise_session
from trading_assets.feeds.upstox import FEED
from trading_assets.market.packaged import load_market
from trading_assets.quality.facts import SnapshotFacts
from trading_assets.quality.gate import Gate
from trading_assets.quality.gate_issues import gate_issues
from trading_assets.quality.verdict import judge
from trading_assets.settings import Settings
from trading_assets_tests.feeds.upstox_answers import answer, recording
from trading_assets_tests.quality.clean_sessions import clean_case

if TYPE_CHECKING:
    from trading_assets.market.captures import Capture

MARKET = load_market()
DAY = date(2026, 9, 16)
FACTS = SnapshotFacts(
    day=DAY,
    session=MARKET.calendar.session(DAY),
    closed_reason=None,
    cadence_seconds=60.0,
    reference=MARKET.reference,
)


def capture(document: object, minute: int = 0) -> Capture:
    found = next(FEED.captures(recording(answer()), None))
    return replace(found, raw=orjson.dumps(document), received_at=found.received_at + timedelta(minutes=minute))


def gate() -> LiveGate:
    return LiveGate(FEED, MARKET, Settings(), FACTS)


def with_spot(level: float) -> dict:
    document = answer()
    for row in document["data"]:
        row["underlying_spot_price"] = level
    return document


def test_a_good_chain_passes_whole() -> None:
    judgement = gate().judge(capture([answer(), answer("2026-09-29")]))
    assert (judgement.accepted, judgement.legs, judgement.kept, judgement.reasons) == (True, 40, 40, ())


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (with_spot(52_000.0), "spot"),
        ({"status": "success", "data": []}, "no option leg"),
        ({"status": "error"}, "under data"),
        (answer("2019-01-03"), ""),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_reason(document: dict, said: str) -> None:
    judgement = gate().judge(capture([document]))
    assert not judgement.accepted
    assert judgement.kept == 0
    assert any(said in reason for reason in judgement.reasons)


def test_a_missing_exchange_time_is_a_finding_and_no_crash() -> None:
    case = clean_case(1)
    case.frame.loc[:, "observed_at"] = pd.NaT
    snapshot = live_snapshot(case.frame)
    verdict = Gate(case.facts, case.settings).check(snapshot)
    assert not verdict.accepted
    told = gate_issues(snapshot, verdict, case.facts.day, case.settings)
    assert told["rule"].tolist() == ["missing_timestamp"]
    assert told["timestamp"].tolist() == [case.frame["received_at"].iloc[0]]


def test_outside_the_hours_nothing_passes() -> None:
    assert not gate().judge(capture([answer()], minute=300)).accepted


def test_a_leg_that_is_wrong_is_kept_out_alone() -> None:
    document = answer()
    document["data"][0]["call_options"]["market_data"]["oi"] = -65.0
    judgement = gate().judge(capture([document]))
    assert judgement.accepted
    assert (judgement.legs, judgement.kept) == (20, 19)


def test_a_feed_that_is_stuck_is_noticed_and_the_whole_session_is_judged_alike() -> None:
    landed = [capture([answer(shift=0.05 * min(minute, 6))], minute) for minute in range(14)]
    landed[3] = capture([with_spot(11_000.0)], 3)
    one_by_one = gate()
    kept = [one_by_one.judge(item).kept for item in landed]
    frame = normalise_session(landed, FEED, MARKET, Settings().risk_free_rate).frame
    clean = judge(frame, FACTS, Settings().quality).clean
    counted = clean.groupby("received_at").size()
    assert kept == [int(counted.get(pd.Timestamp(item.received_at), 0)) for item in landed]
    assert kept[3] == 0
    assert kept[0] == 20
    assert kept[-1] == 0, "the chain has not moved for eight minutes"
