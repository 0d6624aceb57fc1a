"""Whole sessions as strategies see them: the committed simulated ones, and real recordings where they are."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from trading_assets.feeds.archives import raw_files
from trading_assets.feeds.discovery import feed_named
from trading_assets.feeds.normalise import normalise_session
from trading_assets.feeds.simulated_files import fixture_folder
from trading_assets.market.packaged import Market, load_market
from trading_assets.tables.market_snapshots import CONTRACT

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    import pandas as pd

    from trading_assets.market.calendar import Session


@cache
def market() -> Market:
    """The packaged market."""
    return load_market()


def session_of(day: date) -> Session:
    """A session of the packaged calendar."""
    return market().calendar.session(day)


def usable(path: Path, feed_name: str, day: date) -> pd.DataFrame:
    """Rows of a file that lie in the session, have a spot and are the first of their leg and time."""
    feed, session = feed_named(feed_name), session_of(day)
    captures = [capture for file in raw_files(path) for capture in feed.captures(file, None) if capture.day == day]
    rows = normalise_session(captures, feed, market(), 0.065).frame
    inside = rows["observed_at"].between(session.open, session.close) & (rows["spot"] > 0)
    return rows[inside].drop_duplicates(list(CONTRACT.key), ignore_index=True)


@cache
def simulated(day: date) -> pd.DataFrame:
    """A committed session of the simulated market."""
    with resources.as_file(fixture_folder()) as folder:
        return usable(folder / f"NIFTY_{day}.parquet", "simulated", day)


def recorded(folder: Path, day: date) -> pd.DataFrame:
    """A session of the NSE web site's recordings."""
    return usable(folder / "nse_json_2025" / f"nse_json_{day}.tar.xz", "nse-json", day)
