"""The option chain of one underlying and session as dense arrays: snapshot by expiry by strike by side.

Built once, read by features, strategies, models and tests. What is computed from it lives in `chain_features`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.errors import ContractError
from trading_assets.market.history import NO_HISTORY, SessionHistory
from trading_assets.market.last_trades import freshly_traded
from trading_assets.market.leg_rows import LegRows, distinct, in_time

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from trading_assets.market.calendar import Session

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Rows = NDArray[np.intp]

#: Legs whose expiry is today are left to the next expiry from this minute of the day on (13:00 IST).
ROLL_MINUTE_IST = 780.0
#: IST is UTC+5:30 all year.
_IST_MINUTES = 330.0


@dataclass(frozen=True, eq=False)
class OptionChain:
    """One underlying, one session; every array is read-only and NaN means missing.

    Args:
        underlying: Index the options are on.
        session: The session all snapshots belong to.
        observed_at: Exchange time, UTC, datetime64[us], shape (S,), strictly rising.
        available_at: Decision time, UTC, datetime64[us], shape (S,), never falling.
        snapshot_id: Identity of each snapshot, text, shape (S,).
        spot: Index level, points, shape (S,).
        india_vix: India VIX, percent a year, shape (S,).
        expiries: The nearest expiries from the session's day on, datetime64[D], shape (E,), rising.
        strikes: Every strike seen in the session, points, shape (K,), rising.
        forward: Parity forward, points, shape (S, E).
        lot_size: Units per lot, shape (E,).
        bid: Best bid, ₹, shape (S, E, K, 2); the last axis is CE, PE.
        ask: Best ask, ₹, same shape.
        last_price: Last traded price, ₹, same shape.
        open_interest_lots: Open interest, lots, same shape.
        volume_units: Traded since the open, units, same shape.
        implied_vol: Black-76 of the OTM mid, percent a year, same shape.
        history: What is known of the sessions before.
        fresh: Whether a last price is known to be recent, shape (S, E, K, 2); None where none is.
        previous_open_interest_lots: Open interest at the close of the session before, same shape; None where the feed
            does not say it.
    """

    underlying: str
    session: Session
    observed_at: NDArray[np.datetime64]
    available_at: NDArray[np.datetime64]
    snapshot_id: NDArray[np.object_]
    spot: Floats
    india_vix: Floats
    expiries: NDArray[np.datetime64]
    strikes: Floats
    forward: Floats
    lot_size: Ints
    bid: Floats
    ask: Floats
    last_price: Floats
    open_interest_lots: Floats
    volume_units: Floats
    implied_vol: Floats
    history: SessionHistory = NO_HISTORY
    fresh: NDArray[np.bool_] | None = None
    previous_open_interest_lots: Floats | None = None

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, np.ndarray):
                value.setflags(write=False)

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, session: Session, max_expiries: int = 3) -> OptionChain:
        """Build the chain from rows of `market_snapshots`, in any order.

        A snapshot that became available only after a later-observed one is left out: when it could have been used
        it was already old, and using it at its observed time would look ahead.

        Args:
            frame: Rows of one session and one underlying, n ≥ 1.
            session: The session of the rows.
            max_expiries: How many expiries to keep, from the session's day on.

        Returns:
            The chain; E may be below `max_expiries`, and S = 0 when every expiry has passed.

        Raises:
            ContractError: No rows, more than one underlying, or two rows for one leg at one time.
        """
        underlying = _only_underlying(frame, session)
        expiry = frame["expiry"].to_numpy().astype("datetime64[D]")
        expiries = distinct(expiry)
        expiries = expiries[expiries >= np.datetime64(session.day, "D")][:max_expiries]
        kept = np.isin(expiry, expiries)
        rows = frame if kept.all() else frame[kept]
        chain = _scatter(underlying, session, rows, expiries)
        current = in_time(chain.observed_at, chain.available_at)
        chain = chain if current.all() else chain.select(current)
        quoted = np.isfinite(chain.bid) | np.isfinite(chain.ask)
        return replace(chain, fresh=freshly_traded(chain.observed_at, chain.volume_units, quoted))

    def near(self) -> Rows:
        """Index of the traded expiry per snapshot, shape (S,); -1 where there is none.

        The nearest expiry seen so far in the session; on its expiry day from 13:00 IST the next one.
        """
        return self._near

    def traded(self, values: Floats) -> Floats:
        """Values of the traded expiry.

        Args:
            values: Shape (S, E, …).

        Returns:
            Shape (S, …), NaN where no expiry is traded.
        """
        near = self.near()
        if not len(self.expiries):
            return np.full((len(near), *values.shape[2:]), np.nan)
        picked = values[np.arange(len(near)), near].astype(np.float64)
        picked[near < 0] = np.nan
        return picked

    @cached_property
    def remembered(self) -> dict[Hashable, object]:
        """What was computed of it, see `once`."""
        return {}

    @cached_property
    def _near(self) -> Rows:
        seen = np.logical_or.accumulate(self.listed, axis=0)
        today = self.expiries == np.datetime64(self.session.day, "D")
        rolled = (self.minutes_ist >= ROLL_MINUTE_IST)[:, None] & today[None, :]
        tradable = seen & ~rolled
        near = np.full(len(self.observed_at), -1, dtype=np.intp)
        if tradable.size:
            near = np.where(tradable.any(axis=1), tradable.argmax(axis=1), -1)
        near.setflags(write=False)
        return near

    @cached_property
    def listed(self) -> NDArray[np.bool_]:
        """Whether a snapshot quotes an expiry at all, shape (S, E)."""
        present = np.isfinite(self.open_interest_lots) | np.isfinite(self.last_price)
        present |= np.isfinite(self.bid) | np.isfinite(self.ask)
        listed: NDArray[np.bool_] = np.any(present, axis=(2, 3))
        listed.setflags(write=False)
        return listed

    @cached_property
    def minutes_ist(self) -> Floats:
        """Minutes since midnight IST of observed_at, fractions kept, shape (S,)."""
        micros = self.observed_at.astype("datetime64[us]").astype(np.int64)
        minutes: Floats = (micros / 60_000_000.0 + _IST_MINUTES) % 1440.0
        minutes.setflags(write=False)
        return minutes

    @cached_property
    def mid(self) -> Floats:
        """(bid + ask) / 2 where 0 < bid ≤ ask, else the last price while it is fresh, ₹, shape (S, E, K, 2).

        Source: feature_definitions `mid`.
        """
        quoted = (self.bid > 0.0) & (self.bid <= self.ask)
        last = np.nan if self.fresh is None else np.where(self.fresh, self.last_price, np.nan)
        mid: Floats = np.where(quoted, (self.bid + self.ask) / 2.0, last)
        mid.setflags(write=False)
        return mid

    def select(self, snapshots: NDArray[np.bool_] | Rows | slice) -> OptionChain:
        """Return the chain of some of its snapshots (mask, rising indices or slice); expiries and strikes stay."""
        per_session = ("underlying", "session", "expiries", "strikes", "lot_size", "history")
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        whole = {k: v for k, v in values.items() if v is None or k in per_session}
        return OptionChain(**whole, **{k: v[snapshots] for k, v in values.items() if k not in whole})


def chains(
    frame: pd.DataFrame,
    session: Session,
    max_expiries: int = 3,
    histories: Mapping[str, SessionHistory] | None = None,
) -> dict[str, OptionChain]:
    """Build one chain per underlying of a session's rows, sorted by underlying; empty for an empty frame.

    Args:
        frame: Rows of `market_snapshots` of one session, n ≥ 0.
        session: The session of the rows.
        max_expiries: How many expiries each chain keeps.
        histories: What is known of earlier sessions, by underlying; see `session_bars.histories`.
    """
    names = sorted(frame["underlying"].unique())
    parts = {name: frame if len(names) == 1 else frame[frame["underlying"] == name] for name in names}
    built = {name: OptionChain.from_frame(rows, session, max_expiries) for name, rows in parts.items()}
    known = histories or {}
    return {name: replace(chain, history=known.get(name, NO_HISTORY)) for name, chain in built.items()}


def _only_underlying(frame: pd.DataFrame, session: Session) -> str:
    names = sorted(frame["underlying"].unique())
    if len(names) == 1:
        return str(names[0])
    found = f"{len(names)} underlyings ({', '.join(names)})" if names else "no rows"
    msg = f"market_snapshots {session.day}: {found} for an option chain of one; build them with `chains`."
    raise ContractError(msg)


def _scatter(underlying: str, session: Session, rows: pd.DataFrame, expiries: NDArray[np.datetime64]) -> OptionChain:
    legs = LegRows.of(rows, expiries, f"market_snapshots {session.day} {underlying}")
    return OptionChain(
        underlying=underlying,
        session=session,
        observed_at=legs.times,
        available_at=legs.available_at(),
        snapshot_id=legs.snapshot_id(),
        spot=legs.by_snapshot("spot"),
        india_vix=legs.by_snapshot("india_vix"),
        expiries=expiries,
        strikes=legs.strikes,
        forward=legs.by_expiry("forward"),
        lot_size=legs.lot_size(),
        bid=legs.by_leg("bid"),
        ask=legs.by_leg("ask"),
        last_price=legs.by_leg("last_price"),
        open_interest_lots=legs.by_leg("open_interest_lots"),
        volume_units=legs.by_leg("volume_units"),
        implied_vol=legs.by_leg("implied_vol"),
        previous_open_interest_lots=legs.previous_open_interest(),
    )
