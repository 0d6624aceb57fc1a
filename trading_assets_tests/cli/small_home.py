"""A home of two sessions with nothing but their snapshots: what the regression commands need, made in a second."""

from __future__ import annotations

from datetime import date
from importlib.resources import as_file, files
from typing import TYPE_CHECKING

from trading_assets.defs.intake import land_recordings
from trading_assets.defs.steps import market_step
from trading_assets.defs.workspace import open_workspace
from trading_assets.feeds.discovery import feed_named
from trading_assets.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

DAYS = (date(2026, 1, 28), date(2026, 1, 29))
RANGE = ("--start", str(DAYS[0]), "--end", str(DAYS[1]))
ONE_DAY = ("--start", str(DAYS[0]), "--end", str(DAYS[0]))


def make(home: Path) -> None:
    """Land and check the two sessions."""
    workspace = open_workspace(Settings(home=home))
    with as_file(files("trading_assets.feeds") / "data" / "simulated") as folder:
        land_recordings(workspace, feed_named("simulated"), [folder / f"NIFTY_{day}.parquet" for day in DAYS], None)
    for day in DAYS:
        market_step(workspace, day)


LEAKY = '''"""A strategy that knows the high of the day."""

import numpy as np

from trading_assets.strategies.strategy import ExitPlan, Parameters, Strategy, Surface


def high_of_the_day(chain):
    return np.full(len(chain.spot), chain.spot.max())


def evaluate(chain, params):
    x = high_of_the_day(chain) - chain.spot
    return Surface(x > 100.0, x < 1.0, np.clip(0.5 + x / 1000.0, 0.0, 1.0))


STRATEGY = Strategy(
    strategy_id="leaky",
    version="1.0.0",
    family="test",
    description="Buys far below the high of the day.",
    parameters=Parameters(),
    exit_plan=ExitPlan(0.25, 0.40, 45.0),
    window_ist=("09:30", "14:45"),
    evaluate=evaluate,
)
'''
#: Says something else in every process: it asks for the hash of a text.
UNSTEADY = LEAKY.replace("leaky", "unsteady").replace(
    "    x = high_of_the_day(chain) - chain.spot\n",
    '    x = np.where(chain.spot > 0, 110.0 + (hash("a text") % 1000) / 40.0, 0.0)\n',
)
