"""Levels that close a position: on their grids, on the right side, in force from the entry on, and judged loudly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.errors import StrategyError
from trading_assets.strategies.levels import NO_LEVELS, Levels
from trading_assets.strategies.signals import session_signals
from trading_assets.strategies.strategy import BUY_STRADDLE, ExitPlan, Leg, Strategy, Surface, unjudged
from trading_assets_tests.market.chain_builder import at, session
from trading_assets_tests.strategies.scripted import flat_day, minutes, scripted

CLOCKS = minutes("10:00", 8)
NONE = ExitPlan(None, None, None)


def levelled(side: str, **levels: float | None) -> Strategy:
    """Fires on every snapshot with the same levels and no other exit."""
    plain = scripted(**{side: CLOCKS}, exit_plan=NONE, cooldown_minutes=5.0)

    def evaluate(chain: object, params: object) -> Surface:
        said = plain.evaluate(chain, params)
        arrays = {name: np.full(len(said.long), value) for name, value in levels.items()}
        return replace(said, levels=Levels(**arrays))

    return replace(plain, evaluate=evaluate)


def day(spots: list[float] | None = None, vix: list[float] | None = None) -> pd.DataFrame:
    """One spot and one volatility per clock time."""
    rows = flat_day(CLOCKS)
    at_clock = rows["observed_at"].map({at(clock): i for i, clock in enumerate(CLOCKS)})
    if spots is not None:
        rows["spot"] = at_clock.map(dict(enumerate(spots))).astype("float64")
    if vix is not None:
        rows["india_vix"] = at_clock.map(dict(enumerate(vix))).astype("float64")
    return rows


def spoken(rows: pd.DataFrame, strategy: Strategy) -> tuple[list[int], dict[str, int]]:
    """Numbers of the snapshots that became signals, and the funnel."""
    found = session_signals(rows, session(), {}, {"scripted": strategy})
    times = sorted(found.signals["timestamp"])
    return [CLOCKS.index(f"{time.tz_convert('Asia/Kolkata'):%H:%M}") for time in times], found.funnel.iloc[0].to_dict()


@pytest.mark.parametrize(
    ("side", "levels", "spots", "expected"),
    [
        ("long", {"stop_spot": 95.0}, [100, 96, 95.01, 95, 96, 100, 100, 100], [0, 4]),
        ("long", {"target_spot": 105.0}, [100, 104, 104.99, 105, 100, 100, 100, 100], [0, 4]),
        ("short", {"stop_spot": 105.0}, [100, 104, 104.99, 105, 100, 100, 100, 100], [0, 4]),
        ("short", {"target_spot": 95.0}, [100, 96, 95.01, 95, 96, 100, 100, 100], [0, 4]),
    ],
)
def test_a_level_of_the_index_closes_a_position_when_it_is_reached(
    side: str, levels: dict[str, float], spots: list[float], expected: list[int]
) -> None:
    # the snapshot on the level itself is refused, so the next signal comes one later
    taken, funnel = spoken(day(spots), levelled(side, **levels))
    assert taken == expected
    assert funnel["beyond_exit"] == 1


def test_a_new_high_of_the_volatility_index_closes_it_and_the_same_high_does_not() -> None:
    taken, funnel = spoken(day(vix=[14, 14, 14, 14.01, 13, 13, 13, 13]), levelled("long", stop_vix=14.0))
    assert taken == [0, 4]
    assert funnel["beyond_exit"] == 1


def test_a_stop_of_its_own_wins_over_the_plans() -> None:
    rows = flat_day(CLOCKS, {CLOCKS[2]: 89.0})  # bought at 100.5; a bid of 89 loses 11.4 %
    tight = levelled("long", stop_fraction=0.10)
    loose = replace(levelled("long", stop_fraction=0.20), exit_plan=ExitPlan(0.05, None, None))
    assert spoken(rows, tight)[0] == [0, 2]
    assert spoken(rows, loose)[0] == [0]
    fractions = session_signals(rows, session(), {}, {"scripted": loose}).signals["stop_fraction"]
    assert fractions.tolist() == [0.2]


def test_a_position_that_would_be_closed_at_once_is_refused_and_counted() -> None:
    for side, level in (("long", {"stop_spot": 100.0}), ("short", {"target_spot": 101.0})):
        taken, funnel = spoken(day([100.0] * 8), levelled(side, **level))
        assert taken == []
        assert (funnel["fired"], funnel["beyond_exit"], funnel["signals"]) == (8, 8, 0)


def test_a_missing_level_or_value_closes_nothing() -> None:
    assert spoken(day([np.nan] * 8), levelled("long", stop_spot=95.0))[0] == [0]
    assert spoken(day([90.0] * 8), levelled("long", stop_spot=np.nan, target_spot=np.nan))[0] == [0]
    assert spoken(day(vix=[np.nan] * 8), levelled("long", stop_vix=10.0))[0] == [0]


def test_levels_are_stored_on_their_grids() -> None:
    found = session_signals(
        day([100.0] * 8), session(), {}, {"scripted": levelled("long", stop_spot=95.123456, target_spot=1e4 / 3)}
    ).signals
    assert found["stop_spot"].tolist() == [95.12]
    assert found["target_spot"].tolist() == [3333.33]
    assert found["stop_vix"].isna().all()
    assert Levels(stop_fraction=np.array([1 / 3])).filled(1).at(0)["stop_fraction"] == 0.3333


def test_levels_at_a_snapshot_are_none_where_there_are_none() -> None:
    assert NO_LEVELS.at(3) == NO_LEVELS.filled(5).at(3) == dict.fromkeys(NO_LEVELS.given())
    told = Levels(stop_spot=np.array([np.nan, 7.0])).filled(2)
    assert told.at(0)["stop_spot"] is None
    assert told.at(1) == {"stop_spot": 7.0, "target_spot": None, "stop_vix": None, "stop_fraction": None}


@given(level=st.integers(9000, 11_000), spot=st.integers(9000, 11_000), view=st.sampled_from([1.0, -1.0]))
def test_a_stop_and_a_target_at_one_level_are_each_others_mirror(level: int, spot: int, view: float) -> None:
    levels, seen, vix = np.array([float(level)]), np.array([float(spot)]), np.array([12.0])
    stopped = Levels(stop_spot=levels).filled(1).passed(0, seen, vix, view)[0]
    worked = Levels(target_spot=levels).filled(1).passed(0, seen, vix, view)[0]
    opposite = Levels(target_spot=levels).filled(1).passed(0, seen, vix, -view)[0]
    assert stopped == opposite
    assert stopped or worked
    assert (stopped and worked) == (level == spot)


def test_a_position_of_two_legs_takes_no_level_of_the_index() -> None:
    strategy = replace(levelled("long", stop_spot=95.0), long_legs=BUY_STRADDLE, short_legs=())
    with pytest.raises(StrategyError, match="several legs, which wants neither a rise nor a fall"):
        spoken(day(), strategy)
    # a volatility level is no direction
    assert spoken(day(), replace(levelled("long", stop_vix=20.0), long_legs=BUY_STRADDLE, short_legs=()))[0] == [0, 0]


@pytest.mark.parametrize("name", ["stop_spot", "stop_fraction", "no_history"])
def test_an_extra_of_another_shape_is_refused_by_name(name: str) -> None:
    plain = scripted()
    short = np.zeros(3, dtype=bool) if name == "no_history" else np.zeros(3)

    def evaluate(chain: object, params: object) -> Surface:
        said = plain.evaluate(chain, params)
        return (
            replace(said, no_history=short) if name == "no_history" else replace(said, levels=Levels(**{name: short}))
        )

    with pytest.raises(StrategyError, match=rf"strategy scripted: {name} is not of shape \(8,\)"):
        spoken(day(), replace(plain, evaluate=evaluate))


def test_snapshots_without_a_history_are_counted_inside_the_window_only() -> None:
    plain = scripted(window_ist=("10:10", "10:20"))
    blind = replace(
        plain, evaluate=lambda chain, params: replace(plain.evaluate(chain, params), no_history=chain.minutes_ist > 612)
    )
    _, funnel = spoken(day(), blind)
    assert (funnel["evaluated"], funnel["no_history"]) == (8, 2)  # 10:15 and 10:20, not 10:10 and not 10:25
    assert spoken(day(), plain)[1]["no_history"] == 0


def test_what_is_not_known_today_is_not_blamed_on_the_history() -> None:
    today, judged = np.array([1.0, 1.0, np.nan, np.nan]), np.array([5.0, np.nan, np.nan, 5.0])
    assert unjudged(today, judged).tolist() == [False, True, False, False]


@pytest.mark.parametrize(
    ("leg", "view"),
    [(Leg("BUY", "CE"), 1.0), (Leg("BUY", "PE"), -1.0), (Leg("SELL", "CE"), -1.0), (Leg("SELL", "PE"), 1.0)],
)
def test_a_leg_knows_which_way_it_wants_the_index(leg: Leg, view: float) -> None:
    assert leg.view == view


def test_a_wing_on_the_strike_it_should_protect_is_no_contract() -> None:
    # three strikes 50 points apart: a wing 0.01 % away would be the strike that is sold
    fly = (Leg("SELL", "CE"), Leg("BUY", "CE", distance=0.0001))
    taken, funnel = spoken(day(), scripted(CLOCKS, long_legs=fly, short_legs=()))
    assert taken == []
    assert funnel["no_contract"] == 8
    apart = (Leg("SELL", "CE"), Leg("BUY", "CE", distance=0.02))
    assert spoken(day(), scripted(CLOCKS, long_legs=apart, short_legs=()))[0] == [0, 0]


def test_a_later_expiry_is_traded_where_there_is_one_and_no_contract_where_not() -> None:
    later = (Leg("BUY", "CE", expiries_later=1),)
    taken, funnel = spoken(day(), scripted(CLOCKS, long_legs=later, short_legs=()))
    assert taken == []
    assert funnel["no_contract"] == 8
    both = pd.concat([day(), day().assign(expiry=pd.Timestamp("2025-10-28"))], ignore_index=True)
    found = session_signals(both, session(), {}, {"scripted": scripted(CLOCKS, long_legs=later, short_legs=())})
    assert found.signals["expiry"].unique().tolist() == [pd.Timestamp("2025-10-28")]
