"""Data quality over time: issues of each severity and quarantined rows by session, and the worst in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.report.charts import WIDTH, Tick, slot_labels
from trading_assets.report.numbers import count, counted, plain, shortened
from trading_assets.report.quarantine import by_reason
from trading_assets.tables.quality_issues import SEVERITIES

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

LANE_HEIGHT = 40
_MOST_BARS = 120
_MOST_SENTENCES = 8
_MOST_REASONS = 6
_MESSAGE_LIMIT = 280


@dataclass(frozen=True)
class Lane:
    """One line of bars: its name, all it counts in words, the SVG path of its bars and the largest bar's count."""

    name: str
    total: str
    bars: str
    highest: str


@dataclass(frozen=True)
class Worst:
    """One rule's findings: severity, table and rule, the message of the newest, its day, and how many they are."""

    severity: str
    rule: str
    message: str
    day: str
    times: str


@dataclass(frozen=True)
class DataQuality:
    """Lanes above one axis of sessions, the worst findings, and why rows were quarantined."""

    lanes: tuple[Lane, ...]
    time_ticks: list[Tick]
    worst: tuple[Worst, ...]
    unlisted: str
    reasons: tuple[tuple[str, str], ...]
    grouped: str


def data_quality(daily: pd.DataFrame, issues: pd.DataFrame, quarantined: pd.DataFrame) -> DataQuality | None:
    """Lay out issues and quarantined rows by session; None when there is no session and no finding.

    Args:
        daily: `daily_performance` of the range, for its sessions.
        issues: `quality_issues` of the range.
        quarantined: Counts made by `quarantined_counts`.
    """
    stamps = [frame["date"].to_numpy().astype("datetime64[D]") for frame in (daily, issues, quarantined)]
    days = np.unique(np.concatenate(stamps))
    if not len(days):
        return None
    of_issue = np.searchsorted(days, stamps[1])
    severity = issues["severity"].to_numpy(dtype=object)
    found = {name: np.bincount(of_issue[severity == name], minlength=len(days)).astype(np.int64) for name in SEVERITIES}
    rows = np.bincount(np.searchsorted(days, stamps[2]), weights=quarantined["rows"], minlength=len(days))
    lanes = [_lane(name, counts, "issue") for name, counts in found.items()]
    worst = _worst(issues)
    return DataQuality(
        lanes=(*lanes, _lane("quarantined", rows.astype(np.int64), "row")),
        time_ticks=slot_labels([str(day) for day in days], 5),
        worst=tuple(worst[:_MOST_SENTENCES]),
        unlisted=counted(len(worst) - _MOST_SENTENCES, "further rule") if len(worst) > _MOST_SENTENCES else "",
        reasons=tuple(
            (shortened(name, 100), count(size)) for name, size in list(by_reason(quarantined))[:_MOST_REASONS]
        ),
        grouped=f"Each bar sums up to {-(-len(days) // _MOST_BARS)} sessions." if len(days) > _MOST_BARS else "",
    )


def _lane(name: str, counts: NDArray[np.int64], noun: str) -> Lane:
    groups = np.array([part.sum() for part in np.array_split(counts, min(len(counts), _MOST_BARS))])
    highest = int(groups.max())
    return Lane(
        name=name,
        total=counted(int(counts.sum()), noun),
        bars=_bars(groups, highest),
        highest=f"at most {count(highest)}" if highest else "none",
    )


def _bars(counts: NDArray[np.int64], highest: int) -> str:
    """Draw bars from the ground; a bar that is not zero is at least a tenth of the lane high, to be seen."""
    slot = WIDTH / len(counts)
    width = max(2.0, min(slot * 0.7, 40.0))
    pieces = []
    for place in np.flatnonzero(counts):
        top = LANE_HEIGHT - round(LANE_HEIGHT * max(0.1, counts[place] / highest))
        left = slot * (place + 0.5) - width / 2
        pieces.append(f"M{left:.0f},{LANE_HEIGHT}V{top}h{width:.0f}V{LANE_HEIGHT}z")
    return "".join(pieces)


def _worst(issues: pd.DataFrame) -> list[Worst]:
    """Return one entry per severity, table and rule: worst severity first, then the most findings, then by name."""
    groups = issues.sort_values(["timestamp", "issue_id"]).groupby(["severity", "table_name", "rule"], sort=True)
    newest = groups.last()
    newest["times"] = groups.size()
    ranked = sorted(
        zip(newest.index, newest["message"], newest["date"], newest["times"], strict=True),
        key=lambda found: (SEVERITIES.index(found[0][0]), -int(found[3]), found[0]),
    )
    return [
        Worst(
            severity=severity,
            rule=shortened(f"{table}: {plain(rule)}", 80),
            message=shortened(message, _MESSAGE_LIMIT),
            day=f"{day:%Y-%m-%d}",
            times=counted(int(times), "time"),
        )
        for (severity, table, rule), message, day, times in ranked
    ]
