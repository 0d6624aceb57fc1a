"""What the rules of snapshots read: derived figures against plain computations, and what cannot be known."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from trading_assets.quality.examine import Examiner
from trading_assets.quality.snapshot_evidence import SnapshotEvidence
from trading_assets.quality.snapshot_frames import snapshot_rows
from trading_assets.settings import QualitySettings, SpotBand
from trading_assets_tests.quality.clean_sessions import Case, clean_case, snapshot_rows_of


def evidence(case: Case) -> SnapshotEvidence:
    return Examiner(case.facts, case.settings).gather(snapshot_rows(case.frame)[0])


def changed(column: str, value: object, number: int = 1) -> Case:
    case = clean_case(3)
    frame = case.frame.copy()
    frame.loc[snapshot_rows_of(frame, number), column] = value
    return case.with_frame(frame)


def test_the_band_in_force_is_the_one_that_began_last() -> None:
    bands = (
        SpotBand(underlying="NIFTY", low=100, high=200),
        SpotBand(underlying="NIFTY", low=1_000, high=2_000, effective_from=date(2025, 10, 13)),
        SpotBand(underlying="NIFTY", low=5_000, high=6_000, effective_from=date(2025, 10, 14)),
        SpotBand(underlying="SENSEX", low=7, high=8, effective_from=date(2025, 10, 13)),
    )
    found = evidence(replace(clean_case(1), settings=QualitySettings(spot_bands=bands)))
    assert (found["band_low"].tolist(), found["band_high"].tolist()) == ([1_000.0], [2_000.0])


def test_an_underlying_without_band_or_reference_is_not_judged() -> None:
    found = evidence(changed("underlying", "ELSEWHERE"))
    assert np.isnan(found["band_low"]).tolist() == [False, True, False]
    assert np.isnan(found.legs["strike_step"]).reshape(3, 80).all(axis=1).tolist() == [False, True, False]
    assert np.isnan(found.legs["expiry_known"]).reshape(3, 80).all(axis=1).tolist() == [False, True, False]


def test_an_expiry_is_known_unknown_or_beyond_the_calendar() -> None:
    for day, known in (("2025-10-14", 1.0), ("2025-10-15", 0.0), ("2099-01-01", np.nan), (None, np.nan)):
        case = clean_case(1)
        case = case.with_frame(case.frame.assign(expiry=pd.Timestamp(day).as_unit("s") if day else pd.NaT))
        np.testing.assert_array_equal(evidence(case).legs["expiry_known"], np.full(80, known))


def test_the_nearest_forward_is_that_of_the_first_expiry_that_has_one() -> None:
    case = clean_case(1)
    frame = case.frame.copy()
    near = frame["expiry"] == frame["expiry"].min()
    frame.loc[near, "forward"], frame.loc[~near, "forward"] = 25_010.0, 25_020.0
    assert evidence(case.with_frame(frame))["near_forward"].tolist() == [25_010.0]
    frame.loc[near, "forward"] = np.nan
    assert evidence(case.with_frame(frame))["near_forward"].tolist() == [25_020.0]
    far = frame.assign(expiry=pd.Timestamp("2025-12-30").as_unit("s"))
    assert np.isnan(evidence(case.with_frame(far))["near_forward"]).all(), "far forwards lie above spot"


def test_listed_strikes_are_counted_within_the_nearest_expiry_and_once() -> None:
    case = clean_case(1)
    frame = case.frame.copy()
    near = frame["expiry"] == frame["expiry"].min()
    frame = frame[~(near & (frame["option_type"] == "PE") & (frame["strike"] > 25_000))]
    frame = pd.concat([frame, frame.head(5)], ignore_index=True)
    found = evidence(case.with_frame(frame))
    assert (found["listed_calls"].tolist(), found["listed_puts"].tolist()) == ([20.0], [11.0])
    assert found["kept_strikes"].tolist() == [20.0]


@pytest.mark.parametrize(("forward", "call_floor", "put_floor"), [(25_000.0, 500.0, 0.0), (24_400.0, 0.0, 100.0)])
def test_intrinsic_floors_use_the_forward_discounted(forward: float, call_floor: float, put_floor: float) -> None:
    case = clean_case(1)
    found = evidence(case.with_frame(case.frame.assign(forward=forward))).legs["intrinsic_floor"]
    discount = np.exp(-0.10 * 1 / 365)
    np.testing.assert_allclose(found[:2], [call_floor * discount, put_floor * discount])


def test_without_a_forward_calls_are_floored_by_spot_and_puts_are_not_judged() -> None:
    case = clean_case(1)
    found = evidence(case.with_frame(case.frame.assign(forward=np.nan))).legs["intrinsic_floor"]
    assert found[0] == pytest.approx(500.0 * np.exp(-0.10 / 365))
    assert np.isnan(found[1])


def test_volatility_is_not_judged_on_the_day_of_expiry() -> None:
    case = clean_case(1)
    frame = case.frame.assign(implied_vol=900.0, expiry=pd.Timestamp("2025-10-13").as_unit("s"))
    frame.loc[40:, "expiry"] = pd.Timestamp("2025-10-14")
    found = evidence(case.with_frame(frame)).legs["settled_implied_vol"]
    assert np.isnan(found[:40]).all()
    assert (found[40:] == 900.0).all()


def test_zero_and_missing_spot_count_alike() -> None:
    for spot in (0.0, np.nan, -1.0):
        assert evidence(changed("spot", spot))["legs_without_spot"].tolist() == [0.0, 80.0, 0.0]


def test_legs_with_prices_and_open_interest_are_counted() -> None:
    case = clean_case(1)
    frame = case.frame.copy()
    frame.loc[:9, ["last_price", "bid", "ask"]] = np.nan
    frame.loc[10, ["last_price", "bid"]] = np.nan
    frame.loc[:3, "open_interest_lots"] = np.nan
    found = evidence(case.with_frame(frame))
    assert found["priced_legs"].tolist() == [70.0]
    assert (found["call_oi_legs"].tolist(), found["put_oi_legs"].tolist()) == ([38.0], [38.0])
