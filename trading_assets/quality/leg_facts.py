"""What the rules read that depends on the legs and the session alone: made once per layout, not per snapshot."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.errors import ReferenceDataError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from trading_assets.quality.facts import SnapshotFacts
    from trading_assets.quality.leg_layout import LegLayout

    Floats = NDArray[np.float64]
    Arrays = Mapping[str, NDArray[np.generic]]

#: Highest annual rate that is thinkable in ₹; discounting with it gives a floor that no fair price undercuts.
_HIGHEST_RATE = 0.10
_DAYS_A_YEAR = 365.0
#: Beyond this many days the forward legitimately lies percents above spot.
_NEAR_DAYS = 45.0
#: Names of what `leg_facts` says.
FACTS = frozenset(
    {
        "strike",
        "days_to_expiry",
        "strike_step",
        "tick_size",
        "expiry_known",
        "repeats",
        "is_call",
        "is_put",
        "direction",
        "discount",
        "settled",
        "parity_days",
        "parity_nearest",
        "nearest",
        "listed_calls",
        "listed_puts",
        "kept_strikes",
        "nearest_days",
    }
)


def leg_facts(layout: LegLayout, underlying: str, facts: SnapshotFacts) -> Arrays:
    """Derive the facts of the legs of one snapshot.

    Args:
        layout: Its legs, n ≥ 0.
        underlying: Index; empty text where it is missing.
        facts: The session.

    Returns:
        Per leg, shape (n,): `strike`, `days_to_expiry`, `strike_step`, `tick_size` and `expiry_known` (NaN where the
        reference data cannot say), `repeats`, `is_call`, `is_put`, `direction` (1 for a call, else -1), `discount` (of
        ₹ paid at expiry, at the highest thinkable rate), `settled` (expires after the session), `parity_days` (days to
        expiry where the forward is comparable with spot), `nearest` (of the nearest expiry that has not passed). Per
        snapshot, shape (1,): `listed_calls`, `listed_puts` and `kept_strikes` of the nearest expiry, and the
        `nearest_days` to it, -1 without one.
    """
    span = layout.expiry - np.datetime64(facts.day, "D")
    days = np.where(np.isnat(span), np.nan, span.astype(np.float64))
    step, tick, known = _reference(layout, underlying, facts)
    ahead = np.where(days >= 0, days, np.nan)
    nearest_days = np.fmin.reduce(ahead, initial=np.nan)
    nearest = days == nearest_days
    parity_days = np.where(days <= _NEAR_DAYS, ahead, np.nan)
    parity_nearest = np.flatnonzero(parity_days == np.fmin.reduce(parity_days, initial=np.nan))
    listed = nearest & (layout.repeats == 0)
    calls, puts = float((listed & layout.is_call).sum()), float((listed & layout.is_put).sum())
    return {
        "strike": layout.strike,
        "days_to_expiry": days,
        "strike_step": step,
        "tick_size": tick,
        "expiry_known": known,
        "repeats": layout.repeats,
        "is_call": layout.is_call,
        "is_put": layout.is_put,
        "direction": layout.direction,
        "discount": np.exp(-_HIGHEST_RATE * np.maximum(days, 0.0) / _DAYS_A_YEAR),
        "settled": days >= 1.0,
        "parity_days": parity_days,
        "parity_nearest": parity_nearest,
        "nearest": nearest,
        "listed_calls": np.array([calls]),
        "listed_puts": np.array([puts]),
        "kept_strikes": np.array([max(calls, puts)]),
        "nearest_days": np.array([nearest_days if calls + puts else -1.0]),
    }


def _reference(layout: LegLayout, underlying: str, facts: SnapshotFacts) -> tuple[Floats, Floats, Floats]:
    """Strike step, tick and whether the expiry is known, per leg; NaN where the reference data cannot say."""
    step, tick, known = np.full((3, layout.size), np.nan)
    with suppress(ReferenceDataError):  # what is set before it is raised stays
        step[:] = facts.reference.strike_step(underlying)
        tick[:] = facts.reference.tick_size(underlying)
        known[:] = _known_expiries(layout.expiry, underlying, facts)
    return step, tick, known


def _known_expiries(expiry: NDArray[np.datetime64], underlying: str, facts: SnapshotFacts) -> Floats:
    expiries, at = np.unique(expiry, return_inverse=True)
    answers = [None if np.isnat(day) else facts.reference.is_expiry(underlying, day.item()) for day in expiries]
    return np.array([np.nan if answer is None else float(answer) for answer in answers])[at]
