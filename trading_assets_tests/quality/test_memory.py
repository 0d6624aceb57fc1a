"""What a session remembers: the accepted spot, and when a jump is the market's and not the feed's."""

import math
from datetime import datetime

import pandas as pd

from trading_assets.quality.memory import CONFIRMATIONS, Seen, SessionMemory, UnderlyingMemory
from trading_assets.quality.verdict import judge
from trading_assets_tests.quality.clean_sessions import Case, clean_case, snapshot_rows_of

NOON = datetime(2025, 10, 13, 6, 30)  # noqa: DTZ001 - as the gate holds times: UTC without a zone


def with_spots(changes: dict[int, float]) -> Case:
    """A clean session in which the spot (and forward) of some snapshots is multiplied."""
    case = clean_case()
    frame = case.frame.copy()
    for number, factor in changes.items():
        frame.loc[snapshot_rows_of(frame, number), ["spot", "forward"]] *= factor
    return case.with_frame(frame)


def refused(case: Case) -> list[int]:
    kept = judge(case.frame, case.facts, case.settings).clean["snapshot_id"].unique()
    return [number for number in range(12) if f"snapshot-{number:04d}" not in kept]


def test_before_the_first_snapshot_the_previous_sessions_spot_counts() -> None:
    assert SessionMemory().of("NIFTY", 24_000.0).reference_spot() == 24_000.0
    assert math.isnan(UnderlyingMemory().reference_spot())


def test_an_accepted_snapshot_becomes_the_reference() -> None:
    memory = UnderlyingMemory(spot=24_000.0)
    memory.accept(Seen(NOON, 7, 24_100.0))
    assert memory.reference_spot() == 24_100.0
    assert memory.observed == NOON
    assert memory.seen_times == {NOON}
    assert memory.seen_content == {7: 1}


def test_refusals_that_agree_confirm_a_new_level() -> None:
    memory = UnderlyingMemory(spot=24_000.0)
    for spot in (26_000.0, 26_010.0)[: CONFIRMATIONS - 1]:
        assert memory.reference_spot() == 24_000.0
        memory.refuse(spot, 5.0, only_jump=True)
    assert memory.reference_spot() == 26_010.0


def test_refusals_that_disagree_or_have_other_faults_confirm_nothing() -> None:
    memory = UnderlyingMemory(spot=24_000.0)
    memory.refuse(26_000.0, 5.0, only_jump=True)
    memory.refuse(20_000.0, 5.0, only_jump=True)
    assert memory.reference_spot() == 24_000.0
    memory.refuse(20_010.0, 5.0, only_jump=False)
    assert memory.reference_spot() == 24_000.0


def test_acceptance_forgets_what_was_pending() -> None:
    memory = UnderlyingMemory(spot=24_000.0)
    memory.refuse(26_000.0, 5.0, only_jump=True)
    memory.accept(Seen(NOON, 1, 24_010.0))
    memory.refuse(26_000.0, 5.0, only_jump=True)
    assert memory.reference_spot() == 24_010.0


def test_one_wrong_spot_condemns_itself_and_not_its_successors() -> None:
    assert refused(with_spots({5: 1.08})) == [5]


def test_a_market_that_truly_moved_is_believed_at_the_third_snapshot() -> None:
    assert refused(with_spots(dict.fromkeys(range(5, 12), 1.08))) == [5, 6]


def test_a_wrong_first_spot_does_not_condemn_the_session() -> None:
    assert refused(with_spots({0: 0.90})) == [1, 2]


def test_a_jump_against_the_session_before_counts() -> None:
    case = clean_case()
    facts = case.facts.__class__(**{**vars(case.facts), "previous_spot": {"NIFTY": 20_000.0}})
    verdict = judge(case.frame, facts, case.settings)
    assert sorted(verdict.quarantined["capture_id"].unique()) == ["capture-0000", "capture-0001"]


def test_a_stuck_feed_that_alternates_with_a_live_one_is_caught() -> None:
    case = clean_case()
    frame = case.frame.copy()
    content = ["last_price", "bid", "ask", "volume_units", "open_interest_lots"]
    for number in (3, 5, 7):
        frame.loc[snapshot_rows_of(frame, number), content] = frame.loc[snapshot_rows_of(frame, 0), content].to_numpy()
    verdict = judge(frame, case.facts, case.settings)
    assert sorted(verdict.quarantined["capture_id"].unique()) == [f"capture-{number:04d}" for number in (3, 5, 7)]
    assert verdict.quarantined["reasons"].unique().tolist() == ['["frozen_feed"]']


def test_a_gap_is_measured_inside_the_hours_from_the_open() -> None:
    case = clean_case(2)
    frame = case.frame.copy()
    frame[["observed_at", "received_at"]] += pd.Timedelta(minutes=10)
    issues = judge(frame, case.facts, case.settings).issues
    assert issues["rule"].tolist() == ["gap"]
    assert "3.3 times" in issues["message"][0]
