"""Option chains made from a path of the index: prices by Black-76, open interest and volume as told."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.market.black76 import price
from trading_assets.market.history import NO_HISTORY, SLOTS, SessionHistory
from trading_assets.market.option_chain import OptionChain
from trading_assets_tests.market.chain_builder import DAY, session

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

STRIKES = np.arange(24_000.0, 26_001.0, 50.0)
MINUTES = np.arange(375)
BASE = 25_000.0


def made_chain(  # noqa: PLR0913 - every field of a chain that a rule looks at
    spot: ArrayLike = BASE,
    *,
    vix: ArrayLike = 14.0,
    volatility: ArrayLike = 0.12,
    next_volatility: float = 0.12,
    skew: ArrayLike = 0.0,
    call_oi: ArrayLike = 1000.0,
    put_oi: ArrayLike = 1000.0,
    pace: ArrayLike = 100.0,
    days: int = 5,
    day: date = DAY,
    history: SessionHistory = NO_HISTORY,
) -> OptionChain:
    """A session of one-minute snapshots.

    Args:
        spot: Level, points, scalar or (S,).
        vix: India VIX, scalar or (S,).
        volatility: Of the traded expiry, fraction, scalar or (S,).
        next_volatility: Of the next expiry.
        skew: Volatility added per unit of ln(K/F), negative for dear puts, scalar or (S,).
        call_oi: Lots, scalar, (S, 1) or (S, K).
        put_oi: The same of the puts.
        pace: Units traded a minute in every leg, scalar or (S,).
        days: Calendar days to the traded expiry.
        day: The session's day.
        history: What is known of earlier sessions.
    """
    count, strikes = len(MINUTES), len(STRIKES)
    level = np.broadcast_to(np.asarray(spot, dtype=float), (count,)).copy()
    opened = np.datetime64(f"{day}T03:45", "us")
    observed = opened + MINUTES.astype("timedelta64[m]")
    expiries = np.array([day + timedelta(days=days), day + timedelta(days=days + 7)], dtype="datetime64[D]")
    years = (np.array([days, days + 7]) * 1440.0 + 375.0 - MINUTES[:, None]) / 525_600.0
    base = np.stack([np.broadcast_to(volatility, (count,)), np.full(count, next_volatility)], axis=1)
    moneyness = np.log(STRIKES[None, :] / level[:, None])
    smile = base[:, :, None] + (np.broadcast_to(skew, (count,))[:, None] * moneyness)[:, None, :]
    calls = np.array([True, False])
    sigma = np.broadcast_to(smile[..., None], (count, 2, strikes, 2))
    mid = price(level[:, None, None, None], STRIKES[:, None], years[:, :, None, None], 0.0, sigma, calls)
    mid = np.maximum(np.round(mid / 0.05) * 0.05, 0.10)
    sides = [np.broadcast_to(np.asarray(oi, dtype=float), (count, strikes)) for oi in (call_oi, put_oi)]
    interest = np.broadcast_to(np.stack(sides, axis=2)[:, None], (count, 2, strikes, 2)).copy()
    volume = np.cumsum(np.broadcast_to(pace, (count,)))[:, None, None, None]
    return OptionChain(
        underlying="NIFTY",
        session=session(day),
        observed_at=observed,
        available_at=observed,
        snapshot_id=np.array([f"s{i}" for i in MINUTES], dtype=object),
        spot=level,
        india_vix=np.broadcast_to(np.asarray(vix, dtype=float), (count,)).copy(),
        expiries=expiries,
        strikes=STRIKES,
        forward=np.repeat(level[:, None], 2, axis=1),
        lot_size=np.array([75, 75]),
        bid=mid - 0.05,
        ask=mid + 0.05,
        last_price=mid.copy(),
        open_interest_lots=interest,
        volume_units=np.broadcast_to(volume, (count, 2, strikes, 2)).copy(),
        implied_vol=100.0 * sigma.copy(),
        history=history,
    )


def made_history(sessions: int = 80, *, low: float = 10.0, high: float = 20.0, skew: float = 2.0) -> SessionHistory:
    """Earlier regular sessions: volatility rises evenly from low to high, closes swing, the skew alternates by 0.1.

    The last close is the base.
    """
    open_slots = slice(112, 187)  # bars that end from 09:20 to 15:30
    closes, volatility, skews = (np.full((sessions, SLOTS), np.nan) for _ in range(3))
    wave = np.sin(np.arange(sessions * 75)[::-1] / 9.0).reshape(sessions, 75)
    closes[:, open_slots] = BASE + 120.0 * wave
    volatility[:, open_slots] = np.linspace(low, high, sessions)[:, None]
    skews[:, open_slots] = skew + 0.1 * np.where(np.arange(sessions) % 2, 1.0, -1.0)[:, None]
    return SessionHistory(closes, volatility, skews)


def at_minute(clock: str) -> int:
    """Snapshot of a clock time, IST."""
    hours, minutes = (int(part) for part in clock.split(":"))
    return hours * 60 + minutes - 555


def line(*points: tuple[str, float]) -> np.ndarray:
    """Piecewise linear path through (clock, value), shape (S,)."""
    return np.interp(MINUTES, [at_minute(clock) for clock, _ in points], [value for _, value in points])
