"""Feed `upstox-json`: recorded answers of the Upstox option-chain API, one snapshot per file.

A file is one answer of `/v2/option/chain`, or a JSON array of the answers of one poll, one per expiry. Answers carry no
time: the exchange's is taken to be that of the capture.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from trading_assets.errors import FeedError
from trading_assets.feeds.capture_times import capture_time
from trading_assets.feeds.feed import Feed
from trading_assets.feeds.quotes import quotes_of
from trading_assets.feeds.upstox_chain import INSTRUMENT_KEYS, chain_columns, chain_rows
from trading_assets.market.calendar import IST
from trading_assets.market.captures import Capture

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trading_assets.feeds.archives import RawFile
    from trading_assets.feeds.quotes import Quotes

NAME = "upstox-json"

_KEY = re.compile(rb'"underlying_key"\s*:\s*"([^"]{1,60})"')
_UNDERLYINGS = {key.encode(): name for name, key in INSTRUMENT_KEYS.items()}


def captures(raw_file: RawFile, underlying: str | None, name: str = NAME) -> Iterator[Capture]:
    """Yield the one capture of a file, without parsing it.

    The capture time is the UTC time in the file name, else the modification time.

    Args:
        raw_file: The file.
        underlying: Index to assume where no row says it.
        name: Feed the capture is of.

    Raises:
        FeedError: It is no JSON object or array, or neither it nor the call says which index it is of.
    """
    if raw_file.content.lstrip()[:1] not in (b"{", b"["):
        msg = f"{raw_file.name} is not JSON; feed {name} reads answers of Upstox /v2/option/chain."
        raise FeedError(msg)
    key = _KEY.search(raw_file.content)
    found = _UNDERLYINGS.get(key.group(1)) if key else underlying
    if found is None:
        said = key.group(1).decode("utf-8", "replace") if key else "nothing"
        msg = (
            f"{raw_file.name} says {said!r} of its index; expected one of {', '.join(INSTRUMENT_KEYS)}. "
            "Pass --underlying where a file has no underlying_key."
        )
        raise FeedError(msg)
    received = capture_time(raw_file)
    yield Capture(name, found, received.astimezone(IST).date(), received, raw_file.content, raw_file.name)


def quotes(capture: Capture) -> Quotes:
    """Read one capture: one snapshot, a row per leg that is present, in the order of the answers.

    Raises:
        FeedError: It is not JSON, not an option chain, of another index, or a leg lacks its strike or expiry.
    """
    rows = chain_rows(capture.raw, capture.source)
    return quotes_of(
        {
            "observed_at": capture.received_at,
            "received_at": capture.received_at,
            **chain_columns(rows, capture.underlying, capture.source),
        }
    )


FEED = Feed(
    name=NAME,
    description="Recorded answers of the Upstox option-chain API (/v2/option/chain), one snapshot per file.",
    cadence=timedelta(minutes=1),
    open_interest_unit="units",
    volume_unit="units",
    timestamps="observed_at = received_at: UTC in the file name, else its modification time; answers carry no time",
    captures=captures,
    quotes=quotes,
)
