import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.market.calendar import Session
from trading_assets.performance.books import (
    as_json,
    exit_order,
    measured_columns,
    trade_book,
    trade_books,
    trading_seconds,
)
from trading_assets.tables import daily_performance, strategy_performance
from trading_assets_tests.performance.trades_frame import DAY, frame, trade
from trading_assets_tests.trades.stage import at, market

DATES = [pd.Timestamp("2024-02-06"), pd.Timestamp("2024-02-07")]
SESSION = market().calendar.session(DAY)


def test_trades_are_ordered_by_exit_and_then_by_id() -> None:
    rows = frame([trade(1, minute=30), trade(2, minute=0, held=40), trade(3, minute=10, held=30), trade(4)])
    ordered = rows.iloc[exit_order(rows)]
    assert ordered["exit_time"].is_monotonic_increasing
    same = rows[rows["exit_time"] == rows["exit_time"].max()].sort_values("trade_id")
    assert len(same) == 2
    assert ordered["net_pnl"].tolist()[-2:] == same["net_pnl"].tolist()


@given(st.permutations(range(8)))
def test_the_order_is_the_same_however_the_rows_come(positions: list[int]) -> None:
    rows = frame([trade(n, minute=n // 3, date=DATES[n // 5]) for n in range(8)])
    shuffled = rows.iloc[positions]
    pd.testing.assert_frame_equal(
        rows.iloc[exit_order(rows)].reset_index(drop=True), shuffled.iloc[exit_order(shuffled)].reset_index(drop=True)
    )


def test_sessions_stand_one_after_the_other_whatever_their_ids() -> None:
    by_id = frame([trade(n, date=DATES[(n + 1) % 2], minute=10 - n) for n in range(6)])
    for rows in (by_id, by_id.sort_values(["date", "trade_id"])):  # as it comes, and as it is stored
        ordered = rows.iloc[exit_order(rows)]
        assert ordered["date"].is_monotonic_increasing
        for _, own in ordered.groupby("date"):
            assert own["exit_time"].is_monotonic_increasing


def test_books_are_cut_where_they_are_told_to_be() -> None:
    rows = frame([trade(n * 100, minute=n) for n in range(5)])
    books = list(trade_books(rows, exit_order(rows), np.array([0, 2, 2, 5])))
    assert [book.net_pnl.tolist() for book in books] == [[0.0, 1.0], [], [2.0, 3.0, 4.0]]
    assert {book.session_seconds for book in books} == {None}


def test_a_book_carries_rupees_and_seconds() -> None:
    book = trade_book(frame([trade(150, minute=1, held=2)]), SESSION)
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
    rows = frame([trade(-10, minute=0), trade(-20, minute=1)])
    values, _ = measured_columns(daily_performance.CONTRACT, [trade_book(rows, SESSION)])
    assert values["intraday_max_drawdown"] == 0.3
    assert values["sum_losses"] == -0.3


@pytest.mark.parametrize("module", [daily_performance, strategy_performance])
def test_only_columns_of_the_table_are_computed(module: object) -> None:
    contract = module.CONTRACT  # type: ignore[attr-defined]
    values, [reasons] = measured_columns(contract, [trade_book(frame([]), SESSION)])
    assert set(values) <= set(contract.names)
    assert {name for name, value in values.items() if np.isnan(value)} == set(reasons)


def test_json_is_written_with_sorted_keys() -> None:
    assert as_json({"b": 1, "a": "x"}) == '{"a":"x","b":1}'
