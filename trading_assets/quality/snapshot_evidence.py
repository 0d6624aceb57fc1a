"""Everything the rules of `market_snapshots` read, derived from rows and facts; its names are the interface.

An array is made when a rule first asks for it. What depends on the legs alone comes from `leg_facts`, once per layout.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trading_assets.quality.extremes import NUMBERS
from trading_assets.quality.option_legs import spot_disagreement
from trading_assets.quality.rule import CRITICAL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from numpy.typing import NDArray

    from trading_assets.quality.facts import SnapshotFacts
    from trading_assets.quality.snapshot_rows import SnapshotRows
    from trading_assets.settings import Limits, SpotBand

    Array = NDArray[np.generic]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Arrays = Mapping[str, Array]

_MINUTE = np.timedelta64(1, "m")


class LegEvidence(dict[str, "Array"]):
    """What the rules of single legs read, by name; each array is of shape (n,).

    Args:
        rows: The legs.
        static: `leg_facts` of each snapshot.
    """

    def __init__(self, rows: SnapshotRows, static: Sequence[Arrays]) -> None:
        super().__init__()
        self.rows, self._static = rows, static

    def __missing__(self, name: str) -> Array:
        """Make an array that was not asked for before."""
        maker = _OF_LEGS.get(name)
        if maker is not None:
            made: Array = maker(self)
        else:
            made = self.rows.number(name) if name in NUMBERS else self.of_layouts(name)
        self[name] = made
        return made

    def numbers(self, name: str) -> Floats:
        """Return an array of numbers."""
        return np.asarray(self[name], dtype=np.float64)

    def flags(self, name: str) -> Flags:
        """Return an array of truth values."""
        return np.asarray(self[name], dtype=np.bool_)

    def of_layouts(self, name: str) -> Array:
        """Join what `leg_facts` says of the layouts."""
        if len(self._static) == 1:
            return self._static[0][name]
        if not self._static:
            return np.zeros(0)
        return np.concatenate([facts[name] for facts in self._static])


class SnapshotEvidence(dict[str, "Array"]):
    """What the rules of whole snapshots read, by name; shape (S,), but for facts of the session, which broadcast.

    Args:
        legs: Evidence of the legs.
        facts: The session.
        known: What does not depend on the legs.
        disputed: Limits of `spot_disagreement`: a leg that it refuses says nothing about its snapshot.
    """

    def __init__(self, legs: LegEvidence, facts: SnapshotFacts, known: Arrays, disputed: Limits) -> None:
        super().__init__()
        self.legs, self.rows, self.facts, self._known, self._disputed = legs, legs.rows, facts, known, disputed

    def __missing__(self, name: str) -> Array:
        """Make an array that was not asked for before."""
        maker, known = _OF_SNAPSHOTS.get(name), self._known.get(name)
        if known is None:
            known = self.legs.of_layouts(name) if maker is None else maker(self)
        self[name] = known
        return known

    def numbers(self, name: str) -> Floats:
        """Return an array of numbers."""
        return np.asarray(self[name], dtype=np.float64)

    def agreeing(self, values: Floats) -> Floats:
        """Return values with NaN for legs whose spot disagrees with the others of their snapshot."""
        if self.rows.extremes.one_spot:
            return values
        found = spot_disagreement.judge(self.legs, self._disputed)
        return np.where(found.severity < CRITICAL, values, np.nan)


def band_in_force(bands: Sequence[SpotBand], underlying: str, day: date) -> SpotBand | None:
    """Return the band in force: of those of the underlying that have begun, the one that began last."""
    begun = [band for band in bands if band.underlying == underlying and band.effective_from <= day]
    return max(begun, key=lambda band: band.effective_from, default=None)


def of_names(rows: SnapshotRows, facts: SnapshotFacts, bands: Sequence[SpotBand]) -> dict[str, Array]:
    """Return what the rules read that depends on the underlying of each snapshot alone, shape (S,)."""
    found = [band_in_force(bands, underlying, facts.day) for underlying in rows.underlying]
    return {
        "has_symbol": np.array([bool(name) for name in rows.underlying], dtype=np.float64),
        "band_low": np.array([np.nan if band is None else band.low for band in found]),
        "band_high": np.array([np.nan if band is None else band.high for band in found]),
    }


def _median_spot(legs: LegEvidence) -> Floats:
    """Median spot of each row's snapshot, of the legs that have one; NaN where none has."""
    rows, spot = legs.rows, legs.numbers("spot")
    spot = np.where(spot > 0, spot, np.nan)
    lowest, highest = rows.smallest(spot), rows.largest(spot)
    median = lowest.copy()
    for at in np.flatnonzero(lowest < highest):  # a few: mostly all legs carry the same spot
        start = rows.starts[at]
        median[at] = np.nanmedian(spot[start : start + rows.lengths[at]])
    return median[rows.snapshot_of_row]


def _intrinsic_floor(legs: LegEvidence) -> Floats:
    forward, direction = legs.numbers("forward"), legs.numbers("direction")
    if not legs.rows.extremes.whole("forward"):
        forward = np.where(np.isnan(forward) & legs.flags("is_call"), legs.numbers("spot"), forward)
    return np.maximum((forward - legs.numbers("strike")) * direction, 0.0) * legs.numbers("discount")


def _settled_implied_vol(legs: LegEvidence) -> Floats:
    """The higher of both implied volatilities; NaN on the day of expiry, when it truly runs into the thousands."""
    higher = np.fmax(legs.numbers("implied_vol"), legs.numbers("vendor_implied_vol"))
    return np.where(legs.flags("settled"), higher, np.nan)


def _dearer_ask(legs: LegEvidence) -> Floats:
    return legs.rows.neighbours(legs.numbers("ask"), "dearer")


def _discounted(legs: LegEvidence) -> Floats:
    return legs.numbers("above_strike") * legs.numbers("discount")


def _priced_legs(snapshots: SnapshotEvidence) -> Floats:
    legs = snapshots.legs
    dearest = np.fmax(np.fmax(legs.numbers("last_price"), legs.numbers("bid")), legs.numbers("ask"))
    return snapshots.rows.total(~np.isnan(dearest))


def _with_open_interest(side: str) -> Callable[[SnapshotEvidence], Floats]:
    def count(snapshots: SnapshotEvidence) -> Floats:
        legs = snapshots.legs
        return snapshots.rows.total(~np.isnan(legs.numbers("open_interest_lots")) & legs.flags(side))

    return count


def _legs_without_spot(snapshots: SnapshotEvidence) -> Floats:
    missing = snapshots.rows.total(~(snapshots.legs.numbers("spot") > 0))
    return np.where(np.isnan(snapshots.numbers("spot_high")), snapshots.rows.lengths, missing)


def _spot_low(snapshots: SnapshotEvidence) -> Floats:
    ends = snapshots.rows.extremes
    if ends.of_one_snapshot and ends.one_spot:
        return np.array([ends.spot])
    return snapshots.rows.smallest(snapshots.agreeing(snapshots.legs.numbers("spot")))


def _spot_high(snapshots: SnapshotEvidence) -> Floats:
    if snapshots.rows.extremes.one_spot:
        return snapshots.numbers("spot_low")
    return snapshots.rows.largest(snapshots.agreeing(snapshots.legs.numbers("spot")))


def _near_forward(snapshots: SnapshotEvidence) -> Floats:
    legs, rows = snapshots.legs, snapshots.rows
    forward = legs.numbers("forward")
    if rows.extremes.of_one_snapshot and rows.extremes.one_spot:
        nearest = np.fmax.reduce(forward[legs["parity_nearest"]], initial=np.nan, keepdims=True)
        if nearest[0] > 0:
            return nearest
    days = np.where(forward > 0, snapshots.agreeing(legs.numbers("parity_days")), np.nan)
    nearest = rows.smallest(days)
    here = days == (nearest if rows.count == 1 else nearest[rows.snapshot_of_row])
    return rows.largest(np.where(here, forward, np.nan))


def _traded_volume(snapshots: SnapshotEvidence) -> Floats:
    """Units traded since the open in the nearest expiry; NaN where no leg says, or there is nothing to compare with."""
    rows, volume = snapshots.rows, snapshots.legs.numbers("volume_units")
    if not snapshots.facts.usual_volume or not rows.count:
        return snapshots.numbers("usual_volume")
    told = snapshots.legs.flags("nearest") & ~np.isnan(volume)
    total = np.add.reduceat(np.where(told, volume, 0.0), rows.starts)
    return np.where(rows.total(told) > 0, total, np.nan)


def _usual(name: str) -> Callable[[SnapshotEvidence], Floats]:
    """By the snapshot's minute, from the profile of its underlying; NaN where there is none."""

    def usual(snapshots: SnapshotEvidence) -> Floats:
        profiles, rows = snapshots.facts.usual_volume, snapshots.rows
        found = np.full(rows.count, np.nan)
        minutes = (rows.observed_at - rows.observed_at.astype("datetime64[D]")) // _MINUTE
        for at, (underlying, minute) in enumerate(zip(rows.underlying, minutes.tolist(), strict=True)):
            if underlying in profiles and minute is not None:
                found[at] = getattr(profiles[underlying], name)[minute]
        return found

    return usual


_OF_LEGS: Mapping[str, Callable[[LegEvidence], Floats]] = {
    "median_spot": _median_spot,
    "intrinsic_floor": _intrinsic_floor,
    "settled_implied_vol": _settled_implied_vol,
    "dearer_ask": _dearer_ask,
    "synthetic_bid": lambda legs: legs.numbers("bid") - legs.rows.neighbours(legs.numbers("ask"), "twin"),
    "synthetic_ask": lambda legs: legs.numbers("ask") - legs.rows.neighbours(legs.numbers("bid"), "twin"),
    "above_strike": lambda legs: legs.numbers("forward") - legs.numbers("strike"),
    "fair_low": lambda legs: np.minimum(legs.numbers("above_strike"), _discounted(legs)),
    "fair_high": lambda legs: np.maximum(legs.numbers("above_strike"), _discounted(legs)),
}
_OF_SNAPSHOTS: Mapping[str, Callable[[SnapshotEvidence], Array]] = {
    "observed_at": lambda snapshots: snapshots.rows.observed_at,
    "received_at": lambda snapshots: snapshots.rows.received_at,
    "priced_legs": _priced_legs,
    "call_oi_legs": _with_open_interest("is_call"),
    "put_oi_legs": _with_open_interest("is_put"),
    "legs_without_spot": _legs_without_spot,
    "spot_low": _spot_low,
    "spot_high": _spot_high,
    "near_forward": _near_forward,
    "traded_volume": _traded_volume,
    "usual_volume": _usual("median"),
    "volume_spread": _usual("spread"),
}
