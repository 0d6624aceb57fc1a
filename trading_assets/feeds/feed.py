"""What a feed is: facts it declares and two functions. One file in this room defines one `FEED`.

`captures` splits a recorded file into raw captures and reads no more of it than that takes; `quotes` reads one capture
into the uniform layout of `feeds.quotes`, in the feed's own units. Judging values is not a feed's work.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import timedelta

    from trading_assets.feeds.archives import RawFile
    from trading_assets.feeds.quotes import Quotes
    from trading_assets.market.captures import Capture

Unit = Literal["lots", "units"]


@dataclass(frozen=True, slots=True)
class Feed:
    """One feed: what people and rules must know about it, and how its recordings are read.

    Args:
        name: Name on the command line and in the tables.
        description: One sentence for people.
        cadence: Time between two snapshots the recorder meant to take; gaps are judged against it.
        open_interest_unit: What the feed counts open interest in.
        volume_unit: What the feed counts volume in.
        timestamps: What observed_at and received_at are in this feed.
        captures: Splits one file into captures, in recorded order. The text is the underlying to assume where the
            file does not say. Raises FeedError when the file is not of this feed.
        quotes: Reads a capture with `feeds.quotes.quotes_of`; it may hold several snapshots.
            Raises FeedError, naming what and where, when the content is not in the feed's format.
        quoted: Whether its snapshots have bid and ask. Where a feed says no, last prices count as fresh and stand in
            for mids in snapshots without a single quote: the parity forward and volatilities come from them.
        live: Whether it can be collected, not only read from recordings.
        at_close: Whether a capture is of the close of its day, which the market's calendar says; its quotes carry
            the capture's time.
        volume_of_bar: Whether volume is of the bar that ends at observed_at, as long as the cadence, and not since the
            open.
    """

    name: str
    description: str
    cadence: timedelta
    open_interest_unit: Unit
    volume_unit: Unit
    timestamps: str
    captures: Callable[[RawFile, str | None], Iterator[Capture]]
    quotes: Callable[[Capture], Quotes]
    quoted: bool = True
    live: bool = False
    at_close: bool = False
    volume_of_bar: bool = False
