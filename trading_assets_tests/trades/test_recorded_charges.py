"""514 recorded option trades whose net P&L somebody else computed: our charges against theirs."""

import json
import lzma
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from trading_assets.trades.charge_table import load_charges
from trading_assets.trades.charges import RoundTrips, charges
from trading_assets_tests.trades.stage import market

pytestmark = pytest.mark.recordings
#: The recorder rounds the total once, we round seven components.
ROUNDING_PAISE = 3
#: The recorder sized this monthly expiry with 75; its lot was still 25, and only later expiries had 75.
MISSIZED = {"2025-01-30": 75}


def test_net_pnl_of_every_recorded_trade_is_reproduced(recordings: Path) -> None:
    path = recordings / "paper_trades_json" / "trades.json.xz"
    recorded = json.loads(lzma.decompress(path.read_bytes()))["trades"]
    reference = market().reference
    lots = [
        MISSIZED.get(row["weeklyExpiry"])
        or reference.lot_size("NIFTY", date.fromisoformat(row["weeklyExpiry"]), date.fromisoformat(row["date"]))
        for row in recorded
    ]
    quantity = np.array(lots) * np.array([row["lots"] for row in recorded])
    days = np.array([row["date"] for row in recorded], dtype="datetime64[D]")
    entry, leave = (
        np.rint(np.array([row[f"{name}Premium"] for row in recorded]) * 100).astype(np.int64) * quantity
        for name in ("entry", "exit")
    )
    every = np.ones(len(recorded), dtype=bool)
    trips = RoundTrips(np.full(len(recorded), "NSE"), every, days, days, entry, leave, ~every)
    net = leave - entry - charges(trips, load_charges(), "upstox").total
    stated = np.rint(np.array([row["totalPnl"] for row in recorded]) * 100).astype(np.int64)
    assert len(recorded) == 514
    assert np.abs(net - stated).max() <= ROUNDING_PAISE
