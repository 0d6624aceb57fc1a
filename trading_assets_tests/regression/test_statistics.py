"""Expected statistics: what trades come to by strategy, to the paisa, and what differs between two of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.regression.statistics import _statistics, session_statistics, trading_hash, unequal
from trading_assets.settings import TradingSettings
from trading_assets.strategies.signals import signals
from trading_assets.strategies.strategy import ExitPlan
from trading_assets.tables import scored_signals
from trading_assets.tables.money import paise
from trading_assets.trades.simulation import simulate_under
from trading_assets_tests.market.chain_builder import DAY, random_day, session
from trading_assets_tests.regression.given import statistics
from trading_assets_tests.regression.test_runs import RULES
from trading_assets_tests.strategies.scripted import scripted

FRAME = random_day(np.random.default_rng(11), snapshots=60, strikes=5, gap_minutes=5.0)
CLOCKS = np.unique(FRAME["observed_at"].dt.tz_convert("Asia/Kolkata").dt.strftime("%H:%M:%S")).tolist()
BUSY = scripted(long=CLOCKS[2:40:7], short=CLOCKS[5:40:9], exit_plan=ExitPlan(0.1, 0.1, 20.0), cooldown_minutes=0.0)
CALM = scripted(long=CLOCKS[3:4], strategy_id="calm")
SAID = signals(FRAME, session(), {}, {"scripted": BUSY, "calm": CALM})


def found(rules: object = RULES, said: pd.DataFrame = SAID) -> dict[str, object]:
    return session_statistics(said, FRAME, session(), rules, ["calm", "scripted", "silent"])


def simulated(strategy_id: str) -> pd.DataFrame:
    """Trades of one strategy traded alone, in the order they end."""
    own = SAID[SAID["strategy_id"] == strategy_id]
    made = simulate_under(scored_signals.CONTRACT.frame(own), FRAME, session(), RULES)
    return made.trades.sort_values(["exit_time", "trade_id"])


@pytest.mark.parametrize("strategy_id", ["scripted", "calm"])
def test_they_are_the_sums_of_the_trades_in_paise(strategy_id: str) -> None:
    told, trades = found()[strategy_id], simulated(strategy_id)
    assert len(trades) > 0
    assert told.trades == len(trades)
    assert told.signals == (SAID["strategy_id"] == strategy_id).sum()
    assert told.gross_paise == sum(round(value * 100) for value in trades["gross_pnl"])
    assert told.charges_paise == sum(round(value * 100) for value in trades["charges"])
    assert told.net_paise == told.gross_paise - told.charges_paise
    assert told.winning == sum(value > 0 for value in trades["net_pnl"])


def test_drawdown_is_the_largest_fall_of_the_running_sum_by_hand() -> None:
    equity, peak, worst = 0, 0, 0
    for value in paise(simulated("scripted")["net_pnl"]).tolist():
        equity += int(value)
        peak = max(peak, equity)
        worst = max(worst, peak - equity)
    assert worst > 0
    assert found()["scripted"].drawdown_paise == worst


def test_a_trade_that_ends_even_is_no_winner() -> None:
    told = _statistics(session(), 3, np.array([50, 51, 49]), np.array([50, 50, 50]))
    assert (told.trades, told.winning, told.net_paise) == (3, 1, 0)
    assert told.drawdown_paise == 1


def test_a_strategy_that_said_nothing_has_zeros() -> None:
    silent = found()["silent"]
    assert (silent.signals, silent.trades, silent.net_paise, silent.drawdown_paise) == (0, 0, 0, 0)
    assert silent.date == DAY


def test_strategies_do_not_take_each_other_s_place() -> None:
    tight = replace(RULES, settings=TradingSettings(max_open_positions=1, max_loss_per_day=Decimal("0.01")))
    assert found(tight) == found(), "the desk's limits are lifted"


def test_the_order_of_the_signals_does_not_matter() -> None:
    assert found(said=SAID.iloc[::-1].reset_index(drop=True)) == found()


def test_more_lots_earn_and_lose_more() -> None:
    double = replace(RULES, settings=TradingSettings(lots=2))
    assert found(double)["scripted"].gross_paise == 2 * found()["scripted"].gross_paise
    assert found(double)["scripted"].charges_paise != 2 * found()["scripted"].charges_paise, "orders cost a flat fee"


@pytest.mark.parametrize(
    "settings",
    [
        TradingSettings(lots=2),
        TradingSettings(slippage_ticks=2),
        TradingSettings(square_off_minutes=20),
        TradingSettings(max_entry_delay=timedelta(minutes=10)),
        TradingSettings(broker="zerodha"),
        TradingSettings(cool_down=timedelta(minutes=5)),
        TradingSettings(trailing_fraction=0.1),
        TradingSettings(risk_per_position=Decimal(5000)),
        TradingSettings(max_quote_age=timedelta(minutes=1)),
    ],
)
def test_what_decides_about_a_trade_is_in_the_hash(settings: TradingSettings) -> None:
    assert trading_hash(replace(RULES, settings=settings)) != trading_hash(RULES)


def test_what_decides_about_none_is_not_in_the_hash() -> None:
    limits = {"max_open_positions": 3, "max_loss_per_day": Decimal(7), "capital": Decimal(5), "matching": "lifo"}
    limits |= {"capitals": {date(2025, 1, 1): Decimal(6)}}
    other = TradingSettings(**limits, reconciliation_tolerance=Decimal(1), reconciliation_unmatched=3)
    assert trading_hash(replace(RULES, settings=other)) == trading_hash(RULES)
    assert len(trading_hash(RULES)) == 12


def test_equal_statistics_differ_in_nothing() -> None:
    assert unequal([statistics()], [statistics()]) == []
    assert unequal([], []) == []


def test_every_changed_number_is_told_in_its_unit() -> None:
    now = statistics(trades=2, net_paise=137_654, drawdown_paise=0)
    assert unequal([statistics()], [now]) == [
        "2025-10-15: trades 3 to 2, net ₹ 1376.55 to ₹ 1376.54, drawdown ₹ 200.10 to ₹ 0.00"
    ]


def test_a_session_on_one_side_only_is_told_with_the_side() -> None:
    other = statistics(date=date(2025, 10, 16))
    assert unequal([statistics(), other], [statistics()]) == ["2025-10-16: statistics are only in the baseline"]
    assert unequal([statistics()], [other]) == [
        "2025-10-15: statistics are only in the baseline",
        "2025-10-16: statistics are only in the run of today",
    ]


@given(
    was=st.lists(st.integers(0, 6), unique=True, max_size=5),
    now=st.lists(st.integers(0, 6), unique=True, max_size=5),
    changed=st.sets(st.integers(0, 6)),
)
def test_sentences_are_one_per_differing_session_and_symmetric(
    was: list[int], now: list[int], changed: set[int]
) -> None:
    def told(days: list[int], profit: int) -> list[object]:
        return [statistics(date=date(2025, 10, 6 + day), net_paise=profit if day in changed else 0) for day in days]

    sentences = unequal(told(was, 100), told(now, 200))
    expected = set(was) ^ set(now) | (set(was) & set(now) & changed)
    assert [sentence[:10] for sentence in sentences] == [f"2025-10-{6 + day:02d}" for day in sorted(expected)]
    assert len(unequal(told(now, 200), told(was, 100))) == len(sentences)
