"""Feed `bhavcopy-legacy`: the end-of-day file of all derivatives that NSE published until July 2024.

Options on indices are of the instrument OPTIDX. Open interest is in units, volume in lots; the level of the index is
not in it, so spot comes from put-call parity. Every line ends with a comma: the last column has no name.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from trading_assets.feeds.end_of_day import Layout, end_of_day_captures, end_of_day_quotes
from trading_assets.feeds.feed import Feed

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from trading_assets.feeds.archives import RawFile
    from trading_assets.market.captures import Capture

NAME = "bhavcopy-legacy"

LAYOUT = Layout(
    header=(
        "INSTRUMENT,SYMBOL,EXPIRY_DT,STRIKE_PR,OPTION_TYP,OPEN,HIGH,LOW,CLOSE,SETTLE_PR,CONTRACTS,VAL_INLAKH,"
        "OPEN_INT,CHG_IN_OI,TIMESTAMP,"
    ),
    symbol="SYMBOL",
    expiry="EXPIRY_DT",
    option_type="OPTION_TYP",
    numbers={"strike": "STRIKE_PR", "last_price": "CLOSE", "volume": "CONTRACTS", "open_interest": "OPEN_INT"},
    day="TIMESTAMP",
    kind=("INSTRUMENT", "OPTIDX"),
)


def captures(raw_file: RawFile, underlying: str | None) -> Iterator[Capture]:
    """Yield one capture per index; the rows say which, so `underlying` is not needed.

    Raises:
        FeedError: It is no such file, it is cut off, or it holds no option on an index.
    """
    del underlying
    return end_of_day_captures(raw_file, [LAYOUT], NAME)


def quotes(capture: Capture) -> pd.DataFrame:
    """Read one index of one day.

    Raises:
        FeedError: A cell is not what its column holds.
    """
    return end_of_day_quotes(capture, [LAYOUT])


FEED = Feed(
    name=NAME,
    description="End-of-day derivatives file of NSE in the format used until July 2024, index options.",
    cadence=timedelta(days=1),
    open_interest_unit="units",
    volume_unit="lots",
    timestamps="observed_at and received_at: close of the session, though the file comes out in the evening",
    captures=captures,
    quotes=quotes,
    quoted=False,
)
