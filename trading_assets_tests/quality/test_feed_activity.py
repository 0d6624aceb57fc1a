"""What each feed delivered is counted per underlying: snapshots once, rows all, gaps and ages in seconds."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_assets.quality.feed_activity import feed_activity
from trading_assets.quality.verdict import judge
from trading_assets.tables import feed_calls, feed_health, market_snapshots, quarantined_rows
from trading_assets.tables.schema import violations
from trading_assets_tests.quality.clean_sessions import DAY, LEGS, OPEN, clean_case, clean_snapshots, snapshot_rows_of

NO_ROWS = quarantined_rows.CONTRACT.empty()
NO_CALLS = feed_calls.CONTRACT.empty()


def calls(feed: str, durations: list[float], failed: int) -> pd.DataFrame:
    count = len(durations)
    return feed_calls.CONTRACT.frame(
        {
            "date": [pd.Timestamp(DAY)] * count,
            "feed": feed,
            "endpoint": "chain",
            "called_at": OPEN + pd.to_timedelta(range(count), unit="s"),
            "duration_ms": durations,
            "success": [number >= failed for number in range(count)],
            "status": 200.0,
            "error": None,
        }
    )


def one_row(frame: pd.DataFrame) -> dict[str, object]:
    assert len(frame) == 1
    return dict(frame.iloc[0])


def test_a_clean_session_is_counted() -> None:
    row = one_row(feed_activity(DAY, clean_snapshots(12), NO_ROWS, NO_CALLS))
    assert (row["feed"], row["underlying"], row["date"]) == ("made", "NIFTY", pd.Timestamp(DAY))
    assert (row["snapshots"], row["rows"], row["quarantined_rows"]) == (12, 12 * LEGS, 0)
    assert (row["first_observed_at"], row["last_observed_at"]) == (OPEN, OPEN + pd.Timedelta(minutes=11))
    assert (row["longest_gap_seconds"], row["median_age_seconds"], row["max_age_seconds"]) == (60.0, 2.0, 2.0)
    assert row["quarantined_share"] == 0.0
    assert row["calls"] == row["failed_calls"] == 0
    assert np.isnan(float(str(row["failure_rate"])))
    assert np.isnan(float(str(row["avg_response_ms"])))


def test_a_gap_and_a_late_snapshot_show() -> None:
    frame = clean_snapshots(12)
    late = snapshot_rows_of(frame, 3)
    frame.loc[late, "received_at"] += pd.Timedelta(seconds=98)
    row = one_row(feed_activity(DAY, frame[~snapshot_rows_of(frame, 7)], NO_ROWS, NO_CALLS))
    assert (row["longest_gap_seconds"], row["median_age_seconds"], row["max_age_seconds"]) == (120.0, 2.0, 100.0)
    assert row["snapshots"] == 11


def test_what_was_kept_out_is_a_share_of_all() -> None:
    case = clean_case(12)
    frame = case.frame.copy()
    frame.loc[snapshot_rows_of(frame, 11), "spot"] = 5.0
    verdict = judge(frame, case.facts, case.settings)
    row = one_row(feed_activity(DAY, verdict.clean, verdict.quarantined, NO_CALLS))
    assert (row["rows"], row["quarantined_rows"]) == (11 * LEGS, LEGS)
    assert row["quarantined_share"] == pytest.approx(1 / 12)


def test_a_feed_that_delivered_nothing_usable_still_has_its_row() -> None:
    case = clean_case(2)
    verdict = judge(case.frame.assign(spot=5.0), case.facts, case.settings)
    row = one_row(feed_activity(DAY, verdict.clean, verdict.quarantined, NO_CALLS))
    assert (row["snapshots"], row["rows"], row["quarantined_share"]) == (0, 0, 1.0)
    assert row["first_observed_at"] is pd.NaT
    assert np.isnan(float(str(row["longest_gap_seconds"])))
    assert np.isnan(float(str(row["max_age_seconds"])))


def test_one_snapshot_has_an_age_and_no_gap() -> None:
    row = one_row(feed_activity(DAY, clean_snapshots(1), NO_ROWS, NO_CALLS))
    assert np.isnan(float(str(row["longest_gap_seconds"])))
    assert row["median_age_seconds"] == 2.0


def test_calls_count_for_every_underlying_of_their_feed_alone() -> None:
    nifty = clean_snapshots(2)
    bank = clean_snapshots(2).assign(underlying="BANKNIFTY")
    other = clean_snapshots(2).assign(feed="other")
    found = feed_activity(
        DAY, pd.concat([nifty, bank, other], ignore_index=True), NO_ROWS, calls("made", [100.0, 200.0, 600.0], 1)
    )
    assert list(found[["feed", "underlying"]].itertuples(index=False, name=None)) == [
        ("made", "BANKNIFTY"),
        ("made", "NIFTY"),
        ("other", "NIFTY"),
    ]
    assert found["calls"].to_list() == [3, 3, 0]
    assert found["failed_calls"].to_list() == [1, 1, 0]
    assert found["failure_rate"].to_list()[:2] == [pytest.approx(1 / 3)] * 2
    assert found["avg_response_ms"].to_list()[:2] == [300.0, 300.0]


def test_rows_kept_out_of_other_tables_do_not_count() -> None:
    case = clean_case(2)
    verdict = judge(case.frame.assign(spot=5.0), case.facts, case.settings)
    elsewhere = verdict.quarantined.assign(table_name="signals")
    row = one_row(feed_activity(DAY, case.frame, elsewhere, NO_CALLS))
    assert row["quarantined_rows"] == 0


def test_nothing_is_an_empty_table_of_the_contract() -> None:
    found = feed_activity(date(2025, 10, 13), market_snapshots.CONTRACT.empty(), NO_ROWS, NO_CALLS)
    pd.testing.assert_frame_equal(found, feed_health.CONTRACT.empty())


@settings(max_examples=12)
@given(st.sets(st.integers(0, 5), max_size=6), st.sampled_from([0, 1, 3]))
def test_rows_are_conserved_and_keep_the_contract(refused: set[int], seed: int) -> None:
    case = clean_case(6)
    frame = case.frame.sample(frac=1.0, random_state=seed, ignore_index=True)
    for number in refused:
        frame.loc[snapshot_rows_of(frame, number), "spot"] = 5.0
    verdict = judge(frame, case.facts, case.settings)
    found = feed_activity(DAY, verdict.clean, verdict.quarantined, NO_CALLS)
    assert found["rows"].sum() + found["quarantined_rows"].sum() == len(case.frame)
    assert found["snapshots"].sum() == 6 - len(refused)
    assert not violations(feed_health.CONTRACT, found, {})
