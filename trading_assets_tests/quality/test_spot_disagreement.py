"""A leg of another index costs itself: what is left of its snapshot is judged, remembered and traded as if alone."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_assets.quality.examine import Examiner
from trading_assets.quality.extremes import NUMBERS
from trading_assets.quality.gate import Gate, LiveSnapshot
from trading_assets.quality.snapshot_frames import snapshot_rows
from trading_assets.quality.verdict import Verdict, judge
from trading_assets.settings import Limits, QualitySettings
from trading_assets_tests.quality.clean_sessions import LEGS, Case, clean_case, snapshot_rows_of

OTHER_INDEX = 12_345.0


def with_wrong_legs(count: int, spot: float = OTHER_INDEX, snapshots: int = 3) -> Case:
    """The first `count` legs of the middle snapshot carry another spot."""
    case = clean_case(snapshots)
    frame = case.frame.copy()
    wrong = np.flatnonzero(snapshot_rows_of(frame, 1))[:count]
    frame.loc[wrong, "spot"] = spot
    return case.with_frame(frame)


def judged(case: Case) -> Verdict:
    return judge(case.frame, case.facts, case.settings)


def reasons(verdict: Verdict) -> set[frozenset[str]]:
    return {frozenset(json.loads(text)) for text in verdict.quarantined["reasons"]}


@pytest.mark.parametrize("wrong", [1, 7, LEGS // 2 - 1])
def test_the_legs_that_agree_stay(wrong: int) -> None:
    verdict = judged(with_wrong_legs(wrong))
    assert (len(verdict.quarantined), len(verdict.clean)) == (wrong, 3 * LEGS - wrong)
    assert reasons(verdict) == {frozenset({"spot_disagreement"})}
    assert (verdict.clean["spot"] > 20_000).all()


def test_the_reason_says_how_far_the_leg_is_from_which_spot() -> None:
    detail = judged(with_wrong_legs(1)).quarantined["detail"].iloc[0]
    assert f"spot differs by {100 * (1 - OTHER_INDEX / 25_003):.2f} % from the median" in detail


def test_of_two_halves_none_is_believed() -> None:
    verdict = judged(with_wrong_legs(LEGS // 2))
    assert len(verdict.quarantined) == LEGS
    assert all("spot_disagreement" in found for found in reasons(verdict))
    assert all("missing_spot" in found for found in reasons(verdict)), "the snapshot has no spot to go by"


def test_a_disputed_snapshot_is_not_what_the_next_one_is_compared_with() -> None:
    """Were its missing spot remembered, a jump right after it would go unseen."""
    case = with_wrong_legs(LEGS // 2)
    frame = case.frame.copy()
    last = snapshot_rows_of(frame, 2)
    frame.loc[last, ["spot", "forward"]] *= 1.06
    found = judged(case.with_frame(frame)).issues.set_index("rule")
    assert found.loc["spot_jump", "severity"] == "critical"


def test_the_majority_of_another_index_is_told_by_its_jump() -> None:
    verdict = judged(with_wrong_legs(LEGS - 3))
    assert len(verdict.quarantined) == LEGS
    assert frozenset({"spot_disagreement"}) not in reasons(verdict), "the three right legs fall with their snapshot"
    assert all("spot_jump" in found for found in reasons(verdict))


@pytest.mark.parametrize("wrong", [0, 5])
def test_band_jump_and_parity_are_asked_of_the_legs_that_agree(wrong: int) -> None:
    case = with_wrong_legs(wrong)
    found = Examiner(case.facts, case.settings).gather(snapshot_rows(case.frame)[0])
    assert (found["spot_low"][1], found["spot_high"][1]) == (25_003.0, 25_003.0)
    assert found["near_forward"][1] == 25_003.0


def test_the_forward_of_a_leg_that_disagrees_is_not_the_snapshots() -> None:
    case = with_wrong_legs(2)
    frame = case.frame.copy()
    frame.loc[frame["spot"] == OTHER_INDEX, "forward"] = 40_000.0
    found = Examiner(case.facts, case.settings).gather(snapshot_rows(frame)[0])
    assert found["near_forward"][1] == 25_003.0


def test_legs_without_spot_have_no_say_in_the_median() -> None:
    case = with_wrong_legs(LEGS - 2, spot=np.nan)
    found = Examiner(case.facts, case.settings).gather(snapshot_rows(case.frame)[0])
    np.testing.assert_array_equal(found.legs["median_spot"][LEGS : 2 * LEGS], np.full(LEGS, 25_003.0))
    assert found["legs_without_spot"].tolist() == [0.0, LEGS - 2.0, 0.0]


def test_a_snapshot_without_any_spot_has_no_median() -> None:
    case = with_wrong_legs(LEGS, spot=0.0)
    found = Examiner(case.facts, case.settings).gather(snapshot_rows(case.frame)[0]).legs["median_spot"]
    assert np.isnan(found).tolist() == [False] * LEGS + [True] * LEGS + [False] * LEGS


def test_without_a_critical_limit_all_legs_are_heard_again() -> None:
    case = with_wrong_legs(3)
    settings = QualitySettings(limits={"spot_disagreement": Limits(critical=None)})
    found = Examiner(case.facts, settings).gather(snapshot_rows(case.frame)[0])
    assert (found["spot_low"][1], found["spot_high"][1]) == (OTHER_INDEX, 25_003.0)


def live(frame: pd.DataFrame) -> LiveSnapshot:
    first = frame.iloc[0]
    return LiveSnapshot(
        underlying=first["underlying"],
        snapshot_id=first["snapshot_id"],
        observed_at=first["observed_at"].to_pydatetime(),
        received_at=first["received_at"].to_pydatetime(),
        expiry=frame["expiry"].to_numpy().astype("datetime64[D]"),
        option_type=frame["option_type"].to_list(),
        numbers={name: frame[name].to_numpy(dtype=np.float64) for name in NUMBERS},
    )


@settings(max_examples=20)
@given(st.lists(st.sampled_from([0.0, 0.004, -0.009, 0.02, -0.5]), min_size=LEGS, max_size=LEGS))
def test_gate_and_verdict_keep_the_same_legs_and_none_far_from_the_others(shifts: list[float]) -> None:
    case = clean_case(1)
    frame = case.frame.assign(spot=25_000.0 * (1.0 + np.array(shifts)))
    verdict, gate = judged(case.with_frame(frame)), Gate(case.facts, case.settings).check(live(frame))
    assert len(verdict.clean) == gate.kept.sum()
    kept = frame["spot"][gate.kept]
    assert (np.abs(kept / np.median(frame["spot"]) - 1.0) <= 0.01).all()
