"""Sums over the range are exact, and the largest fall is the largest fall."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets import metrics
from trading_assets.report.totals import largest_fall, running_total, totals
from trading_assets.return_metrics import fall_from_peak
from trading_assets.tables import daily_performance
from trading_assets.trade_book import TradeBook
from trading_assets_tests.report.frames import daily_frame, trade_frame, weekdays

AMOUNTS = st.lists(st.integers(-(10**9), 10**9).map(lambda paise: paise / 100), max_size=40)


def test_totals_are_the_sums_of_the_trades() -> None:
    days = weekdays("2026-01-05", 4)
    closed = trade_frame(days, ["a", "b"], 5)
    sums = totals(daily_frame(days, closed))
    assert sums.sessions == 4
    assert sums.trades == len(closed) == sums.wins + sums.losses + int((closed["net_pnl"] == 0).sum())
    assert round(sums.net_pnl * 100) == round(closed["net_pnl"].sum() * 100)
    assert round((sums.gross_pnl - sums.charges - sums.net_pnl) * 100) == 0
    assert round((sums.sum_wins + sums.sum_losses - sums.net_pnl) * 100) == 0
    assert sums.profit_factor == pytest.approx(sums.sum_wins / -sums.sum_losses)


@pytest.mark.parametrize("seed", range(5))
def test_ratios_over_the_range_are_those_of_the_metrics_over_all_its_trades(seed: int) -> None:
    days = weekdays("2026-01-05", 8)
    closed = trade_frame(days, ["a", "b"], 3, seed=seed).sort_values(["exit_time", "trade_id"])
    seconds = {
        name: closed[name].dt.tz_convert(None).to_numpy().astype("datetime64[s]").astype(np.float64)
        for name in ("entry_time", "exit_time")
    }
    book = TradeBook(
        closed["net_pnl"].to_numpy(), seconds["entry_time"], seconds["exit_time"], closed["initial_risk"].to_numpy()
    )
    sums = totals(daily_frame(days, closed))
    assert sums.win_rate == pytest.approx(metrics.win_rate(book).value)
    assert sums.profit_factor == pytest.approx(metrics.profit_factor(book).value)
    assert sums.expectancy == pytest.approx(metrics.expectancy(book).value)
    assert (sums.wins, sums.losses) == (metrics.winning_trades(book).value, metrics.losing_trades(book).value)


@pytest.mark.parametrize("seed", range(5))
def test_the_largest_fall_is_the_one_the_metrics_find(seed: int) -> None:
    equity = 1_000_000 + np.random.default_rng(seed).integers(-90_000, 90_000, 60).cumsum() / 100
    assert largest_fall(equity).amount == pytest.approx(fall_from_peak(equity).max(), abs=0.005)


def test_nothing_is_undefined_rather_than_zero() -> None:
    sums = totals(daily_performance.CONTRACT.empty())
    assert (sums.sessions, sums.trades, sums.net_pnl) == (0, 0, 0.0)
    assert sums.win_rate is None
    assert sums.expectancy is None
    assert sums.profit_factor is None


@given(AMOUNTS, st.integers(0, 10**10).map(lambda paise: paise / 100))
def test_the_running_total_is_exact_and_starts_at_the_start(amounts: list[float], start: float) -> None:
    running = running_total(pd.Series(amounts, dtype="float64"), start)
    exact = round(start * 100) + np.concatenate([[0], np.cumsum([round(a * 100) for a in amounts])])
    assert np.rint(running * 100).astype(int).tolist() == exact.astype(int).tolist()


@given(AMOUNTS.filter(len))
def test_the_largest_fall_agrees_with_looking_at_every_pair(amounts: list[float]) -> None:
    equity = running_total(pd.Series(amounts), 1_000.0)
    every = [equity[i] - equity[j] for i in range(len(equity)) for j in range(i, len(equity))]
    fall = largest_fall(equity)
    assert fall.amount == pytest.approx(max(0.0, *every), abs=0.005)
    assert fall.peak <= fall.trough
    assert fall.amount == pytest.approx(equity[fall.peak] - equity[fall.trough], abs=0.005)


def test_a_fall_from_nothing_has_no_fraction() -> None:
    assert largest_fall(np.array([0.0, -5.0])).fraction is None
    assert largest_fall(np.array([100.0, 95.0])).fraction == pytest.approx(0.05)
    assert largest_fall(np.array([100.0, 105.0])).amount == 0.0
