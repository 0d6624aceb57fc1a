"""Feed `upstox`: the Upstox option-chain API, collected live; a capture holds the answers of one poll, all expiries."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from trading_assets.feeds import upstox_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trading_assets.feeds.archives import RawFile
    from trading_assets.market.captures import Capture

NAME = "upstox"


def captures(raw_file: RawFile, underlying: str | None) -> Iterator[Capture]:
    """Yield the one capture of a file that was written from a live poll; see `feeds.upstox_json.captures`."""
    return upstox_json.captures(raw_file, underlying, NAME)


FEED = replace(
    upstox_json.FEED,
    name=NAME,
    description="Option chain of the Upstox API, collected live; needs an access token of the day.",
    timestamps="observed_at = received_at: when the last answer of the poll was complete; answers carry no time",
    captures=captures,
    live=True,
)
