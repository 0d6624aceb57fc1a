"""One simulated session: path, chain, open interest and dirt put together into quotes."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from trading_assets.errors import FeedError
from trading_assets.feeds.quotes import quotes_of
from trading_assets.feeds.simulated_chain import Board, Mood, chain_prices, forwards, last_prices
from trading_assets.feeds.simulated_dirt import planted
from trading_assets.feeds.simulated_interest import open_interest, quantities, volume
from trading_assets.feeds.simulated_path import day_path, generator, opening_level
from trading_assets.feeds.simulated_script import along, with_walls
from trading_assets.market.forwards import years_to_expiry

if TYPE_CHECKING:
    from datetime import date, datetime

    import pandas as pd
    from numpy.typing import NDArray

    from trading_assets.feeds.simulated_path import DayPath
    from trading_assets.feeds.simulated_spec import SimulationSpec
    from trading_assets.market.calendar import Session
    from trading_assets.market.reference import ReferenceData

    Floats = NDArray[np.float64]

Scalar = TypeVar("Scalar", bound=np.generic)
_HORIZON = timedelta(days=400)
_LATENCY_MS = (800, 2800)


def simulate_session(spec: SimulationSpec, session: Session, reference: ReferenceData) -> pd.DataFrame:
    """Simulate the quotes of one session.

    Args:
        spec: What market.
        session: Snapshots are taken from the open of each interval every cadence, before its close.
        reference: Expiries, lots, strike step and tick.

    Returns:
        The layout of `feeds.quotes`, open interest and volume in lots, ordered by observed_at, expiry, strike, CE
        before PE, then duplicates if any were asked for.

    Raises:
        FeedError: The reference data knows fewer expiries than asked for.
        ReferenceDataError: It does not know the underlying.
    """
    observed, elapsed = _times(spec, session)
    expiries = _expiries(spec, session.day, reference)
    path = day_path(spec, session.day, elapsed)
    board = _board(spec, session.day, reference, expiries, observed)
    columns = _columns(spec, session.day, path, board, elapsed)
    shape = (len(observed), len(expiries), len(board.strikes), 2)
    rng = generator(spec, session.day.toordinal(), 3)
    latency = rng.integers(*_LATENCY_MS, len(observed)).astype("timedelta64[ms]")
    quotes = quotes_of(
        {
            "observed_at": _filled(observed[:, None, None, None], shape),
            "received_at": _filled((observed + latency)[:, None, None, None], shape),
            "expiry": _filled(np.array(expiries, dtype="datetime64[s]")[:, None, None], shape),
            "strike": _filled(board.strikes[:, None], shape),
            "is_call": _filled(np.array([True, False]), shape),
            **{name: _filled(values, shape) for name, values in columns.items()},
        }
    )
    return planted(quotes.frame(), len(quotes) // len(observed), spec.dirt)


def _times(spec: SimulationSpec, session: Session) -> tuple[NDArray[np.datetime64], Floats]:
    """Snapshot times, UTC, and the share of trading time before each."""
    cadence = np.timedelta64(spec.cadence)
    parts = [
        np.arange(_naive_utc(opens), _naive_utc(closes), cadence, dtype="datetime64[us]")
        for opens, closes in session.intervals
    ]
    observed = np.concatenate(parts)
    return observed, np.arange(len(observed)) / len(observed)


def _naive_utc(at: datetime) -> np.datetime64:
    return np.datetime64(at.astimezone(UTC).replace(tzinfo=None), "us")


def _expiries(spec: SimulationSpec, day: date, reference: ReferenceData) -> list[date]:
    known = reference.expiries(spec.underlying, day, day + _HORIZON)[: spec.expiries]
    if len(known) < spec.expiries:
        msg = (
            f"{spec.underlying} has {len(known)} known expiries from {day} on; {spec.expiries} were asked for. "
            "Simulate an earlier session or fewer expiries."
        )
        raise FeedError(msg)
    return known


def _board(
    spec: SimulationSpec, day: date, reference: ReferenceData, expiries: list[date], observed: NDArray[np.datetime64]
) -> Board:
    step = reference.strike_step(spec.underlying)
    centre = round(opening_level(spec, day) / step) * step
    closes = np.array([_naive_utc(reference.expiry_close(spec.underlying, expiry)) for expiry in expiries])
    return Board(
        strikes=centre + step * np.arange(-spec.strikes_each_side, spec.strikes_each_side + 1, dtype=np.float64),
        years=years_to_expiry(observed[:, None], closes),
        tick=reference.tick_size(spec.underlying),
        lot_sizes=np.array([reference.lot_size(spec.underlying, expiry, day) for expiry in expiries], dtype=np.int64),
    )


def _columns(spec: SimulationSpec, day: date, path: DayPath, board: Board, elapsed: Floats) -> dict[str, Floats]:
    rng = generator(spec, day.toordinal(), 2)
    script, usual = spec.script, np.ones(len(elapsed))
    mood = Mood(path.volatility, usual if script is None else along(script.skew, elapsed))
    prices = chain_prices(board, forwards(path.spot, board.years, spec.rate), mood, spec.rate)
    interest = open_interest(rng, path, board.strikes, elapsed, np.floor(board.years[0] * 365.0))
    interest = interest if script is None else with_walls(interest, script, board.strikes, elapsed)
    traded = volume(rng, interest, elapsed, usual if script is None else along(script.pace, elapsed))
    bid_quantity = quantities(rng, traded.shape, board.lot_sizes)
    return {
        "spot": path.spot[:, None, None, None],
        "last_price": np.where(traded > 0, last_prices(rng, prices, board.tick), np.nan),
        "bid": prices.bid,
        "ask": prices.ask,
        "bid_quantity": np.where(np.isnan(prices.bid), 0.0, bid_quantity),
        "ask_quantity": quantities(rng, traded.shape, board.lot_sizes),
        "volume": traded,
        "open_interest": interest,
        "vendor_implied_vol": np.round(100.0 * prices.volatility, 1)[..., None],
        "india_vix": np.round(103.0 * path.volatility, 2)[:, None, None, None],
    }


def _filled(values: NDArray[Scalar], shape: tuple[int, ...]) -> NDArray[Scalar]:
    return np.broadcast_to(values, shape).ravel()
