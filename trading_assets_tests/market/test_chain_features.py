"""Features by hand on small chains, against plain Python on random days, and blind to everything outside the window."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_assets.market import chain_features as features
from trading_assets.market.leg_sums import balance
from trading_assets.market.option_chain import OptionChain
from trading_assets_tests.market import plain
from trading_assets_tests.market.chain_builder import (
    EXPIRY,
    NEXT_EXPIRY,
    SPOT,
    at,
    chain,
    frame,
    leg,
    random_day,
    session,
    snapshot,
)

LEVELS = {
    "total_oi": (features.total_oi, lambda rows: plain.interest(rows, "CE") + plain.interest(rows, "PE")),
    "total_call_oi": (features.total_call_oi, lambda rows: plain.interest(rows, "CE")),
    "total_put_oi": (features.total_put_oi, lambda rows: plain.interest(rows, "PE")),
    "pcr": (features.pcr_oi, plain.pcr),
    "pcr_atm2": (lambda c: features.pcr_oi(c, 2), lambda rows: plain.pcr(rows, 2)),
    "max_pain": (features.max_pain, plain.max_pain),
    "straddle": (features.straddle, plain.straddle),
    "expected_move_pct": (features.expected_move_pct, lambda rows: 100 * plain.straddle(rows) / rows[0]["forward"]),
    "pcr_volume": (features.pcr_volume, plain.pcr_volume),
    "atm_iv": (features.atm_iv, plain.atm_iv),
}


@pytest.mark.parametrize("name", LEVELS)
@pytest.mark.parametrize("seed", [1, 2])
def test_levels_equal_plain_python(name: str, seed: int) -> None:
    day = random_day(np.random.default_rng(seed), snapshots=12, holes=0.1 * (seed - 1))
    vectorised, obvious = LEVELS[name]
    found = vectorised(OptionChain.from_frame(day, session()))
    by_snapshot = plain.snapshots(day)
    expected = [obvious(plain.traded(by_snapshot, i)[1]) for i in range(len(by_snapshot))]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("gap", [1.0, 6.0, 22.0])
@pytest.mark.parametrize("minutes", [15.0, 60.0])
def test_change_of_open_interest_equals_plain_python(gap: float, minutes: float) -> None:
    day = random_day(np.random.default_rng(int(gap)), snapshots=20, strikes=3, gap_minutes=gap, holes=0.1)
    by_snapshot = plain.snapshots(day)
    expected = [plain.oi_change(by_snapshot, i, minutes) for i in range(len(by_snapshot))]
    found = features.oi_change(OptionChain.from_frame(day, session()), minutes)
    np.testing.assert_array_equal(found, expected)


def test_totals_by_hand() -> None:
    built = chain(snapshot("10:00", {24950: (10, 70), 25000: (30, 40), 25050: (60, 20)}))
    assert features.total_call_oi(built).tolist() == [100]
    assert features.total_put_oi(built).tolist() == [130]
    assert features.total_oi(built).tolist() == [230]
    assert features.pcr_oi(built).tolist() == [1.3]
    assert features.pcr_oi(built, 0).tolist() == [40 / 30]


def test_ratio_of_sums_and_never_the_mean_of_ratios() -> None:
    built = chain(snapshot("10:00", {24950: (1, 7000), 25000: (7000, 1)}))
    assert features.pcr_oi(built).tolist() == [1.0]


def test_no_call_interest_is_undefined_and_not_infinite() -> None:
    built = chain(snapshot("10:00", {25000: (0, 50)}), snapshot("10:05", {25000: (None, 50)}))
    assert np.isnan(features.pcr_oi(built)).all()
    assert features.total_oi(built)[0] == 50
    assert np.isnan(features.total_oi(built)[1])


def test_volume_of_puts_over_that_of_calls_by_hand() -> None:
    rows = [
        leg("10:00", strike, side, volume_units=volume)
        for strike, side, volume in ((25_000, "CE", 150.0), (25_000, "PE", 75.0), (25_050, "PE", 225.0))
    ]
    assert features.pcr_volume(OptionChain.from_frame(frame(rows), session())).tolist() == [2.0]
    untraded = [{**row, "volume_units": 0.0 if row["option_type"] == "CE" else 75.0} for row in rows]
    assert np.isnan(features.pcr_volume(OptionChain.from_frame(frame(untraded), session()))).all()


def test_only_the_traded_expiry_counts() -> None:
    near = snapshot("10:00", {25000: (10, 20)})
    far = snapshot("10:00", {25000: (1000, 1)}, expiry=pd.Timestamp(NEXT_EXPIRY))
    assert features.pcr_oi(chain([*near, *far])).tolist() == [2.0]


def test_at_the_money_is_nearest_to_the_forward_and_lower_on_a_tie() -> None:
    legs = {24950: (1, 1), 25000: (1, 1), 25050: (1, 1)}
    tie = snapshot("10:00", legs, forward=25025.0)
    above = snapshot("10:05", legs, forward=25025.5)
    unknown = snapshot("10:10", legs, forward=np.nan, spot=24960.0)
    built = chain(tie, above, unknown)
    assert built.strikes[features.atm_index(built)].tolist() == [25000, 25050, 24950]


def test_strikes_around_the_money_are_counted_among_those_listed_now() -> None:
    now = snapshot("10:00", {24900: (1, 1), 25000: (2, 2), 25100: (4, 4), 25200: (8, 8)})
    later = snapshot("10:05", {24950: (100, 100), 25000: (2, 2), 25050: (100, 100)})
    built = chain(now, later)
    assert features.strikes_near(built, 1)[0].tolist() == [True, False, True, False, True, False]
    assert features.pcr_oi(built, 1).tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    ("forward", "expected"), [(25010.0, 25000.0), (25040.0, 25050.0), (25025.0, 25000.0), (np.nan, 25000.0)]
)
def test_max_pain_ties_go_to_the_forward_then_lower(forward: float, expected: float) -> None:
    # 10 calls at 25000 and 10 puts at 25050: every strike between pays the same 500
    built = chain(snapshot("10:00", {25000: (10, 0), 25050: (0, 10)}, forward=forward))
    assert features.max_pain(built).tolist() == [expected]


def test_max_pain_by_hand() -> None:
    # settle 24900: puts pay 50·100+10·200=7000; 25000: calls 20·100, puts 10·100 = 3000; 25100: calls 20·200+5·100
    built = chain(snapshot("10:00", {24900: (20, 0), 25000: (5, 50), 25100: (0, 10)}))
    assert features.max_pain(built).tolist() == [25000.0]


def test_max_pain_without_open_interest_is_undefined() -> None:
    assert np.isnan(features.max_pain(chain(snapshot("10:00", {25000: (0, 0)})))).all()


def test_straddle_needs_both_legs() -> None:
    both = [leg("10:00", 25000, "CE", bid=99.0, ask=101.0), leg("10:00", 25000, "PE", bid=79.0, ask=81.0)]
    one = [leg("10:05", 25000, "CE")]
    built = chain(both, one)
    assert features.straddle(built)[0] == 180.0
    assert np.isnan(features.straddle(built)[1])


def test_implied_volatility_lies_on_the_line_between_the_strikes_around_the_forward() -> None:
    rows = [leg("10:00", 24950, "CE", implied_vol=14.0, forward=25000.0), leg("10:00", 24950, "PE", implied_vol=16.0)]
    rows += [leg("10:00", 25050, "CE", implied_vol=11.0), leg("10:00", 25000, "CE", implied_vol=np.nan)]
    expected = 15.0 + np.log(25000 / 24950) / np.log(25050 / 24950) * (11.0 - 15.0)
    np.testing.assert_allclose(features.atm_iv(chain(rows)), [expected])
    on_a_strike = [leg("10:00", 25000, "CE", implied_vol=13.0)]
    assert features.atm_iv(chain(on_a_strike)).tolist() == [13.0]
    above_all = [leg("10:00", 24950, "CE", implied_vol=13.0)]
    assert np.isnan(features.atm_iv(chain(above_all))).all()


def test_change_counts_only_legs_that_both_ends_have() -> None:
    early = snapshot("10:00", {25000: (10, 20), 25050: (5, None)})
    late = snapshot("11:00", {25000: (15, 18), 25050: (7, 1000), 25100: (500, 500)})
    assert features.oi_change(chain(early, late), 60)[1] == 5 - 2 + 2


def test_change_is_undefined_before_an_hour_and_across_a_roll() -> None:
    rows = [
        leg(clock, 25000, side, expiry=pd.Timestamp(expiry), day=EXPIRY)
        for clock in ("09:15", "10:14", "10:15", "12:30", "13:15", "13:30", "14:16")
        for side in ("CE", "PE")
        for expiry in (EXPIRY, NEXT_EXPIRY)
    ]
    change = features.oi_change(OptionChain.from_frame(frame(rows), session(EXPIRY)), 60)
    # 12:30's start would be 15 minutes too early; 13:15's and 13:30's lie in the expiry that was traded before 13:00
    assert np.isfinite(change).tolist() == [False, False, True, False, False, False, True]


@pytest.mark.parametrize(
    ("last", "change"), [("10:20", 20.0), ("10:25", 20.0), ("10:25:01", np.nan), ("10:19:59", np.nan)]
)
def test_an_hour_may_begin_five_minutes_early_at_any_cadence(last: str, change: float) -> None:
    two = chain(snapshot("09:20", {25000: (100, 100)}), snapshot(last, {25000: (130, 90)}))
    np.testing.assert_array_equal(features.oi_change(two, 60), [np.nan, change])
    # a gap of 22 minutes widens other windows, not this one
    sparse = [snapshot(clock, {25000: (100, 100)}) for clock in ("09:15", "09:37", "09:59", "10:21", "10:43")]
    assert np.isnan(features.oi_change(chain(*sparse), 60)).all()


def test_flow_by_hand() -> None:
    early = snapshot("10:00", {25000: (100, 100), 25500: (1, 1)})
    late = snapshot("10:15", {25000: (110, 130), 25500: (1, 901)})
    built = chain(early, late)
    assert features.net_oi_flow(built, 15, 0)[1] == (30 - 10) / 40
    assert features.net_oi_flow(built, 15)[1] == (930 - 10) / 940
    assert np.isnan(features.net_oi_flow(built, 15)[0])


def test_balance_is_undefined_without_either() -> None:
    assert balance(np.array([1.0, 0.0]), np.array([-3.0, 0.0])).tolist()[0] == 1.0
    assert np.isnan(balance(np.array([0.0]), np.array([0.0]))).all()


def test_five_minute_closes_are_the_last_spot_at_or_before_the_bars_end() -> None:
    spots = {"09:15": 100.0, "09:19:59": 101.0, "09:20": 102.0, "09:24": 103.0, "09:31": 104.0}
    built = chain(*(snapshot(clock, {25000: (1, 1)}, spot=spot) for clock, spot in spots.items()))
    ends, closes = features.five_minute_closes(built)
    assert [pd.Timestamp(end, tz="UTC") for end in ends] == [at("09:20"), at("09:25"), at("09:30")]
    assert closes.tolist() == [102.0, 103.0, 103.0]


def test_a_close_older_than_ten_minutes_is_missing() -> None:
    built = chain(snapshot("09:16", {25000: (1, 1)}), snapshot("09:41", {25000: (1, 1)}))
    closes = features.five_minute_closes(built)[1]
    assert np.isfinite(closes).tolist() == [True, True, False, False, False]
    exactly = chain(snapshot("09:15", {25000: (1, 1)}), snapshot("09:31", {25000: (1, 1)}))
    assert np.isfinite(features.five_minute_closes(exactly)[1]).tolist() == [True, True, False]


def test_closes_never_change_when_more_snapshots_come() -> None:
    day = random_day(np.random.default_rng(5), snapshots=40, strikes=1, gap_minutes=2.0)
    built = OptionChain.from_frame(day, session())
    ends, closes = features.five_minute_closes(built)
    for n in range(1, len(built.spot)):
        known_ends, known = features.five_minute_closes(built.select(slice(0, n)))
        assert (known_ends <= built.observed_at[n - 1]).all()
        np.testing.assert_array_equal(known, closes[: len(known)])
    assert len(ends) == len(closes)


ALL = {
    **{name: vectorised for name, (vectorised, _) in LEVELS.items()},
    "oi_change": lambda c: features.oi_change(c, 15),
    "net_oi_flow": lambda c: features.net_oi_flow(c, 15, 2),
    "atm_index": lambda c: features.atm_index(c).astype(float),
}


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32 - 1), cut=st.integers(1, 11))
def test_a_feature_is_the_same_streamed_bit_for_bit(seed: int, cut: int) -> None:
    day = random_day(np.random.default_rng(seed), snapshots=12, strikes=5, holes=0.15)
    moment = np.unique(day["observed_at"])[cut - 1]
    whole = OptionChain.from_frame(day, session())
    part = OptionChain.from_frame(day[day["observed_at"] <= moment], session())
    for name, feature in ALL.items():
        batch, streamed = feature(whole)[:cut], feature(part)
        if name == "atm_index":
            batch, streamed = whole.strikes[batch.astype(int)], part.strikes[streamed.astype(int)]
        np.testing.assert_array_equal(batch, streamed, err_msg=name)


def test_no_snapshots_give_no_values() -> None:
    empty = OptionChain.from_frame(
        frame([leg("10:00", SPOT, "CE", expiry=pd.Timestamp("2025-10-14"))]),
        session(),
    )
    for feature in ALL.values():
        assert len(feature(empty)) == 0
    assert len(features.five_minute_closes(empty)[1]) == 0
