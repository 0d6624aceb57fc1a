"""What `explain` does: gather the rows of one trade, hash its model again, and hand them to the explanation."""

import pandas as pd

from trading_assets.defs.monitoring_steps import is_intact
from trading_assets.defs.workspace import Workspace
from trading_assets.errors import InputError
from trading_assets.report.trade_record import TradeRecord
from trading_assets.tables import fills, market_snapshots, scored_signals, trades


def trade_record(workspace: Workspace, trade_id: str) -> TradeRecord:
    """Return all stored rows of a trade.

    Raises:
        InputError: No stored trade has that id.
    """
    store = workspace.store
    known = store.read(trades.CONTRACT, None, ["date", "trade_id"])
    days = known.loc[known["trade_id"] == trade_id, "date"].dt.date.to_list()
    if not days:
        msg = f"there is no trade {trade_id!r}; the column trade_id of the table trades lists them, see `sql`."
        raise InputError(msg)
    trade = _where(store.read(trades.CONTRACT, days), "trade_id", [trade_id])
    executed = _where(store.read(fills.CONTRACT, days), "trade_id", [trade_id])
    signal = _where(store.read(scored_signals.CONTRACT, days), "signal_id", trade["signal_id"].dropna().to_list())
    seen = [*signal["snapshot_id"], *executed["snapshot_id"].dropna()]
    return TradeRecord(
        trade=trade,
        fills=executed,
        signal=signal,
        snapshots=_where(store.read(market_snapshots.CONTRACT, days), "snapshot_id", seen),
        hash_verified=_verified(workspace, trade),
    )


def _where(frame: pd.DataFrame, column: str, values: list[str]) -> pd.DataFrame:
    return frame[frame[column].isin(values)].reset_index(drop=True)


def _verified(workspace: Workspace, trade: pd.DataFrame) -> bool | None:
    model_hash = trade["model_hash"].iloc[0]
    if pd.isna(model_hash):
        return None
    entries = [entry for entry in workspace.registry.entries() if entry.sha256 == model_hash]
    return bool(entries) and is_intact(workspace, entries[-1])
