"""Trailing stops, exits at index and VIX levels and positions of several legs, worked out by hand. 50 units a lot."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pandas as pd
import pytest

from trading_assets.settings import TradingSettings
from trading_assets.tables.trades import EXIT_REASONS
from trading_assets.trades.closings import REASONS
from trading_assets_tests.trades.stage import NO_SLIPPAGE, Quote, Stage, at

CALL, PUT = (21_700.0, "CE"), (21_700.0, "PE")
TRAILING = TradingSettings(slippage_ticks=0, trailing_fraction=0.2)
ENTRY: dict[str, Quote] = {"10:00": (99, 100), "10:01": (99, 100)}


def played(quotes: dict[str, Quote], side: str = "BUY", **exits: float) -> Stage:
    stage = Stage()
    stage.path(ENTRY | quotes)
    stage.signal("10:00", side=side, **exits)
    return stage


def left(trade: pd.Series) -> tuple[str, float, pd.Timestamp]:
    return trade["exit_reason"], trade["exit_price"], trade["exit_time"]


def test_a_trailing_stop_follows_the_best_bid_and_fills_at_the_price_observed() -> None:
    # 20 % of 100 below the best bid: 79, then 110 at 10:03, and 98 gaps through it
    trade = played({"10:02": (80, 81), "10:03": (130, 131), "10:04": (110.05, 111), "10:05": (98, 99)}).only_trade(
        TRAILING
    )
    assert left(trade) == ("trailing", 98.0, at("10:05"))
    assert trade["trailing_distance"] == 20.0


def test_a_trailing_stop_is_touched_at_its_very_distance() -> None:
    trade = played({"10:02": (130, 131), "10:03": (110, 111)}).only_trade(TRAILING)
    assert left(trade) == ("trailing", 110.0, at("10:03"))


def test_a_trailing_stop_starts_at_the_mark_of_the_entry() -> None:
    trade = played({"10:02": (79, 80)}).only_trade(TRAILING)
    assert left(trade) == ("trailing", 79.0, at("10:02"))


def test_a_sold_option_trails_its_lowest_ask() -> None:
    trade = played({"10:02": (59, 60), "10:03": (78, 79.8)}, side="SELL").only_trade(TRAILING)
    assert left(trade) == ("trailing", 79.8, at("10:03"))
    assert trade["trailing_distance"] == 19.8


def test_the_distance_is_rounded_up_to_the_tick_and_is_at_least_one() -> None:
    def distance(fraction: float) -> float:
        settings = TradingSettings(slippage_ticks=0, trailing_fraction=fraction)
        return float(played({"15:15": (99, 100)}).only_trade(settings)["trailing_distance"])

    assert [distance(0.1234), distance(0.0001), distance(1e-12), distance(0.25)] == [12.35, 0.05, 0.05, 25.0]


def test_without_the_setting_nothing_trails() -> None:
    trade = played({"10:02": (200, 201), "10:03": (1, 2), "15:15": (3, 4)}).only_trade()
    assert left(trade) == ("square_off", 3.0, at("15:15"))
    assert pd.isna(trade["trailing_distance"])


def test_the_fixed_stop_comes_before_the_trailing_one_and_that_before_the_target() -> None:
    both = played({"10:02": (75, 76)}, stop_fraction=0.25).only_trade(TRAILING)
    assert left(both) == ("stop", 75.0, at("10:02"))
    absurd = played({"10:02": (79, 80)}, target_fraction=-0.3).only_trade(TRAILING)
    assert left(absurd) == ("trailing", 79.0, at("10:02"))


def test_a_peak_between_two_lost_quotes_is_not_invented() -> None:
    trade = played({"10:02": (None, 200), "10:03": (85, 86), "15:15": (84, 85)}).only_trade(TRAILING)
    assert left(trade) == ("square_off", 84.0, at("15:15"))


def market(spots: dict[str, float], contract: tuple[float, str] = CALL, **signal: object) -> Stage:
    """A position entered at 10:01 at 100 whose quote rises by one a minute while the index does something."""
    stage = Stage()
    for n, (clock, spot) in enumerate(({"10:00": 21_700.0, "10:01": 21_700.0} | spots).items()):
        stage.snapshot(clock, {contract: (99 + n, 100 + n)}, spot=spot)
    stage.signal("10:00", option_type=contract[1], **signal)
    return stage


@pytest.mark.parametrize(
    ("contract", "side", "failing", "working"),
    [
        (CALL, "BUY", 21_650.0, 21_750.0),
        (PUT, "SELL", 21_650.0, 21_750.0),
        (PUT, "BUY", 21_750.0, 21_650.0),
        (CALL, "SELL", 21_750.0, 21_650.0),
    ],
)
def test_index_levels_lie_on_the_side_of_the_positions_view(
    contract: tuple[float, str], side: str, failing: float, working: float
) -> None:
    levels = {"stop_spot": failing, "target_spot": working, "side": side}
    near = (failing - 21_700.0) * 0.98 + 21_700.0, (working - 21_700.0) * 0.98 + 21_700.0
    stopped = market({"10:02": near[0], "10:03": near[1], "10:04": failing, "10:05": working}, contract, **levels)
    assert left(stopped.only_trade())[::2] == ("stop_spot", at("10:04"))
    worked = market({"10:02": near[0], "10:03": near[1], "10:04": working, "10:05": failing}, contract, **levels)
    assert left(worked.only_trade())[::2] == ("target_spot", at("10:04"))


def test_an_exit_at_an_index_level_is_a_market_order() -> None:
    trade = market({"10:02": 21_600.0}, stop_spot=21_650.0).only_trade(TradingSettings(slippage_ticks=1))
    assert left(trade) == ("stop_spot", 100.95, at("10:02"))


def test_an_index_level_passed_without_a_quote_is_executed_on_the_next_one() -> None:
    stage = Stage()
    for clock, spot, quote in (
        ("10:00", 21_700.0, (99, 100)),
        ("10:01", 21_700.0, (99, 100)),
        ("10:02", 21_600.0, (None, 100)),
        ("10:03", 21_700.0, (140, 141)),
    ):
        stage.snapshot(clock, {CALL: quote}, spot=spot)
    stage.signal("10:00", stop_spot=21_650.0, target_fraction=0.3)
    assert left(stage.only_trade()) == ("stop_spot", 140.0, at("10:03"))


def test_the_level_on_the_entry_snapshot_itself_closes_nothing() -> None:
    stage = market({"15:15": 21_700.0}, stop_spot=21_700.5)
    assert left(stage.only_trade())[::2] == ("stop_spot", at("15:15"))


@pytest.mark.parametrize(("vix", "reason"), [(15.0, "square_off"), (15.01, "stop_vix"), (float("nan"), "square_off")])
def test_india_vix_closes_above_its_level_only(vix: float, reason: str) -> None:
    stage = Stage()
    for clock, level in (("10:00", 14.0), ("10:01", 16.0), ("10:02", vix), ("15:15", 14.0)):
        stage.snapshot(clock, {CALL: (99, 100)}, india_vix=level)
    stage.signal("10:00", stop_vix=15.0)
    assert stage.only_trade()["exit_reason"] == reason


PATH = {"10:00": (99, 100), "10:01": (99, 100), "10:02": (95, 96), "10:03": (90, 91), "10:04": (70, 71)}


def over(path: dict[str, tuple[float | None, float]], moment: datetime, **signal: object) -> Stage:
    """A call bought at 100 on the second snapshot, whose rule says out at a moment."""
    stage = Stage()
    stage.path(path)
    stage.signal("10:00", exit_at=moment, **signal)
    return stage


def test_the_rules_own_exit_is_executed_on_the_first_snapshot_after_it_was_decided() -> None:
    known = at("10:02") + Stage().lag
    assert left(over(PATH, known).only_trade()) == ("signal", 90.0, at("10:03"))
    assert left(over(PATH, known - timedelta(microseconds=1)).only_trade()) == ("signal", 95.0, at("10:02"))


def test_the_rules_own_exit_gives_slippage_away_and_is_no_limit_order() -> None:
    gone = PATH | {"10:03": (200, 201)}
    trade = over(gone, at("10:02") + Stage().lag, target_fraction=0.3).only_trade(TradingSettings(slippage_ticks=1))
    assert left(trade) == ("signal", 199.95, at("10:03"))


def test_an_exit_decided_before_the_entry_was_filled_closes_on_the_snapshot_after_it() -> None:
    # nothing is closed on the snapshot that opens it, however early the decision
    for moment in (at("10:01"), at("10:01") + Stage().lag):
        assert left(over(PATH, moment).only_trade()) == ("signal", 95.0, at("10:02"))


def test_a_level_passed_before_the_rules_own_exit_wins() -> None:
    stage = over(PATH, at("10:03") + Stage().lag, stop_fraction=0.1)
    assert left(stage.only_trade()) == ("stop", 90.0, at("10:03"))
    assert left(over(PATH, at("10:02") + Stage().lag, stop_fraction=0.1).only_trade())[0] == "signal"


def test_the_rules_own_exit_waits_for_a_quote_and_without_any_the_data_ends_it() -> None:
    blank = PATH | {"10:03": (None, 91)}
    assert left(over(blank, at("10:02") + Stage().lag).only_trade()) == ("signal", 70.0, at("10:04"))
    assert left(over(PATH, at("10:04") + Stage().lag).only_trade()) == ("data_gap", 70.0, at("10:04"))


def test_all_legs_leave_when_their_rule_says_out() -> None:
    stage = Stage()
    for clock, bid in (("10:00", 99), ("10:01", 99), ("10:02", 95), ("10:03", 90)):
        stage.snapshot(clock, {CALL: (bid, bid + 1), PUT: (bid, bid + 1)})
    known = at("10:02") + stage.lag
    stage.signal("10:00", "a", exit_at=known)
    stage.signal("10:00", "b", exit_at=known, option_type="PE", leg=2)
    trades = stage.run().trades
    assert [left(row) for _, row in trades.iterrows()] == [("signal", 90.0, at("10:03"))] * 2


def test_a_stale_snapshot_tells_neither_prices_nor_levels() -> None:
    stage = Stage()
    stage.path({"10:00": (99, 100), "10:01": (99, 100), "15:15": (90, 91)})
    stale = {"available_at": at("10:09")}
    stage.snapshot("10:02", {CALL: (10, 11)}, spot=20_000.0, india_vix=40.0, **stale)
    stage.signal("10:00", stop_fraction=0.25, stop_spot=21_000.0, stop_vix=20.0)
    trade = stage.only_trade()
    assert left(trade) == ("square_off", 90.0, at("15:15"))
    assert (trade["mae"], trade["mark_count"]) == (-500.0, 2)


def straddle(quotes: dict[str, tuple[Quote, Quote]], side: str = "BUY", **exits: float) -> Stage:
    """A call and a put of one signal, both quoted 99 to 100 until 10:01."""
    stage = Stage()
    for clock, (call, put) in ({"10:00": ((99, 100), (99, 100)), "10:01": ((99, 100), (99, 100))} | quotes).items():
        stage.snapshot(clock, {CALL: call, PUT: put})
    stage.signal("10:00", "call", side=side, leg=1, **exits)
    stage.signal("10:00", "put", side=side, leg=2, option_type="PE", **exits)
    return stage


def legs(stage: Stage, settings: TradingSettings = NO_SLIPPAGE) -> pd.DataFrame:
    trades = stage.run(settings).trades.set_index("signal_id")
    assert len(set(trades["exit_reason"])) == len(set(trades["exit_time"])) == 1
    return trades


def test_one_leg_that_halves_does_not_stop_a_straddle_that_is_flat() -> None:
    trades = legs(straddle({"10:02": ((50, 51), (149, 150)), "15:15": ((60, 61), (139, 140))}, stop_fraction=0.25))
    assert trades["exit_reason"].tolist() == ["square_off"] * 2
    assert trades["exit_price"].to_dict() == {"call": 60.0, "put": 139.0}


def test_the_sum_of_the_bids_stops_both_legs_at_their_own_prices() -> None:
    # paid 200; 25 % lost at a sum of 150
    trades = legs(straddle({"10:02": ((50, 51), (100.05, 101)), "10:03": ((40, 41), (110, 111))}, stop_fraction=0.25))
    assert trades["exit_reason"].tolist() == ["stop"] * 2
    assert trades["exit_price"].to_dict() == {"call": 40.0, "put": 110.0}


def test_the_target_of_a_straddle_is_no_resting_order() -> None:
    trades = legs(straddle({"10:02": ((20, 21), (265, 266))}, target_fraction=0.4))
    assert trades["exit_reason"].tolist() == ["target"] * 2
    assert trades["exit_price"].to_dict() == {"call": 20.0, "put": 265.0}
    assert trades[["stop_price", "target_price"]].isna().all(axis=None)


def test_a_sold_straddle_is_stopped_by_a_share_of_its_credit() -> None:
    # 198 taken; 30 % of it lost when buying back costs 257.4
    flat = {"10:02": ((150, 157), (99, 100.35)), "10:03": ((150, 157), (99, 100.4))}
    trades = legs(straddle(flat, side="SELL", stop_fraction=0.3))
    assert trades["exit_time"].tolist() == [at("10:03")] * 2
    assert trades["exit_price"].to_dict() == {"call": 157.0, "put": 100.4}


def test_a_straddle_trails_its_best_sum() -> None:
    quotes = {"10:02": ((250, 251), (20, 21)), "10:03": ((210, 211), (20.05, 21)), "10:04": ((30, 31), (200, 201))}
    trades = legs(straddle(quotes), TRAILING)  # 20 % of 200 below 270
    assert trades["exit_reason"].tolist() == ["trailing"] * 2
    assert trades["exit_time"].tolist() == [at("10:04")] * 2
    assert trades["trailing_distance"].tolist() == [40.0] * 2


def test_a_leg_without_a_quote_keeps_the_other_from_leaving_alone() -> None:
    quotes = {"10:02": ((10, 11), (None, 100)), "10:03": ((12, 13), (15, 16))}
    trades = legs(straddle(quotes, stop_fraction=0.25))
    assert trades["exit_price"].to_dict() == {"call": 12.0, "put": 15.0}


def test_legs_whose_quotes_never_come_back_together_close_on_the_last_snapshot_they_did() -> None:
    trades = legs(
        straddle({"10:02": ((98, 99), (97, 98)), "10:03": ((60, 61), (None, 1)), "10:04": ((None, 1), (5, 6))})
    )
    assert trades["exit_reason"].tolist() == ["data_gap"] * 2
    assert trades["exit_price"].to_dict() == {"call": 98.0, "put": 97.0}


def test_index_levels_do_not_apply_to_a_position_without_a_view() -> None:
    stage = straddle({"15:15": ((99, 100), (99, 100))}, stop_spot=22_000.0, target_spot=21_000.0)
    assert legs(stage)["exit_reason"].tolist() == ["square_off"] * 2


def test_what_a_straddle_risks_is_shared_by_price_and_adds_up() -> None:
    stage = Stage()
    for clock in ("10:00", "10:01", "15:15"):
        stage.snapshot(clock, {CALL: (99, 100), PUT: (49, 50)})
    for leg, kind in ((1, "CE"), (2, "PE")):
        stage.signal("10:00", kind, leg=leg, option_type=kind, stop_fraction=0.3)
    assert legs(stage)["initial_risk"].to_dict() == {"CE": 1_500.0, "PE": 750.0}  # 30 % of 150 a unit, 2 to 1


def test_the_legs_of_an_expiring_straddle_settle_each_at_its_own_intrinsic_value() -> None:
    stage = Stage(expiry=date(2024, 2, 6))
    for clock in ("10:00", "10:01"):
        stage.snapshot(clock, {CALL: (99, 100), PUT: (99, 100)})
    stage.snapshot("15:16", {CALL: (None, 0.05), PUT: (None, 0.05)}, spot=21_912.35)
    for leg, kind in ((1, "CE"), (2, "PE")):
        stage.signal("10:00", kind, leg=leg, option_type=kind)
    assert legs(stage)["exit_price"].to_dict() == {"CE": 212.35, "PE": 0.0}


def test_a_wing_protects_its_sold_leg_until_the_end() -> None:
    """A credit spread: the bought wing loses nearly everything, and that is what it was bought for."""
    stage, wing = Stage(), (21_900.0, "CE")
    for clock, sold, bought in (("10:00", 99, 39), ("10:01", 99, 39), ("10:02", 70, 1), ("15:15", 60, 0.5)):
        stage.snapshot(clock, {CALL: (sold, sold + 1), wing: (bought, bought + 1)})
    stage.signal("10:00", "sold", side="SELL", leg=1, stop_fraction=0.5)
    stage.signal("10:00", "wing", leg=2, strike=21_900.0, stop_fraction=0.5)
    trades = legs(stage)
    assert trades["exit_reason"].tolist() == ["square_off"] * 2
    assert trades["gross_pnl"].to_dict() == {"sold": (99 - 61) * 50.0, "wing": (0.5 - 40) * 50.0}


def test_every_reason_to_close_is_one_of_the_tables() -> None:
    assert set(REASONS) <= set(EXIT_REASONS)
