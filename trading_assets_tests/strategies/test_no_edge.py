"""The simulated market gives nothing away: its committed sessions make no strategy look like a money machine."""

from __future__ import annotations

import pandas as pd
import pytest

from trading_assets.feeds.simulated_files import FIXTURE_SESSIONS
from trading_assets.market.option_chain import chains
from trading_assets.models.features import feature_frame
from trading_assets.models.scoring import score
from trading_assets.settings import TradingSettings
from trading_assets.strategies.discovery import load_strategies
from trading_assets.strategies.signals import signals
from trading_assets.trades.simulation import simulate
from trading_assets_tests.strategies.sessions import market, session_of, simulated

OLDEST = ("oi_change_patterns", "pcr_analysis")


@pytest.fixture(scope="module")
def trades() -> pd.DataFrame:
    """Trades of the two strategies over the committed sessions."""
    found = []
    for day in FIXTURE_SESSIONS:
        rows, session = simulated(day), session_of(day)
        rows = rows[rows["spot"] > rows["spot"].median() / 2]  # the planted spot of another index
        spoken = signals(rows, session, {}, {name: load_strategies()[name] for name in OLDEST})
        scored = score(spoken, feature_frame(chains(rows, session), spoken), None, 0.5)
        found.append(simulate(scored, rows, session, market().reference, TradingSettings()).trades)
    return pd.concat(found, ignore_index=True)


def test_both_strategies_win_and_lose(trades: pd.DataFrame) -> None:
    wins = trades.groupby("strategy_name")["is_winning_trade"].mean()
    assert sorted(wins.index) == list(OLDEST)
    assert wins.between(0.30, 0.60).all()


def test_some_sessions_lose_and_some_win(trades: pd.DataFrame) -> None:
    net = trades.groupby("date")["net_pnl"].sum()
    assert len(net) == len(FIXTURE_SESSIONS)
    assert (net < 0).any()
    assert (net > 0).any()


def test_both_strategies_trade_in_both_directions_in_most_sessions(trades: pd.DataFrame) -> None:
    sessions = trades.groupby(["strategy_name", "option_type"])["date"].nunique()
    assert len(sessions) == 4
    assert (sessions >= 3).all()
