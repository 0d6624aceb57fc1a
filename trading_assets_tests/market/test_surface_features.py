"""Skew, term structure, gamma, walls and traded volume, by hand and against plain Python, and their missing values."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_assets.market.bars import Bars
from trading_assets.market.black76 import greeks
from trading_assets.market.expiries import expiry_close
from trading_assets.market.leg_sums import CALL, PUT
from trading_assets.market.option_chain import OptionChain
from trading_assets.market.packaged import load_market
from trading_assets.market.surface_features import (
    butterfly_25d,
    expiry_closes,
    gex,
    minutes_to_expiry,
    sessions_to_expiry,
    skew_25d,
    term_slope,
    wing_vols,
    years_to_expiry,
)
from trading_assets.market.traded_volume import bar_volume, volume_so_far, vwap, vwap_distance_pct
from trading_assets.market.walls import wall_before, wall_now
from trading_assets_tests.market.chain_builder import DAY, frame, leg, random_day, session, snapshot
from trading_assets_tests.strategies.made_chain import BASE, MINUTES, STRIKES, made_chain

MARKET = load_market()
NOW = np.array([0, 100, 374])
NEAR = np.zeros(3, dtype=np.intp)


def empty() -> OptionChain:
    """A chain whose only expiry has passed."""
    return OptionChain.from_frame(frame([leg("10:00", 25_000, "CE", expiry=np.datetime64("2025-10-10"))]), session())


def test_time_runs_to_the_close_of_the_expiry_day_and_never_out() -> None:
    chain = made_chain(days=5)
    assert minutes_to_expiry(chain, NOW, NEAR).tolist() == [5 * 1440 + 375 - m for m in (0, 100, 374)]
    assert years_to_expiry(chain, NOW, NEAR) == pytest.approx(minutes_to_expiry(chain, NOW, NEAR) / 525_600)
    today = made_chain(days=0)
    assert minutes_to_expiry(today, NOW, NEAR).tolist() == [375.0, 275.0, 1.0]


def on_calendar(day: str, days: int) -> OptionChain:
    """A made chain of a session of the packaged calendar, with an expiry some days ahead."""
    found = MARKET.calendar.session(date.fromisoformat(day))
    return replace(made_chain(days=days, day=found.day), session=found)


@pytest.mark.parametrize(
    ("day", "days", "minutes"),
    [
        ("2025-10-21", 7, 7 * 1440 + 375),  # Muhurat closes at 14:45, the expiry day at 15:30
        ("2025-10-15", 6, 5 * 1440 + 375),  # listed for the day of Muhurat: its last session is the one before
        ("2026-03-24", 7, 6 * 1440 + 375),  # the expiry moved from a holiday to the day before
        ("2026-07-30", 5, 5 * 1440 + 385),  # from 2026-08-03 on the close is 15:40
    ],
)
def test_time_runs_to_the_close_of_the_last_session_of_the_contract(day: str, days: int, minutes: float) -> None:
    chain = on_calendar(day, days)
    assert minutes_to_expiry(chain, NOW[:2], NEAR[:2]).tolist() == [minutes, minutes - 100]
    close = MARKET.reference.expiry_close("NIFTY", chain.expiries[0].tolist()).astimezone(UTC).replace(tzinfo=None)
    assert expiry_closes(chain)[0] == np.datetime64(close, "us")


def test_after_the_close_no_time_is_left() -> None:
    chain = on_calendar("2025-10-28", 0)
    late = replace(chain, observed_at=chain.observed_at + np.timedelta64(10, "m"))
    assert np.isnan(years_to_expiry(late, np.array([374]), NEAR[:1])).all()
    assert minutes_to_expiry(late, np.array([365]), NEAR[:1]).tolist() == [1.0]


def test_bse_closes_its_contracts_when_the_calendar_of_the_session_says() -> None:
    for underlying in ("SENSEX", "BANKEX"):
        for day in MARKET.reference.expiries(underlying, date(2018, 1, 1), MARKET.calendar.last_day):
            assert MARKET.reference.expiry_close(underlying, day) == expiry_close(MARKET.calendar, day)


@pytest.mark.parametrize(
    ("day", "days", "sessions"),
    [
        ("2026-01-23", 4, 2.0),  # Friday to Tuesday over Republic Day
        ("2026-01-30", 4, 4.0),  # with the special session on Sunday
        ("2025-10-17", 4, 2.0),  # listed for Muhurat, ends on Monday
        ("2026-12-30", 7, 6.0),  # beyond the calendar every weekday is one
        ("2026-12-31", 7, 6.0),
    ],
)
def test_sessions_left_are_those_of_the_calendar(day: str, days: int, sessions: float) -> None:
    assert sessions_to_expiry(on_calendar(day, days))[0] == sessions


def test_sessions_left_count_weekdays_and_the_rest_of_today() -> None:
    # Wednesday: tomorrow, Friday, Monday
    assert sessions_to_expiry(made_chain(days=5))[[0, 150]].tolist() == pytest.approx([4.0, 3.6])
    assert sessions_to_expiry(made_chain(days=1))[[0, 375 - 75]].tolist() == pytest.approx([2.0, 1.2])
    on_the_day = sessions_to_expiry(made_chain(days=0))
    assert on_the_day[0] == pytest.approx(1.0)
    assert on_the_day[224] == pytest.approx(1.0 - 224 / 375)
    assert on_the_day[225] > 4.0  # from 13:00 the next expiry is traded
    assert len(sessions_to_expiry(empty())) == 0


def test_the_skew_is_put_less_call_volatility_at_a_quarter_delta() -> None:
    chain = made_chain(skew=-0.4)
    found = skew_25d(chain)[100]
    years = years_to_expiry(chain, np.array([100]), np.array([0]))[0]
    # the strikes of 25 delta by bisection on the same smile
    strikes = np.linspace(24_000, 26_000, 200_001)
    smile = 0.12 - 0.4 * np.log(strikes / BASE)
    delta = greeks(BASE, strikes, years, 0.0, smile, True).delta  # noqa: FBT003
    put, call = (smile[np.abs(delta - wanted).argmin()] for wanted in (0.75, 0.25))
    assert found == pytest.approx(100 * (put - call), abs=0.01)
    assert found > 0.0


def test_the_skew_of_a_flat_smile_is_nothing_and_of_a_mirrored_one_the_opposite() -> None:
    assert skew_25d(made_chain(skew=0.0)) == pytest.approx(0.0, abs=1e-9)
    steep, mirrored = skew_25d(made_chain(skew=-0.3))[50], skew_25d(made_chain(skew=0.3))[50]
    assert steep > 0.5
    assert mirrored == pytest.approx(-steep, rel=0.05)


def test_the_butterfly_is_the_mean_of_the_wings_less_the_money() -> None:
    assert butterfly_25d(made_chain(skew=0.0)) == pytest.approx(0.0, abs=1e-9)
    chain = made_chain(skew=-0.4)
    put, call = wing_vols(chain, 0.25)
    # on a straight smile the wings' mean lies on the line above the middle between their strikes, near the money
    assert put[100] > call[100]
    assert butterfly_25d(chain)[100] == pytest.approx((put[100] + call[100]) / 2 - 12.0, abs=0.01)
    assert put[100] - call[100] == skew_25d(chain)[100]
    assert len(butterfly_25d(empty())) == 0


def test_without_strikes_on_both_sides_of_a_quarter_delta_there_is_no_skew() -> None:
    narrow = [leg("10:00", strike, side) for strike in (24_950, 25_000, 25_050) for side in ("CE", "PE")]
    assert np.isnan(skew_25d(OptionChain.from_frame(frame(narrow), session()))).all()
    assert len(skew_25d(empty())) == 0


def test_the_term_structure_is_next_less_traded_expiry() -> None:
    assert term_slope(made_chain(volatility=0.20, next_volatility=0.15))[10] == pytest.approx(-5.0)
    assert term_slope(made_chain(volatility=0.10, next_volatility=0.15))[10] == pytest.approx(5.0)


def test_the_term_structure_is_unknown_near_expiry_and_without_a_next_one() -> None:
    today = term_slope(made_chain(days=0, volatility=0.2, next_volatility=0.1))
    assert np.isfinite(today[:195]).all()
    assert np.isnan(today[195:]).all()  # 12:30: three hours are left; after 13:00 there is no third expiry
    one = [leg("10:00", strike, side) for strike in (24_950, 25_000, 25_050) for side in ("CE", "PE")]
    assert np.isnan(term_slope(OptionChain.from_frame(frame(one), session()))).all()
    assert len(term_slope(empty())) == 0


def test_gamma_counts_calls_for_and_puts_against() -> None:
    heavy, light = np.full((375, len(STRIKES)), 3000.0), np.full((375, len(STRIKES)), 1000.0)
    calls, puts = gex(made_chain(call_oi=heavy, put_oi=light)), gex(made_chain(call_oi=light, put_oi=heavy))
    assert (calls > 0.0).all()
    assert puts == pytest.approx(-calls)
    assert gex(made_chain(call_oi=heavy, put_oi=heavy)) == pytest.approx(0.0, abs=1e-3)
    assert len(gex(empty())) == 0


def test_gamma_is_the_sum_over_strikes_in_rupees_a_percent() -> None:
    calls = np.zeros(len(STRIKES))
    calls[STRIKES == BASE] = 10.0
    chain = made_chain(call_oi=np.broadcast_to(calls, (375, len(STRIKES))), put_oi=0.0)
    years = years_to_expiry(chain, np.array([0]), np.array([0]))[0]
    gamma = greeks(BASE, BASE, years, 0.0, 0.12, True).gamma  # noqa: FBT003
    assert gex(chain)[0] == pytest.approx(float(gamma) * 10 * 75 * BASE**2 * 0.01, rel=1e-9)


def test_walls_are_the_highest_beyond_the_index_and_grow_by_their_own_share() -> None:
    oi = np.full((375, len(STRIKES)), 1000.0)
    oi[:, STRIKES == BASE + 200] = np.where(MINUTES < 60, 5000.0, 6000.0)[:, None]
    oi[:, STRIKES == BASE - 150] = 4000.0
    chain = made_chain(call_oi=oi, put_oi=oi)
    now = wall_now(chain, CALL, 15.0)
    assert set(now.strike[20:]) == {BASE + 200}
    assert now.change[59] == 0.0
    assert now.change[60] == pytest.approx(20.0)
    assert now.change[75] == 0.0
    assert np.isnan(now.change[:15]).all()
    assert set(wall_now(chain, PUT, 15.0).strike) == {BASE - 150}


def test_the_wall_before_is_that_of_the_windows_start() -> None:
    spot = np.where(MINUTES < 60, BASE, BASE + 300.0)
    oi = np.full((375, len(STRIKES)), 1000.0)
    oi[:, STRIKES == BASE + 200] = 5000.0
    chain = made_chain(spot, call_oi=oi)
    assert wall_before(chain, CALL, 15.0).strike[65] == BASE + 200  # it lies below the index by now
    assert wall_now(chain, CALL, 15.0).strike[65] > BASE + 200
    assert np.isnan(wall_before(chain, CALL, 15.0).strike[:15]).all()
    assert wall_before(chain, CALL, 15.0).change[65] == 0.0


def test_equal_walls_are_the_lower_strike_and_no_open_interest_is_no_wall() -> None:
    level = OptionChain.from_frame(
        frame(snapshot("10:00", {24_950.0: (5, 5), 25_000.0: (5, 5), 25_050.0: (5, 5)})), session()
    )
    assert wall_now(level, CALL, 15.0).strike.tolist() == [25_000.0]
    assert wall_now(level, PUT, 15.0).strike.tolist() == [24_950.0]
    nothing = OptionChain.from_frame(frame(snapshot("10:00", {25_000.0: (0, 0)})), session())
    assert np.isnan(wall_now(nothing, CALL, 15.0).strike).all()
    assert len(wall_now(empty(), CALL, 15.0).strike) == 0


@settings(max_examples=8)
@given(seed=st.integers(0, 2**32 - 1))
def test_volume_never_falls_when_legs_drop_out(seed: int) -> None:
    rng = np.random.default_rng(seed)
    day = random_day(rng, snapshots=12, strikes=5, holes=0.3)
    day["volume_units"] = rng.integers(0, 5000, len(day)).astype(float)
    chain = OptionChain.from_frame(day, session())
    found = volume_so_far(chain)
    assert (np.diff(found) >= 0.0).all()
    sums = np.nansum(chain.volume_units, axis=(1, 2, 3))
    assert found.tolist() == np.maximum.accumulate(sums).tolist()


def test_the_mean_price_is_weighted_by_what_was_traded_since_the_snapshot_before() -> None:
    spots, traded = (100.0, 110.0, 130.0), (10.0, 40.0, 40.0)
    rows = [
        leg(f"10:0{i}", 25_000, "CE", spot=spot, volume_units=volume)
        for i, (spot, volume) in enumerate(zip(spots, traded, strict=True))
    ]
    chain = OptionChain.from_frame(frame(rows), session())
    assert vwap(chain).tolist() == pytest.approx([100.0, (1000 + 30 * 110) / 40, (1000 + 30 * 110) / 40])
    # a snapshot without an index adds nothing, one without volume has no price
    blind = replace(chain, spot=np.array([np.nan, 110.0, 130.0]))
    assert np.isnan(vwap(blind)[0])
    assert vwap(blind)[1:].tolist() == [110.0, 110.0]
    assert np.isnan(vwap(replace(chain, volume_units=np.full_like(chain.volume_units, np.nan)))).all()


def test_bars_trade_what_was_added_in_them() -> None:
    chain = made_chain(pace=np.where(MINUTES < 10, 100.0, 300.0))
    legs = 2 * 2 * len(STRIKES)
    found = bar_volume(chain, Bars.of(chain)) / legs
    # a snapshot at a bar's end belongs to it: the first bar has six of them
    assert found[:4].tolist() == [600.0, 700.0, 1500.0, 1500.0]


def test_no_feature_of_the_surface_knows_the_rest_of_the_session() -> None:
    day = random_day(np.random.default_rng(8), snapshots=40, strikes=31, holes=0.05)
    whole = OptionChain.from_frame(day, session(DAY))
    features = {
        "skew": skew_25d,
        "slope": term_slope,
        "gamma": gex,
        "sessions": sessions_to_expiry,
        "mean": vwap,
        "volume": volume_so_far,
        "wall": lambda chain: wall_now(chain, CALL, 15.0).change,
        "wall before": lambda chain: wall_before(chain, PUT, 15.0).strike,
    }
    for name, feature in features.items():
        expected = feature(whole)
        for count in (1, 13, 39):
            part = feature(whole.select(slice(0, count)))
            assert np.array_equal(part, expected[:count], equal_nan=True), name


def test_the_distance_from_the_mean_is_in_percent_of_it() -> None:
    chain = made_chain(np.where(MINUTES < 200, BASE, BASE + 100.0))
    mean = vwap(chain)
    assert vwap_distance_pct(chain)[199] == pytest.approx(0.0)
    assert mean[300] * (1 + vwap_distance_pct(chain)[300] / 100.0) == pytest.approx(BASE + 100.0)
    assert vwap_distance_pct(chain)[300] > 0.0
