"""A session's hours as arrays, and how far a time misses them."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trading_assets.quality.facts import SessionHours

    Times = NDArray[np.datetime64]
    Floats = NDArray[np.float64]

A_WHOLE_DAY = 86_400.0
_A_SECOND = np.timedelta64(1, "s")


def hours(session: SessionHours | None) -> tuple[Times, Times]:
    """Return opens and closes in UTC, shape (i,); empty on a closed day, one NaT each where hours are not known."""
    if session is None:
        return np.zeros(0, dtype="datetime64[us]"), np.zeros(0, dtype="datetime64[us]")
    if not session.hours_known:
        return np.array(["NaT"], dtype="datetime64[us]"), np.array(["NaT"], dtype="datetime64[us]")
    plain = [[at.astimezone(UTC).replace(tzinfo=None) for at in interval] for interval in session.intervals]
    both = np.array(plain, dtype="datetime64[us]")
    return both[:, 0], both[:, 1]


def seconds(span: NDArray[np.timedelta64]) -> Floats:
    """Return spans in seconds; NaN for NaT."""
    return np.asarray(span / _A_SECOND)


def seconds_outside(at: Times, opens: Times, closes: Times, grace: float = 0.0) -> Floats:
    """Seconds from each time to the nearest interval, 0 inside one, shape (n,).

    Args:
        at: Times in UTC, shape (n,).
        opens: Opens of the intervals, shape (i,); none on a closed day, when every time is a whole day outside.
        closes: Their closes.
        grace: Seconds after a close that still count as inside.
    """
    if not len(opens):
        return np.full(len(at), A_WHOLE_DAY)
    early, late = seconds(opens[:, None] - at), seconds(at - closes[:, None])
    return np.asarray(np.minimum.reduce(np.maximum(np.maximum(early, late - grace), 0.0), axis=0))
