"""Every session has its place in the calendar, by week and weekday."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.report.calendar_map import calendar_map, strength
from trading_assets.tables import daily_performance
from trading_assets_tests.report.frames import daily_frame, tear_sheet_data, trade_frame, weekdays


def test_nothing_without_a_session() -> None:
    assert calendar_map(daily_performance.CONTRACT.empty()) is None


def test_every_session_is_shown_once_in_its_column() -> None:
    data = tear_sheet_data(sessions=60, per_day=1, first="2025-10-01")
    found = calendar_map(data.daily_performance.iloc[::-1])
    assert found is not None
    names = [month.name for month in found.months]
    assert names == ["October 2025", "November 2025", "December 2025"]
    cells = [(month.name, cell) for month in found.months for cell in month.cells]
    assert len(cells) == 60
    for stamp, (name, cell) in zip(data.daily_performance["date"], cells, strict=True):
        assert f"{stamp:%B %Y}" == name
        assert (cell.day, cell.column) == (stamp.day, stamp.weekday())
    assert not found.detailed
    assert found.years == ()


def test_weeks_are_those_of_the_month() -> None:
    found = calendar_map(tear_sheet_data(sessions=22, first="2026-01-01").daily_performance)
    assert found is not None
    january = found.months[0]
    # January 2026 begins on a Thursday: the 1st and 2nd, then four full weeks
    assert [[cell.day if cell else 0 for cell in week] for week in january.weeks] == [
        [0, 0, 0, 1, 2],
        [5, 6, 7, 8, 9],
        [12, 13, 14, 15, 16],
        [19, 20, 21, 22, 23],
        [26, 27, 28, 29, 30],
    ]
    assert january.sessions == "22 sessions"


def test_only_weeks_with_a_session_are_shown() -> None:
    found = calendar_map(tear_sheet_data(sessions=5).daily_performance)
    assert found is not None
    assert found.detailed
    assert [len(month.weeks) for month in found.months] == [1]


@pytest.mark.parametrize(("day", "last"), [("2026-02-01", "Sun"), ("2025-02-01", "Sat"), ("2025-10-21", "Fri")])
def test_a_special_session_on_a_weekend_has_its_column(day: str, last: str) -> None:
    days = np.array([day], dtype="datetime64[D]")
    found = calendar_map(daily_frame(days, trade_frame(days, ["a"], 1)))
    assert found is not None
    assert found.weekdays[-1] == last
    assert found.months[0].cells[0].column == date.fromisoformat(day).weekday()


def test_many_years_show_their_months_and_the_last_twelve_by_day() -> None:
    data = tear_sheet_data(sessions=520, strategies=1, per_day=1, first="2024-01-01")
    found = calendar_map(data.daily_performance)
    assert found is not None
    assert [found.months[0].name, found.months[-1].name] == ["January 2025", "December 2025"]
    assert len(found.months) == 12
    assert [year.name for year in found.years] == ["2024", "2025"]
    assert all(len(year.months) == 12 for year in found.years)


def test_a_month_without_a_session_is_undefined_not_zero() -> None:
    days = np.concatenate([weekdays("2024-01-01", 200), weekdays("2025-03-03", 150)])
    found = calendar_map(daily_frame(days, trade_frame(days, ["a"], 1)))
    assert found is not None
    january_2025, _ = found.years[1].months[0]
    assert january_2025.reason == "no session"


@given(st.lists(st.floats(-1e9, 1e9, allow_subnormal=False), max_size=50))
def test_strength_grows_with_size_and_forgets_the_sign(amounts: list[float]) -> None:
    graded = strength(np.array(amounts))
    assert graded.tolist() == strength(-np.array(amounts)).tolist()
    order = np.argsort(np.abs(amounts))
    assert (np.diff(graded[order]) >= 0).all()
    assert ((graded == 0) == (np.array(amounts) == 0)).all()
    assert (graded <= 4).all()


def test_missing_amounts_have_no_strength() -> None:
    assert strength(np.array([np.nan, 5.0])).tolist() == [0, 4]
    assert strength(np.array([])).tolist() == []


def test_sentences_name_day_result_and_trades() -> None:
    found = calendar_map(
        daily_performance.CONTRACT.frame(
            tear_sheet_data(sessions=1, strategies=1, per_day=1).daily_performance.assign(net_pnl=-12.5)
        )
    )
    assert found is not None
    assert found.months[0].cells[0].sentence.endswith("12.50, 1 trade")
