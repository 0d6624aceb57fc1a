"""Planned entries become candidate round trips, each with its exit. Limits and tables come later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trading_assets.trades.closings import Plans
from trading_assets.trades.entries import NEVER
from trading_assets.trades.exits import ASK, BID, OpenLegs, find_exits
from trading_assets.trades.round_trip_legs import RoundTripLegs

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    from trading_assets.trades.entries import Clock, Decisions, Entries
    from trading_assets.trades.tape import Tape

    Floats = NDArray[np.float64]
    Indices = NDArray[np.intp]

_MICROS_PER_MINUTE = 60_000_000
_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Plan:
    """Signals of one underlying that found an entry.

    Args:
        wanted: What they ask for, n ≥ 0.
        rows: Their places among all signals, shape (n,).
        position: Number of the position each is a leg of, shape (n,).
        entries: Their entries, shape (n,).
        day: The session.
        exchange: Where the underlying is traded.
    """

    wanted: Decisions
    rows: NDArray[np.intp]
    position: NDArray[np.intp]
    entries: Entries
    day: date
    exchange: str


def build_legs(plan: Plan, tape: Tape, clock: Clock) -> RoundTripLegs:
    """Find the exits of planned entries.

    Args:
        plan: Signals and entries, n ≥ 1.
        tape: Quotes of the underlying.
        clock: Limits of the session.

    Returns:
        One per planned entry, in its order, not sized yet.
    """
    own = pd.factorize(plan.position)[0]
    first = np.flatnonzero(np.diff(np.maximum.accumulate(own), prepend=-1))
    plans = _plans(plan, first, own, (tape, clock))
    alone = np.bincount(own) == 1
    stop, target = (np.where(alone, np.abs(level), np.nan)[own] for level in (plans.stop, plans.target))
    exits = find_exits(_open_legs(plan, own, target), plans, tape, clock)
    entry = plan.entries.at
    return RoundTripLegs(
        row=plan.rows,
        position=plan.position,
        exchange=np.full(len(own), plan.exchange, dtype=object),
        long=plan.wanted.long,
        entry_time=tape.observed[entry],
        exit_time=exits.time,
        entry_price=plan.entries.price.astype(np.int64),
        exit_price=exits.price.astype(np.int64),
        stop=stop,
        target=target,
        trail=plans.trail[own],
        risk=_risk(plan, own, plans),
        lot_size=tape.lot_size[plan.entries.contract, entry],
        lots=np.zeros(len(own), dtype=np.int64),
        exit_reason=exits.reason,
        entry_basis=np.where(plan.wanted.long, ASK, BID),
        exit_basis=exits.basis,
        worst=exits.worst,
        best=exits.best,
        marks=exits.marks,
        entry_snapshot=tape.snapshot_id[entry],
        exit_snapshot=tape.snapshot_id[exits.at],
    )


def _signs(plan: Plan) -> Floats:
    return np.where(plan.wanted.long, 1.0, -1.0)


def _worth(plan: Plan, own: Indices) -> Floats:
    return np.asarray(np.bincount(own, _signs(plan) * plan.entries.price), dtype=np.float64)


def _plans(plan: Plan, first: Indices, own: Indices, around: tuple[Tape, Clock]) -> Plans:
    """Plan the exits of positions; what legs ask for alike is read from the first of each."""
    tape, clock = around
    wanted, entry = plan.wanted.pick(first), np.take(plan.entries.at, first)
    worth = _worth(plan, own)
    wait = np.nan_to_num(wanted.minutes * _MICROS_PER_MINUTE).astype(np.int64)
    alone = np.bincount(own) == 1
    return Plans(
        entry=entry,
        stop=worth_level(worth, -wanted.stop, clock.tick),
        target=worth_level(worth, wanted.target, clock.tick),
        trail=trail_distance(np.abs(worth), wanted.trailing, clock.tick),
        view=np.where(alone, np.where(wanted.long != wanted.put, 1.0, -1.0), np.nan),
        stop_spot=wanted.stop_spot,
        target_spot=wanted.target_spot,
        stop_vix=wanted.stop_vix,
        deadline=np.where(np.isnan(wanted.minutes), NEVER, tape.observed[entry] + wait),
        out=wanted.out,
    )


def _open_legs(plan: Plan, own: Indices, target: Floats) -> OpenLegs:
    return OpenLegs(
        position=own,
        contract=plan.entries.contract,
        entry=plan.entries.at,
        sign=_signs(plan),
        price=plan.entries.price,
        limit=target,
        expires=plan.wanted.expiry == np.datetime64(plan.day, "D"),
        strike=plan.wanted.strike,
        put=plan.wanted.put,
    )


def _risk(plan: Plan, own: Indices, plans: Plans) -> Floats:
    price = plan.entries.price
    premium = np.where(plan.wanted.long, price, np.nan)
    at_stop = ((_worth(plan, own) - plans.stop) / np.bincount(own, price))[own] * price
    return np.where(np.isnan(at_stop), premium, at_stop)


def worth_level(worth: Floats, move: Floats, tick: int) -> Floats:
    """Return what a position is worth after a move from its entry, rounded to the tick farther from it.

    Args:
        worth: Worth at entry, paise: what its bought options cost minus what its sold ones brought, shape (n,).
        move: Signed fraction of that, NaN for no level, shape (n,).
        tick: Price step, paise.

    Returns:
        Paise, shape (n,); NaN without a level, and where it would be 0 or beyond: no price is.
    """
    away = np.where(move < 0, -1.0, 1.0)
    # 50 * 1.1 / 5 is 11.000000000000002: without the tolerance it would round to the next tick
    steps = away * np.ceil(away * (worth + move * np.abs(worth)) / tick - _ROUNDING)
    level = steps * tick
    return np.asarray(np.where(level * worth > 0, level, np.nan), dtype=np.float64)


def trail_distance(worth: Floats, fraction: Floats, tick: int) -> Floats:
    """Return the distance of a trailing stop, a fraction of the worth at entry rounded up to the tick, at least one.

    Args:
        worth: Worth of positions at entry, without sign, paise, shape (n,).
        fraction: Fraction of it, NaN for no trailing stop, shape (n,).
        tick: Price step, paise.

    Returns:
        Paise, shape (n,); NaN without a trailing stop.
    """
    return np.asarray(np.maximum(np.ceil(worth * fraction / tick - _ROUNDING), 1.0) * tick, dtype=np.float64)
