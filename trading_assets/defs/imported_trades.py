"""The trades of imported executions, and whether those or the simulated ones count."""

from collections.abc import Iterable, Mapping
from datetime import date

import pandas as pd

from trading_assets.defs.workspace import Workspace
from trading_assets.performance.counting import trade_source
from trading_assets.tables import executions, fills, market_snapshots, scored_signals, trades
from trading_assets.tables.contract import Contract
from trading_assets.trades.broker_charges import BrokerRules
from trading_assets.trades.broker_trades import Known, broker_trades, open_at_expiry
from trading_assets.trades.round_trips import Method


def source_counted(workspace: Workspace) -> str:
    """Return whose trades the rollups count, one of `TRADE_SOURCES`: one answer for the whole home."""
    setting = workspace.settings.performance.trade_source
    return trade_source(setting, any_imported=workspace.store.holds(executions.CONTRACT))


class ImportedTrades:
    """Trades and fills of all imported executions by session, matched once: a run asks for many sessions.

    `unsettled` names index and day of the expiries that positions are open to and whose level is not known.

    Args:
        workspace: The home folder.
        known: Rows of `executions`; the stored ones when None.
    """

    def __init__(self, workspace: Workspace, known: pd.DataFrame | None = None) -> None:
        self.unsettled: list[tuple[str, date]] = []
        self.by_session: dict[Contract, dict[date, pd.DataFrame]] = {trades.CONTRACT: {}, fills.CONTRACT: {}}
        if known is None and workspace.store.holds(executions.CONTRACT):
            known = workspace.store.read(executions.CONTRACT)
        if known is not None and len(known):  # nothing to match takes 3 ms to match
            self._match(workspace, known)

    def _match(self, workspace: Workspace, known: pd.DataFrame) -> None:
        trading = workspace.settings.trading
        rules = BrokerRules(workspace.market.reference, workspace.charges, trading.broker, Method(trading.matching))
        expiries = open_at_expiry(known, rules)
        levels = _levels(workspace, expiries)
        whole = broker_trades(known, Known(levels, _strategies(workspace, known)), rules)
        self.unsettled = sorted(expiries - {*levels})
        self.by_session = {
            contract: {stamp.date(): rows.reset_index(drop=True) for stamp, rows in frame.groupby("date")}
            for contract, frame in zip((trades.CONTRACT, fills.CONTRACT), whole, strict=True)
        }

    def of(self, contract: Contract, day: date) -> pd.DataFrame:
        """Return the rows of `trades` or `fills` that a session has."""
        found = self.by_session[contract].get(day)
        return contract.empty() if found is None else found

    def changed(self, earlier: "ImportedTrades") -> set[date]:
        """Return the sessions whose trades or fills differ from earlier ones."""
        pairs = [(frames, earlier.by_session[contract]) for contract, frames in self.by_session.items()]
        return {
            day
            for now, before in pairs
            for day in {*now, *before}
            if day not in now or day not in before or not now[day].equals(before[day])
        }


def _levels(workspace: Workspace, expiries: Iterable[tuple[str, date]]) -> Mapping[tuple[str, date], float]:
    """Last level of each index in the snapshots of the session its options expired on, where there are any."""
    found = {}
    for name, day in sorted(expiries):
        seen = workspace.store.read(market_snapshots.CONTRACT, [day], ["underlying", "observed_at", "spot"]).dropna()
        own = seen[seen["underlying"] == name].sort_values("observed_at")
        if len(own):
            found[name, day] = float(own["spot"].iloc[-1])
    return found


def _strategies(workspace: Workspace, known: pd.DataFrame) -> dict[str, str]:
    """Strategy of each signal of the sessions that tagged orders were executed on."""
    days = [stamp.date() for stamp in known.loc[known["tag"].notna(), "date"].drop_duplicates()]
    scored = workspace.store.read(scored_signals.CONTRACT, days, ["signal_id", "strategy_id"])
    return dict(scored.itertuples(index=False, name=None))
