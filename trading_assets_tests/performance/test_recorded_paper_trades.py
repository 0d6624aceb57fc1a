"""Recorded paper trades with published gross, charges and net: every total through import and rollup."""

import functools
import json
import lzma
from collections import defaultdict
from datetime import date
from pathlib import Path

import pytest

from trading_assets.tables.money import paise
from trading_assets_tests.performance.recorded_executions import imported, rolled_up, round_trip

pytestmark = pytest.mark.recordings
#: The log counts lots of 75 units through 2025, also for expiries whose lot was still 25, and of 65 from 2026 on.
Trade = dict[str, object]


@functools.cache
def variants(folder: Path) -> dict[str, list[Trade]]:
    """Trades by what the log ran side by side: each variant is an account of its own."""
    found: dict[str, list[Trade]] = defaultdict(list)
    for trade in json.loads(lzma.decompress((folder / "paper_trades_json" / "trades.json.xz").read_bytes()))["trades"]:
        found[f"{trade['source']} {trade.get('strategyVersion', 'V2')} {trade.get('trailStepPoints', '')}"].append(
            trade
        )
    return dict(found)


def lines(trades: list[Trade]) -> list[str]:
    found = []
    for number, trade in enumerate(trades):
        day, expiry = (date.fromisoformat(str(trade[name])) for name in ("date", "weeklyExpiry"))
        units = int(trade["lots"]) * (75 if day.year == 2025 else 65)  # type: ignore[call-overload]
        entry, leave = float(trade["entryPremium"]), float(trade["exitPremium"])  # type: ignore[arg-type]
        fee = round((leave - entry) * units * 100) - round(float(trade["totalPnl"]) * 100)  # type: ignore[arg-type]
        legs = ((f"{day}T{trade['entryTime']}:00", "BUY", entry), (f"{day}T{trade['exitTime']}:00", "SELL", leave))
        contract = f"NIFTY,{expiry},{trade['strikePrice']},{trade['callType']}"
        found += round_trip(number, contract, units, legs, fee)
    return found


def test_every_variant_adds_up_to_its_published_totals(recordings: Path) -> None:
    seen = 0
    for name, trades in variants(recordings).items():
        found = imported(lines(trades), name)
        daily = rolled_up(found)
        published = defaultdict(int)
        for trade in trades:
            published[str(trade["date"])] += round(float(trade["totalPnl"]) * 100)  # type: ignore[arg-type]
        ours = dict(zip(daily["date"].dt.strftime("%Y-%m-%d"), paise(daily["net_pnl"]).tolist(), strict=True))
        assert ours == published, name
        assert daily["total_trades"].sum() == len(trades)
        seen += len(trades)
    assert seen == 514


def test_gross_and_charges_are_the_published_ones_where_they_are_stated(recordings: Path) -> None:
    for name, trades in variants(recordings).items():
        stated = [trade for trade in trades if "grossPnl" in trade]
        if not stated:
            continue
        found = imported(lines(stated), name)
        gross, charges = (sum(round(float(trade[key]) * 100) for trade in stated) for key in ("grossPnl", "charges"))  # type: ignore[arg-type]
        assert paise(found["gross_pnl"]).sum() == gross, name
        assert paise(found["charges"]).sum() == charges, name


def test_the_published_session_totals_are_those_of_the_paper_trades(recordings: Path) -> None:
    sessions = json.loads((recordings / "paper_trades_json" / "sessions.json").read_text(encoding="utf-8"))["sessions"]
    nets: dict[str, int] = {}
    for name, trades in variants(recordings).items():
        if name.startswith("PAPER"):
            nets[name] = int(paise(rolled_up(imported(lines(trades), name))["net_pnl"]).sum())
    by_thread = {
        "BASE": sum(net for name, net in nets.items() if "V4" not in name),
        "V4": sum(net for name, net in nets.items() if "V4" in name),
    }
    published = {row["thread"]: round(row["totalPnl"] * 100) for row in sessions if row["tradeCount"]}
    assert by_thread == published == {"BASE": 4_749_428, "V4": 1_425_569}
