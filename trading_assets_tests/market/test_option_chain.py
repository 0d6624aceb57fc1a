"""The dense chain holds exactly what the rows say, in any order, and nothing can write to it."""

from dataclasses import fields, replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.errors import ContractError
from trading_assets.market.leg_rows import SIDES
from trading_assets.market.option_chain import OptionChain, chains
from trading_assets_tests.market.chain_builder import (
    DAY,
    EXPIRY,
    NEXT_EXPIRY,
    at,
    chain,
    frame,
    leg,
    random_day,
    session,
    snapshot,
)

LEG_FIELDS = ("bid", "ask", "last_price", "open_interest_lots", "volume_units", "implied_vol")


def same(left: OptionChain, right: OptionChain) -> bool:
    """Whether two chains are equal, missing values included."""
    for field in fields(OptionChain):
        a, b = getattr(left, field.name), getattr(right, field.name)
        if isinstance(a, np.ndarray):
            if a.dtype.kind == "f" and not np.array_equal(a, b, equal_nan=True):
                return False
            if a.dtype.kind != "f" and not np.array_equal(a, b):
                return False
        elif a != b:
            return False
    return True


def test_every_cell_is_the_value_of_its_row() -> None:
    day = random_day(np.random.default_rng(1), snapshots=6, holes=0.2)
    built = OptionChain.from_frame(day, session())
    seen = 0
    for row in day.to_dict("records"):
        s = int(np.flatnonzero(built.observed_at == row["observed_at"].tz_localize(None).to_datetime64())[0])
        e = int(np.flatnonzero(built.expiries == np.datetime64(row["expiry"].date()))[0])
        k = int(np.flatnonzero(built.strikes == row["strike"])[0])
        for name in LEG_FIELDS:
            assert getattr(built, name)[s, e, k, SIDES.index(row["option_type"])] == row[name]
        assert built.spot[s] == row["spot"]
        assert built.forward[s, e] == row["forward"]
        assert built.snapshot_id[s] == row["snapshot_id"]
        seen += 1
    assert np.isfinite(built.open_interest_lots).sum() == seen == len(day)


def test_a_leg_without_a_row_is_missing_and_not_zero() -> None:
    built = chain(snapshot("10:00", {25000: (10, None), 25050: (5, 7)}))
    assert np.isnan(built.open_interest_lots[0, 0, 0, 1])
    assert built.open_interest_lots[0, 0, 1].tolist() == [5, 7]


def test_expiries_are_the_nearest_from_the_session_on() -> None:
    rows = [leg("10:00", 25000, "CE", expiry=pd.Timestamp(day)) for day in ("2025-12-30", "2025-10-14", "2025-10-20")]
    rows += [leg("10:00", 25000, "CE", expiry=pd.Timestamp(day)) for day in ("2025-11-04", "2025-10-28")]
    built = OptionChain.from_frame(frame(rows), session(), max_expiries=3)
    assert built.expiries.astype(str).tolist() == ["2025-10-20", "2025-10-28", "2025-11-04"]


def test_a_session_whose_expiries_have_all_passed_has_no_snapshot() -> None:
    built = OptionChain.from_frame(frame([leg("10:00", 25000, "CE", expiry=pd.Timestamp("2025-10-14"))]), session())
    assert built.open_interest_lots.shape == (0, 0, 0, 2)
    assert built.near().shape == (0,)
    assert built.traded(built.forward).shape == (0,)


def test_lot_size_is_per_expiry() -> None:
    rows = [leg("10:00", 25000, "CE"), leg("10:00", 25000, "CE", expiry=pd.Timestamp(NEXT_EXPIRY), lot_size=65)]
    assert OptionChain.from_frame(frame(rows), session()).lot_size.tolist() == [75, 65]


def test_arrays_cannot_be_written() -> None:
    built = chain(snapshot("10:00", {25000: (1, 2)}))
    for field in fields(OptionChain):
        value = getattr(built, field.name)
        if isinstance(value, np.ndarray):
            with pytest.raises(ValueError, match="read-only"):
                value[...] = value
    for derived in (built.mid, built.listed, built.minutes_ist):
        assert not derived.flags.writeable


def test_a_repeated_leg_is_refused_with_its_place() -> None:
    rows = snapshot("10:00", {25000: (1, 2)})
    with pytest.raises(
        ContractError, match=r"1 of 3 rows repeat a leg \(first: 2025-10-20 25000 PE at 2025-10-15 04:30"
    ):
        OptionChain.from_frame(frame([*rows, rows[1]]), session())


def test_no_rows_and_two_underlyings_are_refused() -> None:
    with pytest.raises(ContractError, match="no rows for an option chain"):
        OptionChain.from_frame(frame([leg("10:00", 25000, "CE")]).iloc[:0], session())
    mixed = frame([leg("10:00", 25000, "CE"), leg("10:00", 52000, "CE", underlying="BANKNIFTY")])
    with pytest.raises(ContractError, match="2 underlyings \\(BANKNIFTY, NIFTY\\)"):
        OptionChain.from_frame(mixed, session())
    assert list(chains(mixed, session())) == ["BANKNIFTY", "NIFTY"]
    assert chains(mixed.iloc[:0], session()) == {}


@given(seed=st.integers(0, 2**32 - 1))
def test_the_order_of_the_rows_does_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    day = random_day(rng, snapshots=4, strikes=3, holes=0.3)
    shuffled = day.iloc[rng.permutation(len(day))]
    assert same(OptionChain.from_frame(day, session()), OptionChain.from_frame(shuffled, session()))


def test_a_snapshot_overtaken_on_its_way_is_left_out() -> None:
    late = snapshot("10:00", {25000: (1, 1)}, available_at=at("10:20"))
    built = chain(snapshot("09:55", {25000: (1, 1)}), late, snapshot("10:05", {25000: (1, 1)}))
    assert built.snapshot_id.tolist() == ["snapshot-09:55", "snapshot-10:05"]
    assert (np.diff(built.available_at) >= np.timedelta64(0)).all()


def test_a_late_snapshot_that_nothing_overtook_stays() -> None:
    built = chain(
        snapshot("10:00", {25000: (1, 1)}, available_at=at("10:04")),
        snapshot("10:05", {25000: (1, 1)}, available_at=at("10:06")),
    )
    assert len(built.observed_at) == 2


def test_minutes_are_of_the_ist_day() -> None:
    built = chain(snapshot("09:15", {25000: (1, 1)}), snapshot("13:00:30", {25000: (1, 1)}))
    assert built.minutes_ist.tolist() == [555.0, 780.5]


@pytest.mark.parametrize(("clock", "expected"), [("12:59:59", EXPIRY), ("13:00", NEXT_EXPIRY), ("15:29", NEXT_EXPIRY)])
def test_on_expiry_day_the_next_expiry_is_traded_from_one_o_clock(clock: str, expected: date) -> None:
    rows = [leg(clock, 25000, "CE", expiry=pd.Timestamp(day), day=EXPIRY) for day in (EXPIRY, NEXT_EXPIRY)]
    built = OptionChain.from_frame(frame(rows), session(EXPIRY))
    assert built.expiries[built.near()[0]] == np.datetime64(expected)


def test_on_any_other_day_the_nearest_expiry_is_traded_all_day() -> None:
    rows = [leg("14:00", 25000, "CE", expiry=pd.Timestamp(day)) for day in (EXPIRY, NEXT_EXPIRY)]
    assert OptionChain.from_frame(frame(rows), session()).near().tolist() == [0]


def test_without_a_next_expiry_nothing_is_traded_after_one_o_clock() -> None:
    built = OptionChain.from_frame(
        frame([leg(clock, 25000, "CE", expiry=pd.Timestamp(EXPIRY), day=EXPIRY) for clock in ("12:00", "13:30")]),
        session(EXPIRY),
    )
    assert built.near().tolist() == [0, -1]
    assert np.isnan(built.traded(built.open_interest_lots)[1]).all()
    assert np.isfinite(built.traded(built.forward)[0])


def test_an_expiry_seen_only_later_is_not_known_before() -> None:
    early = leg("10:00", 25000, "CE", expiry=pd.Timestamp(NEXT_EXPIRY))
    later = [leg("10:05", 25000, "CE", expiry=pd.Timestamp(day)) for day in (EXPIRY, NEXT_EXPIRY)]
    glitch = leg("10:10", 25000, "CE", expiry=pd.Timestamp(NEXT_EXPIRY))
    built = OptionChain.from_frame(frame([early, *later, glitch]), session())
    assert built.near().tolist() == [1, 0, 0]


def mids(*clocks: str, **changes: object) -> list[float]:
    """Mids of one leg at some times; its volume is the number of the snapshot but for what is told."""
    rows = [
        leg(clock, 25000, "CE", volume_units=75.0 * (number + 1), last_price=90.0)
        for number, clock in enumerate(clocks)
    ]
    told = [{**row, **{name: values[at] for name, values in changes.items()}} for at, row in enumerate(rows)]
    return OptionChain.from_frame(frame(told), session()).mid[:, 0, 0, 0].tolist()


def test_mid_is_between_bid_and_ask_and_never_a_last_price_of_an_unknown_age() -> None:
    rows = [
        leg("10:00", 25000, "CE", bid=99.0, ask=101.0, last_price=90.0),
        leg("10:00", 25000, "PE", bid=102.0, ask=101.0, last_price=90.0),
        leg("10:00", 25050, "CE", bid=np.nan, ask=101.0, last_price=91.0),
    ]
    mid = OptionChain.from_frame(frame(rows), session()).mid[0, 0]
    assert mid[0, 0] == 100.0
    assert np.isnan([mid[0, 1], mid[1, 0], mid[1, 1]]).all()


@pytest.mark.parametrize(
    ("second", "volume", "fresh"),
    [
        ("10:01", 150.0, True),  # traded in the last minute
        ("10:00:30", 150.0, True),
        ("10:01:01", 150.0, False),  # perhaps 61 seconds ago
        ("10:01", 75.0, False),  # not traded since
        ("10:01", np.nan, False),
    ],
)
def test_without_a_quote_a_last_price_counts_for_a_minute_after_its_trade(
    second: str,
    volume: float,
    fresh: bool,  # noqa: FBT001
) -> None:
    found = mids("10:00", second, bid=[99.0, np.nan], volume_units=[75.0, volume])
    assert found[0] == 99.75
    assert (found[1] == 90.0) == fresh
    assert np.isnan(found[1]) != fresh


def test_a_recorder_without_quotes_has_prices_of_what_traded_since_the_snapshot_before() -> None:
    without = [np.nan] * 4
    found = mids("09:20", "09:25", "09:30", "09:35", bid=without, ask=without, volume_units=[75.0, 150.0, 150.0, 225.0])
    assert np.isfinite(found).tolist() == [True, True, False, True]
    never = mids("09:20", "09:25", bid=without, ask=without, volume_units=[0.0, 0.0])
    assert np.isnan(never).all()
    absent = mids("09:20", "09:25", "09:30", bid=without, ask=without, volume_units=[0.0, np.nan, 150.0])
    assert np.isnan(absent[::2]).all()
    fallen = mids("09:20", "09:25", bid=without, ask=without, volume_units=[150.0, 75.0])
    assert np.isfinite(fallen).tolist() == [True, False]


def test_a_recorder_without_quotes_and_volumes_cannot_be_judged() -> None:
    without = [np.nan] * 2
    assert mids("09:20", "09:25", bid=without, ask=without, volume_units=without) == [90.0, 90.0]
    legs = [
        leg(clock, strike, "CE", bid=np.nan, ask=np.nan, last_price=90.0, volume_units=volume)
        for clock in ("09:20", "09:25")
        for strike, volume in ((25000, 75.0), (25050, np.nan))
    ]
    found = OptionChain.from_frame(frame(legs), session()).mid[:, 0, :, 0]
    assert np.isfinite(found).tolist() == [[True, True], [False, True]]  # only the first is known not to have traded


def test_freshness_is_known_to_a_part_of_the_session_that_begins_later() -> None:
    rows = [
        leg(clock, 25000, "CE", bid=np.nan, ask=np.nan, volume_units=v) for clock, v in (("10:00", 1), ("10:05", 2))
    ]
    built = OptionChain.from_frame(frame(rows), session())
    np.testing.assert_array_equal(built.select(slice(1, 2)).mid, built.mid[1:])
    assert np.isnan(replace(built, fresh=None).mid).all()


def test_selected_snapshots_keep_their_values() -> None:
    built = OptionChain.from_frame(random_day(np.random.default_rng(3), snapshots=5), session())
    part = built.select(slice(0, 3))
    assert part.observed_at.tolist() == built.observed_at[:3].tolist()
    assert np.array_equal(part.bid, built.bid[:3], equal_nan=True)
    assert part.strikes is built.strikes


def test_times_may_come_in_another_zone() -> None:
    rows = frame(snapshot("10:00", {25000: (1, 1)}))
    rows["observed_at"] = rows["observed_at"].dt.tz_convert("Asia/Kolkata")
    built = OptionChain.from_frame(rows, session())
    assert built.observed_at[0] == np.datetime64("2025-10-15T04:30")
    assert built.session.day == DAY
