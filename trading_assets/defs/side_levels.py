"""What side feeds know of a session: levels of indices and India VIX, for chains that lack them; the rest set aside."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from trading_assets.defs.workspace import Workspace
from trading_assets.errors import FeedError
from trading_assets.feeds.discovery import load_side_feeds
from trading_assets.feeds.normalise import unusable
from trading_assets.feeds.session_closes import at_session_close
from trading_assets.feeds.side_feed import Levels, SideFeed
from trading_assets.feeds.side_levels import Series, SideLevels, series
from trading_assets.market.captures import Capture
from trading_assets.quality.quarantine import Unreadable
from trading_assets.quality.snapshot_evidence import band_in_force


@dataclass(frozen=True)
class SideReading:
    """What landed of side feeds for a session.

    Args:
        levels: Usable levels.
        unusable: Captures of the session's own day that cannot be read, or hold levels of another index.
    """

    levels: SideLevels
    unusable: tuple[Unreadable, ...]


def side_levels(workspace: Workspace, day: date) -> SideReading:
    """Read what side feeds recorded of a day, and before it as long as a level may be used."""
    by_index: dict[str, list[Series]] = {}
    aside: list[Unreadable] = []
    for name, feed in load_side_feeds().items():
        parts: dict[str, list[Levels]] = {}
        for capture in _captures(workspace, feed, day):
            found, reason = _judged(workspace, feed, capture)
            parts.setdefault(capture.underlying, []).append(found)
            if reason is not None and capture.day == day:
                aside.append(reason)
        for index, recorded in parts.items():
            by_index.setdefault(index, []).append(series(name, feed.stale_after, recorded))
    return SideReading(SideLevels(by_index), tuple(aside))


def _captures(workspace: Workspace, feed: SideFeed, day: date) -> Iterator[Capture]:
    for back in range(feed.stale_after.days, -1, -1):
        recorded = day - timedelta(days=back)
        if workspace.market.closed_reason(recorded) is None:  # what a closed day has is in quarantine
            yield from workspace.levels.captures(recorded, feed.name)


def _judged(workspace: Workspace, feed: SideFeed, capture: Capture) -> tuple[Levels, Unreadable | None]:
    """Return the levels of a capture within the band of its index, and why it holds others."""
    if feed.at_close:
        capture = at_session_close(capture, workspace.market)
    try:
        found = feed.levels(capture)
    except FeedError as error:
        return Levels(np.empty(0, "datetime64[us]"), np.empty(0)), unusable(capture, str(error))
    band = band_in_force(workspace.settings.quality.spot_bands, capture.underlying, capture.day)
    low, high = (0.0, np.inf) if band is None else (band.low, band.high)
    usable = found.usable(low, high)
    kept = Levels(found.available_at[usable], found.level[usable])
    wrong = found.level[~usable & (found.level > 0.0)]
    if not len(wrong):
        return kept, None
    reason = (
        f"{len(wrong)} of {len(found.level)} levels of {capture.underlying} lie outside {low:g} to {high:g} (first: "
        f"{wrong[0]:g}) and are not used. If they are of another index, ingest the file with --underlying."
    )
    return kept, unusable(capture, reason, "spot_band")


def set_aside(workspace: Workspace, day: date, reason: str) -> tuple[Unreadable, ...]:
    """Return every side capture of a closed day with the reason why it is closed."""
    found = workspace.levels.captures(day)
    return tuple(unusable(capture, reason, "closed_day") for capture in found)
