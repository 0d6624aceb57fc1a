"""A recorded trade book whose published metrics say CAGR -1 and drawdown -1: what ours say of the same trades."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from trading_assets.metrics import RETURN_METRICS, TRADE_METRICS
from trading_assets.return_series import ReturnSeries
from trading_assets.trade_book import TradeBook

pytestmark = pytest.mark.recordings
CAPITAL = 1_000_000
BANKNIFTY_LOT = 25
#: Their drawdown, compound growth and total return: the whole of the capital is gone.
ALL_LOST = -1.0


def trade_log(recordings: Path) -> pd.DataFrame:
    log = pd.read_csv(recordings / "tradebook_wrong_metrics" / "tradebook.csv", index_col=0)
    sign = np.where(log["Entry Type"] == "Long", 1, -1)
    points = sign * (log["Exit Price"] - log["Entry Price"])
    return log.assign(
        net=(points * BANKNIFTY_LOT).round(2),
        entry=pd.to_datetime(log["Entry Time"]),
        leave=pd.to_datetime(log["Exit Time"]),
    ).sort_values("leave", kind="stable")


def test_trade_metrics_are_what_the_trades_say(recordings: Path) -> None:
    log = trade_log(recordings)
    seconds = [log[name].to_numpy(dtype="datetime64[s]").astype(np.float64) for name in ("entry", "leave")]
    book = TradeBook(log["net"].to_numpy(), *seconds, np.full(len(log), np.nan))
    found = {metric.name: metric.function(book).value for metric in TRADE_METRICS}
    wins, losses = log["net"][log["net"] > 0], log["net"][log["net"] < 0]
    assert found["total_trades"] == 116
    assert found["win_rate"] == pytest.approx(len(wins) / 116)
    assert found["profit_factor"] == pytest.approx(wins.sum() / -losses.sum())
    assert found["expectancy"] == pytest.approx(log["net"].mean())
    assert found["payoff_ratio"] == pytest.approx(wins.mean() / -losses.mean())
    assert found["expectancy_r"] is None  # no stop in premium is stated


def test_returns_on_capital_cannot_lose_more_than_was_lost(recordings: Path) -> None:
    log = trade_log(recordings)
    daily = log.groupby(log["leave"].dt.date)["net"].sum()
    sessions = pd.bdate_range(min(daily.index), max(daily.index)).date
    returns = daily.reindex(sessions, fill_value=0.0).to_numpy() / CAPITAL
    found = {metric.name: metric.function(ReturnSeries(returns)).value for metric in RETURN_METRICS}
    lost = -np.minimum(returns, 0.0).sum()
    assert found["max_drawdown_fraction"] is not None
    assert 0.0 < found["max_drawdown_fraction"] <= lost < 1.0
    assert found["cagr"] is not None
    assert found["cagr"] > -1.0
    assert found["cumulative_return"] == pytest.approx(np.prod(1 + returns) - 1)
    assert found["calmar"] == pytest.approx(found["cagr"] / found["max_drawdown_fraction"])


def published(recordings: Path) -> dict[str, float]:
    table = pd.read_csv(recordings / "tradebook_wrong_metrics" / "metrics_report.csv")
    return dict(zip(table["Metric"], table["Value"], strict=True))


def test_the_published_numbers_took_every_short_trade_for_a_long_one_and_staked_all_capital_on_each(
    recordings: Path,
) -> None:
    log, theirs = trade_log(recordings), published(recordings)
    assert {name: theirs[name] for name in ("CAGR", "Total Returns", "Max Drawdown")} == dict.fromkeys(
        ("CAGR", "Total Returns", "Max Drawdown"), ALL_LOST
    )
    without_side = log["Exit Price"] - log["Entry Price"]
    won = without_side > 0
    assert round(won.mean(), 2) == theirs["Hit Ratio"]
    assert round(without_side[won].mean(), 2) == theirs["Avg Profit per Trade"]
    assert round(without_side[~won].mean(), 2) == theirs["Avg Loss per Trade"]
    staked = np.prod(1.0 + without_side / log["Entry Price"]) - 1.0
    assert round(staked, 2) == theirs["Total Returns"]


def test_all_capital_is_lost_only_by_losses_as_large_as_the_capital(recordings: Path) -> None:
    log = trade_log(recordings)
    lost = -log.loc[log["net"] < 0, "net"].sum()
    assert lost < CAPITAL / 5, "so a compound growth of -1 cannot be"
    assert log["net"].sum() > 0, "with its side, the book gained"
    cagr = {metric.name: metric.function for metric in RETURN_METRICS}["cagr"]
    daily = log.groupby(log["leave"].dt.date)["net"].sum().to_numpy()
    growth = cagr(ReturnSeries(daily / CAPITAL)).value
    assert growth is not None
    assert growth > 0.0
    beyond = cagr(ReturnSeries(daily / (-0.9 * daily.min())))
    assert beyond.reason == "equity_negative", "a day that costs more than there is has no growth, not one of -1"
