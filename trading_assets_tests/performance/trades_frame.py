"""Rows of `trades` written by their money and times."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta

import pandas as pd

from trading_assets.tables import trades
from trading_assets.tables.trades import CHARGE_COMPONENTS

DAY = date(2024, 2, 6)
OPEN = datetime(2024, 2, 6, 3, 45, tzinfo=UTC)


def trade(net: int, strategy: str = "alpha", minute: int = 0, held: int = 1, **changes: object) -> dict[str, object]:
    """One trade of `net` paise that paid one paisa of brokerage per strategy letter."""
    fee = len(strategy)
    components = dict.fromkeys(CHARGE_COMPONENTS, 0.0) | {"brokerage": fee / 100}
    entry = OPEN + timedelta(minutes=minute)
    row = {
        "date": pd.Timestamp(DAY),
        "symbol": "NIFTY",
        "underlying": "NIFTY",
        "exchange": "NSE",
        "expiry": pd.Timestamp("2024-02-08"),
        "strike": 21_700.0,
        "option_type": "CE",
        "strategy_name": strategy,
        "side": "BUY",
        "entry_time": entry,
        "exit_time": entry + timedelta(minutes=held),
        "entry_price": 100.0,
        "exit_price": 101.0,
        "quantity": 50,
        "lots": 1,
        "lot_size": 50,
        "gross_pnl": (net + fee) / 100,
        "charges": fee / 100,
        **components,
        "charges_version": "v",
        "charges_estimated": True,
        "net_pnl": net / 100,
        "is_winning_trade": net > 0,
        "exit_reason": "target",
        "mark_count": 2,
        "initial_risk": 100.0,
        "source": "simulated",
    } | changes
    digest = hashlib.sha256(repr(sorted(row.items(), key=lambda item: item[0])).encode()).hexdigest()
    return {"trade_id": f"TRADE_{digest[:16]}"} | row


def frame(rows: list[dict[str, object]]) -> pd.DataFrame:
    """Trades in key order; two rows of the same content get ids of their own."""
    if not rows:
        return trades.CONTRACT.empty()
    numbered = [row | {"trade_id": f"{row['trade_id']}{number:03d}"} for number, row in enumerate(rows)]
    return trades.CONTRACT.frame(pd.DataFrame(numbered)).sort_values("trade_id", ignore_index=True)
