"""What is seen of snapshots before any rule is measured: enough to know that most rules cannot be broken.

Whatever is not certain is infinite or NaN, which no limit lies above: such a rule is measured. See `Rule.ceiling`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from trading_assets.quality.extremes import Extremes
    from trading_assets.quality.volume_profile import VolumeProfile

_UNCERTAIN = float("inf")
_NOT_KNOWN = float("nan")


class Surroundings:
    """What is known of a session and an underlying before a snapshot of it arrives.

    Args:
        hours: Opens and closes in UTC, without a zone; none on a closed day or where they are not known.
        grace: Seconds that a snapshot may be received after a close.
        band: Plausible spot; NaN without a band.
        named: Whether the underlying has a name.
        volume: Usual volume; None where there is none to compare with.
    """

    __slots__ = ("band", "grace", "hours", "named", "volume")

    def __init__(
        self,
        hours: Sequence[tuple[datetime, datetime]],
        grace: float,
        band: tuple[float, float],
        *,
        named: bool,
        volume: VolumeProfile | None,
    ) -> None:
        self.hours, self.grace, self.band, self.named, self.volume = hours, grace, band, named, volume


class Glance:
    """What is seen at once of one snapshot; of several together only the ends of their columns.

    Args:
        ends: Ends of the columns of numbers.
        observed: Exchange time in UTC, without a zone; None where it is missing, or of several snapshots.
        received: When it arrived, likewise.
        around: What is known of session and underlying; None of several snapshots.
    """

    __slots__ = ("_around", "_received", "age", "ends", "observed", "traded")

    def __init__(
        self,
        ends: Extremes,
        observed: datetime | None = None,
        received: datetime | None = None,
        around: Surroundings | None = None,
    ) -> None:
        self.ends, self.observed, self._received, self._around = ends, observed, received, around
        #: Units traded in the nearest expiry if no leg of it is silent; NaN where it was not added up.
        self.traded = _NOT_KNOWN
        #: Seconds from exchange time to receipt; NaN where one of them is not known.
        self.age = _NOT_KNOWN
        if observed is not None and received is not None:
            self.age = (received - observed).total_seconds()

    def outside_session(self) -> float:
        """0 where both times lie in one interval of the session, after its close within the grace."""
        observed, received, around = self.observed, self._received, self._around
        if observed is None or received is None or around is None:
            return _UNCERTAIN
        for opens, closes in around.hours:
            if opens <= observed <= closes and opens <= received:
                return 0.0 if (received - closes).total_seconds() <= around.grace else _UNCERTAIN
        return _UNCERTAIN

    def missing_times(self) -> float:
        """0 where no time is missing."""
        return 0.0 if self.age == self.age else _UNCERTAIN

    def missing_symbol(self) -> float:
        """0 where the underlying has a name."""
        return 0.0 if self._around is not None and self._around.named else _UNCERTAIN

    def unusual_volume(self) -> float:
        """Deviations of the volume from what is usual, 0 where there is nothing to compare it with."""
        if self._around is None or self.observed is None:
            return _UNCERTAIN
        minute, profile = self.observed.hour * 60 + self.observed.minute, self._around.volume
        if profile is None or np.isnan(profile.median[minute]):
            return 0.0
        certain = self.ends.whole("volume_units")
        return float(abs(self.traded - profile.median[minute]) / profile.spread[minute]) if certain else _UNCERTAIN

    def outside_band(self) -> float:
        """Points by which the one spot of all legs misses its band, 0 without a band."""
        if self._around is None or not self.ends.one_spot:
            return _UNCERTAIN
        low, high = self._around.band
        return max(0.0, low - self.ends.spot, self.ends.spot - high)

    def away_from_forward(self) -> float:
        """Distance of the one spot of all legs from the forward that is farthest from it, %."""
        spot, low, high = self.ends.spot, self.ends.low["forward"], self.ends.high["forward"]
        if not (self.ends.one_spot and 0 < low <= high < _UNCERTAIN):
            return _UNCERTAIN
        return max(100.0 * abs(spot - low) / low, 100.0 * abs(spot - high) / high)
