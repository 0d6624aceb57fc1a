"""Answers of Upstox `/v2/option/chain` rendered from the chain every format is rendered from."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson

from trading_assets.feeds.archives import RawFile
from trading_assets_tests.feeds.nse_dumps import facts

RECEIVED = datetime(2026, 9, 16, 5, 45, 7, tzinfo=UTC)
EXPIRY = "2026-09-22"


def answer(expiry: str = EXPIRY, *, shift: float = 0.0) -> dict:
    """One answer, as Python objects; `shift` moves every last price, so that answers differ."""
    chain = facts()
    rows: dict[float, dict] = {}
    for number, values in enumerate(chain["legs"]):
        leg = dict(zip(chain["columns"], values, strict=True))
        row = rows.setdefault(
            leg["strike"],
            {
                "expiry": expiry,
                "pcr": 1.6984,
                "strike_price": float(leg["strike"]),
                "underlying_key": "NSE_INDEX|Nifty 50",
                "underlying_spot_price": chain["spot"],
            },
        )
        row["call_options" if leg["side"] == "CE" else "put_options"] = {
            "instrument_key": f"NSE_FO|{40000 + number}",
            "market_data": {
                "ltp": round(leg["last_price"] + shift, 2),
                "volume": leg["volume"] * chain["lot_size"],
                "oi": leg["open_interest"] * chain["lot_size"],
                "close_price": leg["last_price"],
                "bid_price": leg["bid"],
                "bid_qty": leg["bid_quantity"],
                "ask_price": leg["ask"],
                "ask_qty": leg["ask_quantity"],
                "prev_oi": leg["open_interest"] * chain["lot_size"],
            },
            "option_greeks": {"vega": 9.98, "theta": -9.75, "gamma": 0.0009, "delta": 0.73, "iv": leg["implied_vol"]},
        }
    return {"status": "success", "data": list(rows.values())}


def recording(document: object, name: str = "chain_2026-09-16T05-45-07Z.json") -> RawFile:
    """A file with this content, captured at RECEIVED."""
    return RawFile(name, datetime(2020, 1, 1, tzinfo=UTC), orjson.dumps(document))
