"""Landing recordings: files → captures → landing zone, with an account of everything that was seen.

Raw bytes are landed whenever a file could be split, also those of closed days and those that cannot be read: they can
be judged again later. A file that is not of the feed is refused by name and the rest goes on.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.errors import ArchiveError, FeedError
from trading_assets.feeds.archives import list_files, raw_files
from trading_assets.feeds.landing_queue import LandingQueue
from trading_assets.feeds.normalise import read_quotes
from trading_assets.feeds.side_feed import SideFeed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date
    from pathlib import Path

    from trading_assets.feeds.feed import Feed
    from trading_assets.market.captures import Capture
    from trading_assets.market.packaged import Market

    Land = Callable[[Capture], bool]

UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Finding:
    """A file or capture that gave no snapshot.

    Args:
        source: File, or archive and member.
        reason: What was found against what was expected.
    """

    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class ClosedDayCapture:
    """A capture of a day on which the exchange is closed; it belongs to no session.

    Args:
        capture: The capture, landed.
        reason: Holiday or weekday, or that the calendar does not know the day.
    """

    capture: Capture
    reason: str


@dataclass(frozen=True, slots=True)
class IngestSummary:
    """What an ingest did. The same recordings give the same summary but for new and known captures.

    Args:
        feed: Feed that read them.
        sessions: Sessions that have captures, sorted.
        captures_new: Captures that were landed.
        captures_known: Captures that had been landed before.
        snapshots: Readable snapshots of sessions, each once however many captures hold a part of it; of a side feed,
            levels.
        unreadable: Captures of sessions whose content the feed cannot read.
        closed_days: Captures of closed days; the caller quarantines their rows.
        refused: Files that are not of this feed, and archives that are unsafe or damaged.
    """

    feed: str
    sessions: tuple[date, ...]
    captures_new: int
    captures_known: int
    snapshots: int
    unreadable: tuple[Finding, ...]
    closed_days: tuple[ClosedDayCapture, ...]
    refused: tuple[Finding, ...]

    @property
    def quarantined(self) -> dict[str, int]:
        """Captures kept out, counted by reason, sorted: `unreadable` and `closed_day: <holiday or weekday>`."""
        reasons = [UNREADABLE] * len(self.unreadable)
        reasons += [f"closed_day: {item.reason}" for item in self.closed_days]
        return dict(sorted(Counter(reasons).items()))


@dataclass
class _Account:
    """What has been seen so far."""

    sessions: set[date] = field(default_factory=set)
    snapshots: set[tuple[str, int, int]] = field(default_factory=set)
    unreadable: list[Finding] = field(default_factory=list)
    closed_days: list[ClosedDayCapture] = field(default_factory=list)
    refused: list[Finding] = field(default_factory=list)


def ingest(
    feed: Feed | SideFeed, paths: Iterable[Path], land: Land, market: Market, underlying: str | None = None
) -> IngestSummary:
    """Land every capture of `paths`.

    Args:
        feed: Feed that reads them.
        paths: Files and folders, consumed one by one: wrap `archives.list_files(...)` in a progress bar to see it go.
        land: Keeps a capture; False when it was there. Called for each capture, from several threads.
        market: Its calendar tells sessions from closed days.
        underlying: Index to assume where a file does not say.

    Returns:
        The account; a second call over the same paths lands nothing.

    Raises:
        ArchiveError: A path does not exist.
    """
    account = _Account()
    with LandingQueue(land) as queue:
        for path in paths:
            for file in list_files([path]):
                _ingest_file(feed, file, queue, _Context(market, underlying, account))
    return IngestSummary(
        feed=feed.name,
        sessions=tuple(sorted(account.sessions)),
        captures_new=queue.landed[True],
        captures_known=queue.landed[False],
        snapshots=len(account.snapshots),
        unreadable=tuple(account.unreadable),
        closed_days=tuple(account.closed_days),
        refused=tuple(account.refused),
    )


@dataclass(frozen=True, slots=True)
class _Context:
    market: Market
    underlying: str | None
    account: _Account


def _ingest_file(feed: Feed | SideFeed, file: Path, queue: LandingQueue, context: _Context) -> None:
    account = context.account
    try:
        for raw_file in raw_files(file):
            try:
                for capture in feed.captures(raw_file, context.underlying):
                    queue.put(capture)
                    _account_for(feed, capture, context)
            except FeedError as error:
                account.refused.append(Finding(raw_file.name, str(error)))
    except ArchiveError as error:
        account.refused.append(Finding(str(file), str(error)))


def _account_for(feed: Feed | SideFeed, capture: Capture, context: _Context) -> None:
    account = context.account
    closed = context.market.closed_reason(capture.day)
    if closed is not None:
        account.closed_days.append(ClosedDayCapture(capture, closed))
        return
    account.sessions.add(capture.day)
    try:
        account.snapshots |= _moments(feed, capture)
    except FeedError as error:
        account.unreadable.append(Finding(capture.source, str(error)))


def _moments(feed: Feed | SideFeed, capture: Capture) -> set[tuple[str, int, int]]:
    """Underlying, receipt and exchange time of each snapshot of which a capture holds a part."""
    if isinstance(feed, SideFeed):
        return {(capture.underlying, at, at) for at in feed.levels(capture).available_at.astype(np.int64).tolist()}
    quotes = read_quotes(feed, capture)
    received, observed = (times.astype(np.int64) for times in (quotes.received_at, quotes.observed_at))
    first = np.flatnonzero((np.diff(received, prepend=-1) != 0) | (np.diff(observed, prepend=-1) != 0))
    pairs = zip(received[first].tolist(), observed[first].tolist(), strict=True)
    return {(capture.underlying, *pair) for pair in pairs}
