import numpy as np
import pandas as pd
import pytest

from trading_assets.market.calendar import Session
from trading_assets.performance.books import as_json, in_exit_order, measured_columns, trade_book, trading_seconds
from trading_assets.tables import daily_performance, strategy_performance
from trading_assets_tests.performance.trades_frame import DAY, frame, trade
from trading_assets_tests.trades.stage import at, market

SESSION = market().calendar.session(DAY)


def test_trades_are_ordered_by_exit_and_then_by_id() -> None:
    rows = frame([trade(1, minute=30), trade(2, minute=0, held=40), trade(3, minute=10, held=30), trade(4)])
    ordered = in_exit_order(rows)
    assert ordered["exit_time"].is_monotonic_increasing
    same = rows[rows["exit_time"] == rows["exit_time"].max()].sort_values("trade_id")
    assert ordered["net_pnl"].tolist()[-2:] == same["net_pnl"].tolist()
    assert ordered.index.tolist() == [0, 1, 2, 3]


def test_a_frame_with_a_shuffled_index_is_ordered_all_the_same() -> None:
    rows = frame([trade(n, minute=n) for n in range(5)])
    shuffled = rows.iloc[[3, 0, 4, 1, 2]]
    pd.testing.assert_frame_equal(in_exit_order(rows), in_exit_order(shuffled))


def test_a_book_carries_rupees_and_seconds() -> None:
    book = trade_book(in_exit_order(frame([trade(150, minute=1, held=2)])), SESSION)
    assert book.net_pnl.tolist() == [1.5]
    assert (book.exit_seconds - book.entry_seconds).tolist() == [120.0]
    assert book.r_multiples.tolist() == [0.015]
    assert book.session_seconds == 375 * 60


@pytest.mark.parametrize(("day", "minutes"), [("2024-02-06", 375), ("2025-10-21", 60), ("2024-03-02", 105)])
def test_trading_time_is_the_sum_of_the_intervals(day: str, minutes: int) -> None:
    assert trading_seconds(market().calendar.session(pd.Timestamp(day).date())) == minutes * 60


def test_trading_time_is_unknown_while_the_hours_are() -> None:
    window = ((at("09:00", DAY), at("21:00", DAY)),)
    assert trading_seconds(Session(DAY, "NSE", "muhurat", window, hours_known=False)) is None


def test_money_columns_are_whole_paise() -> None:
    # 0.1 + 0.2 as floats is not 0.3: the drawdown of these trades must be
    rows = in_exit_order(frame([trade(-10, minute=0), trade(-20, minute=1)]))
    values, _ = measured_columns(daily_performance.CONTRACT, [trade_book(rows, SESSION)])
    assert values["intraday_max_drawdown"] == 0.3
    assert values["sum_losses"] == -0.3


@pytest.mark.parametrize("module", [daily_performance, strategy_performance])
def test_only_columns_of_the_table_are_computed(module: object) -> None:
    contract = module.CONTRACT  # type: ignore[attr-defined]
    values, [reasons] = measured_columns(contract, [trade_book(in_exit_order(frame([])), SESSION)])
    assert set(values) <= set(contract.names)
    assert {name for name, value in values.items() if np.isnan(value)} == set(reasons)


def test_json_is_written_with_sorted_keys() -> None:
    assert as_json({"b": 1, "a": "x"}) == '{"a":"x","b":1}'
