"""Small option chains written by hand, and random days for property tests: frames of `market_snapshots`."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trading_assets.market.black76 import price
from trading_assets.market.calendar import IST, Session
from trading_assets.market.option_chain import OptionChain
from trading_assets.tables.market_snapshots import CONTRACT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

DAY = date(2025, 10, 15)
EXPIRY = date(2025, 10, 20)
NEXT_EXPIRY = date(2025, 10, 28)
SPOT = 25_000.0


def session(day: date = DAY) -> Session:
    """A regular session of a day, 09:15 to 15:30 IST."""
    hours = (datetime.combine(day, time(9, 15), IST), datetime.combine(day, time(15, 30), IST))
    return Session(day, "NSE", "regular", (hours,))


def at(clock: str, day: date = DAY) -> pd.Timestamp:
    """A moment of a session from "HH:MM" or "HH:MM:SS" in IST, UTC."""
    return pd.Timestamp(f"{day} {clock}", tz=IST).tz_convert("UTC")


def leg(clock: str, strike: float, option_type: str, oi: float = 1000.0, **changes: object) -> dict[str, object]:
    """One row; everything but its time, strike, type and open interest (lots) has a plausible default."""
    day = changes.pop("day", DAY)
    assert isinstance(day, date)
    observed = at(clock, day)
    row: dict[str, object] = {
        "date": pd.Timestamp(day),
        "underlying": "NIFTY",
        "feed": "test",
        "snapshot_id": f"snapshot-{clock}",
        "capture_id": "c" * 64,
        "observed_at": observed,
        "received_at": observed,
        "available_at": observed,
        "spot": SPOT,
        "spot_source": "feed",
        "forward": SPOT,
        "india_vix": 12.0,
        "expiry": pd.Timestamp(EXPIRY),
        "strike": float(strike),
        "option_type": option_type,
        "last_price": 100.0,
        "bid": 99.5,
        "ask": 100.5,
        "volume_units": 75.0,
        "open_interest_lots": float(oi),
        "open_interest_units": float(oi) * 75,
        "implied_vol": 12.0,
        "lot_size": 75,
    }
    return {**row, **changes}


def snapshot(clock: str, legs: Mapping[float, tuple[float, float]], **changes: object) -> list[dict[str, object]]:
    """Rows of one snapshot from call and put open interest (lots) by strike; None leaves a leg out."""
    return [
        leg(clock, strike, option_type, oi, **changes)
        for strike, sides in legs.items()
        for option_type, oi in zip(("CE", "PE"), sides, strict=True)
        if oi is not None
    ]


def frame(rows: Iterable[Mapping[str, object]]) -> pd.DataFrame:
    """Rows as a frame of the table, in the order given."""
    columns = pd.DataFrame(list(rows))
    for name in ("underlying", "feed", "snapshot_id", "capture_id", "spot_source", "option_type"):
        columns[name] = columns[name].astype("str")
    return CONTRACT.frame(columns)


def flat_frame(told: Mapping[str, tuple[float, float]]) -> pd.DataFrame:
    """One strike at some clock times, with a spot and a volatility index each."""
    return frame(
        leg(clock, 25_000, kind, spot=spot, india_vix=vix)
        for clock, (spot, vix) in told.items()
        for kind in ("CE", "PE")
    )


def chain(*snapshots: Sequence[Mapping[str, object]], day: date = DAY) -> OptionChain:
    """The chain of some snapshots."""
    return OptionChain.from_frame(frame(row for rows in snapshots for row in rows), session(day))


def random_day(
    rng: np.random.Generator,
    snapshots: int = 30,
    strikes: int = 9,
    gap_minutes: float = 6.0,
    holes: float = 0.0,
) -> pd.DataFrame:
    """A day of two expiries priced by Black-76 along a random walk, with random open interest in whole lots.

    Args:
        rng: Source of everything random.
        snapshots: How many.
        strikes: How many, 50 points apart.
        gap_minutes: Mean time between snapshots; each gap is 0.5 to 1.5 of it.
        holes: Share of legs that are left out.
    """
    gaps = rng.uniform(0.5, 1.5, snapshots) * gap_minutes
    seconds = np.round((np.cumsum(gaps) - gaps[0] + 0.2) * 60).astype(int)
    first = at("09:15")
    spots = np.round(SPOT + np.cumsum(rng.normal(0, 12, snapshots)), 2)
    centre = 50 * round(SPOT / 50)
    ladder = [centre + 50.0 * i for i in range(-(strikes // 2), strikes - strikes // 2)]
    interest = {(e, k, s): rng.integers(800, 20_000) for e in (EXPIRY, NEXT_EXPIRY) for k in ladder for s in "CP"}
    rows: list[dict[str, object]] = []
    for number, (spot, second) in enumerate(zip(spots.tolist(), seconds.tolist(), strict=True)):
        moment = first + timedelta(seconds=second)
        for key, was in list(interest.items()):
            interest[key] = max(0, int(was + rng.integers(-400, 500)))
            if rng.random() >= holes:
                rows.append(_random_leg(moment, number, spot, (*key, interest[key])))
    return frame(rows)


def _random_leg(moment: pd.Timestamp, number: int, spot: float, key: tuple[date, float, str, int]) -> dict[str, object]:
    expiry, strike, letter, oi = key
    years = (datetime.combine(expiry, time(15, 30), IST) - moment).total_seconds() / (365 * 86_400)
    sigma = 0.12 + abs(strike - spot) / 100_000
    worth = float(price(spot + 10.0, strike, years, 0.0, sigma, letter == "C"))
    clock = f"{moment.tz_convert(IST):%H:%M:%S}"
    bid, ask = np.floor(worth * 0.99 * 20) / 20, np.ceil(worth * 1.01 * 20) / 20
    return leg(
        clock,
        strike,
        f"{letter}E",
        oi,
        snapshot_id=f"s{number:04d}",
        spot=spot,
        forward=spot + 10.0,
        expiry=pd.Timestamp(expiry),
        last_price=round(worth, 2),
        bid=round(float(bid), 2),
        ask=round(float(ask), 2),
        implied_vol=sigma * 100,
    )
