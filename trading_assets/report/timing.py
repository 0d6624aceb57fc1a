"""When money was made: net P&L by weekday and hour of entry, and by the reason trades were closed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.report.calendar_map import strength
from trading_assets.report.cells import Cell, money, short_money
from trading_assets.report.numbers import count, counted, duration, percent, plain
from trading_assets.tables.money import total

if TYPE_CHECKING:
    import pandas as pd

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_IST = "Asia/Kolkata"


@dataclass(frozen=True)
class HourCell:
    """Net P&L of the trades entered in one hour of one weekday, its strength 0 to 4, and how many they were."""

    net: Cell
    level: int
    trades: str


@dataclass(frozen=True)
class WeekdayHours:
    """Hours of entry across, weekdays down; hours and weekdays without any trade are left out."""

    hours: tuple[str, ...]
    rows: tuple[tuple[str, tuple[HourCell | None, ...]], ...]


@dataclass(frozen=True)
class ExitRow:
    """Trades closed for one reason; `left` and `width` place its bar in percent around the middle."""

    reason: str
    trades: str
    of_all: str
    net: Cell
    average: Cell
    held: str
    left: float
    width: float


def weekday_hours(trades: pd.DataFrame) -> WeekdayHours | None:
    """Sum net P&L by weekday and hour of entry in IST; None without trades."""
    if trades.empty:
        return None
    entry = trades["entry_time"].dt.tz_convert(_IST)
    keys = [entry.dt.day_of_week.rename("weekday"), entry.dt.hour.rename("hour")]
    found = {
        (int(day), int(hour)): (total(amounts), len(amounts))
        for (day, hour), amounts in trades["net_pnl"].groupby(keys, sort=True)
    }
    levels = dict(zip(found, strength(np.array([net for net, _ in found.values()])).tolist(), strict=True))
    cells = {key: HourCell(short_money(net), levels[key], counted(size, "trade")) for key, (net, size) in found.items()}
    hours = range(min(hour for _, hour in found), max(hour for _, hour in found) + 1)
    return WeekdayHours(
        tuple(f"{hour:02d}:00" for hour in hours),
        tuple(
            (_WEEKDAYS[day], tuple(cells.get((day, hour)) for hour in hours))
            for day in sorted({day for day, _ in found})
        ),
    )


def exit_rows(trades: pd.DataFrame) -> tuple[ExitRow, ...]:
    """Sum trades by exit reason, most trades first, then by name; empty without trades."""
    timed = trades.assign(held=(trades["exit_time"] - trades["entry_time"]).dt.total_seconds())
    groups = {
        str(reason): (len(rows), total(rows["net_pnl"]), float(rows["held"].mean()))
        for reason, rows in timed.groupby("exit_reason", sort=True)
    }
    largest = max((abs(net) for _, net, _ in groups.values()), default=0.0) or 1.0
    ranked = sorted(groups, key=lambda reason: (-groups[reason][0], reason))
    return tuple(_exit_row(reason, groups[reason], len(trades), largest) for reason in ranked)


def _exit_row(reason: str, facts: tuple[int, float, float], all_trades: int, largest: float) -> ExitRow:
    size, net, held = facts
    width = round(50 * abs(net) / largest, 1)
    return ExitRow(
        reason=plain(reason),
        trades=count(size),
        of_all=percent(size / all_trades, 0),
        net=money(net),
        average=money(net / size),
        held=duration(held),
        left=50.0 if net >= 0 else round(50 - width, 1),
        width=width,
    )
