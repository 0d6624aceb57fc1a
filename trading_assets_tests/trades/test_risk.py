from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.settings import TradingSettings
from trading_assets.trades.entries import REASONS
from trading_assets.trades.risk import Limits, RoundTripTimes, apply_limits, lots_within
from trading_assets_tests.trades.stage import Quote, Stage

QUOTES: dict[str, Quote] = {f"10:0{n}": (99, 100) for n in range(9)}


def limits(
    rows: list[tuple[int, int, int, int]], max_open: int = 10, max_loss: int = 10**9, cool_down: int = 0
) -> list[str]:
    """Reasons of legs (position, entry, exit, net); even positions are of one strategy, odd ones of another."""
    position, entry, leave, net = (np.array(column) for column in zip(*rows, strict=True))
    legs = RoundTripTimes(position, position % 2, entry, leave, net)
    return [REASONS[code] for code in apply_limits(legs, Limits(max_open, max_loss, cool_down))]


def test_a_position_beyond_the_limit_is_rejected_until_one_is_closed() -> None:
    rows = [(0, 1, 5, 0), (1, 2, 9, 0), (2, 4, 9, 0), (3, 5, 9, 0)]
    assert limits(rows, max_open=2) == ["", "", "max_open_positions", ""]


def test_legs_count_as_one_position_and_are_rejected_together() -> None:
    rows = [(0, 1, 5, 0), (0, 1, 9, 0), (1, 2, 9, 0), (1, 2, 3, 0)]
    assert limits(rows, max_open=2) == [""] * 4
    assert limits(rows, max_open=1) == ["", "", "max_open_positions", "max_open_positions"]


def test_a_position_is_open_until_its_last_leg_is_closed() -> None:
    rows = [(0, 1, 3, 0), (0, 1, 9, 0), (1, 5, 9, 0)]
    assert limits(rows, max_open=1) == ["", "", "max_open_positions"]


def test_realised_losses_stop_new_entries() -> None:
    rows = [(0, 1, 3, -600), (1, 2, 9, -400), (2, 4, 12, 50), (3, 10, 11, 0)]
    assert limits(rows, max_loss=1_000) == ["", "", "", "daily_loss_limit"]
    assert limits(rows, max_loss=600) == ["", "", "daily_loss_limit", "daily_loss_limit"]


def test_a_later_win_lifts_the_stop() -> None:
    rows = [(0, 1, 3, -600), (1, 2, 5, 300), (2, 4, 9, 0), (3, 6, 9, 0)]
    assert limits(rows, max_loss=600) == ["", "", "daily_loss_limit", ""]


def test_an_open_loss_is_not_a_realised_one() -> None:
    assert limits([(0, 1, 9, -5_000), (1, 2, 9, 0)], max_loss=1_000) == ["", ""]


def test_no_candidates_need_no_limits() -> None:
    empty = np.empty(0, dtype=np.int64)
    assert len(apply_limits(RoundTripTimes(empty, empty, empty, empty, empty), Limits(1, 1, 1))) == 0


def test_a_strategy_waits_after_a_loss_and_another_does_not() -> None:
    # positions 0, 2, 4 are of one strategy, 1 and 3 of the other; 0 closes at 5 with a loss
    rows = [(0, 1, 5, -1), (1, 6, 7, 10), (2, 6, 9, 0), (3, 8, 9, 0), (4, 15, 16, 0)]
    assert limits(rows, cool_down=10) == ["", "", "cool_down", "", ""]
    assert limits(rows, cool_down=11) == ["", "", "cool_down", "", "cool_down"]
    assert limits(rows, cool_down=0) == [""] * 5


def test_a_position_lost_only_when_its_legs_together_did() -> None:
    assert limits([(0, 1, 5, -60), (0, 1, 6, 50), (2, 7, 9, 0)], cool_down=10) == ["", "", "cool_down"]
    assert limits([(0, 1, 5, -60), (0, 1, 6, 60), (2, 7, 9, 0)], cool_down=10) == ["", "", ""]


def test_waiting_starts_when_the_last_leg_is_closed() -> None:
    rows = [(0, 1, 2, -60), (0, 1, 9, 10), (2, 5, 6, 0), (4, 12, 13, 0), (6, 19, 20, 0)]
    assert limits(rows, cool_down=10) == ["", "", "", "cool_down", ""]


def test_a_later_win_does_not_end_the_waiting() -> None:
    rows = [(0, 1, 5, -1), (2, 2, 6, 100), (4, 8, 9, 0)]
    assert limits(rows, cool_down=10) == ["", "", "cool_down"]


@pytest.mark.parametrize(
    ("risk", "budget", "lots"),
    [
        (400.0, 1_000, 2),
        (400.0, 1_199, 2),
        (400.0, 1_200, 3),
        (400.0, 99_999, 5),
        (400.0, 399, 0),
        (float("nan"), 99_999, 0),
        (0.0, 1_000, 5),
        (0.4, 1, 1),
    ],
)
def test_a_position_gets_the_whole_lots_its_budget_pays_for(risk: float, budget: int, lots: int) -> None:
    assert lots_within(np.array([0]), np.array([risk]), 5, budget).tolist() == [lots]


def test_the_legs_of_a_position_are_sized_together() -> None:
    position, risk = np.array([3, 1, 3, 1, 0]), np.array([300.0, 100.0, 200.0, float("nan"), 100.0])
    assert lots_within(position, risk, 9, 1_000).tolist() == [2, 0, 2, 0, 9]


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(1, 500)), min_size=1), st.integers(1, 9), st.integers(1, 5_000)
)
def test_a_sized_position_stays_within_its_budget_and_one_lot_more_would_not(
    legs: list[tuple[int, int]], most: int, budget: int
) -> None:
    position = np.array([number for number, _ in legs])
    lots = lots_within(position, np.array([float(risk) for _, risk in legs]), most, budget)
    for number in set(position.tolist()):
        (own,) = set(lots[position == number].tolist())
        risk = sum(risk for at, risk in legs if at == number)
        assert own * risk <= budget
        assert own == most or (own + 1) * risk > budget


def brute_force(rows: list[tuple[int, int, int, int]], max_open: int, max_loss: int, cool_down: int) -> list[str]:
    accepted: list[tuple[int, int, int, int]] = []
    verdict: dict[int, str] = {}
    for position, entry, _, _ in rows:
        if position in verdict:
            continue
        lost = -sum(net for p, _, leave, net in rows if leave <= entry and verdict.get(p) == "")
        ends = {p: max(max(leave, start + 1) for q, start, leave, _ in accepted if q == p) for p, *_ in accepted}
        nets = {p: sum(net for q, _, _, net in accepted if q == p) for p in ends}
        waits = any(p % 2 == position % 2 and nets[p] < 0 and end <= entry < end + cool_down for p, end in ends.items())
        if lost >= max_loss:
            verdict[position] = "daily_loss_limit"
        elif sum(end > entry for end in ends.values()) >= max_open:
            verdict[position] = "max_open_positions"
        elif waits:
            verdict[position] = "cool_down"
        else:
            verdict[position] = ""
            accepted += [row for row in rows if row[0] == position]
    return [verdict[position] for position, *_ in rows]


@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 15), st.integers(-500, 500), st.integers(1, 2)), max_size=12),
    st.integers(1, 4),
    st.integers(1, 1_000),
    st.integers(0, 8),
)
def test_limits_equal_brute_force(
    drawn: list[tuple[int, int, int, int]], max_open: int, max_loss: int, cool_down: int
) -> None:
    rows = [
        (position, entry, entry + held + leg, net)
        for position, (entry, held, net, legs) in enumerate(sorted(drawn))
        for leg in range(legs)
    ]
    if rows:
        assert limits(rows, max_open, max_loss, cool_down) == brute_force(rows, max_open, max_loss, cool_down)


def crowd(exits: dict[str, float]) -> Stage:
    stage = Stage()
    stage.path({**QUOTES, "15:15": (90, 91)})
    for n in range(6):
        stage.signal(f"10:0{n}", f"s{n}", strategy_id=f"strategy{n}", **exits)
    return stage


@pytest.mark.parametrize(("max_open", "rejected"), [(2, 4), (5, 1), (6, 0)])
def test_the_open_limit_is_a_setting(max_open: int, rejected: int) -> None:
    simulation = crowd({}).run(TradingSettings(max_open_positions=max_open, slippage_ticks=0))
    assert len(simulation.trades) == 6 - rejected
    assert simulation.outcomes["reason"].dropna().tolist() == ["max_open_positions"] * rejected


def test_the_loss_limit_counts_charges_and_is_a_setting() -> None:
    # each trade is bought at 100 and sold at 99 a minute later: ₹ 50 and ₹ 57.17 of charges lost
    quick = {"time_stop_minutes": 1.0}
    first = crowd(quick).run(TradingSettings(slippage_ticks=0)).trades["net_pnl"].min()
    assert first < -100.0
    simulation = crowd(quick).run(TradingSettings(slippage_ticks=0, max_loss_per_day=200))
    assert len(simulation.trades) == 2  # both are closed by 10:03, when the third would be entered
    assert set(simulation.outcomes["reason"].dropna()) == {"daily_loss_limit"}


def test_positions_closed_at_once_still_hold_their_place_on_the_snapshot_of_their_entry() -> None:
    assert limits([(0, 5, 5, 0), (1, 5, 5, 0), (2, 6, 6, 0)], max_open=1) == ["", "max_open_positions", ""]


def sized(**exits: object) -> Stage:
    """One position of the 10:01 quotes, closed at the square-off."""
    stage = Stage()
    stage.path({**QUOTES, "15:15": (95, 96)})
    stage.signal("10:00", **exits)
    return stage


@pytest.mark.parametrize(
    ("budget", "lots", "exits"),
    [
        (5_000, 4, {"stop_fraction": 0.25}),  # a lot of 50 may lose 25 a unit: ₹ 1,250
        (4_999, 3, {"stop_fraction": 0.25}),
        (99_999, 6, {"stop_fraction": 0.25}),  # `lots` is the most
        (15_000, 3, {}),  # without a stop the premium is at risk: ₹ 5,000
        (1_980, 4, {"stop_fraction": 0.1, "side": "SELL"}),  # sold at 99, stopped at 108.9
    ],
)
def test_a_position_is_sized_by_what_it_may_lose(budget: int, lots: int, exits: dict[str, object]) -> None:
    stage = sized(**exits)
    trade = stage.only_trade(TradingSettings(slippage_ticks=0, lots=6, risk_per_position=budget))
    assert (trade["lots"], trade["quantity"]) == (lots, 50 * lots)
    assert trade["initial_risk"] <= budget
    sign = 1 if trade["side"] == "BUY" else -1
    assert trade["gross_pnl"] == sign * (trade["exit_price"] - trade["entry_price"]) * 50 * lots


@pytest.mark.parametrize(("budget", "exits"), [(1_249, {"stop_fraction": 0.25}), (10**6, {"side": "SELL"})])
def test_a_position_that_one_lot_makes_too_risky_is_rejected(budget: int, exits: dict[str, object]) -> None:
    stage = sized(**exits)
    assert stage.only_reason(TradingSettings(slippage_ticks=0, risk_per_position=budget)) == "risk_budget"


def test_a_rejected_position_takes_no_place_among_the_open_ones() -> None:
    stage = Stage()
    stage.path({**QUOTES, "15:15": (95, 96)})
    stage.signal("10:00", "bold", strategy_id="a", side="SELL")
    stage.signal("10:00", "careful", strategy_id="b", stop_fraction=0.1)
    settings = TradingSettings(slippage_ticks=0, risk_per_position=2_000, max_open_positions=1)
    outcomes = stage.run(settings).outcomes.set_index("signal_id")["reason"]
    assert outcomes["bold"] == "risk_budget"
    assert outcomes.isna()["careful"]


def test_cooling_down_is_a_setting() -> None:
    # bought at 100 and closed at 99 a minute later; the same strategy comes again each minute
    stage = Stage()
    stage.path({**QUOTES, "15:15": (90, 91)})
    for n in range(6):
        stage.signal(f"10:0{n}", f"s{n}", time_stop_minutes=1.0)
    calm = TradingSettings(slippage_ticks=0, cool_down=timedelta(minutes=2))
    outcomes = stage.run(calm).outcomes.set_index("signal_id")["reason"]
    # s0 is closed at 10:02, s4 is entered at 10:05
    assert outcomes.fillna("").tolist() == ["", "cool_down", "cool_down", "", "cool_down", "cool_down"]
