"""How much is usually traded by a minute of the day: median and spread over earlier sessions of the same kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

MINUTES_A_DAY = 1_440
#: With fewer sessions a median says little: the minute is not judged.
FEWEST_SESSIONS = 5
#: The spread is at least this share of the median; without it days that are alike would make any other one strange.
_LEAST_SPREAD = 0.05
#: Median absolute deviation to standard deviation, of a normal distribution.
_TO_DEVIATION = 1.4826


@dataclass(frozen=True, eq=False)
class VolumeProfile:
    """Usual volume since the open, by minute of the day counted from midnight UTC.

    Args:
        median: Units traded by then, shape (1440,); NaN where the history is too short.
        spread: Standard deviation as the median absolute deviation has it, units, shape (1440,).
    """

    median: Floats
    spread: Floats


def by_minute(minutes: NDArray[np.intp], volumes: Floats) -> Floats:
    """Spread a session's volumes over its minutes, straight between two that are known, shape (1440,).

    Args:
        minutes: Minute of the day of each snapshot, 0 to 1,439, shape (s,).
        volumes: Units traded since the open by then, shape (s,); NaN where it is not known.

    Returns:
        Units by minute; NaN before the first and after the last that is known, everywhere for s = 0.
    """
    known = np.flatnonzero(~np.isnan(volumes))
    if not len(known):
        return np.full(MINUTES_A_DAY, np.nan)
    order = known[np.lexsort((volumes[known], minutes[known]))]
    return np.interp(np.arange(MINUTES_A_DAY), minutes[order], volumes[order], left=np.nan, right=np.nan)


def session_volumes(legs: pd.DataFrame) -> dict[str, tuple[bool, Floats]]:
    """Return how volume grew over a session, by underlying.

    Args:
        legs: Rows of `market_snapshots` of one session, at least `date`, `underlying`, `observed_at`, `expiry` and
            `volume_units`; n ≥ 0.

    Returns:
        Whether the nearest expiry was on the day, and its volume `by_minute`; nothing for an underlying without legs.
    """
    import pandas as pd

    expiry, observed = legs["expiry"].to_numpy(), legs["observed_at"].to_numpy("datetime64[us]")
    volume = legs["volume_units"].to_numpy(np.float64)
    ahead = expiry >= legs["date"].to_numpy()
    codes, names = pd.factorize(legs["underlying"], sort=True)
    found = {}
    for code, underlying in enumerate(names):
        mine = np.flatnonzero(ahead & (codes == code))
        if len(mine):
            nearest = mine[expiry[mine] == expiry[mine].min()]
            on_the_day = bool((expiry[nearest] == legs["date"].to_numpy()[nearest]).any())
            found[str(underlying)] = on_the_day, by_minute(*_growth(observed[nearest], volume[nearest]))
    return found


def _growth(observed: NDArray[np.datetime64], volume: Floats) -> tuple[NDArray[np.intp], Floats]:
    """Minute of the day and volume of all legs together, by time; NaN where no leg says."""
    times, at = np.unique(observed, return_inverse=True)
    told = ~np.isnan(volume)
    total = np.bincount(at[told], volume[told], minlength=len(times)).astype(np.float64)
    total[np.bincount(at[told], minlength=len(times)) == 0] = np.nan
    minutes = (times - times.astype("datetime64[D]")) // np.timedelta64(1, "m")
    return minutes.astype(np.intp), total


def volume_profile(sessions: Sequence[Floats]) -> VolumeProfile | None:
    """Summarise sessions of one kind (expiry days and other days have profiles of their own).

    Args:
        sessions: Of `by_minute`, one per session.

    Returns:
        The profile; None while there are fewer than 5 sessions.
    """
    if len(sessions) < FEWEST_SESSIONS:
        return None
    volumes = np.stack(sessions)
    enough = (~np.isnan(volumes)).sum(axis=0) >= FEWEST_SESSIONS
    median, spread = np.full(MINUTES_A_DAY, np.nan), np.full(MINUTES_A_DAY, np.nan)
    median[enough] = np.nanmedian(volumes[:, enough], axis=0)
    apart = np.abs(volumes[:, enough] - median[enough])
    spread[enough] = np.maximum(_TO_DEVIATION * np.nanmedian(apart, axis=0), _LEAST_SPREAD * median[enough])
    return VolumeProfile(median, spread)
