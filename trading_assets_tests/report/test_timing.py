"""Weekday and hour are those of the entry in Indian time; exit reasons add up."""

from __future__ import annotations

import pandas as pd

from trading_assets.report.timing import exit_rows, weekday_hours
from trading_assets.tables import trades
from trading_assets_tests.report.frames import tear_sheet_data, trade_frame, weekdays


def one_trade(entry: str, net: float) -> pd.DataFrame:
    """A trade entered at a UTC time and closed 90 seconds later."""
    frame = trade_frame(weekdays("2026-01-05", 1), ["a"], 1)
    frame["entry_time"] = pd.Timestamp(entry, tz="UTC").as_unit("us")
    frame["exit_time"] = frame["entry_time"] + pd.Timedelta(seconds=90)
    frame["net_pnl"] = net
    return frame


def test_nothing_without_trades() -> None:
    assert weekday_hours(trades.CONTRACT.empty()) is None
    assert exit_rows(trades.CONTRACT.empty()) == ()


def test_the_hour_is_indian() -> None:
    # 03:50 UTC is 09:20 IST; 04:29:59 UTC is 09:59:59 IST, a second later it is 10:00
    found = weekday_hours(pd.concat([one_trade("2026-01-05 03:50", 100.0), one_trade("2026-01-05 04:29:59", 20.0)]))
    assert found is not None
    assert found.hours == ("09:00",)
    day, cells = found.rows[0]
    assert day == "Mon"
    assert cells[0] is not None
    assert (cells[0].net.text, cells[0].trades) == ("+120", "2 trades")
    later = weekday_hours(one_trade("2026-01-05 04:30:00", 1.0))
    assert later is not None
    assert later.hours == ("10:00",)


def test_hours_without_an_entry_are_empty_not_zero() -> None:
    found = weekday_hours(pd.concat([one_trade("2026-01-05 03:50", 1.0), one_trade("2026-01-06 05:50", 1.0)]))
    assert found is not None
    assert found.hours == ("09:00", "10:00", "11:00")
    assert [[cell is None for cell in cells] for _, cells in found.rows] == [[False, True, True], [True, True, False]]


def test_a_sunday_session_has_its_row() -> None:
    found = weekday_hours(one_trade("2026-02-01 05:00", 1.0))
    assert found is not None
    assert [name for name, _ in found.rows] == ["Sun"]


def test_exit_reasons_count_all_trades_most_first() -> None:
    data = tear_sheet_data(sessions=60, strategies=3)
    rows = exit_rows(data.trades)
    counts = [int(row.trades.replace(",", "")) for row in rows]
    assert sum(counts) == len(data.trades)
    assert counts == sorted(counts, reverse=True)
    assert "square off" in {row.reason for row in rows}


def test_bars_stand_on_the_side_of_their_sign_and_within_the_box() -> None:
    for row in exit_rows(tear_sheet_data(sessions=60, strategies=3).trades):
        assert 0 <= row.left <= row.left + row.width <= 100
        assert row.left == 50.0 if row.net.tone == "gain" else row.left + row.width == 50.0
    flat = exit_rows(one_trade("2026-01-05 03:50", 0.0))[0]
    assert (flat.left, flat.width, flat.net.tone, flat.held) == (50.0, 0.0, "flat", "1 min 30 s")
