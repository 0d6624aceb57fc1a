"""A recorded log of 6,501 option trades with published day totals, through import, rollup and equity curve."""

import functools
import json
import lzma
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from trading_assets.performance.equity import equity_curve
from trading_assets.settings import PerformanceSettings, TradingSettings
from trading_assets.tables import strategy_performance
from trading_assets.tables.money import paise
from trading_assets_tests.commands import trading_assets
from trading_assets_tests.performance.recorded_executions import HEADER, imported, rolled_up, round_trip

pytestmark = pytest.mark.recordings
#: The log gives away one index point on each order, after the prices it states.
SLIPPAGE = 1.0
PREFIX = "trade_log_daily_totals/base/short_atm_nifty_ma_weekly_intraday_trailing_2020_2026_"


@functools.cache
def read(folder: Path, name: str) -> pd.DataFrame:
    table = pd.read_csv(BytesIO(lzma.decompress((folder / f"{PREFIX}{name}.csv.xz").read_bytes())), low_memory=False)
    return table[table["status"] == "TRADED"].reset_index(drop=True)


@functools.cache
def template_lines(folder: Path) -> list[str]:
    lines: list[str] = []
    for number, row in enumerate(read(folder, "trades").itertuples()):
        legs = (
            (row.entry_timestamp, "SELL", row.option_entry_open - SLIPPAGE),
            (row.exit_timestamp, "BUY", row.option_exit_open + SLIPPAGE),
        )
        contract = f"NIFTY,{row.expiry_date},{row.atm_strike:g},{row.sold_side}"
        lines += round_trip(number, contract, row.qty, legs, round(row.brokerage * 100))
    return lines


@functools.cache
def traded(folder: Path) -> pd.DataFrame:
    return imported(template_lines(folder))


@functools.cache
def days(folder: Path) -> pd.DataFrame:
    return rolled_up(traded(folder))


def test_every_trade_of_the_log_comes_back_with_its_money(recordings: Path) -> None:
    log, found = read(recordings, "trades"), traded(recordings)
    keys = ["date", "entry_time", "net_pnl"]
    ours = found.assign(date=found["date"].dt.strftime("%Y-%m-%d"))[keys].sort_values(keys)
    theirs = log.assign(date=log["entry_date"], entry_time=pd.to_datetime(log["entry_timestamp"], utc=True))
    theirs = theirs[keys].sort_values(keys)
    assert ours["date"].tolist() == theirs["date"].tolist()
    np.testing.assert_array_equal(paise(ours["net_pnl"]), paise(theirs["net_pnl"]))
    assert (found["charges_version"] == "stated").all()
    assert (found["side"] == "SELL").all()


def test_every_day_total_is_reproduced_to_the_paisa(recordings: Path) -> None:
    published, found = read(recordings, "daywise"), days(recordings)
    assert len(found) == len(published) == 1_578
    assert found["date"].dt.strftime("%Y-%m-%d").tolist() == published["entry_date"].tolist()
    for ours, theirs in (("gross_pnl", "gross_pnl"), ("charges", "brokerage"), ("net_pnl", "net_pnl")):
        np.testing.assert_array_equal(paise(found[ours]), paise(published[theirs]))
    np.testing.assert_array_equal(found["total_trades"], published["trades"])


def test_the_totals_of_the_whole_log_are_the_published_ones(recordings: Path) -> None:
    found = days(recordings)
    sums = {name: int(paise(found[name]).sum()) for name in ("net_pnl", "gross_pnl", "charges")}
    assert sums == {"net_pnl": 671_193_900, "gross_pnl": 703_698_900, "charges": 32_505_000}
    assert ((found["net_pnl"] > 0).sum(), (found["net_pnl"] < 0).sum()) == (1_037, 541)
    assert found["total_trades"].sum() == 6_501


def test_the_deepest_drawdown_is_the_published_one_whatever_the_capital(recordings: Path) -> None:
    for capital in (1_000_000, 10):
        nothing = strategy_performance.CONTRACT.empty()
        curve = equity_curve(days(recordings), nothing, TradingSettings(capital=capital), PerformanceSettings())
        assert curve["max_drawdown"].iloc[-1] == pytest.approx(136_705, abs=0.5)
        assert curve["equity"].iloc[-1] == capital + 6_711_939
        assert set(curve["trade_source"]) == {"imported"}


def test_the_first_days_come_through_the_command_once_the_first_partition_reaches_it(
    recordings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRADING_ASSETS_HOME", str(tmp_path / "home"))
    days_of_log = [line for line in template_lines(recordings) if line[:10] in ("2020-01-01", "2020-01-02")]
    path = tmp_path / "log.csv"
    path.write_text("\n".join((HEADER, *days_of_log)), encoding="utf-8")
    command = ("import-trades", "--broker", "template", str(path))
    refused = trading_assets(*command)
    assert refused.code == 3
    assert "before the first partition 2024-01-01" in refused.err
    monkeypatch.setenv("TRADING_ASSETS_FIRST_SESSION", "2019-01-01")
    done = trading_assets(*command)
    assert done.code == 0, done.err
    answer = trading_assets("sql", "--format", "json", "SELECT date, net_pnl, trade_source FROM daily_performance")
    published = read(recordings, "daywise").query("entry_date < '2020-01-03'")
    found = {str(row["date"])[:10]: round(row["net_pnl"] * 100) for row in json.loads(answer.out)}
    assert found == dict(zip(published["entry_date"], paise(published["net_pnl"]).tolist(), strict=True))
    assert len(found) == 2
