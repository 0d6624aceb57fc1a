"""Gate and verdict write issues apart; the history tells each once, whichever order things happened in."""

from datetime import date

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.quality.issue_history import issue_history, still_live
from trading_assets.tables.quality_issues import CONTRACT

DAY = date(2025, 10, 13)
NOON = pd.Timestamp("2025-10-13 06:30", tz="UTC")


def issues(*named: tuple[str, int], table: str = "market_snapshots", day: date = DAY) -> pd.DataFrame:
    """Issues by id, each so many minutes after noon."""
    return CONTRACT.frame(
        {
            "date": [pd.Timestamp(day)] * len(named),
            "issue_id": [name for name, _ in named],
            "timestamp": pd.to_datetime([NOON + pd.Timedelta(minutes=after) for _, after in named], utc=True),
            "severity": "warning",
            "category": "stale_data",
            "rule": "snapshot_age",
            "message": "old",
            "details": "{}",
            "table_name": table,
        }
    )


def ids(frame: pd.DataFrame) -> list[str]:
    return sorted(frame["issue_id"])


def test_before_any_verdict_all_of_the_gate_counts() -> None:
    assert ids(issue_history(issues(("a", 0), ("b", 5)), CONTRACT.empty(), {})) == ["a", "b"]


def test_a_verdict_replaces_what_the_gate_said_of_the_rows_it_had() -> None:
    live, judged = issues(("a", -5), ("b", 0), ("c", 1)), issues(("run of a and b", -5))
    assert ids(issue_history(live, judged, {DAY: NOON})) == ["c", "run of a and b"]


def test_a_verdict_that_finds_nothing_also_replaces() -> None:
    assert ids(issue_history(issues(("a", -5)), CONTRACT.empty(), {DAY: NOON})) == []


def test_a_verdict_over_no_rows_replaces_nothing() -> None:
    assert ids(issue_history(issues(("a", -5)), CONTRACT.empty(), {DAY: None})) == ["a"]


def test_other_tables_and_other_days_are_left_alone() -> None:
    calls = issues(("calls", -5), table="feed_calls")
    before = issues(("before", -5), day=date(2025, 10, 10))
    live = pd.concat([calls, before], ignore_index=True)
    assert ids(issue_history(live, CONTRACT.empty(), {DAY: NOON})) == ["before", "calls"]


def test_the_same_issue_of_both_is_told_as_the_verdict_tells_it() -> None:
    live, judged = issues(("a", 30)), issues(("a", 30)).assign(message="by the verdict")
    assert list(issue_history(live, judged, {DAY: NOON})["message"]) == ["by the verdict"]


def test_an_issue_journalled_twice_counts_once_as_told_last() -> None:
    twice = pd.concat([issues(("a", 1)), issues(("a", 1)).assign(message="again")], ignore_index=True)
    assert list(still_live(twice, CONTRACT.empty(), {})["message"]) == ["again"]


def test_nothing_is_an_empty_table_of_the_contract() -> None:
    found = issue_history(CONTRACT.empty(), CONTRACT.empty(), {})
    pd.testing.assert_frame_equal(found, CONTRACT.empty())


@given(
    st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(-20, 20)), max_size=12),
    st.lists(st.sampled_from("efghijkl"), unique=True, max_size=8),
    st.none() | st.integers(-25, 25),
)
def test_no_issue_is_told_twice_and_none_after_the_verdict_is_lost(
    live: list[tuple[str, int]], judged: list[str], until: int | None
) -> None:
    at = {} if until is None else {DAY: NOON + pd.Timedelta(minutes=until)}
    found = ids(issue_history(issues(*live), issues(*((name, 0) for name in judged)), at))
    assert len(found) == len(set(found))
    last = dict(live)
    after = {name for name, minute in last.items() if until is None or minute > until}
    assert set(found) == after | set(judged)
