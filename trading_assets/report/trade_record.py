"""The stored rows that belong to one trade, handed in together and read as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from trading_assets.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

_LEG = ("underlying", "expiry", "strike", "option_type")


@dataclass(frozen=True)
class TradeRecord:
    """All rows of one trade.

    Args:
        trade: Its row of `trades`, exactly one.
        fills: Its rows of `fills`; may be empty.
        signal: The row of `scored_signals` it came from; empty for an imported trade.
        snapshots: Rows of `market_snapshots` of its signal's and fills' snapshots; may be empty.
        hash_verified: Whether the model's file was re-hashed and agreed; None when nobody looked.

    Raises:
        UsageError: There is not exactly one trade, or more than one signal.
    """

    trade: pd.DataFrame
    fills: pd.DataFrame
    signal: pd.DataFrame
    snapshots: pd.DataFrame
    hash_verified: bool | None = None

    def __post_init__(self) -> None:
        if len(self.trade) != 1 or len(self.signal) > 1:
            msg = (
                f"an explanation needs one trade and at most one signal; found {len(self.trade)} in trades and "
                f"{len(self.signal)} in scored_signals. The trade_ids stand in the table `trades`; "
                "`trading-assets sql` lists them."
            )
            raise UsageError(msg)

    def trade_values(self) -> dict[str, object]:
        """Return the trade's columns as plain values."""
        return plain_values(self.trade)

    def signal_values(self) -> dict[str, object]:
        """Return the signal's columns as plain values; empty for an imported trade."""
        return plain_values(self.signal)

    def fill_values(self) -> list[dict[str, object]]:
        """Return each fill in order of time, entries before exits of the same moment."""
        ordered = self.fills.sort_values(["time", "role", "fill_id"])
        return [plain_values(ordered.iloc[[place]]) for place in range(len(ordered))]

    def quote(self, snapshot_id: object) -> dict[str, object]:
        """Return the trade's own leg in a snapshot as plain values; empty when it was not handed in."""
        rows = self.snapshots.loc[self.snapshots["snapshot_id"] == snapshot_id]
        leg = self.trade.iloc[0]
        for name in _LEG:
            rows = rows.loc[rows[name] == leg[name]]
        return plain_values(rows.iloc[:1])


def plain_values(frame: pd.DataFrame) -> dict[str, object]:
    """Return the first row as values JSON knows: dates and times as ISO text, missing as None; {} for no row."""
    if frame.empty:
        return {}
    return {str(name): _plain(frame[name].iloc[0]) for name in frame.columns}


def _plain(value: object) -> object:
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat() if value.tz is not None else value.date().isoformat()
    # numpy scalars answer item(); text does not
    return value.item() if hasattr(value, "item") else value


def as_number(values: Mapping[str, object], name: str) -> float | None:
    """Return a value that is a number; None when it is missing or is none."""
    found = values.get(name)
    return float(found) if isinstance(found, int | float) else None
