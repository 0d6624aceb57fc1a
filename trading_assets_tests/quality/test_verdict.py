"""The verdict: everything is accounted for, reasons are whole, closed days are named, order does not matter."""

import json
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from trading_assets.quality.verdict import judge, quarantine_closed_day
from trading_assets.tables.market_snapshots import CONTRACT
from trading_assets.tables.quality_issues import CONTRACT as ISSUES
from trading_assets.tables.quarantined_rows import CONTRACT as QUARANTINE
from trading_assets.tables.schema import violations
from trading_assets_tests.quality.clean_sessions import clean_case, clean_snapshots, facts, market, snapshot_rows_of

IST = ZoneInfo("Asia/Kolkata")


def bad_frame() -> pd.DataFrame:
    """A session with a stale snapshot, a leg with two faults and a leg that is there twice."""
    frame = clean_snapshots()
    frame.loc[snapshot_rows_of(frame, 4), "received_at"] += pd.Timedelta(minutes=11)
    frame.loc[100, ["bid", "open_interest_lots"]] = [-5.0, -3.0]
    return pd.concat([frame, frame.loc[[200]]], ignore_index=True)


def test_all_three_frames_keep_their_contracts() -> None:
    case = clean_case().with_frame(bad_frame())
    verdict = judge(case.frame, case.facts, case.settings)
    assert violations(CONTRACT, verdict.clean) == ()
    assert violations(QUARANTINE, verdict.quarantined) == ()
    assert violations(ISSUES, verdict.issues) == ()
    assert len(verdict.clean) == len(case.frame) - 82
    assert len(verdict.quarantined) == 82


def test_a_row_carries_all_its_reasons_sorted() -> None:
    case = clean_case().with_frame(bad_frame())
    quarantined = judge(case.frame, case.facts, case.settings).quarantined
    reasons = set(quarantined["reasons"])
    assert '["bound:bid","bound:open_interest_lots","negative_open_interest"]' in reasons
    assert '["snapshot_age"]' in reasons
    assert '["repeated_leg"]' in reasons
    assert len(reasons) == 3


def test_a_detail_gives_the_numbers_and_counts_further_reasons() -> None:
    case = clean_case().with_frame(bad_frame())
    quarantined = judge(case.frame, case.facts, case.settings).quarantined.set_index("reasons")
    assert quarantined.loc['["snapshot_age"]', "detail"].unique().tolist() == [
        "snapshot_age: snapshot was 662 s old, more than 600 s"
    ]
    leg = quarantined.loc['["bound:bid","bound:open_interest_lots","negative_open_interest"]']
    assert leg["detail"] == "negative_open_interest: open interest is 3 lots below zero (and 2 more)"


def test_the_raw_row_is_kept_whole() -> None:
    case = clean_case().with_frame(bad_frame())
    quarantined = judge(case.frame, case.facts, case.settings).quarantined.set_index("reasons")
    raw = json.loads(quarantined.loc['["repeated_leg"]', "raw"])
    source = case.frame.loc[200]
    assert set(raw) == set(CONTRACT.names)
    assert raw["strike"] == source["strike"]
    assert raw["observed_at"] == source["observed_at"].isoformat()
    assert raw["expiry"] == source["expiry"].date().isoformat()
    assert raw["india_vix"] is None


def test_rows_in_any_order_get_the_same_verdict() -> None:
    frame = clean_snapshots()
    frame.loc[snapshot_rows_of(frame, 4), "received_at"] += pd.Timedelta(minutes=11)
    frame.loc[100, "bid"] = -5.0
    case = clean_case()
    straight = judge(frame, case.facts, case.settings)
    shuffled = judge(frame.sample(frac=1.0, random_state=3), case.facts, case.settings)
    pd.testing.assert_frame_equal(straight.clean, shuffled.clean)
    pd.testing.assert_frame_equal(straight.issues, shuffled.issues)
    columns = ["reasons", "detail", "raw", "severity"]
    assert sorted(straight.quarantined[columns].itertuples(index=False)) == sorted(
        shuffled.quarantined[columns].itertuples(index=False)
    )


def test_the_same_input_gives_the_same_bytes() -> None:
    case = clean_case().with_frame(bad_frame())
    first, second = (judge(case.frame, case.facts, case.settings) for _ in range(2))
    for name in ("clean", "quarantined", "issues"):
        pd.testing.assert_frame_equal(getattr(first, name), getattr(second, name))
    assert first.quarantined["row_id"].is_unique


def test_what_was_handed_in_is_not_changed() -> None:
    frame = bad_frame()
    before = frame.copy(deep=True)
    case = clean_case()
    judge(frame, case.facts, case.settings)
    pd.testing.assert_frame_equal(frame, before)


def test_a_session_without_rows_says_so_once() -> None:
    case = clean_case()
    verdict = judge(CONTRACT.empty(), case.facts, case.settings)
    assert verdict.issues["rule"].tolist() == ["no_snapshots"]
    assert verdict.issues["severity"].tolist() == ["warning"]
    assert verdict.clean.empty
    assert verdict.quarantined.empty
    assert judge(CONTRACT.empty(), facts(date(2025, 10, 22)), case.settings).issues.empty


@pytest.mark.parametrize(
    ("day", "named"),
    [(date(2025, 10, 22), "Diwali"), (date(2025, 11, 5), "Guru Nanak"), (date(2025, 10, 18), "Saturday")],
)
def test_captures_of_a_closed_day_are_kept_aside_under_its_name(day: date, named: str) -> None:
    case = clean_case(2)
    frame = case.frame.assign(date=pd.Timestamp(day))
    quarantined = quarantine_closed_day(frame, facts(day), case.settings)
    assert len(quarantined) == len(frame)
    assert (quarantined["date"] == pd.Timestamp(day)).all()
    assert quarantined["reasons"].str.contains("outside_session").all()
    assert quarantined["detail"].str.contains(f"{day} is closed .*{named}").all()


@pytest.mark.parametrize(
    ("day", "at", "inside"),
    [
        (date(2025, 10, 21), "13:44:59", False),
        (date(2025, 10, 21), "13:45:00", True),
        (date(2025, 10, 21), "14:45:00", True),
        (date(2025, 10, 21), "14:45:01", False),
        (date(2024, 3, 2), "09:30:00", True),
        (date(2024, 3, 2), "10:30:00", False),
        (date(2024, 3, 2), "12:00:00", True),
        (date(2026, 2, 1), "15:30:00", True),
    ],
)
def test_special_sessions_have_their_own_hours(day: date, at: str, inside: bool) -> None:  # noqa: FBT001 a table's column
    when = pd.Timestamp(datetime.fromisoformat(f"{day}T{at}").replace(tzinfo=IST))
    frame = clean_snapshots(1).assign(date=pd.Timestamp(day), expiry=pd.Timestamp("2026-06-30").as_unit("s"))
    frame[["observed_at", "received_at"]] = when
    frame = frame.drop_duplicates(["strike", "option_type"]).astype(CONTRACT.dtypes)
    verdict = judge(frame, facts(day), clean_case().settings)
    refused = {name for text in verdict.quarantined["reasons"] for name in json.loads(text)}
    assert ("outside_session" not in refused) == inside
    if not inside:
        hours = market().calendar.session(day).intervals[0]
        assert f"{hours[0]:%H:%M}-{hours[1]:%H:%M}" in verdict.quarantined["detail"].iloc[0]


def test_a_minute_of_grace_holds_for_the_receipt_and_not_for_the_exchange_time() -> None:
    case = clean_case(1)
    close = pd.Timestamp("2025-10-13 10:00", tz="UTC")
    for observed, received, passes in ((0, 60, True), (0, 61, False), (1, 1, False), (-1, 59, True)):
        frame = case.frame.assign(
            observed_at=close + pd.Timedelta(seconds=observed), received_at=close + pd.Timedelta(seconds=received)
        ).astype(CONTRACT.dtypes)
        assert judge(frame, case.facts, case.settings).quarantined.empty == passes, (observed, received)


def test_infinity_is_told_in_the_raw_row_and_never_passes() -> None:
    case = clean_case(1)
    frame = case.frame.copy()
    frame.loc[3, "india_vix"] = np.inf
    verdict = judge(frame, case.facts, case.settings)
    assert len(verdict.quarantined) == 1
    assert json.loads(verdict.quarantined["raw"][0])["india_vix"] == "inf"


def test_two_underlyings_do_not_disturb_each_other() -> None:
    case = clean_case(3)
    other = case.frame.assign(
        underlying="BANKNIFTY",
        spot=case.frame["spot"] + 30_000.0,
        forward=case.frame["forward"] + 30_000.0,
        strike=case.frame["strike"] * 2 + 6_000.0,
        expiry=pd.Timestamp("2025-10-28").as_unit("s"),
        snapshot_id="b" + case.frame["snapshot_id"],
        capture_id="b" + case.frame["capture_id"],
    ).drop_duplicates(["observed_at", "strike", "option_type"])
    both = judge(pd.concat([case.frame, other], ignore_index=True), case.facts, case.settings)
    assert both.quarantined.empty, both.quarantined["detail"].unique()
    assert both.clean["underlying"].value_counts().to_dict() == {"NIFTY": 240, "BANKNIFTY": 120}


def test_a_bad_day_is_told_in_a_bounded_number_of_issues() -> None:
    case = clean_case(60)
    frame = case.frame.copy()
    odd = frame["snapshot_id"].str[-1].isin(list("13579"))
    frame.loc[odd, "received_at"] += pd.Timedelta(minutes=11)
    frame.loc[odd, "bid"] = -1.0
    issues = judge(frame, case.facts, case.settings).issues
    assert issues["rule"].value_counts().max() == 10
    ages = [json.loads(text) for text in issues.loc[issues["rule"] == "snapshot_age", "details"]]
    assert sum(detail["rows"] for detail in ages) == int(odd.sum()), "merged runs lose no row"
    assert sum(detail["snapshots"] for detail in ages) == 30
