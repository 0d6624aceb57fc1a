"""The chain of `nse_chain_facts.json` as a snapshot object, and stored rows of a day to export."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import orjson
import pandas as pd

from trading_assets.feeds.archives import RawFile
from trading_assets.feeds.normalise import normalise_session
from trading_assets.feeds.nse_json import FEED as NSE_JSON
from trading_assets.market.packaged import load_market
from trading_assets_tests.feeds.eod_files import legs
from trading_assets_tests.feeds.nse_dumps import dump, facts, recording

DAY = date(2026, 9, 16)
MODIFIED = datetime(2020, 1, 1, tzinfo=UTC)


def snapshot() -> dict:
    """One snapshot with everything it may say."""
    chain = [
        {
            "expiry": "2026-09-22",
            "strike": leg["strike"],
            "option_type": leg["side"],
            "last_price": leg["last_price"],
            "bid": leg["bid"],
            "ask": leg["ask"],
            "bid_quantity": leg["bid_quantity"],
            "ask_quantity": leg["ask_quantity"],
            "volume": leg["volume"] * 65,
            "open_interest": leg["open_interest"] * 65,
            "implied_vol": leg["implied_vol"],
        }
        for leg in legs()
    ]
    return {
        "symbol": "NIFTY",
        "timestamp": "2026-09-16T11:15:00+05:30",
        "received_at": "2026-09-16T05:45:07+00:00",
        "spot_price": facts()["spot"],
        "india_vix": 12.5,
        "option_chain": chain,
    }


def json_file(document: object) -> RawFile:
    content = orjson.dumps(document, option=orjson.OPT_SORT_KEYS) + b"\n"
    return RawFile("market_state_2026-09-16.json", MODIFIED, content)


def stored_rows(snapshots: int = 2) -> pd.DataFrame:
    """`market_snapshots` rows of NIFTY: quoted snapshots, then one without quotes and one without a spot."""
    captures = []
    for number in range(snapshots + 2):
        document = dump("v2")
        minute = 15 + number
        document["records"]["timestamp"] = f"16-Sep-2026 11:{minute}:00"
        for row in document["records"]["data"]:
            for side in ("CE", "PE"):
                if number == snapshots:
                    row[side].update(bidprice=0, askPrice=0)
                if number == snapshots + 1:
                    row[side].update(underlyingValue=0)
                row[side]["openInterest"] += number
        if number == snapshots + 1:
            document["records"]["underlyingValue"] = 0
        name = f"NIFTY__captured_2026-09-16T05-{minute + 30}-07Z__x.json"
        captures.append(next(NSE_JSON.captures(recording(document, name), None)))
    return normalise_session(captures, NSE_JSON, load_market(), 0.055).frame


def assert_same_market(found: pd.DataFrame, stored: pd.DataFrame) -> None:
    """Rows say the same of the market; feed, ids and what stood in for quotes may differ."""
    names = ["feed", "snapshot_id", "capture_id", "forward", "implied_vol", "spot"]
    pd.testing.assert_frame_equal(found.drop(columns=names), stored.drop(columns=names))
    quoted = stored["bid"].notna() | stored["ask"].notna()
    for name in ("forward", "implied_vol", "spot"):
        np.testing.assert_array_equal(found.loc[quoted, name], stored.loc[quoted, name])


def bank_nifty(rows: pd.DataFrame) -> pd.DataFrame:
    """The same rows as if they were of another index, an hour later."""
    later = timedelta(hours=1)
    times = {name: rows[name] + later for name in ("observed_at", "received_at", "available_at")}
    return rows.assign(underlying=pd.Series(["BANKNIFTY"] * len(rows), dtype="str"), **times)
