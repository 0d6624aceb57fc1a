"""The chain of `nse_chain_facts.json` as the exchange's end-of-day files have it, among other contracts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from trading_assets.feeds.archives import RawFile
from trading_assets.feeds.bhavcopy_legacy import LAYOUT as LEGACY
from trading_assets.feeds.bhavcopy_udiff import LAYOUT as UDIFF
from trading_assets.feeds.nse_eod_report import CONVERTED, REPORT
from trading_assets_tests.feeds.nse_dumps import facts

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, object]
FOOTNOTE = b"* - OPEN_INT as available in the trading system at the end of trading hours." + b" " * 60 + b"\n"


def legs() -> list[Row]:
    chain = facts()
    return [dict(zip(chain["columns"], values, strict=True)) for values in chain["legs"]]


def lines(header: str, rows: list[Row], ending: str = "\n") -> bytes:
    """Rows under a header; a column a row does not have is empty."""
    names = header.split(",")
    return "".join(
        f"{line}{ending}" for line in (header, *(",".join(str(row.get(name, "")) for name in names) for row in rows))
    ).encode()


def file(name: str, content: bytes) -> RawFile:
    return RawFile(name, datetime(2020, 1, 1, tzinfo=UTC), content)


def udiff_rows(day: str = "2026-09-16", symbol: str = "NIFTY") -> list[Row]:
    return [
        {
            "TradDt": day,
            "Src": "NSE",
            "FinInstrmTp": "IDO",
            "TckrSymb": symbol,
            "XpryDt": "2026-09-22",
            "StrkPric": f"{leg['strike']:.2f}",
            "OptnTp": leg["side"],
            "ClsPric": leg["last_price"],
            "LastPric": 1.0,
            "UndrlygPric": facts()["spot"],
            "OpnIntrst": leg["open_interest"] * 65,
            "TtlTradgVol": leg["volume"],
            "NewBrdLotQty": 65,
        }
        for leg in legs()
    ]


def udiff(rows: list[Row] | None = None) -> RawFile:
    content = lines(UDIFF.header, udiff_rows() if rows is None else rows)
    return file("BhavCopy_NSE_FO_0_0_0_20260916_F_0000.csv.zip!BhavCopy_NSE_FO_0_0_0_20260916_F_0000.csv", content)


def legacy_rows(day: str = "15-JAN-2024") -> list[Row]:
    return [
        {
            "INSTRUMENT": "OPTIDX",
            "SYMBOL": "NIFTY",
            "EXPIRY_DT": "25-JAN-2024",
            "STRIKE_PR": leg["strike"],
            "OPTION_TYP": leg["side"],
            "CLOSE": leg["last_price"],
            "CONTRACTS": leg["volume"],
            "OPEN_INT": leg["open_interest"] * 50,
            "TIMESTAMP": day,
        }
        for leg in legs()
    ]


def legacy(rows: list[Row] | None = None) -> RawFile:
    return file("fo15JAN2024bhav.csv", lines(LEGACY.header, legacy_rows() if rows is None else rows))


def report_rows() -> list[Row]:
    return [
        {
            "INSTRUMENT": "OPTIDX    ",
            "SYMBOL": "NIFTY     ",
            "EXP_DATE": "22/09/2026",
            "STR_PRICE": f"{leg['strike']:011.2f}",
            "OPT_TYPE": f"{leg['side']}      ",
            "CLOSE_PRICE": f"{leg['last_price']:011.2f}",
            "OPEN_INT*": f"{leg['open_interest'] * 65:015d}",
            "TRD_QTY": f"{leg['volume'] * 65:17d}",
            "NO_OF_CONT": f"{leg['volume']:17d}",
        }
        for leg in legs()
    ]


def report(name: str = "op16092026.csv", footnote: bytes = b"") -> RawFile:
    """The report as it is padded; its footnote belongs to no index."""
    header, _, body = lines(REPORT.header, report_rows()).partition(b"\n")
    return file(name, b"".join([header.replace(b"SYMBOL,", b"SYMBOL    ,"), b"  \n", body, footnote]))


def converted() -> RawFile:
    rows = [
        {
            "SYMBOL": "NIFTY",
            "EXPIRY_DT": "22-09-2026",
            "STRIKE_PR": f"{leg['strike']}.0",
            "OPTION_TYP": leg["side"],
            "OPEN_INT": leg["open_interest"] * 65,
            "VOLUME": leg["volume"],
            "TRADE_DATE": "16-09-2026",
            "UNDERLYING_PRICE": facts()["spot"],
            "CLOSE_PRICE": leg["last_price"],
        }
        for leg in legs()
    ]
    return file("converted_bhavcopy_NIFTY_20260916.csv", lines(CONVERTED.header, rows))


def assert_expected_chain(frame: pd.DataFrame) -> None:
    """Totals, ratio and walls are those every format of the chain has to give, and the forward follows from prices."""
    expected = facts()
    lots = frame.pivot_table(index="strike", columns="option_type", values="open_interest_lots")
    assert lots["CE"].sum() == expected["total_call_oi_lots"]
    assert lots["PE"].sum() == expected["total_put_oi_lots"]
    assert lots["PE"].sum() / lots["CE"].sum() == pytest.approx(expected["pcr_oi"], abs=1e-15)
    pain = {
        k: sum((lots["CE"] * (k - lots.index)).clip(0) + (lots["PE"] * (lots.index - k)).clip(0)) for k in lots.index
    }
    assert min(pain, key=lambda k: pain[k]) == expected["max_pain"]
    assert lots["CE"][lots.index >= expected["spot"]].idxmax() == expected["call_wall"]
    assert lots["PE"][lots.index <= expected["spot"]].idxmax() == expected["put_wall"]
    assert frame["forward"].iloc[0] == pytest.approx(expected["forward"], abs=0.15)
    assert frame["volume_units"].sum() == sum(leg["volume"] for leg in legs()) * frame["lot_size"].iloc[0]
