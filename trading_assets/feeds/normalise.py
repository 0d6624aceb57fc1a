"""Captures of a session → candidate rows of `market_snapshots`: one unit each, forward, volatility and ids computed.

Nothing is judged: a candidate may break any bound, its spot may be missing. The rows of a snapshot that was captured
again later with the same observed_at stay apart by received_at; quality decides between them. Captures that share both
times are parts of one snapshot.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.errors import CalendarError, FeedError, ReferenceDataError
from trading_assets.feeds.bar_volume import volume_since_open
from trading_assets.feeds.candidate_rows import Surroundings, candidate_frame
from trading_assets.feeds.session_closes import at_session_close
from trading_assets.feeds.side_levels import NO_LEVELS
from trading_assets.quality.quarantine import Unreadable
from trading_assets.tables import market_snapshots

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from trading_assets.feeds.feed import Feed
    from trading_assets.feeds.quotes import Quotes
    from trading_assets.feeds.side_levels import SideLevels
    from trading_assets.market.captures import Capture
    from trading_assets.market.packaged import Market


@dataclass(frozen=True, slots=True)
class Candidates:
    """What the captures of a session hold.

    Args:
        frame: Rows with the columns and dtypes of `market_snapshots`, values unjudged, ordered by underlying,
            received_at, observed_at, expiry, strike, option_type and capture_id; n ≥ 0.
        unreadable: Captures that gave no rows, in the order they were received.
    """

    frame: pd.DataFrame
    unreadable: tuple[Unreadable, ...]


def normalise_session(
    captures: Iterable[Capture], feed: Feed, market: Market, risk_free_rate: float, side: SideLevels = NO_LEVELS
) -> Candidates:
    """Read and normalise all captures of one feed and session, several underlyings together.

    Args:
        captures: In any order; each has the day its rows are dated with, which may be a closed day.
        feed: The feed that recorded them.
        market: Lots, ticks and the hours at which contracts expire.
        risk_free_rate: Annual, continuous, for discounting.
        side: Levels for snapshots that have no spot or India VIX of their own.
    """
    if feed.at_close:
        captures = [at_session_close(capture, market) for capture in captures]
    given = Surroundings(market.reference, risk_free_rate, side)
    ordered = sorted(captures, key=lambda item: (item.underlying, item.received_at, item.capture_id))
    read: list[tuple[Capture, Quotes]] = []
    unreadable: list[Unreadable] = []
    for capture in ordered:
        try:
            read.append((capture, read_quotes(feed, capture)))
        except FeedError as error:
            unreadable.append(unusable(capture, str(error)))
    try:
        frame = _candidates(read, feed, given)
    except (ReferenceDataError, CalendarError):
        known = [item for item in read if not _unknown_contracts(item, market, unreadable)]
        frame = _candidates(known, feed, given)
    if feed.volume_of_bar:
        frame["volume_units"] = volume_since_open(frame, feed.cadence, market)
    return Candidates(frame, tuple(sorted(unreadable, key=lambda item: (item.received_at, item.capture_id))))


def read_quotes(feed: Feed, capture: Capture) -> Quotes:
    """Read a capture that must hold at least one option leg.

    Raises:
        FeedError: It is not in the feed's format, or holds no leg.
    """
    quotes = feed.quotes(capture)
    if not len(quotes):
        msg = f"{capture.source} holds no option leg; expected an option chain of {capture.underlying}."
        raise FeedError(msg)
    return quotes


def _candidates(read: Sequence[tuple[Capture, Quotes]], feed: Feed, given: Surroundings) -> pd.DataFrame:
    if not read:
        return market_snapshots.CONTRACT.empty()
    captures, quotes = zip(*read, strict=True)
    return candidate_frame(captures, quotes, feed, given)


def _unknown_contracts(item: tuple[Capture, Quotes], market: Market, unreadable: list[Unreadable]) -> bool:
    capture, quotes = item
    try:
        for expiry in np.unique(quotes.expiry.astype("datetime64[D]")).tolist():
            market.reference.lot_size(capture.underlying, expiry, capture.day)
            market.reference.expiry_close(capture.underlying, expiry)
    except (ReferenceDataError, CalendarError) as error:
        unreadable.append(unusable(capture, str(error)))
        return True
    return False


def unusable(capture: Capture, reason: str, rule: str = "unreadable") -> Unreadable:
    """Return a capture as it is set aside whole, with the reason in words and the name of what is wrong."""
    return Unreadable(
        feed=capture.feed,
        underlying=capture.underlying,
        day=capture.day,
        capture_id=capture.capture_id,
        received_at=capture.received_at,
        raw=capture.raw,
        reason=reason,
        rule=rule,
    )
