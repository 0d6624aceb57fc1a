"""Usual volume by minute of the day: what fills the minutes between snapshots, what is too little history to judge."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.quality.verdict import judge
from trading_assets.quality.volume_profile import (
    FEWEST_SESSIONS,
    MINUTES_A_DAY,
    by_minute,
    session_volumes,
    volume_profile,
)
from trading_assets_tests.quality.clean_sessions import EXPIRIES, Case, clean_case, clean_snapshots, snapshot_rows_of

FIRST_MINUTE = 3 * 60 + 45
volumes = st.lists(st.floats(0.0, 1e9), min_size=FEWEST_SESSIONS, max_size=12)


def spread_over(minutes: list[int], traded: list[float]) -> np.ndarray:
    return by_minute(np.array(minutes, dtype=np.intp), np.array(traded))


def at_noon(values: list[float]) -> list[np.ndarray]:
    return [spread_over([600, 720], [0.0, value]) for value in values]


def test_minutes_between_two_snapshots_are_on_the_line_between_them() -> None:
    found = spread_over([600, 610], [100.0, 200.0])
    assert found[[600, 601, 605, 610]].tolist() == [100.0, 110.0, 150.0, 200.0]
    assert np.isnan(found[[0, 599, 611, 1_439]]).all()


def test_unknown_volumes_are_bridged_and_the_order_of_snapshots_does_not_matter() -> None:
    found = spread_over([610, 600, 605], [200.0, 100.0, np.nan])
    assert found[605] == 150.0


@pytest.mark.parametrize(("minutes", "traded"), [([], []), ([600], [np.nan])])
def test_nothing_known_is_nothing_usual(minutes: list[int], traded: list[float]) -> None:
    found = spread_over(minutes, traded)
    assert found.shape == (MINUTES_A_DAY,)
    assert np.isnan(found).all()


@given(volumes)
def test_the_profile_is_median_and_scaled_deviation(values: list[float]) -> None:
    profile = volume_profile(at_noon(values))
    assert profile is not None
    median = float(np.median(values))
    deviation = 1.4826 * float(np.median(np.abs(np.array(values) - median)))
    assert profile.median[720] == pytest.approx(median)
    assert profile.spread[720] == pytest.approx(max(deviation, 0.05 * median))


def test_one_wild_session_moves_neither() -> None:
    calm = volume_profile(at_noon([100.0, 110.0, 90.0, 105.0, 95.0]))
    wild = volume_profile(at_noon([100.0, 110.0, 90.0, 105.0, 1e9]))
    assert calm is not None
    assert wild is not None
    assert wild.median[720] <= 1.05 * calm.median[720]
    assert wild.spread[720] <= 2.0 * calm.spread[720]


def test_sessions_that_are_alike_leave_room_for_another() -> None:
    profile = volume_profile(at_noon([200.0] * 6))
    assert profile is not None
    assert profile.spread[720] == 10.0


def test_fewer_than_five_sessions_say_nothing() -> None:
    assert volume_profile(at_noon([1.0] * (FEWEST_SESSIONS - 1))) is None
    assert volume_profile([]) is None


def test_a_minute_that_few_sessions_reached_is_not_judged() -> None:
    sessions = [*at_noon([100.0] * 5), spread_over([600, 800], [0.0, 100.0])]
    profile = volume_profile(sessions)
    assert profile is not None
    assert profile.median[720] > 0
    assert np.isnan(profile.median[721])
    assert np.isnan(profile.spread[721])


def test_a_sessions_volume_is_that_of_its_nearest_expiry() -> None:
    frame = clean_snapshots(3)
    frame.loc[frame["expiry"] == pd.Timestamp(EXPIRIES[1]), "volume_units"] = 1e9
    expires, found = session_volumes(frame)["NIFTY"]
    assert not expires
    assert found[FIRST_MINUTE : FIRST_MINUTE + 3].tolist() == [40 * 75.0 * (100 + minute) for minute in range(3)]


def test_a_day_of_expiry_is_told_and_what_expired_before_is_not_counted() -> None:
    frame = clean_snapshots(2)
    near = frame["expiry"] == frame["expiry"].min()
    today = frame["date"].iloc[0]
    expires, _ = session_volumes(frame.assign(expiry=frame["expiry"].where(~near, today)))["NIFTY"]
    assert expires
    over = frame.assign(expiry=frame["expiry"].where(~near, today - pd.Timedelta(days=3)))
    assert session_volumes(over)["NIFTY"][1][FIRST_MINUTE] == 40 * 7_500.0
    assert session_volumes(frame.head(0)) == {}


def with_history(factors: list[float]) -> Case:
    """A clean session after sessions that traded by these factors of it."""
    case = clean_case()
    found = session_volumes(case.frame)["NIFTY"][1]
    profile = volume_profile([found * factor for factor in factors])
    facts = case.facts.__class__(**{**vars(case.facts), "usual_volume": {"NIFTY": profile} if profile else {}})
    return Case(case.frame, facts, case.settings)


def test_a_usual_session_is_not_remarked_upon() -> None:
    case = with_history([0.8, 0.9, 1.0, 1.1, 1.2])
    assert judge(case.frame, case.facts, case.settings).issues.empty


@pytest.mark.parametrize(("factor", "severity"), [(1.5, None), (2.5, "info"), (5.0, "warning"), (0.0, "info")])
def test_a_snapshot_of_unusual_volume_is_told_by_how_much(factor: float, severity: str | None) -> None:
    case = with_history([1.0] * 5)
    frame = case.frame.copy()
    frame.loc[snapshot_rows_of(frame, 6), "volume_units"] *= factor
    issues = judge(frame, case.facts, case.settings).issues
    assert issues["severity"].tolist() == ([] if severity is None else [severity])
    assert set(issues["rule"]) <= {"volume_anomaly"}


def test_without_enough_history_nothing_is_judged() -> None:
    case = with_history([1.0] * 4)
    wild = case.frame.assign(volume_units=case.frame["volume_units"] * 1_000.0)
    assert judge(wild, case.facts, case.settings).issues.empty


def test_legs_that_do_not_say_their_volume_are_left_out_and_none_at_all_is_not_judged() -> None:
    case = with_history([1.0] * 5)
    silent = case.frame.assign(volume_units=np.nan)
    assert "volume_anomaly" not in set(judge(silent, case.facts, case.settings).issues["rule"])
