"""One planted scenario per exit reason, with numbers worked out by hand. Entry is at 10:01, 50 units."""

from datetime import date

import pandas as pd
import pytest

from trading_assets.settings import TradingSettings
from trading_assets_tests.trades.stage import Quote, Stage, at

ENTRY: dict[str, Quote] = {"10:00": (99, 100), "10:01": (99, 100)}
ONE_TICK = TradingSettings(slippage_ticks=1)


def played(quotes: dict[str, Quote], side: str = "BUY", **exits: float) -> Stage:
    stage = Stage()
    stage.path(ENTRY | quotes)
    stage.signal("10:00", side=side, **exits)
    return stage


def summary(trade: pd.Series) -> tuple[str, float, float, pd.Timestamp]:
    return trade["exit_reason"], trade["exit_price"], trade["gross_pnl"], trade["exit_time"]


def test_target_fills_at_the_target_although_the_bid_is_beyond_it() -> None:
    trade = played({"10:02": (120, 121), "10:03": (135, 136)}, target_fraction=0.3, stop_fraction=0.25).only_trade()
    assert summary(trade) == ("target", 130.0, 1_500.0, at("10:03"))
    assert (trade["target_price"], trade["stop_price"], trade["initial_risk"]) == (130.0, 75.0, 1_250.0)


def test_stop_fills_at_the_bid_that_touches_it() -> None:
    trade = played({"10:02": (75.05, 76), "10:03": (75, 76)}, stop_fraction=0.25).only_trade()
    assert summary(trade) == ("stop", 75.0, -1_250.0, at("10:03"))


def test_gap_through_the_stop_fills_at_the_price_observed() -> None:
    trade = played({"10:02": (40, 41)}, stop_fraction=0.25).only_trade()
    assert summary(trade) == ("stop", 40.0, -3_000.0, at("10:02"))


def test_stop_comes_before_target_when_one_snapshot_reaches_both() -> None:
    # a target below the stop is absurd, and the only way one mark can reach both
    trade = played({"10:02": (98, 99)}, stop_fraction=0.01, target_fraction=-0.05).only_trade()
    assert summary(trade) == ("stop", 98.0, -100.0, at("10:02"))


def test_target_comes_before_time_on_the_same_snapshot() -> None:
    trade = played({"10:16": (130, 131)}, target_fraction=0.3, time_stop_minutes=15).only_trade()
    assert summary(trade) == ("target", 130.0, 1_500.0, at("10:16"))


def test_time_stop_closes_on_the_first_snapshot_at_or_after_it() -> None:
    trade = played({"10:15": (105, 106), "10:17": (107, 108), "10:18": (1, 2)}, time_stop_minutes=15).only_trade()
    assert summary(trade) == ("time", 107.0, 350.0, at("10:17"))


def test_square_off_is_fifteen_minutes_before_the_close() -> None:
    trade = played({"15:14": (105, 106), "15:15": (103, 104), "15:16": (1, 2)}).only_trade()
    assert summary(trade) == ("square_off", 103.0, 150.0, at("15:15"))


def test_square_off_wins_over_a_later_time_stop() -> None:
    trade = played({"15:15": (103, 104), "15:20": (1, 2)}, time_stop_minutes=318).only_trade()
    assert summary(trade)[0] == "square_off"


def test_square_off_of_a_special_session_follows_its_own_close() -> None:
    # Muhurat trading of 2025-10-21: 13:45 to 14:45, so flat from 14:30 on
    stage = Stage(day=date(2025, 10, 21), expiry=date(2025, 10, 28), lot_size=75)
    stage.path({"14:00": (99, 100), "14:01": (99, 100), "14:29": (110, 111), "14:30": (111, 112), "14:31": (5, 6)})
    stage.signal("14:00")
    trade = stage.only_trade()
    assert summary(trade) == ("square_off", 111.0, 825.0, at("14:30", stage.day))


def test_square_off_minutes_is_a_setting() -> None:
    stage = played({"15:00": (103, 104), "15:15": (1, 2)})
    assert summary(stage.only_trade(TradingSettings(slippage_ticks=0, square_off_minutes=30)))[1] == 103.0


@pytest.mark.parametrize(
    ("option_type", "spot", "price", "stt"),
    [("CE", 21_912.35, 212.35, 13.27), ("PE", 21_912.35, 0.0, 0.0), ("PE", 21_600.0, 100.0, 6.25)],
)
def test_expiry_settles_at_intrinsic_when_no_quote_is_left_to_close_on(
    option_type: str, spot: float, price: float, stt: float
) -> None:
    stage = Stage(expiry=date(2024, 2, 6))
    contract = (21_700.0, option_type)
    for clock in ("10:00", "10:01"):
        stage.snapshot(clock, {contract: (99, 100)})
    stage.snapshot("15:16", {contract: (None, 0.05)}, spot=spot)
    stage.signal("10:00", option_type=option_type)
    trade = stage.only_trade()
    assert summary(trade) == ("expiry", price, (price - 100) * 50, at("15:30"))
    assert trade["stt"] == stt  # 0.125 % of intrinsic
    assert trade["brokerage"] == 20.0  # the settlement is no order
    fill = stage.run().fills.set_index("role").loc["exit"]
    assert (fill["basis"], fill["price"]) == ("intrinsic", price)


def test_expiry_is_not_settled_on_a_tape_that_ends_long_before_the_close() -> None:
    stage = Stage(expiry=date(2024, 2, 6))
    stage.path(ENTRY | {"10:02": (90, 91)})
    stage.signal("10:00")
    assert summary(stage.only_trade()) == ("data_gap", 90.0, -500.0, at("10:02"))


@pytest.mark.parametrize(("last", "reason"), [("14:59", "data_gap"), ("15:00", "expiry")])
def test_expiry_is_settled_once_the_tape_reaches_the_half_hour_that_is_averaged(last: str, reason: str) -> None:
    stage = Stage(expiry=date(2024, 2, 6))
    stage.path(ENTRY | {last: (None, 0.05)})
    stage.signal("10:00")
    assert stage.only_trade()["exit_reason"] == reason


def test_a_quote_that_disappears_closes_at_the_last_mark_seen() -> None:
    stage = played({"10:02": (104, 105), "10:03": (None, 105), "10:04": (0, 105), "10:05": (110, 105)})
    stage.snapshot("15:20", {(22_000.0, "CE"): (5, 6)})
    trade = stage.only_trade()
    assert summary(trade) == ("data_gap", 104.0, 200.0, at("10:02"))
    assert trade["mark_count"] == 2


def test_a_missing_quote_only_postpones_an_exit_that_is_due() -> None:
    trade = played({"10:16": (None, None), "10:17": (107, 108)}, time_stop_minutes=15).only_trade()
    assert summary(trade) == ("time", 107.0, 350.0, at("10:17"))


def test_a_short_position_lives_on_the_ask() -> None:
    # sold at bid 99; stop at 123.75 on the ask, although the bid is still below it
    trade = played({"10:02": (120, 124)}, side="SELL", stop_fraction=0.25).only_trade()
    assert summary(trade) == ("stop", 124.0, -1_250.0, at("10:02"))
    assert (trade["side"], trade["entry_price"], trade["stop_price"]) == ("SELL", 99.0, 123.75)
    trade = played({"10:02": (58, 59)}, side="SELL", target_fraction=0.4).only_trade()
    assert summary(trade) == ("target", 59.4, 1_980.0, at("10:02"))


def test_slippage_is_given_away_on_both_market_fills() -> None:
    long = played({"15:15": (103, 104)}).only_trade(ONE_TICK)
    assert (long["entry_price"], long["exit_price"], long["gross_pnl"]) == (100.05, 102.95, 145.0)
    short = played({"15:15": (103, 104)}, side="SELL").only_trade(ONE_TICK)
    assert (short["entry_price"], short["exit_price"], short["gross_pnl"]) == (98.95, 104.05, -255.0)


def test_slippage_never_pushes_an_exit_below_one_tick() -> None:
    trade = played({"15:15": (0.05, 0.1)}).only_trade(TradingSettings(slippage_ticks=3))
    assert trade["exit_price"] == 0.05


def test_excursions_are_measured_on_the_bid_while_held() -> None:
    trade = played({"10:02": (80, 81), "10:03": (120, 121), "10:04": (110, 111), "15:15": (105, 106)}).only_trade()
    assert (trade["mae"], trade["mfe"], trade["mark_count"]) == (-1_000.0, 1_000.0, 5)


def test_excursions_end_with_the_position() -> None:
    trade = played({"10:02": (131, 132), "10:03": (500, 501)}, target_fraction=0.3).only_trade()
    assert (trade["mae"], trade["mfe"], trade["mark_count"]) == (-50.0, 1_550.0, 2)


def test_excursions_of_a_short_position_are_measured_on_the_ask() -> None:
    trade = played({"10:02": (119, 120), "15:15": (88, 89)}, side="SELL").only_trade()
    assert (trade["mae"], trade["mfe"]) == (-1_050.0, 500.0)


def test_risk_is_the_premium_without_a_stop_and_unknown_for_a_short() -> None:
    assert played({"15:15": (103, 104)}).only_trade()["initial_risk"] == 5_000.0
    assert pd.isna(played({"15:15": (103, 104)}, side="SELL").only_trade()["initial_risk"])
