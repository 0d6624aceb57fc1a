"""Everything the rules of `market_snapshots` read, derived from rows and facts; its names are the interface."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.errors import ReferenceDataError
from trading_assets.quality.hours import hours
from trading_assets.quality.option_legs import spot_disagreement
from trading_assets.quality.rule import CRITICAL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from numpy.typing import NDArray

    from trading_assets.quality.facts import SnapshotFacts
    from trading_assets.quality.snapshot_rows import SnapshotRows
    from trading_assets.settings import QualitySettings, SpotBand

    Floats = NDArray[np.float64]
    Arrays = Mapping[str, NDArray[np.generic]]

#: Highest annual rate that is thinkable in ₹; discounting with it gives a floor that no fair price undercuts.
_HIGHEST_RATE = 0.10
_DAYS_A_YEAR = 365.0
#: Beyond this many days the forward legitimately lies percents above spot.
_NEAR_DAYS = 45.0


@dataclass(frozen=True)
class Evidence:
    """Arrays by name for each grain.

    Args:
        row: Arrays of length n.
        snapshot: Arrays of length S, and facts of the session that broadcast.
    """

    row: Arrays
    snapshot: Arrays


def gather(rows: SnapshotRows, facts: SnapshotFacts, settings: QualitySettings) -> Evidence:
    """Derive what the stateless rules read.

    Args:
        rows: The legs, n ≥ 0.
        facts: The session.
        settings: Bands and graces.
    """
    days = _days_to_expiry(rows, facts.day)
    legs = _of_rows(rows, facts, days)
    return Evidence(row=legs, snapshot=_of_snapshots(rows, facts, settings, legs))


def _days_to_expiry(rows: SnapshotRows, day: date) -> Floats:
    span = rows.expiry - np.datetime64(day, "D")
    return np.where(np.isnat(span), np.nan, span.astype(np.float64))


def _of_rows(rows: SnapshotRows, facts: SnapshotFacts, days: Floats) -> Arrays:
    step, known = _reference(rows, facts)
    return {
        **rows.numbers,
        "median_spot": _median_spot(rows),
        "settled_implied_vol": _settled_implied_vol(rows, days),
        "is_call": rows.is_call,
        "intrinsic_floor": _intrinsic_floor(rows, days),
        "strike_step": step,
        "expiry_known": known,
        "days_to_expiry": days,
        "repeats": rows.repeats,
    }


def _median_spot(rows: SnapshotRows) -> Floats:
    """Median spot of each row's snapshot, of the legs that have one; NaN where none has."""
    spot = np.where(rows.number("spot") > 0, rows.number("spot"), np.nan)
    lowest, highest = rows.smallest(spot), rows.largest(spot)
    median = lowest.copy()
    for at in np.flatnonzero(lowest < highest):  # a few: mostly all legs carry the same spot
        start = rows.starts[at]
        median[at] = np.nanmedian(spot[start : start + rows.lengths[at]])
    return median[rows.snapshot_of_row]


def _intrinsic_floor(rows: SnapshotRows, days: Floats) -> Floats:
    spot, forward, strike = rows.number("spot"), rows.number("forward"), rows.number("strike")
    price = np.where(np.isnan(forward) & rows.is_call, spot, forward)
    intrinsic = np.where(rows.is_call, price - strike, strike - price)
    discount = np.exp(-_HIGHEST_RATE * np.maximum(days, 0.0) / _DAYS_A_YEAR)
    return discount * np.maximum(intrinsic, 0.0)


def _settled_implied_vol(rows: SnapshotRows, days: Floats) -> Floats:
    """The higher of both implied volatilities; NaN on the day of expiry, when it truly runs into the thousands."""
    return np.where(days >= 1.0, np.fmax(rows.number("implied_vol"), rows.number("vendor_implied_vol")), np.nan)


def _reference(rows: SnapshotRows, facts: SnapshotFacts) -> tuple[Floats, Floats]:
    """Strike step and whether the expiry is known, per row; NaN where the reference data cannot say."""
    step, known = np.full(rows.size, np.nan), np.full(rows.size, np.nan)
    names = sorted(set(rows.underlying))
    underlyings = np.array(rows.underlying, dtype=object)
    for underlying in names:
        mask = np.repeat(underlyings == underlying, rows.lengths) if len(names) > 1 else slice(None)
        try:
            step[mask] = facts.reference.strike_step(underlying)
            known[mask] = _known_expiries(rows.expiry[mask], underlying, facts)
        except ReferenceDataError:
            continue
    return step, known


def _known_expiries(expiry: NDArray[np.datetime64], underlying: str, facts: SnapshotFacts) -> Floats:
    expiries, at = np.unique(expiry, return_inverse=True)
    answers = [None if np.isnat(day) else facts.reference.is_expiry(underlying, day.item()) for day in expiries]
    return np.array([np.nan if answer is None else float(answer) for answer in answers])[at]


def _of_snapshots(rows: SnapshotRows, facts: SnapshotFacts, settings: QualitySettings, legs: Arrays) -> Arrays:
    spot, days = rows.number("spot"), np.asarray(legs["days_to_expiry"], dtype=np.float64)
    disagreement = spot_disagreement.judge(legs, spot_disagreement.limits_in_force(settings))
    agrees = disagreement.severity < CRITICAL
    spot_high = rows.largest(np.where(agrees, spot, np.nan))
    opens, closes = hours(facts.session)
    bands = [_band(settings.spot_bands, underlying, facts.day) for underlying in rows.underlying]
    quoted = ~np.isnan(np.fmax(np.fmax(rows.number("last_price"), rows.number("bid")), rows.number("ask")))
    has_oi = ~np.isnan(rows.number("open_interest_lots"))
    return {
        "observed_at": rows.observed_at,
        "received_at": rows.received_at,
        "opens": opens,
        "closes": closes,
        "receipt_grace": np.array(settings.receipt_grace_seconds),
        "has_symbol": np.array([bool(name) for name in rows.underlying], dtype=np.float64),
        "legs_without_spot": np.where(np.isnan(spot_high), rows.lengths, rows.total(~(spot > 0))),
        "spot_low": rows.smallest(np.where(agrees, spot, np.nan)),
        "spot_high": spot_high,
        "band_low": np.array([np.nan if band is None else band.low for band in bands]),
        "band_high": np.array([np.nan if band is None else band.high for band in bands]),
        "priced_legs": rows.total(quoted),
        "call_oi_legs": rows.total(has_oi & rows.is_call),
        "put_oi_legs": rows.total(has_oi & (rows.side == 0)),
        "allowed_gap": np.array([settings.gap_cadences * facts.cadence_seconds]),
        "near_forward": _near_forward(rows, np.where(agrees, days, np.nan)),
        **_listed(rows, facts, days),
    }


def _band(bands: Sequence[SpotBand], underlying: str, day: date) -> SpotBand | None:
    """Return the band in force: of those of the underlying that have begun, the one that began last."""
    begun = [band for band in bands if band.underlying == underlying and band.effective_from <= day]
    return max(begun, key=lambda band: band.effective_from, default=None)


def _near_forward(rows: SnapshotRows, days: Floats) -> Floats:
    forward = rows.number("forward")
    usable = (forward > 0) & (days >= 0) & (days <= _NEAR_DAYS)
    nearest = rows.smallest(np.where(usable, days, np.nan))
    here = usable & (days == nearest[rows.snapshot_of_row])
    return rows.largest(np.where(here, forward, np.nan))


def _listed(rows: SnapshotRows, facts: SnapshotFacts, days: Floats) -> Arrays:
    """Strikes of the nearest expiry per snapshot: calls, puts, either, and the count before any filter."""
    nearest = rows.smallest(np.where(days >= 0, days, np.nan))
    near = (days == nearest[rows.snapshot_of_row]) & (rows.repeats == 0)
    calls, puts = rows.total(near & rows.is_call), rows.total(near & (rows.side == 0))
    before = [float(facts.listed_strikes.get(name, np.nan)) for name in rows.snapshot_id]
    return {
        "listed_calls": calls,
        "listed_puts": puts,
        "kept_strikes": np.maximum(calls, puts),
        "listed_strikes": np.array(before, dtype=np.float64),
    }
