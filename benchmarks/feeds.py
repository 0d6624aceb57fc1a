"""Reading, landing and normalising option chains, and the volatilities of their prices, in CPU time.

The peer of reading is the standard library's `json` over the same bytes, which only parses them; that of a volatility
is bisection over the same price, vectorised. The chains are of the simulated market, so that no recording is needed.
"""

from __future__ import annotations

import io
import json
import lzma
import tarfile
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import orjson

from benchmarks._timing import cpu_seconds
from trading_assets.feeds.archives import RawFile, raw_files
from trading_assets.feeds.candidate_rows import Surroundings, candidate_frame
from trading_assets.feeds.discovery import feed_named
from trading_assets.feeds.ingest import ingest
from trading_assets.feeds.quotes import quotes_of
from trading_assets.feeds.side_levels import NO_LEVELS
from trading_assets.feeds.simulated_files import session_file
from trading_assets.feeds.simulated_spec import SimulationSpec
from trading_assets.market.black76 import implied_vol, price
from trading_assets.market.packaged import load_market
from trading_assets.storage.landing import Landing

if TYPE_CHECKING:
    import pandas as pd

    from trading_assets.feeds.quotes import Quotes
    from trading_assets.market.captures import Capture

Result = dict[str, object]
DAY = date(2026, 1, 28)
RATE = 0.065
#: Snapshots that become dumps of the web site, and copies of the legs that make a dump as large as a real one.
DUMPS, COPIES = 40, 8
BISECTIONS = 50
MARKET = load_market()


def measure() -> list[Result]:
    """Measure a session's normalisation, an archive's ingest and Black-76."""
    capture, quotes = session()
    return [*of_normalising(capture, quotes), *of_ingest(quotes.frame()), *of_black76()]


def session() -> tuple[Capture, Quotes]:
    """A simulated day: 375 snapshots of 204 legs, as one capture and as quotes."""
    spec = SimulationSpec(strikes_each_side=25, expiries=2)
    raw = session_file(spec, MARKET.calendar.session(DAY), MARKET.reference)
    feed = feed_named("simulated")
    capture = next(feed.captures(RawFile("session.parquet", datetime(2026, 1, 28, tzinfo=UTC), raw), None))
    return capture, feed.quotes(capture)


def of_normalising(capture: Capture, quotes: Quotes) -> list[Result]:
    """A day beyond reading: in one capture, as recordings come, and in one a minute, as a collector lands them."""
    given, feed = Surroundings(MARKET.reference, RATE, NO_LEVELS), feed_named("simulated")
    each = by_snapshot(quotes)
    captures = [
        replace(capture, received_at=one.received_at[0].item().replace(tzinfo=UTC), raw=str(number).encode())
        for number, one in enumerate(each)
    ]
    _ = [one.capture_id for one in captures]  # hashing is the landing's work
    whole = cpu_seconds(partial(candidate_frame, [capture], [quotes], feed, given), 7)
    parts = cpu_seconds(partial(candidate_frame, captures, each, feed, given), 7)
    title = f"normalise {len(each)} x {len(each[0])} legs"
    return [
        {"name": f"{title}, one capture", "value": 1e3 * whole, "unit": "CPU ms", "target": 50.0},
        {"name": f"{title}, a capture a snapshot", "value": 1e3 * parts, "unit": "CPU ms", "target": 50.0},
    ]


def by_snapshot(quotes: Quotes) -> list[Quotes]:
    """The snapshots of a day, each as if it had been captured alone."""
    cuts = np.flatnonzero(np.diff(quotes.received_at.astype(np.int64))) + 1
    columns = {field.name: getattr(quotes, field.name) for field in fields(quotes) if field.name != "numbers"}
    parts = {name: np.split(column, cuts) for name, column in {**columns, **quotes.numbers}.items()}
    return [quotes_of({name: part[at] for name, part in parts.items()}) for at in range(len(cuts) + 1)]


def of_ingest(quotes: pd.DataFrame) -> list[Result]:
    """Landing a packed archive of dumps as large as the web site's: unpacked, hashed, parsed, checked and written."""
    dumps = [dump(frame) for _, frame in list(quotes.groupby("received_at", sort=True))[:DUMPS]]
    feed = feed_named("nse-json")
    with TemporaryDirectory() as folder:
        archive = Path(folder) / "dumps.tar.xz"
        archive.write_bytes(packed(dumps))
        homes = iter(range(100))
        ours = cpu_seconds(lambda: ingest(feed, [archive], Landing(Path(folder) / str(next(homes))).land, MARKET))
        plain = cpu_seconds(lambda: [json.loads(file.content) for file in raw_files(archive)])
    megabytes = sum(map(len, dumps)) / 1e6
    return [
        {
            "name": f"ingest {len(dumps)} dumps, {megabytes:.0f} MB of JSON in .tar.xz",
            "value": 1e3 * ours / megabytes,
            "unit": "CPU ms/MB",
            "peer": "unpack and json.loads alone",
            "ratio": plain / ours,
        }
    ]


def dump(frame: pd.DataFrame) -> bytes:
    """A snapshot as the site would have it, its legs repeated on later expiries: as many as the site's 18 expiries."""
    fields = {"openInterest": "open_interest", "totalTradedVolume": "volume", "impliedVolatility": "vendor_implied_vol"}
    fields |= {"lastPrice": "last_price", "bidprice": "bid", "askPrice": "ask", "underlyingValue": "spot"}
    fields |= {"bidQty": "bid_quantity", "askQty": "ask_quantity"}
    numbers = frame[list(fields.values())].fillna(0.0).to_numpy().tolist()
    legs = [dict(zip(fields, row, strict=True)) for row in numbers]
    keys = zip(frame["expiry"], frame["strike"], frame["option_type"], legs, strict=True)
    rows: dict[tuple[str, float], dict[str, object]] = {}
    for expiry, strike, side, leg in list(keys):
        for copy in range(COPIES):
            day = f"{expiry.replace(year=expiry.year + copy):%d-%b-%Y}"
            row = rows.setdefault((day, strike), {"strikePrice": strike, "expiryDate": day})
            row[side] = {"identifier": f"OPTIDXNIFTY{day}{side}{strike}", "pchange": 1.25, **leg}
    at = frame["observed_at"].iloc[0].tz_convert("Asia/Kolkata")
    records = {"timestamp": f"{at:%d-%b-%Y %H:%M:%S}", "underlyingValue": float(frame["spot"].iloc[0])}
    return orjson.dumps({"records": {**records, "data": list(rows.values())}})


def packed(dumps: list[bytes]) -> bytes:
    """An archive of dumps, named as a recorder names them."""
    sink = io.BytesIO()
    with lzma.open(sink, "wb", preset=1) as file, tarfile.open(fileobj=file, mode="w|") as archive:
        for number, content in enumerate(dumps):
            info = tarfile.TarInfo(f"NIFTY_2026-01-28T04-{number:02d}-00Z.json")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return sink.getvalue()


def of_black76() -> list[Result]:
    """Implied volatilities of a chain and of a million prices."""
    return [
        {**_volatilities(200, 50), "unit": "CPU ms", "target": 0.5},
        {**_volatilities(1_000_000, 3), "unit": "CPU ms", "target": 1_500.0},
    ]


def _volatilities(count: int, runs: int) -> Result:
    rng = np.random.default_rng(1)
    forward, strike = np.full(count, 25_000.0), rng.uniform(23_000.0, 27_000.0, count)
    years, sigma, call = rng.uniform(1 / 365, 60 / 365, count), rng.uniform(0.08, 0.6, count), strike >= forward
    paid = price(forward, strike, years, RATE, sigma, call)

    def bisected() -> np.ndarray:
        low, high = np.full(count, 1e-4), np.full(count, 5.0)
        for _ in range(BISECTIONS):
            middle = (low + high) / 2
            above = price(forward, strike, years, RATE, middle, call) > paid
            low, high = np.where(above, low, middle), np.where(above, middle, high)
        return low

    found = implied_vol(paid, forward, strike, years, RATE, call)
    if not np.nanmax(np.abs(found - sigma)[paid > 1e-6]) < 1e-9:  # noqa: PLR2004 - a millionth of a rupee
        msg = "a volatility did not come back"
        raise AssertionError(msg)
    ours = cpu_seconds(partial(implied_vol, paid, forward, strike, years, RATE, call), runs)
    peer = cpu_seconds(bisected, min(runs, 5) if count < 1_000 else 1)  # noqa: PLR2004 - a chain
    title = f"Black-76 implied volatility of {count:,} prices"
    return {"name": title, "value": 1e3 * ours, "peer": f"bisection, {BISECTIONS} steps", "ratio": peer / ours}
