"""Recorded trades as executions of our CSV template: two each, their stated charges shared between them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from trading_assets.performance.rollups import daily_performance
from trading_assets.trades.broker_charges import BrokerRules
from trading_assets.trades.broker_trades import Known, broker_trades
from trading_assets.trades.charge_table import load_charges
from trading_assets.trades.imports.broker_import import import_file
from trading_assets.trades.imports.discovery import import_named
from trading_assets.trades.imports.template import COLUMNS, OPTIONAL
from trading_assets_tests.trades.stage import market

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

HEADER = ",".join((*COLUMNS, *OPTIONAL))
Leg = tuple[str, float]


def round_trip(number: int, contract: str, units: int, legs: Sequence[tuple[str, str, float]], fee: int) -> list[str]:
    """Two lines: each leg is its time `YYYY-MM-DDTHH:MM:SS`, side and price; the fee, paise, is stated as brokerage."""
    shares = (fee // 2, fee - fee // 2)
    return [
        f"{time[:10]},{time[11:19]},NSE,{contract},{side},{units},{price:.2f},{number}{side},{number}{side},log,"
        f"{share / 100:.2f},0,0,0,0,0,0"
        for (time, side, price), share in zip(legs, shares, strict=True)
    ]


def imported(lines: Sequence[str], account: str = "A1") -> pd.DataFrame:
    """Import the lines as a file and return the trades they make."""
    content = "\n".join((HEADER, *lines)).encode()
    executions = import_file(import_named("template"), content, "log.csv", account, market()).frame
    rules = BrokerRules(market().reference, load_charges(), "zerodha")
    return broker_trades(executions, Known({}, {}), rules)[0]


def rolled_up(trades: pd.DataFrame, days: Sequence[date] | None = None) -> pd.DataFrame:
    """Roll imported trades up, by default over the sessions that have one."""
    found = days or [day.date() for day in trades["date"].drop_duplicates().sort_values()]
    return daily_performance(trades, [market().calendar.session(day) for day in found], "imported")
