"""Homes with a few landed sessions, made from the committed simulated market."""

from collections.abc import Callable
from datetime import date
from importlib.resources import as_file, files
from pathlib import Path

import pytest

from trading_assets.defs.intake import land_recordings
from trading_assets.defs.signal_steps import scoring_step, signals_step
from trading_assets.defs.steps import (
    daily_step,
    equity_step,
    market_step,
    strategy_step,
    trades_step,
)
from trading_assets.defs.workspace import Workspace, open_workspace
from trading_assets.feeds.discovery import feed_named
from trading_assets.settings import Settings

Landed = Callable[..., Workspace]
CLEAN = date(2026, 1, 28)
DIRTY = date(2026, 1, 30)
SUNDAY = date(2026, 2, 1)
PROCESSED = (CLEAN, DIRTY)


@pytest.fixture
def landed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Landed:
    """Return a function that opens a home on which the given sessions of the fixture have landed."""

    def land(*days: date, **settings: object) -> Workspace:
        monkeypatch.setenv("TRADING_ASSETS_HOME", str(tmp_path / "home"))
        workspace = open_workspace(Settings.model_validate({"home": tmp_path / "home", **settings}))
        with as_file(files("trading_assets.feeds") / "data" / "simulated") as folder:
            paths = [path for path in sorted(folder.iterdir()) if any(str(day) in path.name for day in days)]
            land_recordings(workspace, feed_named("simulated"), paths, None)
        return workspace

    return land


@pytest.fixture(scope="session")
def processed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of two sessions that went through every step, made once; to be copied before it is changed."""
    workspace = open_workspace(Settings(home=tmp_path_factory.mktemp("processed") / "home"))
    with as_file(files("trading_assets.feeds") / "data" / "simulated") as folder:
        land_recordings(
            workspace, feed_named("simulated"), [folder / f"NIFTY_{day}.parquet" for day in PROCESSED], None
        )
    for day in PROCESSED:
        for step in (market_step, signals_step, scoring_step, trades_step, daily_step, strategy_step):
            step(workspace, day)
    equity_step(workspace)
    return workspace.home
