"""The gate's issues carry the ids, times and severities that the verdict over the session gives the same findings."""

import pandas as pd
import pytest

from trading_assets.quality.gate import Gate
from trading_assets.quality.gate_issues import gate_issues
from trading_assets.quality.verdict import judge
from trading_assets.settings import Limits
from trading_assets.tables.quality_issues import CONTRACT
from trading_assets_tests.quality.clean_sessions import DAY, Case, clean_case
from trading_assets_tests.quality.planted_defects import SNAPSHOT_DEFECTS
from trading_assets_tests.quality.test_gate import live

PLANTED = {
    "snapshot_age": 700.0,
    "spot_jump": 6.0,
    "call_put_balance": 35.0,
    "crossed_quote": 25.0,
    "missing_chain": 1.0,
    "strike_off_step": 1.0,
}


def told(case: Case) -> pd.DataFrame:
    """Issues of a gate that was shown a session snapshot by snapshot."""
    gate, found = Gate(case.facts, case.settings), [CONTRACT.empty()]
    for _, legs in case.frame.groupby("snapshot_id", sort=True):
        snapshot = live(legs)
        found.append(gate_issues(snapshot, gate.check(snapshot), DAY, case.settings))
    return pd.concat([frame for frame in found if len(frame)] or found[:1], ignore_index=True)


@pytest.mark.parametrize("rule", sorted(PLANTED))
def test_gate_and_verdict_name_a_single_finding_alike(rule: str) -> None:
    case = SNAPSHOT_DEFECTS[rule](clean_case(), PLANTED[rule])
    names = ["issue_id", "timestamp", "severity", "category", "rule", "table_name", "date"]
    by_gate = told(case).sort_values("issue_id", ignore_index=True)
    by_verdict = judge(case.frame, case.facts, case.settings).issues.sort_values("issue_id", ignore_index=True)
    pd.testing.assert_frame_equal(by_gate[names], by_verdict[names])


def test_a_clean_session_tells_nothing() -> None:
    pd.testing.assert_frame_equal(told(clean_case()), CONTRACT.empty())


def test_limits_of_the_settings_are_the_ones_told() -> None:
    case = SNAPSHOT_DEFECTS["snapshot_age"](clean_case(), 400.0)
    strict = case.settings.model_copy(update={"limits": {"snapshot_age": Limits(critical=350.0)}})
    (issue,) = told(Case(case.frame, case.facts, strict)).to_dict("records")
    assert issue["severity"] == "critical"
    assert "400 s old, more than 350 s" in issue["message"]
