"""One planted scenario per rejection reason, and what decides which snapshot an entry fills on."""

from datetime import timedelta

import pandas as pd
import pytest

from trading_assets.settings import TradingSettings
from trading_assets_tests.trades.stage import NO_SLIPPAGE, Quote, Stage, at


def next_quote(quote: Quote, **changes: object) -> Stage:
    stage = Stage()
    stage.path({"10:00": (99, 100), "10:01": quote, "15:15": (105, 106)})
    stage.signal("10:00", **changes)
    return stage


@pytest.mark.parametrize("side", ["BUY", "SELL"])
@pytest.mark.parametrize(
    ("quote", "reason"),
    [
        ((None, None), "quote_missing"),
        ((99, None), "quote_missing"),
        ((None, 100), "quote_missing"),
        ((0, 100), "quote_zero"),
        ((0, 0), "quote_zero"),
        ((101, 100), "quote_crossed"),
    ],
)
def test_an_unusable_quote_rejects_the_signal(quote: Quote, reason: str, side: str) -> None:
    assert next_quote(quote, side=side).only_reason() == reason


def test_a_fill_gives_the_slippage_away_on_either_side() -> None:
    one_tick = TradingSettings(slippage_ticks=1)
    assert next_quote((99, 100)).only_trade(one_tick)["entry_price"] == 100.05
    assert next_quote((99, 100), side="SELL").only_trade(one_tick)["entry_price"] == 98.95


def test_a_position_is_never_closed_on_the_snapshot_it_was_opened_on() -> None:
    stage = Stage()
    stage.path({"10:00": (99, 100), "10:01": (99, 100), "10:02": (97, 98), "15:15": (105, 106)})
    stage.signal("10:00", time_stop_minutes=0.0)
    trade = stage.only_trade()
    assert (trade["exit_reason"], trade["exit_time"], trade["exit_price"]) == ("time", at("10:02"), 97.0)


def test_a_locked_quote_is_usable() -> None:
    assert next_quote((100, 100)).only_trade()["entry_price"] == 100.0


def test_a_sale_is_never_filled_at_a_price_of_zero() -> None:
    assert next_quote((0.05, 0.1), side="SELL").only_reason(TradingSettings(slippage_ticks=1)) == "quote_zero"


def test_a_contract_that_the_next_snapshot_lacks_is_missing() -> None:
    assert next_quote((99, 100), strike=30_000.0).only_reason() == "quote_missing"


def test_a_signal_of_an_underlying_without_snapshots_has_no_next_one() -> None:
    assert next_quote((99, 100), underlying="BANKNIFTY").only_reason() == "no_next_snapshot"


def test_the_last_snapshot_has_no_next_one() -> None:
    stage = Stage()
    stage.path({"10:00": (99, 100)})
    stage.signal("10:00")
    assert stage.only_reason() == "no_next_snapshot"


@pytest.mark.parametrize(("clock", "reason"), [("10:31", "no_next_snapshot"), ("10:30", "")])
def test_an_entry_waits_no_longer_than_the_setting(clock: str, reason: str) -> None:
    stage = Stage()
    stage.path({"10:00": (99, 100), clock: (99, 100)})
    stage.signal("10:00")
    if reason:
        assert stage.only_reason() == reason
    else:
        assert stage.only_trade()["entry_time"] == at(clock)


@pytest.mark.parametrize("decided", ["15:14", "15:15", "15:20"])
def test_nothing_is_opened_from_the_square_off_on(decided: str) -> None:
    stage = Stage()
    stage.path({decided: (99, 100), "15:21": (99, 100)})
    stage.signal(decided)
    assert stage.only_reason() == "after_square_off"


def test_the_last_minute_before_the_square_off_still_opens() -> None:
    stage = Stage()
    stage.path({"15:13": (99, 100), "15:14": (99, 100), "15:15": (98, 99)})
    stage.signal("15:13")
    assert stage.only_trade()["entry_time"] == at("15:14")


@pytest.mark.parametrize(
    ("score", "threshold", "taken"),
    [(0.39, 0.4, False), (0.4, 0.4, True), (float("nan"), 0.4, True), (0.1, float("nan"), True)],
)
def test_the_model_holds_back_what_is_below_the_threshold(score: float, threshold: float, *, taken: bool) -> None:
    stage = next_quote((99, 100), ml_score=score, decision_threshold=threshold)
    if taken:
        assert stage.only_trade()["signal_id"] == "sig"
    else:
        assert stage.only_reason() == "below_threshold"


def test_a_snapshot_that_was_not_available_yet_is_not_traded_on() -> None:
    # observed at 10:01 but only available when the 10:00 signal was: the next one is 10:02
    stage = Stage()
    stage.path({"10:00": (99, 100), "10:02": (109, 110), "15:15": (105, 106)})
    stage.snapshot("10:01", {(21_700.0, "CE"): (49, 50)}, available_at=at("10:00") + stage.lag)
    stage.signal("10:00")
    assert stage.only_trade()["entry_price"] == 110.0


def test_a_snapshot_that_arrives_after_a_newer_one_is_not_traded_on() -> None:
    stage = Stage()
    stage.path({"10:00": (99, 100), "10:02": (109, 110), "15:15": (105, 106)})
    stage.snapshot("10:01", {(21_700.0, "CE"): (49, 50)}, available_at=at("10:05"))
    stage.signal("10:00")
    trade = stage.only_trade()
    assert (trade["entry_price"], trade["mae"]) == (110.0, -250.0)


def test_the_lot_is_the_one_the_snapshot_carries() -> None:
    stage = Stage(lot_size=75)
    stage.path({"10:00": (99, 100), "10:01": (99, 100), "15:15": (105, 106)})
    stage.signal("10:00")
    trade = stage.only_trade(TradingSettings(lots=3, slippage_ticks=0))
    assert (trade["quantity"], trade["lots"], trade["lot_size"], trade["gross_pnl"]) == (225, 3, 75, 1_125.0)


def pair(second: Quote, **changes: object) -> Stage:
    """A straddle of one strategy whose put has the quote `second` on the entry snapshot."""
    stage = Stage()
    for clock, put in (("10:00", (89, 90)), ("10:01", second), ("15:15", (80, 81))):
        stage.snapshot(clock, {(21_700.0, "CE"): (99, 100), (21_700.0, "PE"): put})
    stage.signal("10:00", "call", leg=1)
    stage.signal("10:00", "put", leg=2, option_type="PE", **changes)
    return stage


def test_legs_of_one_signal_enter_together() -> None:
    trades = pair((89, 90)).run(NO_SLIPPAGE).trades
    assert sorted(trades["entry_price"]) == [90.0, 100.0]


def test_legs_of_one_signal_stay_out_together() -> None:
    outcomes = pair((None, None)).run(NO_SLIPPAGE).outcomes.set_index("signal_id")["reason"]
    assert outcomes.to_dict() == {"call": "leg_rejected", "put": "quote_missing"}


def test_a_leg_below_the_threshold_keeps_the_other_out() -> None:
    outcomes = pair((89, 90), ml_score=0.1).run(NO_SLIPPAGE).outcomes.set_index("signal_id")["reason"]
    assert outcomes.to_dict() == {"call": "leg_rejected", "put": "below_threshold"}


def test_a_signal_of_another_strategy_does_not_share_the_fate() -> None:
    simulation = pair((None, None), strategy_id="beta").run(NO_SLIPPAGE)
    assert simulation.trades["signal_id"].tolist() == ["call"]


def test_an_outcome_says_taken_with_the_trade_or_rejected_with_the_reason() -> None:
    stage = pair((None, None), strategy_id="beta")
    simulation = stage.run(NO_SLIPPAGE)
    outcomes = simulation.outcomes.set_index("signal_id")
    assert outcomes.loc["call", ["outcome", "trade_id"]].tolist() == ["taken", simulation.trades["trade_id"].iloc[0]]
    assert outcomes.loc["put", "outcome"] == "rejected"
    assert pd.isna(outcomes.loc["call", "reason"])
    assert pd.isna(outcomes.loc["put", "trade_id"])


def test_waiting_is_counted_from_the_decision_and_not_from_the_observation() -> None:
    stage = Stage(lag=timedelta(minutes=20))
    stage.path({"10:00": (99, 100), "10:40": (99, 100)})
    stage.signal("10:00", available_at=at("10:30"))
    patient = TradingSettings(slippage_ticks=0, max_quote_age=timedelta(minutes=20))
    assert stage.only_trade(patient)["entry_time"] == at("10:40")
