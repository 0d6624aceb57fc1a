"""Strikes that vanish during a session: counted against those listed, or the most accepted before."""

from dataclasses import replace

import pandas as pd
import pytest

from trading_assets.quality.verdict import judge
from trading_assets_tests.quality.clean_sessions import Case, clean_case, snapshot_rows_of


def with_strikes(kept: dict[int, int], case: Case | None = None) -> Case:
    """A clean session in which some snapshots keep only the first strikes of both expiries."""
    case = clean_case() if case is None else case
    frame = case.frame
    for number, strikes in kept.items():
        cut = snapshot_rows_of(frame, number) & (frame["strike"] >= 24_500.0 + 50.0 * strikes)
        frame = frame[~cut]
    return case.with_frame(frame.reset_index(drop=True))


def removed(case: Case) -> pd.DataFrame:
    issues = judge(case.frame, case.facts, case.settings).issues
    assert set(issues["rule"]) <= {"strikes_removed", "gap"}
    return issues[issues["rule"] == "strikes_removed"]


@pytest.mark.parametrize(
    ("strikes", "severity"), [(20, None), (6, None), (5, "warning"), (2, "warning"), (1, "critical")]
)
def test_a_drop_is_measured_against_the_most_accepted_before(strikes: int, severity: str | None) -> None:
    assert removed(with_strikes({5: strikes}))["severity"].tolist() == ([] if severity is None else [severity])


def test_the_first_snapshot_is_not_judged_and_what_grows_is_no_drop() -> None:
    assert removed(with_strikes({0: 1, 1: 5, 2: 10})).empty


def test_what_was_refused_sets_no_mark() -> None:
    """Were the sliver of the sixth snapshot remembered as the most, the seventh would pass as unchanged."""
    case = with_strikes({5: 1, 6: 1})
    verdict = judge(case.frame, case.facts, case.settings)
    assert sorted(verdict.quarantined["capture_id"].unique()) == ["capture-0005", "capture-0006"]


def test_a_slow_decline_is_measured_from_the_top() -> None:
    case = with_strikes({number: 20 - 2 * number for number in range(1, 9)})
    found = removed(case)
    assert found["severity"].tolist() == ["warning"]
    assert "80 % of the nearest expiry's strikes were removed" in found["message"].iloc[0]


def test_what_the_feed_listed_outweighs_what_was_seen() -> None:
    case = clean_case()
    listed = replace(case.facts, listed_strikes={"snapshot-0000": 100, "snapshot-0005": 20})
    found = removed(with_strikes({5: 10}, replace(case, facts=listed)))
    assert found["message"].str.contains("snapshot-0000").tolist() == [True]


def test_another_nearest_expiry_has_its_own_count() -> None:
    """A feed that leaves out the near expiry for once lists the far one: its strikes are not compared with the near."""
    case = clean_case()
    frame = case.frame
    far_only = snapshot_rows_of(frame, 5) & (frame["expiry"] == frame["expiry"].min())
    few = snapshot_rows_of(frame, 5) & (frame["strike"] > 24_600.0)
    assert removed(case.with_frame(frame[~far_only & ~few].reset_index(drop=True))).empty
