"""One open signal per side, and a cool-down after each."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.market.option_chain import OptionChain
from trading_assets.strategies.entries import entries
from trading_assets.strategies.pacing import Candidates, paced
from trading_assets.strategies.strategy import BUY_CALL, BUY_STRADDLE, ExitPlan, Leg, Parameters
from trading_assets_tests.market.chain_builder import session
from trading_assets_tests.strategies.scripted import flat_day, minutes

CLOCKS = minutes("10:00", 24)
NEVER = ExitPlan(None, None, None)


def kept(
    plan: ExitPlan,
    cooldown: float,
    marks: dict[str, float] | None = None,
    legs: tuple[Leg, ...] = BUY_CALL,
) -> list[str]:
    """Clock times that become signals when the side fires on every snapshot."""
    built = OptionChain.from_frame(flat_day(CLOCKS, marks), session())
    at = np.arange(len(CLOCKS))
    candidates = Candidates(legs, tuple(entries(built, leg, at, Parameters()) for leg in legs))
    return [CLOCKS[i] for i in paced(built, candidates, plan, cooldown).tolist()]


def test_an_open_signal_blocks_its_side_until_the_time_stop() -> None:
    assert kept(ExitPlan(None, None, 45.0), 30.0) == ["10:00", "10:45", "11:30"]


def test_the_cool_down_blocks_also_when_the_signal_closed_before() -> None:
    assert kept(ExitPlan(None, None, 10.0), 30.0) == ["10:00", "10:30", "11:00", "11:30"]


def test_without_any_exit_there_is_one_signal() -> None:
    assert kept(NEVER, 30.0) == ["10:00"]


@pytest.mark.parametrize(
    ("mark", "closes"),
    [(75.35, True), (75.40, False), (140.70, True), (140.65, False)],
)
def test_a_mark_at_the_stop_or_target_closes_it(mark: float, closes: bool) -> None:  # noqa: FBT001
    # bought at 100.5: the stop is 75.375 and the target 140.7; marks are bids
    found = kept(ExitPlan(0.25, 0.40, None), 5.0, {"10:20": mark})
    assert found[:2] == (["10:00", "10:20"] if closes else ["10:00"])


def test_a_sale_is_marked_at_the_ask_and_loses_when_it_rises() -> None:
    sold = (Leg("SELL", "CE"),)
    # sold at 99.5: a stop of 10 % is an ask of 109.45
    assert kept(ExitPlan(0.10, None, None), 5.0, {"10:20": 108.5}, sold)[:2] == ["10:00", "10:20"]
    assert kept(ExitPlan(0.10, None, None), 5.0, {"10:20": 108.4}, sold) == ["10:00"]


def test_a_straddle_is_closed_by_the_sum_of_its_legs() -> None:
    # bought at 201: both legs must lose 20.1 together; each bid falls from 99.5 by 10 = 21 below entry together
    assert kept(ExitPlan(0.10, None, None), 5.0, {"10:20": 90.4}, BUY_STRADDLE)[:2] == ["10:00", "10:20"]
    assert kept(ExitPlan(0.10, None, None), 5.0, {"10:20": 90.5}, BUY_STRADDLE) == ["10:00"]


def test_nothing_fired_is_nothing_kept() -> None:
    built = OptionChain.from_frame(flat_day(CLOCKS), session())
    none = np.empty(0, dtype=np.intp)
    candidates = Candidates(BUY_CALL, (entries(built, BUY_CALL[0], none, Parameters()),))
    assert len(candidates) == 0
    assert paced(built, candidates, NEVER, 30.0).tolist() == []


@given(
    fired=st.sets(st.integers(0, 23), min_size=1),
    cooldown=st.integers(0, 60),
    time_stop=st.integers(1, 90),
)
def test_signals_are_spaced_and_a_prefix_decides_the_same(fired: set[int], cooldown: int, time_stop: int) -> None:
    plan = ExitPlan(0.25, 0.40, float(time_stop))
    built = _WHOLE
    at = np.array(sorted(fired))
    candidates = Candidates(BUY_CALL, (entries(built, BUY_CALL[0], at, Parameters()),))
    found = at[paced(built, candidates, plan, float(cooldown))]
    assert found[0] == at[0]
    assert (np.diff(found) * 5 >= cooldown).all()
    cut = int(at[len(at) // 2]) + 1
    early = candidates.take(np.flatnonzero(at < cut))
    streamed = at[paced(built.select(slice(0, cut)), early, plan, float(cooldown))]
    assert streamed.tolist() == [i for i in found.tolist() if i < cut]


_WHOLE = OptionChain.from_frame(flat_day(CLOCKS, {"10:35": 70.0, "11:10": 150.0}), session())
