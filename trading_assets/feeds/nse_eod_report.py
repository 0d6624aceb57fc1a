"""Feed `nse-eod-report`: contract-wise options report of NSE (`opDDMMYYYY.csv`), or a bhavcopy converted to one index.

The report pads names and values with blanks, ends with a footnote and says its day in the file's name alone. Open
interest is in units, volume in lots. Its open interest is final: that of the live page at the close is more than 1 %
away on a third of the contracts. Of the level of the index it says nothing; the converted file does.
"""

from __future__ import annotations

import re
from datetime import date

from trading_assets.feeds.end_of_day import Layout, end_of_day_feed

REPORT = Layout(
    header=(
        "INSTRUMENT,SYMBOL,EXP_DATE,STR_PRICE,OPT_TYPE,OPEN_PRICE,HI_PRICE,LO_PRICE,CLOSE_PRICE,OPEN_INT*,TRD_QTY,"
        "NO_OF_CONT,NO_OF_TRADE,NOTION_VAL,PR_VAL"
    ),
    symbol="SYMBOL",
    expiry="EXP_DATE",
    option_type="OPT_TYPE",
    numbers={
        "strike": "STR_PRICE",
        "last_price": "CLOSE_PRICE",
        "volume": "NO_OF_CONT",
        "open_interest": "OPEN_INT*",
    },
    kind=("INSTRUMENT", "OPTIDX"),
)
CONVERTED = Layout(
    header=(
        "SYMBOL,EXPIRY_DT,STRIKE_PR,OPTION_TYP,SETTLE_PR,OPEN_INT,CHG_IN_OI,VOLUME,TRADE_DATE,UNDERLYING_PRICE,"
        "HIGH_PRICE,LOW_PRICE,OPEN_PRICE,CLOSE_PRICE,LAST_PRICE"
    ),
    symbol="SYMBOL",
    expiry="EXPIRY_DT",
    option_type="OPTION_TYP",
    numbers={
        "strike": "STRIKE_PR",
        "last_price": "CLOSE_PRICE",
        "volume": "VOLUME",
        "open_interest": "OPEN_INT",
        "open_interest_change": "CHG_IN_OI",
        "spot": "UNDERLYING_PRICE",
    },
    day="TRADE_DATE",
)
_NAMED = re.compile(r"op(\d{2})(\d{2})(\d{4})\.csv", re.IGNORECASE)


def _named_day(stem: str) -> date | None:
    named = _NAMED.fullmatch(stem)
    if named is None:
        return None
    try:
        return date(int(named[3]), int(named[2]), int(named[1]))
    except ValueError:
        return None


FEED = end_of_day_feed(
    "nse-eod-report",
    "Contract-wise end-of-day options report of NSE, or a bhavcopy converted to one index.",
    [REPORT, CONVERTED],
    _named_day,
)
