"""Option-chain dumps rendered from facts in both shapes of the NSE web site."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import orjson

from trading_assets.feeds.archives import RawFile

Shape = Literal["v2", "v3"]
NAMES = {
    "v2": {"bid": "bidprice", "ask": "askPrice", "bid_quantity": "bidQty", "ask_quantity": "askQty"},
    "v3": {"bid": "buyPrice1", "ask": "sellPrice1", "bid_quantity": "buyQuantity1", "ask_quantity": "sellQuantity1"},
}
SHARED = {
    "open_interest": "openInterest",
    "volume": "totalTradedVolume",
    "implied_vol": "impliedVolatility",
    "last_price": "lastPrice",
}
RECEIVED = datetime(2026, 9, 16, 5, 45, 7, tzinfo=UTC)


def facts() -> dict:
    """The chain every format is rendered from, and what a correct reader makes of it."""
    return json.loads(Path(__file__).with_name("nse_chain_facts.json").read_text(encoding="utf-8"))


def dump(shape: Shape) -> dict:
    """The chain as one dump of the site, as Python objects."""
    chain = facts()
    rows: dict[tuple[str, float], dict] = {}
    for values in chain["legs"]:
        fields = dict(zip(chain["columns"], values, strict=True))
        key = (fields["expiry"], fields["strike"])
        expiry_name = "expiryDate" if shape == "v2" else "expiryDates"
        row = rows.setdefault(key, {"strikePrice": fields["strike"], expiry_name: fields["expiry"]})
        row[fields["side"]] = {
            "strikePrice": fields["strike"],
            "underlying": chain["underlying"],
            "underlyingValue": chain["spot"],
            **{name: fields[column] for column, name in (SHARED | NAMES[shape]).items()},
        }
    records = {"timestamp": chain["timestamp"], "underlyingValue": chain["spot"], "data": list(rows.values())}
    return {"records": records, "filtered": {"data": list(rows.values())[:2]}}


def recording(document: object, name: str = "NIFTY_chain__captured_2026-09-16T05-45-07Z__x.json") -> RawFile:
    """A file of the site with this content, captured at RECEIVED."""
    return RawFile(name, datetime(2020, 1, 1, tzinfo=UTC), orjson.dumps(document))
