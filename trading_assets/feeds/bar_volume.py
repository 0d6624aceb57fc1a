"""Volume of bars → volume since the open, which is what `market_snapshots` holds: a sum over a leg's session.

It is known while no bar of the leg is missing since the open. A recorder that follows the money meets a strike in the
middle of the day and loses others: what was traded meanwhile is not known, so the rest of that leg's day is missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trading_assets.errors import CalendarError

if TYPE_CHECKING:
    from datetime import date, timedelta

    from numpy.typing import NDArray

    from trading_assets.market.packaged import Market

_LEG = ["underlying", "date", "expiry", "strike", "option_type"]


def volume_since_open(frame: pd.DataFrame, bar: timedelta, market: Market) -> NDArray[np.float64]:
    """Sum the volume of bars leg by leg.

    Args:
        frame: Candidates whose `volume_units` are of the bar that ended at `observed_at`, n ≥ 0.
        bar: Length of a bar.
        market: Its calendars say when the first bar began.

    Returns:
        Units traded from the open to `observed_at`, shape (n,); NaN from the first bar on that the leg lacks, or of
        which the volume is missing, below zero or told in two ways, and on a day without a session. A volume below
        zero stays as it is, for the rules to find.
    """
    legs = frame.groupby([*_LEG, "observed_at"], sort=True)
    bars = legs["volume_units"].agg(["min", "max", "size", "count"]).reset_index()
    of_leg = bars.groupby(_LEG, sort=False)
    ended = pd.Series(_opens(bars, market), index=bars.index) + (of_leg.cumcount() + 1) * pd.Timedelta(bar)
    told = (bars["min"] == bars["max"]) & (bars["min"] >= 0.0) & (bars["size"] == bars["count"])
    keys = [bars[name] for name in _LEG]
    known = (told & (bars["observed_at"] == ended)).groupby(keys, sort=False).cummin()
    total = bars["min"].where(known).groupby(keys, sort=False).cumsum().to_numpy()
    own = frame["volume_units"].to_numpy()
    since: NDArray[np.float64] = np.where(own < 0.0, own, total[legs.ngroup().to_numpy()])
    return since


def _opens(bars: pd.DataFrame, market: Market) -> pd.DatetimeIndex:
    pairs = list(zip(bars["underlying"], bars["date"].dt.date, strict=True))
    opens = {pair: _open(*pair, market) for pair in dict.fromkeys(pairs)}
    return pd.DatetimeIndex([opens[pair] for pair in pairs], dtype="datetime64[us, UTC]")


def _open(underlying: str, day: date, market: Market) -> pd.Timestamp:
    try:
        return pd.Timestamp(market.reference.calendar_of(underlying).session(day).open)
    except CalendarError:
        return pd.NaT
