"""From rows to signals: what is stored, what is counted, and that neither order nor future matters."""

import hashlib
from dataclasses import replace

import numpy as np
import orjson
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_assets.strategies.discovery import load_strategies
from trading_assets.strategies.identity import content_hash
from trading_assets.strategies.oi_change_patterns import STRATEGY as OI
from trading_assets.strategies.pcr_analysis import STRATEGY as PCR
from trading_assets.strategies.signals import SEEN, STAGES, session_signals, signals
from trading_assets.strategies.strategy import BUY_STRADDLE, ExitPlan
from trading_assets.tables.signals import CONTRACT
from trading_assets_tests.market.chain_builder import DAY, at, frame, leg, random_day, session
from trading_assets_tests.strategies.scripted import flat_day, minutes, oi_day, pcr_day, scripted

PACKAGED = {"pcr_analysis": PCR, "oi_change_patterns": OI}
EAGER = {
    "pcr_analysis": {"pcr_low": 1.0, "pcr_high": 1.02, "strikes_each_side": 2},
    "oi_change_patterns": {"enter": 0.05, "min_turnover": 0.0},
}


def test_a_signal_carries_what_the_rule_and_the_market_said() -> None:
    found = signals(pcr_day(), session(), {}, {"pcr_analysis": PCR})
    assert list(found.columns) == CONTRACT.names
    assert found.dtypes.astype(str).to_dict() == CONTRACT.dtypes
    long = found[found["option_type"] == "CE"].iloc[0]
    text = "v1|NIFTY|pcr_analysis|2025-10-15T05:00:00Z|2025-10-20|2500000|CE|BUY|1"
    assert long["signal_id"] == hashlib.sha256(text.encode()).hexdigest()[:16]
    assert long["timestamp"] == long["available_at"] == at("10:30")
    assert (long["strike"], long["side"], long["leg"], long["entry_price"]) == (25000.0, "BUY", 1, 100.5)
    assert long["symbol"] == "NIFTY 2025-10-20 25000 CE"
    assert long["snapshot_id"] == "snapshot-10:30"
    assert long["date"] == pd.Timestamp(DAY)
    assert long["parameter_hash"] == PCR.parameter_hash(PCR.parameters)
    assert long["content_hash"] == content_hash(100.5, long["confidence"])
    assert (long["stop_fraction"], long["target_fraction"], long["time_stop_minutes"]) == (0.25, 0.4, 45.0)
    assert not long["entry_price_estimated"]
    conditions = orjson.loads(long["market_conditions"])
    assert conditions == {"atm_iv": 12.0, "days_to_expiry": 5, "forward": 25000.0, "pcr": 0.55, "spot": 25000.0}
    assert sorted(found["option_type"]) == ["CE", "PE"]
    assert found["signal_id"].is_monotonic_increasing


def test_unknown_conditions_are_null() -> None:
    day = flat_day(["10:00"]).assign(forward=np.nan, implied_vol=np.nan)
    found = signals(day, session(), {}, {"scripted": scripted(["10:00"])})
    conditions = orjson.loads(found["market_conditions"].iloc[0])
    assert conditions["forward"] is None
    assert conditions["atm_iv"] is None


def test_nothing_in_gives_nothing_out() -> None:
    result = session_signals(flat_day(["10:00"]).iloc[:0], session(), {})
    assert result.signals.equals(CONTRACT.empty())
    assert list(result.funnel.columns) == ["strategy_id", "underlying", *SEEN, *STAGES]
    quiet = session_signals(flat_day(["10:00"]), session(), {})
    assert len(quiet.signals) == 0
    assert quiet.funnel["evaluated"].tolist() == [1] * len(load_strategies())


def test_the_window_is_kept() -> None:
    # the same turn at 09:29, 09:30, 14:45 and 14:46
    for clock, fires in (("09:29", False), ("09:30", True), ("14:45", True), ("14:46", False)):
        strategy = replace(scripted([clock]), window_ist=("09:30", "14:45"))
        assert len(signals(flat_day([clock]), session(), {}, {"scripted": strategy})) == fires


def test_sides_pace_themselves_independently() -> None:
    clocks = minutes("10:00", 6)
    strategy = scripted(clocks, clocks, exit_plan=ExitPlan(None, None, 10.0), cooldown_minutes=15)
    found = signals(flat_day(clocks), session(), {}, {"scripted": strategy})
    for side in ("CE", "PE"):
        times = found.loc[found["option_type"] == side, "timestamp"].sort_values()
        assert times.tolist() == [at("10:00"), at("10:15")]


def test_a_refused_snapshot_starts_no_cool_down() -> None:
    thin = flat_day(["10:05", "10:10"])
    day = pd.concat([flat_day(["10:00"]).assign(open_interest_lots=10.0), thin], ignore_index=True)
    result = session_signals(day, session(), {}, {"scripted": scripted(["10:00", "10:05", "10:10"])})
    assert result.signals["timestamp"].tolist() == [at("10:05")]
    counts = result.funnel.iloc[0]
    assert (counts["evaluated"], counts["fired"], counts["open_interest"]) == (3, 3, 1)
    assert (counts["cooling_or_open"], counts["signals"]) == (1, 1)


def test_the_funnel_adds_up() -> None:
    day = random_day(np.random.default_rng(3), snapshots=40, strikes=11)
    result = session_signals(day, session(), {**EAGER, "pcr_analysis": {"pcr_low": 1.1, "max_spread": 0.02}}, PACKAGED)
    parts = [stage for stage in STAGES if stage != "fired"]
    assert (result.funnel[parts].sum(axis=1) == result.funnel["fired"]).all()
    assert result.funnel["spread"].sum() > 0
    assert result.funnel["signals"].sum() == len(result.signals) > 0


def test_a_straddle_is_two_legs_of_one_signal() -> None:
    strategy = scripted(["10:00"], long_legs=BUY_STRADDLE, short_legs=())
    found = signals(flat_day(["10:00"]), session(), {}, {"scripted": strategy}).sort_values("leg")
    assert found["leg"].tolist() == [1, 2]
    assert found["option_type"].tolist() == ["CE", "PE"]
    assert found["strike"].tolist() == [25000.0, 25000.0]
    assert found["signal_id"].nunique() == 2


def test_a_position_needs_every_leg() -> None:
    strategy = scripted(["10:00"], long_legs=BUY_STRADDLE, short_legs=())
    day = flat_day(["10:00"])
    day.loc[day["option_type"] == "PE", "open_interest_lots"] = 1.0
    result = session_signals(day, session(), {}, {"scripted": strategy})
    assert len(result.signals) == 0
    assert result.funnel["open_interest"].tolist() == [1]


def test_each_underlying_speaks_for_itself() -> None:
    other = flat_day(["10:00"]).assign(underlying="BANKNIFTY")
    both = pd.concat([flat_day(["10:00"]), other], ignore_index=True)
    found = signals(both, session(), {}, {"scripted": scripted(["10:00"])})
    assert sorted(found["underlying"]) == ["BANKNIFTY", "NIFTY"]
    assert found["signal_id"].nunique() == 2


def test_an_estimated_price_says_so() -> None:
    day = flat_day(["09:59", "10:00"]).assign(ask=np.nan, last_price=98.0)
    day.loc[day["observed_at"] == at("10:00"), "volume_units"] = 150.0  # traded within the minute
    found = signals(day, session(), {}, {"scripted": scripted(["10:00"])})
    assert found["entry_price"].tolist() == [98.05]
    assert found["entry_price_estimated"].tolist() == [True]


def test_the_story_days_give_their_signals() -> None:
    assert signals(oi_day(), session(), {}, {"oi_change_patterns": OI})["option_type"].tolist().count("CE") == 1
    found = signals(oi_day(), session(), {}, {"oi_change_patterns": OI}).set_index("option_type")
    assert found.loc["CE", "timestamp"] == at("11:15")
    assert found.loc["PE", "timestamp"] == at("11:30")


def test_overrides_travel_in_the_hash_and_not_in_the_id() -> None:
    default = signals(pcr_day(), session(), {}, {"pcr_analysis": PCR})
    changed = signals(pcr_day(), session(), {"pcr_analysis": {"pcr_low": 0.69}}, {"pcr_analysis": PCR})
    assert default["signal_id"].tolist() == changed["signal_id"].tolist()
    assert set(default["parameter_hash"]).isdisjoint(changed["parameter_hash"])


@settings(max_examples=15)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_order_of_the_rows_does_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    day = random_day(rng, snapshots=20, strikes=7, holes=0.05)
    shuffled = day.iloc[rng.permutation(len(day))]
    expected = signals(day, session(), EAGER, PACKAGED)
    pd.testing.assert_frame_equal(signals(shuffled, session(), EAGER, PACKAGED), expected)


@settings(max_examples=10)
@given(seed=st.integers(0, 2**32 - 1))
def test_every_prefix_gives_the_batchs_signals_so_far(seed: int) -> None:
    day = random_day(np.random.default_rng(seed), snapshots=20, strikes=7, holes=0.05)
    batch = signals(day, session(), EAGER, PACKAGED)
    for moment in sorted(day["available_at"].unique())[::3]:
        streamed = signals(day[day["available_at"] <= moment], session(), EAGER, PACKAGED)
        pd.testing.assert_frame_equal(streamed, batch[batch["available_at"] <= moment].reset_index(drop=True))


def test_signals_name_the_expiry_that_is_traded_after_the_roll() -> None:
    expiry_day = session(pd.Timestamp("2025-10-20").date())
    rows = [
        leg(clock, 25000, "CE", expiry=pd.Timestamp(expiry), day=expiry_day.day)
        for clock in ("12:30", "13:30")
        for expiry in ("2025-10-20", "2025-10-28")
    ]
    everywhere = replace(
        scripted(),
        evaluate=lambda chain, params: replace(  # noqa: ARG005
            scripted().evaluate(chain, scripted().parameters), long=np.ones(len(chain.observed_at), dtype=bool)
        ),
        cooldown_minutes=0.0,
        exit_plan=ExitPlan(None, None, 1.0),
    )
    found = signals(frame(rows), expiry_day, {}, {"scripted": everywhere}).sort_values("timestamp")
    assert found["expiry"].dt.strftime("%Y-%m-%d").tolist() == ["2025-10-20", "2025-10-28"]
    days = [orjson.loads(text)["days_to_expiry"] for text in found["market_conditions"]]
    assert days == [0, 8]


@pytest.mark.parametrize("name", sorted(PACKAGED))
def test_packaged_strategies_run_on_thin_and_empty_looking_days(name: str) -> None:
    bare = flat_day(minutes("09:15", 20)).assign(
        forward=np.nan, implied_vol=np.nan, bid=np.nan, ask=np.nan, last_price=np.nan, open_interest_lots=np.nan
    )
    assert len(signals(bare, session(), {}, {name: PACKAGED[name]})) == 0
