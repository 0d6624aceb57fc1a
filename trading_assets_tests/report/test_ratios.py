"""Ratios are those of `metrics` on the returns of the range; what too few cannot tell is not shown."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest

from trading_assets.metrics import RETURN_METRICS
from trading_assets.report.numbers import MINUS, NO_BREAK_SPACE, NULL
from trading_assets.report.ratios import RatioRow, exposure_rows, held_rows, ratio_rows
from trading_assets.report.tear_sheet import TearSheetData
from trading_assets.settings import PerformanceSettings
from trading_assets.tables import strategy_performance, trades
from trading_assets_tests.report.frames import CAPITAL, tear_sheet_data, trade_frame, weekdays

CONVENTIONS = PerformanceSettings()


def returns_of(data: TearSheetData) -> np.ndarray:
    return data.daily_performance["net_pnl"].to_numpy() / CAPITAL


def rows(sessions: int, strategies: int = 3, conventions: PerformanceSettings = CONVENTIONS) -> dict[str, RatioRow]:
    data = tear_sheet_data(sessions=sessions, strategies=strategies)
    found = ratio_rows(returns_of(data), data.strategy_performance, CAPITAL, conventions)
    return {row.name: row for row in found}


def shown(row: RatioRow) -> float:
    return float(row.value.text.replace(MINUS, "-").replace(NO_BREAK_SPACE, "").rstrip("%"))


def test_every_metric_of_returns_has_its_row_with_its_definition() -> None:
    found = list(rows(80).values())
    assert [row.definition for row in found[:-1]] == [metric.definition for metric in RETURN_METRICS]
    assert [row.name for row in found[:3]] == ["Sharpe ratio", "Sortino ratio", "Annual volatility"]
    assert all(row.value.text != NULL for row in found)


def test_returns_are_on_the_capital_above_the_rate_of_the_settings() -> None:
    net = tear_sheet_data(sessions=80, strategies=3).daily_performance["net_pnl"].to_numpy() / CAPITAL
    above = net - (1.065 ** (1 / 252) - 1)
    found = rows(80)
    assert shown(found["Sharpe ratio"]) == pytest.approx(above.mean() / net.std(ddof=1) * sqrt(252), abs=0.006)
    assert shown(found["Cumulative return"]) == pytest.approx(100 * (np.prod(1 + net) - 1), abs=0.06)
    growth = np.concatenate(([1.0], np.cumprod(1 + net)))
    last_peak = [max(j for j in range(i + 1) if growth[j] == growth[: i + 1].max()) for i in range(81)]
    assert shown(found["Longest drawdown"]) == max(i - peak for i, peak in enumerate(last_peak))


def test_a_ratio_of_too_few_sessions_is_not_shown_and_says_how_many_it_needs() -> None:
    few, more = rows(19), rows(20)
    assert (few["Sharpe ratio"].value.text, few["Sharpe ratio"].value.reason) == (NULL, "19 sessions, needs 20")
    assert more["Sharpe ratio"].value.text != NULL
    assert more["Deflated Sharpe ratio"].value.reason == "20 sessions, needs 30"
    assert more["Growth a year (CAGR)"].value.reason == "20 sessions, needs 60"


def test_the_deflated_ratio_counts_the_strategies_that_traded_or_the_trials_of_the_settings() -> None:
    data = tear_sheet_data(sessions=80, strategies=3)
    net = data.daily_performance["net_pnl"].to_numpy() / CAPITAL
    of_strategies = data.strategy_performance.groupby("strategy_name")["total_pnl"]
    spread = (of_strategies.mean() / of_strategies.std(ddof=1)).std(ddof=1)
    ratio = (net.mean() - (1.065 ** (1 / 252) - 1)) / net.std(ddof=1)
    away = (net - net.mean()) / net.std()
    error = sqrt((1 - (away**3).mean() * ratio + ((away**4).mean() - 1) / 4 * ratio**2) / 79)
    normal, gamma = NormalDist(), 0.5772156649015329
    for trials, conventions in ((3, CONVENTIONS), (200, PerformanceSettings(trials=200))):
        best = (1 - gamma) * normal.inv_cdf(1 - 1 / trials) + gamma * normal.inv_cdf(1 - 1 / (trials * np.e))
        row = rows(80, 3, conventions)["Deflated Sharpe ratio"]
        assert shown(row) == pytest.approx(normal.cdf((ratio - spread * best) / error), abs=0.006)
        assert f"tried {trials} variants" in row.definition
        assert row.definition.endswith("that of the 3 strategies that traded.")


def test_a_strategy_that_never_traded_is_no_trial() -> None:
    data = tear_sheet_data(sessions=40, strategies=2)
    idle = data.strategy_performance["strategy_name"] == "pcr_analysis"
    quiet = data.strategy_performance.assign(
        trades_taken=data.strategy_performance["trades_taken"].mask(idle, 0),
    )
    found = {row.name: row for row in ratio_rows(returns_of(data), quiet, CAPITAL, CONVENTIONS)}
    assert found["Deflated Sharpe ratio"].value.reason == "fewer than 2 strategies traded"


def test_trades_are_timed_by_how_they_ended() -> None:
    frame = pd.concat([trade_frame(weekdays("2026-01-05", 1), ["a"], 1)] * 4, ignore_index=True)
    frame["net_pnl"] = [10.0, 20.0, -5.0, 0.0]
    frame["exit_time"] = frame["entry_time"] + pd.to_timedelta([60, 120, 600, 20], unit="s")
    assert [(row.name, row.trades, row.mean, row.median) for row in held_rows(frame)] == [
        ("all", "4", "3 min 20 s", "1 min 30 s"),
        ("winners", "2", "1 min 30 s", "1 min 30 s"),
        ("losers", "1", "10 min", "10 min"),
    ]
    assert [row.mean for row in held_rows(frame.iloc[:2])] == ["1 min 30 s", "1 min 30 s", NULL]


def test_nothing_is_measured_of_nothing() -> None:
    assert ratio_rows(np.empty(0), strategy_performance.CONTRACT.empty(), CAPITAL, CONVENTIONS) == ()
    assert held_rows(trades.CONTRACT.empty()) == ()


def test_exposure_is_the_mean_of_the_sessions() -> None:
    daily = tear_sheet_data(sessions=4, strategies=1).daily_performance
    daily["exposure"], daily["mean_margin"] = [0.1, 0.2, 0.0, 0.5], [0.0, CAPITAL / 10, CAPITAL / 2, 0.0]
    found = {row.name: row for row in exposure_rows(daily, CAPITAL)}
    assert shown(found["Exposure"]) == 20.0
    assert shown(found["Capital exposure"]) == 15.0
    assert "premium" in found["Capital exposure"].definition


def test_capital_exposure_is_not_told_where_a_session_sold_options() -> None:
    daily = tear_sheet_data(sessions=4, strategies=1).daily_performance
    daily["exposure"], daily["mean_margin"] = 0.25, [0.0, np.nan, np.nan, 1.0]
    found = {row.name: row.value for row in exposure_rows(daily, CAPITAL)}
    assert (found["Capital exposure"].text, found["Capital exposure"].reason) == (NULL, "not known in 2 sessions")
    assert found["Exposure"].text.startswith("25")
    assert exposure_rows(daily.head(0), CAPITAL) == ()
