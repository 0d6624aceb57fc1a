"""Which trades the rollups count: our simulated ones or a broker's, one answer for a whole home, never both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from trading_assets.tables.trades import SIMULATED, TRADE_SOURCES

if TYPE_CHECKING:
    import pandas as pd

IMPORTED = TRADE_SOURCES[1]


def trade_source(setting: Literal["auto", "simulated", "imported"], *, any_imported: bool) -> str:
    """Return which trades count under `performance.trade_source`.

    Args:
        setting: Its value; `auto` is imported as soon as anything was.
        any_imported: Whether the home holds an imported execution.
    """
    if setting == "auto":
        return IMPORTED if any_imported else SIMULATED
    return setting


def counted(trades: pd.DataFrame, source: str) -> pd.DataFrame:
    """Return the trades that count, in their order; whatever broker imported ones came from.

    Args:
        trades: Rows of `trades`, n ≥ 0.
        source: One of `TRADE_SOURCES`.
    """
    simulated = (trades["source"] == SIMULATED).to_numpy(dtype=bool)
    wanted = simulated if source == SIMULATED else ~simulated
    return trades if wanted.all() else trades[wanted]  # as a rule all do, and five years of them are 200 MB to copy
