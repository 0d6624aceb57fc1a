"""Quotes out of frames, in which tests change them more easily."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trading_assets.feeds.quotes import VALUE_NAMES, Quotes, quotes_of

if TYPE_CHECKING:
    import pandas as pd


def from_frame(frame: pd.DataFrame) -> Quotes:
    """The quotes of which `Quotes.frame` gives such a frame."""
    times = {name: frame[name].to_numpy("datetime64[us]") for name in ("observed_at", "received_at")}
    columns = {name: frame[name].to_numpy() for name in ("expiry", "strike", *VALUE_NAMES)}
    return quotes_of({**times, **columns, "is_call": (frame["option_type"] == "CE").to_numpy()})
