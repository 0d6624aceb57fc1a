import itertools
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.errors import MetricInputError
from trading_assets.holding_times import avg_holding_seconds
from trading_assets.metrics import (
    RETURN_METRICS,
    TRADE_METRICS,
    expectancy,
    expectancy_r,
    max_drawdown,
    sqn,
    win_rate,
)
from trading_assets.open_positions import exposure, mean_margin
from trading_assets.tables import daily_performance, equity_curve, strategy_performance
from trading_assets.trade_book import TradeBook

CASES = json.loads((Path(__file__).parent / "metrics_cases.json").read_text(encoding="utf-8"))["trades"]
METRICS = {metric.name: metric for metric in TRADE_METRICS}
NET = st.integers(-(10**7), 10**7).map(lambda paise: paise / 100)


def book(net: list[float], **changes: Any) -> TradeBook:  # noqa: ANN401
    """Trades one after the other, a minute each, with an initial risk of ₹ 100."""
    size = len(net)
    arrays = {
        "net_pnl": net,
        "entry_seconds": [60.0 * i for i in range(size)],
        "exit_seconds": [60.0 * (i + 1) for i in range(size)],
        "initial_risk": [100.0] * size,
    }
    session = {"session_seconds": changes.pop("session_seconds", 22_500.0)}
    if "session_start" in changes:
        session["session_start"] = changes.pop("session_start")
    given_arrays = {name: np.array(value, dtype=np.float64) for name, value in (arrays | changes).items()}
    return TradeBook(**given_arrays, **session)


def case_book(name: str) -> TradeBook:
    entry, leave, net = zip(*CASES[name]["entry_exit_net"], strict=True)
    return book(list(net), entry_seconds=entry, exit_seconds=leave)


@pytest.mark.parametrize("name", CASES)
def test_values_equal_the_reference(name: str) -> None:
    case = CASES[name]
    for metric, expected in case["expected"].items():
        measured = METRICS[metric].function(case_book(name))
        if expected is None:
            assert measured.value is None, metric
            assert measured.reason in METRICS[metric].reasons, metric
        else:
            assert measured.value == pytest.approx(expected, rel=1e-12), metric
    assert METRICS["profit_factor"].function(case_book(name)).reason == case["profit_factor_reason"]


@pytest.mark.parametrize("name", [name for name in CASES if CASES[name]["sqn_on_pnl"] is not None])
def test_system_quality_of_equal_risks_is_the_one_of_their_pnl(name: str) -> None:
    assert sqn(case_book(name)).value == pytest.approx(CASES[name]["sqn_on_pnl"], rel=1e-12)


def test_holding_time_is_the_mean_of_exit_minus_entry() -> None:
    assert avg_holding_seconds(book([1.0, 1.0], entry_seconds=[0, 10], exit_seconds=[60, 100])).value == 75.0


def test_winners_and_losers_are_timed_apart_and_a_breakeven_trade_with_neither() -> None:
    held = [10, 20, 60, 5, 7, 30, 99]
    trades = book([1.0, 2.0, 3.0, -1.0, -2.0, -1.0, 0.0], entry_seconds=[0] * 7, exit_seconds=held)
    found = {name: METRICS[name].function(trades).value for name in METRICS if name.endswith("_seconds")}
    assert found == {
        "avg_holding_seconds": 33.0,
        "median_holding_seconds": 20.0,
        "avg_winner_seconds": 30.0,
        "median_winner_seconds": 20.0,
        "avg_loser_seconds": 14.0,
        "median_loser_seconds": 7.0,
    }
    even = book([0.0])
    assert METRICS["median_winner_seconds"].function(even).reason == "no_winning_trade"
    assert METRICS["avg_loser_seconds"].function(even).reason == "no_losing_trade"


def test_without_trades_counts_and_sums_are_zero_and_the_rest_says_why() -> None:
    found = {metric.name: metric.function(book([])) for metric in TRADE_METRICS}
    zero = {name for name, measured in found.items() if measured.value == 0.0}
    assert zero == {
        "total_trades",
        "winning_trades",
        "losing_trades",
        "sum_wins",
        "sum_losses",
        "max_drawdown",
        "longest_win_streak",
        "longest_loss_streak",
        "exposure",
        "mean_margin",
    }
    for name in ("win_rate", "profit_factor", "expectancy", "expectancy_r", "payoff_ratio", "avg_holding_seconds"):
        assert found[name].reason == "no_trades"


def test_a_first_loss_is_a_drawdown() -> None:
    assert max_drawdown(book([-500.0, 200.0])).value == 500.0


def test_expectancy_in_r_leaves_out_trades_of_unknown_risk() -> None:
    assert expectancy_r(book([100.0, 50.0, 999.0], initial_risk=[50, 100, math.nan])).value == 1.25
    assert expectancy_r(book([100.0], initial_risk=[math.nan])).reason == "no_initial_risk"
    assert expectancy_r(book([100.0], initial_risk=[0.0])).reason == "no_initial_risk"


def test_system_quality_counts_at_most_a_hundred_trades() -> None:
    r = [1.0, -0.5] * 200
    expected = 10 * np.mean(r) / np.std(r, ddof=1)
    assert sqn(book([value * 100 for value in r])).value == pytest.approx(expected, rel=1e-12)
    assert sqn(book([100.0, 100.0])).reason == "zero_variance"


def test_exposure_counts_overlapping_positions_once() -> None:
    overlapping = book(
        [1.0, 1.0, 1.0], entry_seconds=[0, 30, 200], exit_seconds=[100, 60, 250], session_seconds=1_000.0
    )
    assert exposure(overlapping).value == 0.15
    assert exposure(book([1.0], session_seconds=None)).reason == "session_hours_unknown"


def test_a_position_of_the_day_before_is_open_from_the_open_on() -> None:
    overnight = book([1.0], entry_seconds=[-80_000], exit_seconds=[250], session_start=0.0, session_seconds=1_000.0)
    assert exposure(overnight).value == 0.25


def test_margin_is_the_premium_for_as_long_as_it_is_tied_up() -> None:
    times = {"entry_seconds": [-80_000, 100], "exit_seconds": [500, 350], "session_start": 0.0}
    both = book([1.0, 1.0], **times, margin=[10_000.0, 4_000.0], session_seconds=1_000.0)
    assert mean_margin(both).value == 0.5 * 10_000 + 0.25 * 4_000
    assert mean_margin(book([], margin=[])).value == 0.0
    across_a_break = book([1.0], entry_seconds=[0], exit_seconds=[1_500], margin=[4_000.0], session_seconds=1_000.0)
    assert mean_margin(across_a_break).value == 4_000.0


def test_margin_of_what_is_sold_is_not_known() -> None:
    assert mean_margin(book([1.0, 1.0], margin=[10_000.0, math.nan])).reason == "margin_unknown"
    assert mean_margin(book([1.0])).reason == "margin_unknown"
    assert mean_margin(book([1.0], margin=[1.0], session_seconds=None)).reason == "session_hours_unknown"


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 100), st.integers(1, 10**6)), min_size=1, max_size=12))
def test_mean_margin_equals_brute_force(held: list[tuple[int, int, int]]) -> None:
    entry, leave = [a for a, _, _ in held], [a + length for a, length, _ in held]
    found = mean_margin(
        book(
            [0.0] * len(held),
            entry_seconds=entry,
            exit_seconds=leave,
            margin=[premium for _, _, premium in held],
            session_seconds=1_000.0,
        )
    )
    by_second = [sum(premium for a, length, premium in held if a <= second < a + length) for second in range(1_000)]
    assert found.value == pytest.approx(sum(by_second) / 1_000)


def test_a_breakeven_trade_ends_both_streaks() -> None:
    measured = {name: METRICS[name].function(book([1, 1, 0, 1, -1, 0, -1])).value for name in METRICS}
    assert (measured["longest_win_streak"], measured["longest_loss_streak"]) == (2, 1)
    assert measured["win_rate"] == 3 / 7


@pytest.mark.parametrize("name", ["net_pnl", "entry_seconds", "exit_seconds"])
def test_a_missing_value_is_refused(name: str) -> None:
    with pytest.raises(MetricInputError, match=f"{name} holds 1"):
        book([1.0], **{name: [math.nan]})


def test_arrays_of_different_length_are_refused() -> None:
    with pytest.raises(MetricInputError, match="equally long"):
        book([1.0, 2.0], initial_risk=[1.0])


@given(st.lists(NET, max_size=30))
def test_every_metric_is_finite_or_says_a_registered_reason(net: list[float]) -> None:
    for metric in TRADE_METRICS:
        measured = metric.function(book(net))
        assert measured.reason is None or measured.reason in metric.reasons, metric.name
        assert measured.value is None or math.isfinite(measured.value), metric.name


@given(st.lists(NET, min_size=1, max_size=30), st.randoms(use_true_random=False))
def test_sums_and_ratios_do_not_depend_on_the_order_of_trades(net: list[float], shuffler: Any) -> None:  # noqa: ANN401
    shuffled = shuffler.sample(net, len(net))
    for name in ("win_rate", "sum_wins", "sum_losses", "profit_factor", "expectancy", "payoff_ratio", "largest_win"):
        assert METRICS[name].function(book(net)) == METRICS[name].function(book(shuffled)), name


@given(st.lists(NET, max_size=30))
def test_drawdown_equals_brute_force(net: list[float]) -> None:
    equity = [0.0, *itertools.accumulate(net)]
    worst = max(peak - later for i, peak in enumerate(equity) for later in equity[i:])
    assert max_drawdown(book(net)).value == pytest.approx(worst, abs=1e-6)


@given(st.lists(st.sampled_from([-1.0, 0.0, 1.0]), max_size=30))
def test_streaks_equal_brute_force(net: list[float]) -> None:
    runs = [(sign, len(list(group))) for sign, group in itertools.groupby(net)]
    for name, sign in (("longest_win_streak", 1.0), ("longest_loss_streak", -1.0)):
        expected = max((length for value, length in runs if value == sign), default=0)
        assert METRICS[name].function(book(net)).value == expected


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 100)), min_size=1, max_size=12))
def test_exposure_equals_brute_force(held: list[tuple[int, int]]) -> None:
    entry, leave = [a for a, _ in held], [a + length for a, length in held]
    seconds = {second for a, b in zip(entry, leave, strict=True) for second in range(a, b)}
    found = exposure(book([0.0] * len(held), entry_seconds=entry, exit_seconds=leave, session_seconds=1_000.0))
    assert found.value == pytest.approx(len(seconds) / 1_000)


@given(st.lists(NET, min_size=1, max_size=30))
def test_expectancy_times_trades_is_the_total(net: list[float]) -> None:
    mean, share = expectancy(book(net)).value, win_rate(book(net)).value
    assert mean is not None
    assert share is not None
    assert mean * len(net) == pytest.approx(math.fsum(net), abs=1e-6)
    assert 0.0 <= share <= 1.0


def test_every_registered_column_exists_and_is_filled_once() -> None:
    contracts = {m.CONTRACT.name: m.CONTRACT for m in (daily_performance, strategy_performance, equity_curve)}
    fills = [fill for metric in (*TRADE_METRICS, *RETURN_METRICS) for fill in metric.fills]
    assert len(fills) == len(set(fills))
    for fill in fills:
        table, _, column = fill.partition(".")
        assert contracts[table].column(column)


def test_a_metric_that_may_be_undefined_fills_a_column_that_may_be_null() -> None:
    contracts = {m.CONTRACT.name: m.CONTRACT for m in (daily_performance, strategy_performance, equity_curve)}
    for metric in (*TRADE_METRICS, *RETURN_METRICS):
        for fill in metric.fills:
            table, _, column = fill.partition(".")
            nullable = contracts[table].column(column).nullable
            assert nullable or not metric.reasons, fill


@pytest.mark.parametrize("metric", [*TRADE_METRICS, *RETURN_METRICS], ids=lambda metric: metric.name)
def test_a_metric_has_a_definition_and_a_name_of_its_own(metric: Any) -> None:  # noqa: ANN401
    assert metric.definition.endswith(".")
    names = [m.name for m in (*TRADE_METRICS, *RETURN_METRICS)]
    assert names.count(metric.name) == 1
