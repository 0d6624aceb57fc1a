"""The table of strategies adds up, ranks by result and leaves out what does not fit, saying so."""

from __future__ import annotations

import numpy as np
import pytest

from trading_assets.report.numbers import NO_BREAK_SPACE, NULL
from trading_assets.report.strategy_table import SPARK_HEIGHT, SPARK_WIDTH, strategy_table
from trading_assets.report.totals import totals
from trading_assets.tables import strategy_performance, trades
from trading_assets_tests.report.frames import strategy_frame, tear_sheet_data, trade_frame, weekdays


def amount(text: str) -> float:
    """Read a ₹ text back."""
    digits = text.replace("₹", "").replace(NO_BREAK_SPACE, "").replace(",", "").replace("+", "")
    return float(digits.replace("\u2212", "-"))


def test_nothing_without_rows() -> None:
    assert strategy_table(strategy_performance.CONTRACT.empty(), trades.CONTRACT.empty()) is None


def test_strategies_sum_to_the_day_and_stand_best_first() -> None:
    data = tear_sheet_data(sessions=30, strategies=6)
    table = strategy_table(data.strategy_performance, data.trades)
    assert table is not None
    net = [amount(row.net.text) for row in table.rows]
    assert net == sorted(net, reverse=True)
    assert sum(net) == pytest.approx(totals(data.daily_performance).net_pnl, abs=0.001)
    assert table.left_out == ""


def test_order_of_rows_does_not_matter() -> None:
    data = tear_sheet_data(sessions=20, strategies=4)
    shuffled = data.strategy_performance.sample(frac=1, random_state=3)
    assert strategy_table(shuffled, data.trades.iloc[::-1]) == strategy_table(data.strategy_performance, data.trades)


def test_figures_of_one_strategy_agree_with_its_trades() -> None:
    data = tear_sheet_data(sessions=30, strategies=3)
    table = strategy_table(data.strategy_performance, data.trades)
    assert table is not None
    row = next(row for row in table.rows if row.name == "pcr_analysis")
    own = data.trades.loc[data.trades["strategy_name"] == "pcr_analysis", "net_pnl"]
    assert row.trades.text == str(len(own))
    assert row.win_rate.text == f"{100 * (own > 0).mean():.1f}{NO_BREAK_SPACE}%"
    assert row.profit_factor.text == f"{own[own > 0].sum() / -own[own < 0].sum():.2f}"
    assert amount(row.average.text) == pytest.approx(own.mean(), abs=0.005)
    by_day = own.groupby(data.trades["date"]).sum().cumsum()
    fall = (np.maximum(by_day.cummax(), 0) - by_day).max()
    assert amount(row.max_drawdown.text) == pytest.approx(-fall, abs=0.005)


def test_a_silent_strategy_has_dashes_with_reasons() -> None:
    days = weekdays("2026-01-05", 3)
    table = strategy_table(strategy_frame(days, trades.CONTRACT.empty(), ["quiet"]), trades.CONTRACT.empty())
    assert table is not None
    row = table.rows[0]
    for cell in (row.win_rate, row.profit_factor, row.average):
        assert (cell.text, cell.reason) == (NULL, "no trades")
    assert row.signals == "9"
    assert not row.traded


def test_a_strategy_that_never_lost_has_no_profit_factor() -> None:
    days = weekdays("2026-01-05", 3)
    closed = trade_frame(days, ["lucky"], 2)
    closed["net_pnl"] = closed["net_pnl"].abs() + 1
    table = strategy_table(strategy_frame(days, closed, ["lucky"]), closed)
    assert table is not None
    assert (table.rows[0].profit_factor.text, table.rows[0].profit_factor.reason) == (NULL, "no losing trade")
    assert table.rows[0].max_drawdown.text == "none"


def test_trades_that_were_not_handed_in_are_not_guessed() -> None:
    data = tear_sheet_data(sessions=5)
    table = strategy_table(data.strategy_performance, trades.CONTRACT.empty())
    assert table is not None
    assert table.rows[0].profit_factor.reason == "its trades are not in the range"


def test_a_hundred_strategies_show_the_best_and_the_worst() -> None:
    data = tear_sheet_data(sessions=3, strategies=100, per_day=1)
    table = strategy_table(data.strategy_performance, data.trades)
    assert table is not None
    assert len(table.rows) == 40
    assert table.left_out.startswith("60 strategies in the middle")
    net = data.strategy_performance.groupby("strategy_name")["total_pnl"].sum().sort_values()
    assert amount(table.rows[0].net.text) == pytest.approx(net.iloc[-1], abs=0.001)
    assert amount(table.rows[-1].net.text) == pytest.approx(net.iloc[0], abs=0.001)
    shown = sum(amount(row.net.text) for row in table.rows)
    hidden = amount(table.left_out.rpartition("together ")[2].rstrip("."))
    assert shown + hidden == pytest.approx(net.sum(), abs=0.01)


def test_a_very_long_name_is_cut() -> None:
    days = weekdays("2026-01-05", 1)
    name = "n" * 10_000
    table = strategy_table(strategy_frame(days, trades.CONTRACT.empty(), [name]), trades.CONTRACT.empty())
    assert table is not None
    assert len(table.rows[0].name) == 60


def test_sparklines_stay_small_and_inside_their_box() -> None:
    data = tear_sheet_data(sessions=800, strategies=1, per_day=1)
    table = strategy_table(data.strategy_performance, data.trades)
    assert table is not None
    points = [tuple(map(float, point.split(","))) for point in table.rows[0].spark[1:].split("L")]
    assert len(points) <= 60
    assert all(0 <= x <= SPARK_WIDTH and 0 <= y <= SPARK_HEIGHT for x, y in points)
    assert 0 <= table.rows[0].zero <= SPARK_HEIGHT


def test_undated_names_sort_by_name_when_results_tie() -> None:
    days = weekdays("2026-01-05", 2)
    table = strategy_table(strategy_frame(days, trades.CONTRACT.empty(), ["b", "a"]), trades.CONTRACT.empty())
    assert table is not None
    assert [row.name for row in table.rows] == ["a", "b"]
