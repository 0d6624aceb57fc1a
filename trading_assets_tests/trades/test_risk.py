import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.settings import TradingSettings
from trading_assets.trades.risk import RoundTripTimes, apply_limits
from trading_assets_tests.trades.stage import Quote, Stage

QUOTES: dict[str, Quote] = {f"10:0{n}": (99, 100) for n in range(9)}


def limits(rows: list[tuple[int, int, int, int]], max_open: int = 10, max_loss: int = 10**9) -> list[str]:
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    return apply_limits(RoundTripTimes(*columns), max_open, max_loss).tolist()


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
    assert len(apply_limits(RoundTripTimes(empty, empty, empty, empty), 1, 1)) == 0


def brute_force(rows: list[tuple[int, int, int, int]], max_open: int, max_loss: int) -> list[str]:
    accepted: list[tuple[int, int, int, int]] = []
    verdict: dict[int, str] = {}
    for position, entry, _, _ in rows:
        if position in verdict:
            continue
        lost = -sum(net for p, _, leave, net in rows if leave <= entry and verdict.get(p) == "")
        still_open = {p for p, start, leave, _ in accepted if max(leave, start + 1) > entry}
        if lost >= max_loss:
            verdict[position] = "daily_loss_limit"
        elif len(still_open) >= max_open:
            verdict[position] = "max_open_positions"
        else:
            verdict[position] = ""
            accepted += [row for row in rows if row[0] == position]
    return [verdict[position] for position, *_ in rows]


@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 15), st.integers(-500, 500), st.integers(1, 2)), max_size=12),
    st.integers(1, 4),
    st.integers(1, 1_000),
)
def test_limits_equal_brute_force(drawn: list[tuple[int, int, int, int]], max_open: int, max_loss: int) -> None:
    rows = [
        (position, entry, entry + held + leg, net)
        for position, (entry, held, net, legs) in enumerate(sorted(drawn))
        for leg in range(legs)
    ]
    if rows:
        assert limits(rows, max_open, max_loss) == brute_force(rows, max_open, max_loss)


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
