"""The calendar heatmap: each session's net P&L in its month, by week and weekday, and the months of many years."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.report.cells import Cell, money, short_money, tone
from trading_assets.report.numbers import counted, rupees, short_rupees
from trading_assets.tables.money import total

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    import pandas as pd
    from numpy.typing import NDArray

#: Up to this many months every day carries its figure; beyond it days are small marks.
_DETAILED_MONTHS = 2
_MOST_MONTHS = 12
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_WORKING_DAYS = 5
_LEVELS = 4


@dataclass(frozen=True)
class DayCell:
    """One session: day of the month, P&L in short and in a sentence, tone, strength 0 to 4, and its column and row."""

    day: int
    text: str
    sentence: str
    tone: str
    level: int
    column: int
    row: int


@dataclass(frozen=True)
class Month:
    """A month: name, total, sessions in words, and its weeks from the first to the last with a session."""

    name: str
    total: Cell
    sessions: str
    weeks: tuple[tuple[DayCell | None, ...], ...]

    @property
    def cells(self) -> list[DayCell]:
        """The sessions in order."""
        return [cell for week in self.weeks for cell in week if cell is not None]


@dataclass(frozen=True)
class Year:
    """A year: its months' totals with their strength, undefined where there was no session, and its own total."""

    name: str
    months: tuple[tuple[Cell, int], ...]
    total: Cell


@dataclass(frozen=True)
class CalendarMap:
    """Months day by day, years by month when there are more than fit, the weekdays in use, and the degree of detail."""

    months: tuple[Month, ...]
    years: tuple[Year, ...]
    weekdays: tuple[str, ...]
    detailed: bool


def calendar_map(daily: pd.DataFrame) -> CalendarMap | None:
    """Lay out `daily_performance` as a calendar, at most the last 12 months day by day; None without a session."""
    if daily.empty:
        return None
    ordered = daily.sort_values("date")
    days = [stamp.date() for stamp in ordered["date"]]
    levels = strength(ordered["net_pnl"].to_numpy())
    found = zip(days, ordered["net_pnl"].tolist(), ordered["total_trades"].tolist(), levels.tolist(), strict=True)
    by_month: dict[tuple[int, int], list[DayCell]] = defaultdict(list)
    amounts: dict[tuple[int, int], list[float]] = defaultdict(list)
    for day, amount, trades, level in found:
        by_month[day.year, day.month].append(_day_cell(day, amount, int(trades), level))
        amounts[day.year, day.month].append(amount)
    shown = list(by_month)[-_MOST_MONTHS:]
    weekend = max(cell.column for month in shown for cell in by_month[month]) + 1
    width = max(_WORKING_DAYS, weekend)
    first_days = {(day.year, day.month): f"{day:%B %Y}" for day in days}
    return CalendarMap(
        months=tuple(_month(first_days[key], by_month[key], total(amounts[key]), width) for key in shown),
        years=_years({key: total(values) for key, values in amounts.items()}) if len(by_month) > len(shown) else (),
        weekdays=_WEEKDAYS[:width],
        detailed=len(by_month) <= _DETAILED_MONTHS,
    )


def strength(amounts: NDArray[np.float64]) -> NDArray[np.int64]:
    """Grade amounts 1 to 4 by size against the 95th percentile of sizes, 0 for exactly 0 or missing; shape (n,)."""
    sizes = np.abs(np.nan_to_num(amounts))
    typical = float(np.percentile(sizes[sizes > 0], 95)) if (sizes > 0).any() else 1.0
    return np.clip(np.ceil(_LEVELS * sizes / typical), 0, _LEVELS).astype(np.int64)


def _day_cell(day: date, amount: float, trades: int, level: int) -> DayCell:
    before = day.replace(day=1).weekday()
    return DayCell(
        day=day.day,
        text=short_rupees(amount, plus=True),
        sentence=f"{day:%d %b}: {rupees(amount, plus=True)}, {counted(trades, 'trade')}",
        tone=tone(amount),
        level=level,
        column=day.weekday(),
        row=(day.day + before - 1) // 7,
    )


def _month(name: str, cells: list[DayCell], amount: float, width: int) -> Month:
    placed = {(cell.row, cell.column): cell for cell in cells}
    rows = range(cells[0].row, cells[-1].row + 1)
    weeks = tuple(tuple(placed.get((row, column)) for column in range(width)) for row in rows)
    return Month(name, money(amount), counted(len(cells), "session"), weeks)


def _years(amounts: Mapping[tuple[int, int], float]) -> tuple[Year, ...]:
    levels = dict(zip(amounts, strength(np.array(list(amounts.values()))).tolist(), strict=True))
    return tuple(
        Year(
            str(year),
            tuple(
                (short_money(amounts.get((year, month)), "no session"), levels.get((year, month), 0))
                for month in range(1, 13)
            ),
            short_money(total([amount for (of, _), amount in amounts.items() if of == year])),
        )
        for year in sorted({year for year, _ in amounts})
    )
