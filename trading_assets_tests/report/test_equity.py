"""The equity picture is drawn by session, or by trade when there is one session only."""

from __future__ import annotations

import re

import numpy as np
import pytest

from trading_assets.report.charts import HEIGHT, WIDTH
from trading_assets.report.equity import EquityPicture, equity_picture
from trading_assets.report.numbers import NO_BREAK_SPACE
from trading_assets.tables import daily_performance, trades
from trading_assets_tests.report.frames import CAPITAL, tear_sheet_data


def a_picture(**how: object) -> EquityPicture:
    """The picture of a made-up desk."""
    data = tear_sheet_data(**how)  # type: ignore[arg-type]
    found = equity_picture(data.daily_performance, data.trades, CAPITAL)
    assert found is not None
    return found


def points(path: str) -> np.ndarray:
    """Points of a line path, shape (n, 2)."""
    return np.array([[float(n) for n in pair.split(",")] for pair in re.split("[ML]", path)[1:]])


def test_nothing_to_draw() -> None:
    assert equity_picture(daily_performance.CONTRACT.empty(), trades.CONTRACT.empty(), CAPITAL) is None
    idle = tear_sheet_data(sessions=1, per_day=0)
    assert equity_picture(idle.daily_performance, idle.trades, CAPITAL) is None


def test_a_point_per_session_and_one_for_the_start() -> None:
    found = a_picture(sessions=5)
    assert len(points(found.equity_line)) == 6
    assert [tick.label for tick in found.time_ticks] == [
        "start",
        "2026-01-05",
        "2026-01-06",
        "2026-01-07",
        "2026-01-08",
        "2026-01-09",
    ]
    assert "Equity after each of 5 sessions" in found.sentence


def test_a_single_session_is_drawn_by_trade_in_indian_time() -> None:
    data = tear_sheet_data(sessions=1, strategies=1, per_day=3)
    found = equity_picture(data.daily_performance, data.trades, CAPITAL)
    assert found is not None
    assert len(points(found.equity_line)) == 4
    closed = data.trades.sort_values("exit_time")["exit_time"].dt.tz_convert("Asia/Kolkata").dt.strftime("%H:%M")
    assert [tick.label for tick in found.time_ticks] == ["start", *closed]
    assert "Equity after each of 3 trades" in found.sentence


def test_the_line_follows_the_running_sum() -> None:
    data = tear_sheet_data(sessions=40)
    down = points(a_picture(sessions=40).equity_line)[:, 1]
    running = np.concatenate([[0.0], data.daily_performance["net_pnl"].cumsum()])
    # picture rows are an affine, falling function of the amounts, rounded to whole units
    fitted = np.polyval(np.polyfit(running, down, 1), running)
    assert np.abs(fitted - down).max() <= 1.0
    assert np.corrcoef(running, down)[0, 1] < -0.999


def test_everything_lies_within_the_picture() -> None:
    found = a_picture(sessions=300, first="2025-01-01")
    for path in (found.equity_line, found.drawdown_line):
        drawn = points(path)
        assert (drawn[:, 0] >= 0).all()
        assert (drawn[:, 0] <= WIDTH).all()
        assert (drawn[:, 1] >= 0).all()
        assert (drawn[:, 1] <= HEIGHT).all()
    for tick in (*found.equity_ticks, *found.drawdown_ticks, *found.time_ticks):
        assert 0 <= tick.place <= 100
    assert 0 <= found.fall_left <= found.fall_left + found.fall_width <= 100.01


def test_labels_of_the_axis_differ_from_each_other() -> None:
    labels = [tick.label for tick in a_picture(sessions=5).equity_ticks]
    assert len(set(labels)) == len(labels) >= 2


def test_the_largest_fall_is_named_with_its_dates() -> None:
    data = tear_sheet_data(sessions=4, strategies=1, per_day=1)
    daily = data.daily_performance.assign(net_pnl=[100.0, -50.0, -25.0, 10.0])
    found = equity_picture(daily, data.trades, 1_000.0)
    assert found is not None
    said = found.fall_text.replace(NO_BREAK_SPACE, " ")
    assert said == (
        "Shaded: the largest fall, ₹ 75.00 (6.82 %), from 2026-01-05 to 2026-01-07, not made up since. Longest below a "
        "peak: 3 sessions, from 2026-01-05 to 2026-01-08."
    )
    again = equity_picture(daily.assign(net_pnl=[100.0, -50.0, 50.0, -10.0]), data.trades, 1_000.0)
    assert again is not None
    assert "to 2026-01-06, made up by 2026-01-07, 2 sessions after its peak. Longest below" in again.fall_text
    assert again.fall_text.endswith("a peak: 1 session, from 2026-01-05 to 2026-01-06.")
    assert (found.fall_left, found.fall_width) == (25.0, 50.0)


def test_without_a_fall_nothing_is_shaded() -> None:
    data = tear_sheet_data(sessions=3, strategies=1, per_day=1)
    found = equity_picture(data.daily_performance.assign(net_pnl=10.0), data.trades, 1_000.0)
    assert found is not None
    assert found.fall_width == 0
    assert found.fall_text.startswith("No drawdown")


@pytest.mark.parametrize("sessions", [361, 1_240])
def test_many_sessions_are_thinned_but_the_fall_keeps_its_ends(sessions: int) -> None:
    found = a_picture(sessions=sessions, strategies=1, per_day=1, first="2021-01-04")
    across = points(found.equity_line)[:, 0]
    assert len(across) <= 362
    for end in (found.fall_left, found.fall_left + found.fall_width):
        assert np.abs(across - end * WIDTH / 100).min() <= 1.0
