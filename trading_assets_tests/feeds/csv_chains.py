"""The chain of `nse_chain_facts.json` as every CSV recorder would have written it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from trading_assets.feeds.archives import RawFile
from trading_assets.feeds.dhan_15min import HEADER as DHAN_HEADER
from trading_assets.feeds.kite_csv import HEADERS as KITE_HEADERS
from trading_assets.feeds.nse_5min_csv import HEADER as FIVE_MINUTES_HEADER
from trading_assets.feeds.nse_page_csv import HEADERS as PAGE_HEADERS
from trading_assets_tests.feeds.nse_dumps import facts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

EXPIRY = "2026-09-22"
Leg = dict[str, object]


def legs() -> list[Leg]:
    chain = facts()
    return [dict(zip(chain["columns"], values, strict=True)) for values in chain["legs"]]


def csv(header: Iterable[str], rows: Iterable[dict[str, object]], ending: str = "\n") -> bytes:
    """Rows under a header; a field the row lacks is 0, as it is to most recorders."""
    names = list(header)
    lines = [",".join(names), *(",".join(str(row.get(name, 0)) for name in names) for row in rows)]
    return "".join(f"{line}{ending}" for line in lines).encode()


def file(name: str, content: bytes) -> RawFile:
    return RawFile(name, datetime(2020, 1, 1, tzinfo=UTC), content)


def by_strike() -> list[tuple[object, Leg, Leg]]:
    found = legs()
    return [(call["strike"], call, put) for call, put in zip(found[::2], found[1::2], strict=True)]


def page(name: str = "NIFTY_16-09-2026_11:15.csv", header: tuple[str, ...] = PAGE_HEADERS[0]) -> RawFile:
    rows = []
    for number, (strike, *sides) in enumerate(by_strike()):
        row: dict[str, object] = dict.fromkeys(header, "-")
        row |= {"": number, "StrikePrice": f"{strike:.2f}", "CurrentVal": facts()["spot"]}
        for side, leg in zip(("Call", "Put"), sides, strict=True):
            row |= {
                f"{side}OI": leg["open_interest"] * 65,
                f"{side}Volume": leg["volume"],
                f"{side}IV": leg["implied_vol"],
                f"{side}LTP": leg["last_price"],
                f"{side}BidPrice": leg["bid"],
                f"{side}AskPrice": leg["ask"],
                f"{side}BidQty": leg["bid_quantity"],
                f"{side}AskQty": leg["ask_quantity"],
            }
        rows.append(row)
    return file(name, csv(header, rows))


def kite_rows(index: str = "NIFTY", spot: object = 23412.35) -> list[dict[str, object]]:
    rows = []
    for strike, *sides in by_strike():
        row = dict.fromkeys(("Stock", "Symbol"), index)
        row |= {"Expiry": EXPIRY, "Strike": f"{strike}.0", "timestamp": "2026-09-16 11:15:03", "Max_Pain": 23450}
        row |= dict.fromkeys(("Stock_LTP", "Spot"), spot)
        for side, leg in zip(("CE", "PE"), sides, strict=True):
            row |= {f"{side}_LTP": leg["last_price"], f"{side}_OI": leg["open_interest"] * 65}
            row |= {f"{side}_Volume": leg["volume"] * 65, f"{side}_IV": leg["implied_vol"]}
        rows.append(row)
    return rows


def kite(
    header: tuple[str, ...] = KITE_HEADERS[8],
    rows: list[dict[str, object]] | None = None,
    name: str = "index_OC_2026-09-16_11-16.csv",
) -> RawFile:
    return file(name, csv(header, kite_rows() if rows is None else rows))


def five_minutes_rows(at: str = "2026-09-16 11:15:00.230471+05:30") -> list[dict[str, object]]:
    return [
        {
            "contract": "NIFTY 22-Sep-2026",
            "expiryDate": "22-Sep-2026",
            "optionType": {"CE": "Call", "PE": "Put"}[str(leg["side"])],
            "strikePrice": leg["strike"],
            "lastPrice": leg["last_price"],
            "volume": leg["volume"] * 65,
            "openInterest": f"{leg['open_interest']}.0",
            "underlyingValue": facts()["spot"],
            "datetime": at,
        }
        for leg in legs()
    ]


def five_minutes(rows: list[dict[str, object]] | None = None) -> RawFile:
    return file("nifty50-22-Sep-2026.csv", csv(FIVE_MINUTES_HEADER, five_minutes_rows() if rows is None else rows))


def bar(leg: Leg, at: str = "2026-09-16 11:00:00") -> dict[str, object]:
    return {
        "datetime": at,
        "close": leg["last_price"],
        "volume": leg["volume"] * 65,
        "iv": leg["implied_vol"],
        "oi": leg["open_interest"] * 65,
        "spot": facts()["spot"],
        "strike": f"{leg['strike']}.0",
    }


def dhan(rows: list[dict[str, object]], name: str = f"NIFTY_{EXPIRY}_CALL.csv", folder: str = "ATM") -> RawFile:
    return file(f"bars.tar.xz!NIFTY/{EXPIRY}/{folder}/{name}", csv(DHAN_HEADER, rows))


def dhan_files() -> list[RawFile]:
    """A file per leg: distance and side."""
    sides = {"CE": "CALL", "PE": "PUT"}
    return [
        dhan([bar(leg)], f"NIFTY_{EXPIRY}_{sides[str(leg['side'])]}.csv", f"ATM+{number // 2}")
        for number, leg in enumerate(legs())
    ]


#: Feed → the files of the whole chain.
RECORDERS: dict[str, Callable[[], list[RawFile]]] = {
    "nse-page-csv": lambda: [page()],
    "kite-csv": lambda: [kite()],
    "nse-5min-csv": lambda: [five_minutes()],
    "dhan-15min": dhan_files,
}
