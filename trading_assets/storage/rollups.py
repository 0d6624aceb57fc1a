"""Rollups that the equity curve widens: what SQL shows as `daily_performance` and `strategy_performance`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trading_assets.tables import daily_performance, equity_curve, strategy_performance

if TYPE_CHECKING:
    from trading_assets.tables.contract import Contract

#: Each with the scope whose history a row has, as SQL over `facts`.
ROLLUPS = {daily_performance.CONTRACT: "'all'", strategy_performance.CONTRACT: "facts.strategy_name"}
_NOT_JOINED = frozenset({"date", "scope", "trade_source", "net_pnl"})


def rollup_columns(contract: Contract) -> list[str]:
    """Return what a rollup's view selects, of its stored rows `facts` and the equity `curve`.

    A column that both have is the curve's as `<column>_to_date`.
    """
    joined = [
        f'curve."{column}" AS "{column}_to_date"' if column in contract.names else f'curve."{column}"'
        for column in equity_curve.CONTRACT.names
        if column not in _NOT_JOINED
    ]
    return ["facts.*", *joined]
