"""Entries against one signal after the other, stale quotes, and which reason stands when several apply."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.settings import TradingSettings
from trading_assets.trades.entries import (
    NEVER,
    REASONS,
    Clock,
    Decisions,
    all_or_none,
    find_entries,
    position_numbers,
)
from trading_assets.trades.tape import Tape
from trading_assets_tests.trades.stage import Stage, at

CALL = (21_700.0, "CE")
NAN = float("nan")
LIMITS = Clock(square_off=50, close=60, max_entry_delay=8, max_quote_age=3, tick=5, slippage=5)


def asked(age: timedelta) -> Stage:
    """A signal of 10:00 whose next snapshot, of 10:01, arrives `age` after it was observed."""
    stage = Stage()
    stage.path({"10:00": (99, 100), "15:15": (105, 106)})
    stage.snapshot("10:01", {CALL: (99, 100)}, available_at=at("10:01") + age)
    stage.signal("10:00")
    return stage


@pytest.mark.parametrize(
    ("age", "allowed", "taken"),
    [(300, 300, True), (301, 300, False), (61, 60, False), (60, 60, True), (1, 0, False), (0, 0, True)],
)
def test_a_stale_quote_rejects_the_signal(age: int, allowed: int, *, taken: bool) -> None:
    settings = TradingSettings(slippage_ticks=0, max_quote_age=timedelta(seconds=allowed))
    stage = asked(timedelta(seconds=age))
    if taken:
        assert stage.only_trade(settings)["entry_time"] == at("10:01")
    else:
        assert stage.only_reason(settings) == "quote_stale"


def test_a_fresh_snapshot_after_a_stale_one_is_not_waited_for() -> None:
    settings = TradingSettings(slippage_ticks=0)
    stage = asked(timedelta(minutes=9))
    stage.snapshot("10:11", {CALL: (99, 100)})
    assert stage.only_reason(settings) == "quote_stale"


@st.composite
def markets(draw: st.DrawFn) -> tuple[Tape, Decisions]:
    count, contracts, signals = draw(st.integers(0, 8)), 2, draw(st.integers(1, 6))
    observed = np.sort(np.array(draw(st.lists(st.integers(0, 60), min_size=count, max_size=count, unique=True)), int))
    ages = np.array(draw(st.lists(st.integers(0, 5), min_size=count, max_size=count)), dtype=int)
    price = st.sampled_from([NAN, 0.0, 5.0, 10.0, 15.0, 20.0])
    bid, ask = (
        np.array(draw(st.lists(price, min_size=contracts * count, max_size=contracts * count))).reshape(
            contracts, count
        )
        for _ in range(2)
    )
    nothing = np.full(signals, NAN)
    tape = Tape(
        observed=observed,
        available=np.maximum.accumulate(observed + ages) if count else observed,
        snapshot_id=np.array([f"s{n}" for n in range(count)], dtype=object),
        spot=np.full(count, 100.0),
        vix=np.full(count, NAN),
        keys=np.arange(contracts),
        bid=bid,
        ask=ask,
        lot_size=np.full(bid.shape, 50),
    )
    wanted = Decisions(
        decided=np.array(draw(st.lists(st.integers(0, 60), min_size=signals, max_size=signals))),
        long=np.array(draw(st.lists(st.booleans(), min_size=signals, max_size=signals))),
        key=np.array(draw(st.lists(st.integers(0, contracts - 1), min_size=signals, max_size=signals))),
        expiry=np.full(signals, np.datetime64("2024-02-08")),
        put=np.zeros(signals, dtype=bool),
        out=np.full(signals, NEVER),
        **dict.fromkeys(
            ("strike", "stop", "target", "trailing", "stop_spot", "target_spot", "stop_vix", "minutes"), nothing
        ),
    )
    return tape, wanted


def slow_entry(tape: Tape, wanted: Decisions, n: int) -> tuple[str, float | None]:
    """Reason and price of one signal, in words: the order of the sentences is the order of the reasons."""
    decided = wanted.decided[n]
    later = [at for at in range(len(tape.observed)) if tape.available[at] > decided]
    if not later:
        return ("after_square_off" if decided >= LIMITS.square_off else "no_next_snapshot"), None
    observed, available = tape.observed[later[0]], tape.available[later[0]]
    bid, ask = tape.bid[wanted.key[n], later[0]], tape.ask[wanted.key[n], later[0]]
    price = float(ask + LIMITS.slippage if wanted.long[n] else bid - LIMITS.slippage)
    sentences = (
        ("after_square_off", max(decided, observed) >= LIMITS.square_off),
        ("no_next_snapshot", available - decided > LIMITS.max_entry_delay),
        ("quote_stale", available - observed > LIMITS.max_quote_age),
        ("quote_missing", np.isnan(bid) or np.isnan(ask)),
        ("quote_zero", min(bid, ask, price) <= 0),
        ("quote_crossed", bid > ask),
    )
    reason = next((name for name, holds in sentences if holds), "")
    return reason, None if reason else price


@given(markets())
def test_entries_are_those_of_one_signal_after_the_other(market: tuple[Tape, Decisions]) -> None:
    tape, wanted = market
    found = find_entries(wanted, tape, LIMITS)
    for n in range(len(wanted.decided)):
        reason, price = slow_entry(tape, wanted, n)
        assert REASONS[found.reason[n]] == reason
        if price is not None:
            snapshot = np.take(found.at, n)
            assert found.price[n] == price > 0
            assert tape.available[snapshot] > wanted.decided[n]
            assert tape.observed[snapshot] < LIMITS.square_off


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, len(REASONS) - 1)), max_size=12))
def test_a_position_enters_whole_or_not_at_all(legs: list[tuple[int, int]]) -> None:
    position = np.array([number for number, _ in legs], dtype=np.intp)
    reason = np.array([code for _, code in legs], dtype=np.int64)
    found = all_or_none(position, reason)
    for number in set(position.tolist()):
        own = position == number
        assert (found[own] == 0).all() == (reason[own] == 0).all()
        assert (found[own] == 0).any() == (reason[own] == 0).all()
    assert (found[reason != 0] == reason[reason != 0]).all()
    assert {REASONS[code] for code in found[(reason == 0) & (found != 0)]} <= {"leg_rejected"}


KEYS = st.tuples(st.sampled_from(["a", "b", "c"]), st.sampled_from(["NIFTY", "SENSEX"]), st.integers(0, 2))


@given(st.lists(KEYS, min_size=1, max_size=12))
def test_positions_are_numbered_by_strategy_underlying_and_time(keys: list[tuple[str, str, int]]) -> None:
    frame = pd.DataFrame(
        {
            "strategy_id": [strategy for strategy, *_ in keys],
            "underlying": [underlying for _, underlying, _ in keys],
            "timestamp": pd.to_datetime([minute for *_, minute in keys], unit="m", utc=True).as_unit("us"),
        }
    )
    order = sorted(set(keys))
    assert position_numbers(frame).tolist() == [order.index(key) for key in keys]


def test_two_signals_of_one_strategy_a_minute_apart_are_two_positions() -> None:
    stage = Stage()
    stage.path({"10:00": (99, 100), "10:01": (99, 100), "10:02": (None, None), "15:15": (105, 106)})
    stage.signal("10:00", "first")
    stage.signal("10:01", "second")
    outcomes = stage.run().outcomes.set_index("signal_id")
    assert outcomes["outcome"].to_dict() == {"first": "taken", "second": "rejected"}


@pytest.mark.parametrize(("code", "text"), list(enumerate(REASONS))[1:])
def test_every_reason_reaches_the_table_as_text(code: int, text: str) -> None:
    from trading_assets.trades.charges import Charges
    from trading_assets.trades.round_trip_legs import RoundTripLegs
    from trading_assets.trades.trade_records import Taken, outcome_rows

    stage = Stage()
    stage.signal("10:00")
    none = Taken(pd.Series([], dtype="str"), RoundTripLegs.joined([]), Charges({}, ""))
    rows = outcome_rows(stage.scored(), np.array([code]), none, stage.day)
    assert rows[["outcome", "reason"]].iloc[0].tolist() == ["rejected", text]
    assert rows["trade_id"].isna().all()
