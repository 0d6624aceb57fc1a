"""Issues: one per rule and run, with the worst value, the limit and how many rows; ids that do not move."""

import json
from datetime import date

import numpy as np
import pandas as pd

from trading_assets.quality.issues import MOST_ISSUES_PER_RULE, Places, issue_frame
from trading_assets.quality.rule import Finding, Guard
from trading_assets.settings import Limits
from trading_assets.tables.quality_issues import CONTRACT
from trading_assets.tables.schema import violations

START = np.datetime64("2025-10-13T04:00", "us")
LIMITS = Limits(info=1, warning=10, critical=100)


def finding(values: list[float], per: str = "snapshot") -> Finding:
    guard = Guard("market_snapshots", per=per)  # type: ignore[arg-type]
    rule = guard.rule("stale_data", "s", LIMITS, "{value:.0f} against {limit:.0f}")(a_measure)
    return Finding(rule, np.array(values))


def a_measure(x: np.ndarray) -> np.ndarray:
    """Anything."""
    return x


def places(groups: int, rows_each: int = 2, chains: list[int] | None = None) -> Places:
    return Places(
        day=date(2025, 10, 13),
        table="market_snapshots",
        starts=np.arange(groups) * rows_each,
        group_of_row=np.repeat(np.arange(groups), rows_each),
        times=START + np.arange(groups) * np.timedelta64(60, "s"),
        key_of=lambda group: f"snapshot {group}",
        chains=np.array(chains or [0] * groups),
        fallback=START,
    )


def told(frame: pd.DataFrame) -> list[tuple[str, float, int]]:
    """Severity, value and rows of each issue in order of time."""
    details = [json.loads(text) for text in frame.sort_values("timestamp")["details"]]
    return [
        (severity, detail["value"], detail["rows"])
        for severity, detail in zip(frame.sort_values("timestamp")["severity"], details, strict=True)
    ]


def test_nothing_broken_is_an_empty_table() -> None:
    assert issue_frame([finding([0.0, np.nan])], places(2)).equals(CONTRACT.empty())
    assert issue_frame([], places(0)).equals(CONTRACT.empty())


def test_successive_snapshots_are_one_issue_with_the_worst_of_them() -> None:
    frame = issue_frame([finding([0, 20, 300, 15, 0, 5, 0])], places(7))
    assert violations(CONTRACT, frame) == ()
    assert told(frame) == [("critical", 300.0, 6), ("info", 5.0, 2)]
    first = frame.sort_values("timestamp").iloc[0]
    assert first["message"] == "a_measure: 300 against 100 (6 row(s), first snapshot 1)"
    assert first["timestamp"] == pd.Timestamp("2025-10-13T04:01Z")
    details = json.loads(first["details"])
    assert details == {
        "critical_rows": 2,
        "first": "snapshot 1",
        "judged": 7,
        "last": "snapshot 3",
        "limit": 100.0,
        "rows": 6,
        "snapshots": 3,
        "unit": "s",
        "unjudged": 0,
        "value": 300.0,
    }


def test_a_run_ends_where_the_underlying_changes() -> None:
    frame = issue_frame([finding([20, 20, 20])], places(3, chains=[0, 1, 1]))
    assert told(frame) == [("warning", 20.0, 2), ("warning", 20.0, 4)]


def test_rows_of_one_snapshot_are_one_issue() -> None:
    frame = issue_frame([finding([0, 20, 30, 0, 0, 40], per="row")], places(3))
    assert told(frame) == [("warning", 40.0, 3)]
    apart = issue_frame([finding([20, 0, 0, 0, 0, 40], per="row")], places(3))
    assert told(apart) == [("warning", 20.0, 1), ("warning", 40.0, 1)]


def test_many_runs_are_told_as_few_and_lose_no_row() -> None:
    values = [20.0, 0.0] * 40
    frame = issue_frame([finding(values)], places(80))
    assert len(frame) == MOST_ISSUES_PER_RULE
    assert sum(json.loads(text)["rows"] for text in frame["details"]) == 80
    assert frame["issue_id"].is_unique
    assert frame["issue_id"].is_monotonic_increasing, "in the order of the key"


def test_values_of_the_session_are_told_one_by_one_by_name() -> None:
    named = Places(**{**vars(places(0)), "session_keys": ("feed a", "feed b")})
    frame = issue_frame([finding([20.0, 200.0], per="session")], named)
    assert sorted(json.loads(text)["first"] for text in frame["details"]) == ["feed a", "feed b"]
    assert sorted(frame["severity"]) == ["critical", "warning"]


def test_an_issue_without_a_time_takes_the_sessions() -> None:
    here = places(1)
    timeless = Places(**{**vars(here), "times": np.array(["NaT"], dtype="datetime64[us]")})
    assert issue_frame([finding([20.0])], timeless)["timestamp"][0] == pd.Timestamp("2025-10-13T04:00Z")


def test_ids_depend_on_day_rule_and_place_and_on_nothing_else() -> None:
    first = issue_frame([finding([20.0])], places(1))["issue_id"][0]
    worse = issue_frame([finding([200.0])], places(1))["issue_id"][0]
    elsewhere = issue_frame([finding([0.0, 20.0])], places(2))["issue_id"][0]
    assert first == worse
    assert first != elsewhere


def test_what_could_not_be_judged_is_counted_apart() -> None:
    detail = json.loads(issue_frame([finding([20.0, np.nan, 0.0])], places(3))["details"][0])
    assert (detail["judged"], detail["unjudged"]) == (2, 1)
