"""What passed and what was kept aside make the verdict's input again, value by value."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_assets.quality.quarantine import quarantine_unreadable
from trading_assets.quality.restored import restored_candidates
from trading_assets.quality.verdict import judge
from trading_assets_tests.quality.clean_sessions import clean_case
from trading_assets_tests.quality.test_gate import KEY, hostile, mutations


def in_order(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.sort_values(["capture_id", "snapshot_id", *KEY, "bid", "ask", "last_price"], ignore_index=True)


@settings(max_examples=25)
@given(st.lists(mutations(), max_size=5))
def test_a_verdict_can_be_undone(changes: list[tuple[int, str, object]]) -> None:
    case = hostile(changes)
    verdict = judge(case.frame, case.facts, case.settings)
    again = restored_candidates(verdict.clean, verdict.quarantined)
    pd.testing.assert_frame_equal(in_order(again), in_order(case.frame))


def test_infinities_come_back() -> None:
    case = clean_case(2)
    frame = case.frame.copy()
    frame.loc[3, "bid"] = np.inf
    frame.loc[4, "last_price"] = -np.inf
    verdict = judge(frame, case.facts, case.settings)
    again = restored_candidates(verdict.clean, verdict.quarantined)
    assert np.isinf(again["bid"]).sum() + np.isinf(again["last_price"]).sum() == 2


def test_nothing_aside_is_what_passed() -> None:
    case = clean_case(2)
    verdict = judge(case.frame, case.facts, case.settings)
    assert restored_candidates(verdict.clean, quarantine_unreadable([])) is verdict.clean
