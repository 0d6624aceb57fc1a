"""Feed `bhavcopy-legacy`: the end-of-day file of all derivatives that NSE published until July 2024.

Options on indices are of the instrument OPTIDX. Open interest is in units, volume in lots; the level of the index is
not in it, so spot comes from put-call parity. Every line ends with a comma: the last column has no name.
"""

from __future__ import annotations

from trading_assets.feeds.end_of_day import Layout, end_of_day_feed

LAYOUT = Layout(
    header=(
        "INSTRUMENT,SYMBOL,EXPIRY_DT,STRIKE_PR,OPTION_TYP,OPEN,HIGH,LOW,CLOSE,SETTLE_PR,CONTRACTS,VAL_INLAKH,"
        "OPEN_INT,CHG_IN_OI,TIMESTAMP,"
    ),
    symbol="SYMBOL",
    expiry="EXPIRY_DT",
    option_type="OPTION_TYP",
    numbers={
        "strike": "STRIKE_PR",
        "last_price": "CLOSE",
        "volume": "CONTRACTS",
        "open_interest": "OPEN_INT",
        "open_interest_change": "CHG_IN_OI",
    },
    day="TIMESTAMP",
    kind=("INSTRUMENT", "OPTIDX"),
)

FEED = end_of_day_feed(
    "bhavcopy-legacy", "End-of-day derivatives file of NSE in the format used until July 2024, index options.", [LAYOUT]
)
