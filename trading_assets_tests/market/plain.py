"""The features once more in plain Python over rows, slow and obvious: the oracle of the vectorised ones."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from math import log
from statistics import median
from typing import TYPE_CHECKING

from trading_assets.market.calendar import IST

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, object]
Snapshot = list[Row]


def snapshots(frame: pd.DataFrame) -> list[Snapshot]:
    """Rows by snapshot, in time order."""
    by_time: dict[pd.Timestamp, Snapshot] = {}
    for row in frame.to_dict("records"):
        by_time.setdefault(row["observed_at"], []).append(row)
    return [by_time[moment] for moment in sorted(by_time)]


def traded(day: list[Snapshot], at: int) -> tuple[date, Snapshot]:
    """The traded expiry and its rows at a snapshot."""
    now = day[at][0]["observed_at"].tz_convert(IST)
    known = {row["expiry"].date() for snapshot in day[: at + 1] for row in snapshot}
    alive = sorted(e for e in known if e > now.date() or (e == now.date() and now.hour < 13))
    return alive[0], [row for row in day[at] if row["expiry"].date() == alive[0]]


def present(value: float) -> bool:
    """Whether a value is there."""
    return value == value  # noqa: PLR0124 - NaN is the only value unequal to itself


def interest(rows: Snapshot, option_type: str, strikes: set[float] | None = None) -> float:
    """Sum of open interest of one side."""
    return sum(
        row["open_interest_lots"]
        for row in rows
        if row["option_type"] == option_type
        and present(row["open_interest_lots"])
        and (strikes is None or row["strike"] in strikes)
    )


def atm(rows: Snapshot) -> float:
    """Strike nearest to the forward, lower on a tie."""
    return min((abs(row["strike"] - row["forward"]), row["strike"]) for row in rows)[1]


def scope(rows: Snapshot, each_side: int) -> set[float]:
    """At the money and so many listed strikes each side."""
    ladder = sorted({row["strike"] for row in rows})
    centre = ladder.index(atm(rows))
    return set(ladder[max(0, centre - each_side) : centre + each_side + 1])


def pcr(rows: Snapshot, each_side: int | None = None) -> float:
    """Put over call open interest."""
    strikes = None if each_side is None else scope(rows, each_side)
    return interest(rows, "PE", strikes) / interest(rows, "CE", strikes)


def pcr_volume(rows: Snapshot) -> float:
    """Put over call volume."""
    put, call = (
        sum(row["volume_units"] for row in rows if row["option_type"] == side and present(row["volume_units"]))
        for side in ("PE", "CE")
    )
    return put / call


def max_pain(rows: Snapshot) -> float:
    """Strike with the least pay-out; nearest to the forward on a tie, then lower."""

    def pain(settled: float) -> float:
        return sum(
            row["open_interest_lots"]
            * max(0.0, settled - row["strike"] if row["option_type"] == "CE" else row["strike"] - settled)
            for row in rows
            if present(row["open_interest_lots"])
        )

    forward = rows[0]["forward"]
    return min((pain(row["strike"]), abs(row["strike"] - forward), row["strike"]) for row in rows)[2]


def mid(row: Row) -> float:
    """Middle of an uncrossed quote."""
    return (row["bid"] + row["ask"]) / 2 if 0 < row["bid"] <= row["ask"] else float("nan")


def straddle(rows: Snapshot) -> float:
    """Call and put at the money."""
    legs = [mid(row) for row in rows if row["strike"] == atm(rows)]
    return sum(legs) if len(legs) == 2 else float("nan")


def atm_iv(rows: Snapshot) -> float:
    """Implied volatility at the forward, linear in ln(K/F)."""
    forward = rows[0]["forward"]
    by_strike: dict[float, list[float]] = {}
    for row in rows:
        by_strike.setdefault(row["strike"], []).append(row["implied_vol"])
    smile = {k: sum(v) / len(v) for k, v in by_strike.items()}
    low = max((k for k in smile if k <= forward), default=None)
    high = min((k for k in smile if k >= forward), default=None)
    if low is None or high is None:
        return float("nan")
    if low == high:
        return smile[low]
    x0, x1 = log(low / forward), log(high / forward)
    return smile[low] + (0 - x0) / (x1 - x0) * (smile[high] - smile[low])


def start(day: list[Snapshot], at: int, minutes: float, gaps_allowed: float = 1.5) -> int | None:
    """Where a window starts: the latest snapshot at or before t - minutes, when it is not too old."""
    times = [rows[0]["observed_at"] for rows in day[: at + 1]]
    gaps = [(b - a).total_seconds() / 60 for a, b in pairwise(times)]
    allowed = max(5.0, gaps_allowed * median(gaps)) if gaps else 5.0
    target = times[-1] - timedelta(minutes=minutes)
    found = [i for i, moment in enumerate(times) if moment <= target]
    if not found or (target - times[found[-1]]).total_seconds() / 60 > allowed:
        return None
    return found[-1] if traded(day, found[-1])[0] == traded(day, at)[0] else None


def oi_change(day: list[Snapshot], at: int, minutes: float) -> float:
    """Change of open interest over legs that both ends have; the window may start five minutes early, no more."""
    first = start(day, at, minutes, gaps_allowed=0.0)
    if first is None:
        return float("nan")
    then = {(row["strike"], row["option_type"]): row["open_interest_lots"] for row in traded(day, first)[1]}
    changes = [
        row["open_interest_lots"] - then[row["strike"], row["option_type"]]
        for row in traded(day, at)[1]
        if (row["strike"], row["option_type"]) in then
    ]
    return sum(changes) if changes else float("nan")


def writer_flow(day: list[Snapshot], at: int, minutes: float, each_side: int) -> tuple[float, float]:
    """Puts against calls written, and the turnover."""
    first = start(day, at, minutes)
    if first is None:
        return float("nan"), float("nan")
    rows = traded(day, at)[1]
    strikes = scope(rows, each_side)
    then = {(row["strike"], row["option_type"]): row for row in traded(day, first)[1]}
    written, moved, held = {"CE": 0.0, "PE": 0.0}, 0.0, 0.0
    for row in rows:
        was = then.get((row["strike"], row["option_type"]))
        if row["strike"] not in strikes or was is None:
            continue
        change = row["open_interest_lots"] - was["open_interest_lots"]
        moved, held = moved + abs(change), held + row["open_interest_lots"]
        if change > 0 and mid(row) - mid(was) <= -0.05 + 1e-9:
            written[row["option_type"]] += change
    size = written["PE"] + written["CE"]
    flow = (written["PE"] - written["CE"]) / size if size else float("nan")
    return flow, moved / held
