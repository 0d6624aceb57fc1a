"""Strategies that say what a test tells them to, and days on which the packaged ones have something to say."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.strategies.strategy import ExitPlan, Parameters, Strategy, Surface
from trading_assets_tests.market.chain_builder import at, frame, leg, snapshot

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import pandas as pd

    from trading_assets.market.option_chain import OptionChain

LADDER = {24950.0: (900, 900), 25000.0: (900, 900), 25050.0: (900, 900)}


def scripted(long: Collection[str] = (), short: Collection[str] = (), **changes: object) -> Strategy[Parameters]:
    """A strategy that fires at the given IST clock times; `changes` replace its other fields."""

    def evaluate(chain: OptionChain, params: Parameters) -> Surface:
        del params

        def mask(clocks: Collection[str]) -> np.ndarray:
            wanted = np.array([at(c).tz_localize(None) for c in clocks], dtype="datetime64[us]")
            return np.isin(chain.observed_at, wanted)

        return Surface(mask(long), mask(short), np.full(len(chain.observed_at), 0.8))

    plain = Strategy(
        strategy_id="scripted",
        version="1.0.0",
        family="test",
        description="Scripted.",
        parameters=Parameters(),
        exit_plan=ExitPlan(None, None, None),
        window_ist=("09:15", "15:30"),
        evaluate=evaluate,
    )
    return replace(plain, **changes)


def flat_day(clocks: Collection[str], marks: Mapping[str, float] | None = None) -> pd.DataFrame:
    """Three strikes that never move, but for the bids of `marks` (ask one rupee above) by clock time."""
    rows = []
    for clock in clocks:
        bid = (marks or {}).get(clock, 99.5)
        rows += snapshot(clock, LADDER, bid=bid, ask=bid + 1.0)
    return frame(rows)


def minutes(first: str, count: int, step: int = 5) -> list[str]:
    """Clock times from the first on, some minutes apart."""
    hours, minute = (int(part) for part in first.split(":"))
    start = hours * 60 + minute
    return [f"{(start + i * step) // 60:02d}:{(start + i * step) % 60:02d}" for i in range(count)]


def pcr_day() -> pd.DataFrame:
    """Half-hourly: the ratio falls to 0.5, turns up, rises to 2.0, turns down.

    Ratios: 09:30 0.60, 10:00 0.50, 10:30 0.55 (long), 11:00 1.00, 11:30 1.50, 12:00 2.00, 12:30 1.80 (short).
    """
    ratios = {"09:30": 0.6, "10:00": 0.5, "10:30": 0.55, "11:00": 1.0, "11:30": 1.5, "12:00": 2.0, "12:30": 1.8}
    return frame(
        row
        for clock, ratio in ratios.items()
        for row in snapshot(clock, {k: (1000, round(1000 * ratio)) for k in LADDER})
    )


def oi_day() -> pd.DataFrame:
    """Quarter-hourly around 11:00: puts are written while the forward rises, then calls while it falls.

    11:15: 300 puts and 100 calls written per strike, flow +0.5, forward +10 (long); 11:30: 900 calls, forward -20.
    """
    steps = {"11:00": (1000, 1000, 100.0, 0.0), "11:15": (1100, 1300, 90.0, 10.0), "11:30": (2000, 1300, 80.0, -10.0)}
    return frame(
        leg(clock, strike, side, oi, bid=mid - 0.5, ask=mid + 0.5, forward=25000.0 + move)
        for clock, (calls, puts, mid, move) in steps.items()
        for strike in LADDER
        for side, oi in (("CE", calls), ("PE", puts))
    )
