"""The trades that imported executions add to a session's simulated ones."""

from collections.abc import Mapping
from datetime import date

import pandas as pd

from trading_assets.defs.workspace import Workspace
from trading_assets.tables import executions, market_snapshots, scored_signals
from trading_assets.trades.broker_charges import BrokerRules
from trading_assets.trades.broker_trades import BrokerSession, broker_trades


def imported(workspace: Workspace, day: date) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the trades and fills that imported executions add to a session."""
    stored = [session for session in workspace.store.sessions(executions.CONTRACT) if session <= day]
    scored = workspace.store.read(scored_signals.CONTRACT, [day], ["signal_id", "strategy_id"])
    trading = workspace.settings.trading
    return broker_trades(
        workspace.store.read(executions.CONTRACT, stored),
        BrokerSession(day, _levels(workspace, day) if stored else {}, dict(scored.itertuples(index=False, name=None))),
        BrokerRules(workspace.market.reference, workspace.charges, trading.broker),
    )


def _levels(workspace: Workspace, day: date) -> Mapping[str, float]:
    """Last level of each index in a session's snapshots."""
    seen = workspace.store.read(market_snapshots.CONTRACT, [day], ["underlying", "observed_at", "spot"])
    last = seen.dropna().sort_values("observed_at").drop_duplicates("underlying", keep="last")
    return {str(name): float(level) for name, level in zip(last["underlying"], last["spot"], strict=True)}
