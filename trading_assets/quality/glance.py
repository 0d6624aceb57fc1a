"""What is seen of snapshots before any rule is measured: enough to know that most rules cannot be broken.

Whatever is not certain is infinite or NaN, which no limit lies above: such a rule is measured. See `Rule.ceiling`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan
from typing import TYPE_CHECKING

from trading_assets.quality.extremes import NUMBERS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from trading_assets.quality.extremes import Extremes
    from trading_assets.quality.volume_profile import VolumeProfile

#: What `Rule.ceiling` may name: that much no row or snapshot has more, in the unit of the rule.
CEILINGS = (
    "outside_session",
    "age",
    "skew",
    "missing_times",
    "missing_symbol",
    "disputed_spot",
    "missing_chain",
    "missing_call_oi",
    "missing_put_oi",
    "outside_band",
    "away_from_forward",
    "unusual_volume",
    "crossed",
    "widest_spread",
    "below_intrinsic",
    "not_monotone",
    "off_parity",
    "highest_price",
    "highest_vol",
    "negative_open_interest",
    "negative_volume",
    "off_whole_lots",
    "furthest_off_tick",
)
_UNCERTAIN = float("inf")
_NOT_KNOWN = float("nan")
_LAST, _BID, _ASK, _VOLUME, _LOTS, _FORWARD, _VOL, _VENDOR_VOL, _UNITS = (
    NUMBERS.index(name)
    for name in (
        "last_price",
        "bid",
        "ask",
        "volume_units",
        "open_interest_lots",
        "forward",
        "implied_vol",
        "vendor_implied_vol",
        "open_interest_units",
    )
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known of a session and an underlying before a snapshot of it arrives.

    Args:
        hours: Opens and closes in UTC, without a zone; none on a closed day or where they are not known.
        grace: Seconds that a snapshot may be received after a close.
        band: Plausible spot; NaN without a band.
        tick_size: Smallest price step, ₹; NaN where it is not known.
        named: Whether the underlying has a name.
        volume: Usual volume; None where there is none to compare with.
    """

    hours: Sequence[tuple[datetime, datetime]]
    grace: float
    band: tuple[float, float]
    tick_size: float
    named: bool
    volume: VolumeProfile | None


class Glance:
    """What is seen at once of one snapshot; of several together only the ends of their columns.

    Its ceilings are found all at once, as a rule that asks for its own would take as long for one as this for all.

    Args:
        ends: Ends of the columns of numbers.
        observed: Exchange time in UTC, without a zone; None where it is missing, or of several snapshots.
        received: When it arrived, likewise.
        around: What is known of session and underlying; None of several snapshots.
        traded: Units traded in the nearest expiry; NaN where a leg is silent or it was not added up.
    """

    __slots__ = (*CEILINGS, "ends", "observed")
    #: Of a rule without a ceiling.
    uncertain = _UNCERTAIN

    def __init__(
        self,
        ends: Extremes,
        observed: datetime | None = None,
        received: datetime | None = None,
        around: Surroundings | None = None,
        traded: float = _NOT_KNOWN,
    ) -> None:
        self.ends, self.observed = ends, observed
        self.age = self.skew = _NOT_KNOWN
        self.outside_session = self.missing_times = self.unusual_volume = _UNCERTAIN
        if observed is not None and received is not None:
            self.age = (received - observed).total_seconds()
            self.skew, self.missing_times = -self.age, 0.0
            if around is not None:
                self.outside_session = _outside_session(observed, received, around)
        if observed is not None and around is not None:
            self.unusual_volume = _unusual_volume(traded, observed, around.volume)
        self.missing_symbol = 0.0 if around is not None and around.named else _UNCERTAIN
        self._look_at_snapshot(ends, around)
        self._look_at_legs(ends)
        self.furthest_off_tick = _UNCERTAIN if around is None else ends.off_tick(around.tick_size)

    def _look_at_snapshot(self, ends: Extremes, around: Surroundings | None) -> None:
        told = ends.whole("open_interest_lots")
        self.missing_call_oi = 0.0 if told and ends.calls else _UNCERTAIN
        self.missing_put_oi = 0.0 if told and ends.puts else _UNCERTAIN
        self.missing_chain = 0.0 if ends.any_of("last_price", "bid", "ask") else _UNCERTAIN
        self.disputed_spot = self.outside_band = self.away_from_forward = _UNCERTAIN
        if ends.one_spot:
            spot, low, high = ends.spot, ends.lows[_FORWARD], ends.highs[_FORWARD]
            self.disputed_spot = 0.0
            if around is not None:
                self.outside_band = max(0.0, around.band[0] - spot, spot - around.band[1])
            if 0 < low <= high < _UNCERTAIN:
                self.away_from_forward = max(100.0 * abs(spot - low) / low, 100.0 * abs(spot - high) / high)

    def _look_at_legs(self, ends: Extremes) -> None:
        crossed, dearer, above, below, under, self.off_whole_lots = ends.gaps()
        lows, highs, spot = ends.lows, ends.highs, ends.spot
        self.crossed = 0.0 if crossed <= 0 else _UNCERTAIN
        self.negative_volume = -lows[_VOLUME]
        self.negative_open_interest = -min(lows[_LOTS], 0.0) if lows[_UNITS] >= 0 else _UNCERTAIN
        self.highest_vol = max(highs[_VOL], highs[_VENDOR_VOL])
        self.not_monotone = self.off_parity = self.highest_price = self.below_intrinsic = _UNCERTAIN
        self.widest_spread = _UNCERTAIN
        if 0 < spot < _UNCERTAIN:
            self.widest_spread = 100.0 * ends.widest_spread() / spot
            self.not_monotone = 100.0 * dearer / spot
            self.off_parity = 100.0 * max(above, below) / spot
            self.highest_price = 100.0 * max(highs[_LAST], highs[_BID]) / spot
            if lows[_ASK] >= 0 and ends.whole("forward"):  # where there is no forward spot stands in for it
                self.below_intrinsic = 100.0 * under / spot


def _outside_session(observed: datetime, received: datetime, around: Surroundings) -> float:
    """0 where both times lie in one interval of the session, after its close within the grace."""
    for opens, closes in around.hours:
        if opens <= observed <= closes and opens <= received:
            return 0.0 if (received - closes).total_seconds() <= around.grace else _UNCERTAIN
    return _UNCERTAIN


def _unusual_volume(traded: float, observed: datetime, profile: VolumeProfile | None) -> float:
    """Deviations of the volume from what is usual, 0 where there is nothing to compare it with."""
    if profile is None:
        return 0.0
    minute = observed.hour * 60 + observed.minute
    median, spread = profile.median.item(minute), profile.spread[minute]
    return 0.0 if isnan(median) else float(abs(traded - median) / spread)
