"""Feed `bhavcopy-udiff`: the exchanges' end-of-day file of all derivatives in the common format of 2024 (UDiFF).

NSE and BSE write the same columns; options on indices have the kind IDO. Open interest is in units, volume in lots, and
each line has the level of the index.
"""

from __future__ import annotations

from trading_assets.feeds.end_of_day import Layout, end_of_day_feed

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
        "open_interest_change": "ChngInOpnIntrst",
        "spot": "UndrlygPric",
    },
    day="TradDt",
    kind=("FinInstrmTp", "IDO"),
)

FEED = end_of_day_feed(
    "bhavcopy-udiff",
    "End-of-day derivatives file of NSE or BSE in the common format since 2024 (UDiFF), index options.",
    [LAYOUT],
)
