"""Feed `bhavcopy-udiff`: the exchanges' end-of-day file of all derivatives in the common format of 2024 (UDiFF).

NSE and BSE write the same columns; options on indices have the kind IDO. Open interest is in units, volume in lots, and
each line has the level of the index.
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

NAME = "bhavcopy-udiff"

LAYOUT = Layout(
    header=(
        "TradDt,BizDt,Sgmt,Src,FinInstrmTp,FinInstrmId,ISIN,TckrSymb,SctySrs,XpryDt,FininstrmActlXpryDt,StrkPric,"
        "OptnTp,FinInstrmNm,OpnPric,HghPric,LwPric,ClsPric,LastPric,PrvsClsgPric,UndrlygPric,SttlmPric,OpnIntrst,"
        "ChngInOpnIntrst,TtlTradgVol,TtlTrfVal,TtlNbOfTxsExctd,SsnId,NewBrdLotQty,Rmks,Rsvd1,Rsvd2,Rsvd3,Rsvd4"
    ),
    symbol="TckrSymb",
    expiry="XpryDt",
    option_type="OptnTp",
    numbers={
        "strike": "StrkPric",
        "last_price": "ClsPric",
        "volume": "TtlTradgVol",
        "open_interest": "OpnIntrst",
        "spot": "UndrlygPric",
    },
    day="TradDt",
    kind=("FinInstrmTp", "IDO"),
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
    description="End-of-day derivatives file of NSE or BSE in the common format since 2024 (UDiFF), index options.",
    cadence=timedelta(days=1),
    open_interest_unit="units",
    volume_unit="lots",
    timestamps="observed_at and received_at: close of the session, though the file comes out in the evening",
    captures=captures,
    quotes=quotes,
    quoted=False,
)
