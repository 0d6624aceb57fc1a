"""The list of all contracts, for whoever handles tables in general: storage, SQL, checks, the data dictionary."""

from trading_assets.errors import UsageError
from trading_assets.tables import (
    daily_performance,
    equity_curve,
    executions,
    feature_drift,
    feed_calls,
    feed_health,
    fills,
    market_snapshots,
    model_performance,
    quality_issues,
    quarantined_rows,
    scored_signals,
    session_bars,
    signal_outcomes,
    signals,
    strategy_performance,
    trade_reconciliation,
    trades,
)
from trading_assets.tables.contract import Contract

CONTRACTS: tuple[Contract, ...] = tuple(
    module.CONTRACT
    for module in (
        market_snapshots,
        quarantined_rows,
        quality_issues,
        session_bars,
        feed_calls,
        feed_health,
        signals,
        scored_signals,
        signal_outcomes,
        executions,
        fills,
        trades,
        trade_reconciliation,
        daily_performance,
        strategy_performance,
        equity_curve,
        model_performance,
        feature_drift,
    )
)


def contract(name: str) -> Contract:
    """Return the contract of a table.

    Raises:
        UsageError: No table has that name.
    """
    for candidate in CONTRACTS:
        if candidate.name == name:
            return candidate
    msg = f"there is no table {name!r}; the tables are {', '.join(c.name for c in CONTRACTS)}."
    raise UsageError(msg)
