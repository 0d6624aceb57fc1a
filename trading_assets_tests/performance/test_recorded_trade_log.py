"""A recorded log of 6,501 option trades with published day totals: our money, rollups and drawdown against it."""

import functools
import lzma
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from trading_assets.metrics import losing_trades, max_drawdown, winning_trades
from trading_assets.performance.rollups import daily_performance
from trading_assets.tables import trades
from trading_assets.tables.money import paise, rupees
from trading_assets.tables.trades import CHARGE_COMPONENTS
from trading_assets.trade_book import TradeBook
from trading_assets_tests.trades.stage import market

pytestmark = pytest.mark.recordings
#: The log gives away one index point on each order, after the prices it states.
SLIPPAGE_PAISE = 100
PREFIX = "trade_log_daily_totals/base/short_atm_nifty_ma_weekly_intraday_trailing_2020_2026_"


@functools.cache
def read(folder: Path, name: str) -> pd.DataFrame:
    table = pd.read_csv(BytesIO(lzma.decompress((folder / f"{PREFIX}{name}.csv.xz").read_bytes())), low_memory=False)
    return table[table["status"] == "TRADED"].reset_index(drop=True)


@functools.cache
def rolled_up(folder: Path) -> pd.DataFrame:
    log = read(folder, "trades")
    quantity = log["qty"].to_numpy(dtype=np.int64)
    entry, leave = (paise(log[f"option_{name}_open"]) for name in ("entry", "exit"))
    entry, leave = entry - SLIPPAGE_PAISE, leave + SLIPPAGE_PAISE
    gross, fee = (entry - leave) * quantity, paise(log["brokerage"])
    values = dict.fromkeys(CHARGE_COMPONENTS, np.zeros(len(log))) | {
        "date": pd.to_datetime(log["entry_date"]),
        "trade_id": [f"TRADE_{number:016x}" for number in range(len(log))],
        "symbol": log["contract_name"],
        "underlying": "NIFTY",
        "exchange": "NSE",
        "expiry": pd.to_datetime(log["expiry_date"]),
        "strike": log["atm_strike"].astype("float64"),
        "option_type": log["sold_side"],
        "strategy_name": "short_atm",
        "side": "SELL",
        "entry_time": pd.to_datetime(log["entry_timestamp"]),
        "exit_time": pd.to_datetime(log["exit_timestamp"]),
        "entry_price": rupees(entry),
        "exit_price": rupees(leave),
        "quantity": quantity,
        "lots": log["lots"].astype("int64"),
        "lot_size": log["lot_size"].astype("int64"),
        "gross_pnl": rupees(gross),
        "charges": rupees(fee),
        "brokerage": rupees(fee),
        "charges_version": "stated",
        "charges_estimated": False,
        "net_pnl": rupees(gross - fee),
        "is_winning_trade": gross > fee,
        "exit_reason": "broker",
        "mark_count": np.zeros(len(log), dtype=np.int64),
        "source": "log",
    }
    frame = trades.CONTRACT.frame(values)
    calendar = market().calendar
    days = frame.groupby("date", sort=True)
    return pd.concat([daily_performance(own, calendar.session(day.date())) for day, own in days], ignore_index=True)


def test_every_day_total_is_reproduced_to_the_paisa(recordings: Path) -> None:
    published, found = read(recordings, "daywise"), rolled_up(recordings)
    assert len(found) == len(published) == 1_578
    for ours, theirs in (("gross_pnl", "gross_pnl"), ("charges", "brokerage"), ("net_pnl", "net_pnl")):
        np.testing.assert_array_equal(paise(found[ours]), paise(published[theirs]))
    np.testing.assert_array_equal(found["total_trades"], published["trades"])


def test_the_totals_of_the_whole_log_are_the_published_ones(recordings: Path) -> None:
    found = rolled_up(recordings)
    sums = {name: int(paise(found[name]).sum()) // 100 for name in ("net_pnl", "gross_pnl", "charges")}
    assert sums == {"net_pnl": 6_711_939, "gross_pnl": 7_036_989, "charges": 325_050}
    clock = np.arange(len(found), dtype=np.float64)
    days = TradeBook(found["net_pnl"].to_numpy(), clock, clock, np.full(len(found), np.nan))
    drawdown = max_drawdown(days).value
    assert drawdown is not None
    assert int(drawdown) == 136_705
    assert (winning_trades(days).value, losing_trades(days).value) == (1_037, 541)
