"""What earlier sessions say about the snapshots of a day: where spot was left, and how much is usually traded."""

from collections.abc import Iterable
from datetime import date
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from trading_assets.defs.earlier_sessions import sessions_before
from trading_assets.defs.workspace import Workspace
from trading_assets.errors import CalendarError, ReferenceDataError
from trading_assets.quality.volume_profile import VolumeProfile, session_volumes, volume_profile
from trading_assets.tables import market_snapshots, session_bars

#: Sessions of the same kind that volume is compared with: reading them takes about a tenth of a second.
COMPARED_SESSIONS = 8
#: Sessions that are looked through for them.
_LOOKED_THROUGH = 60
_VOLUMES = ("date", "underlying", "observed_at", "expiry", "volume_units")


def previous_spots(workspace: Workspace, day: date) -> dict[str, float]:
    """Return the last spot of the session before a day, by underlying; nothing when that session is not stored."""
    before = _sessions_before(workspace, day, 1)
    stored = [one for one in before if workspace.store.has(session_bars.CONTRACT, one)]
    if not stored:
        return {}
    bars = workspace.store.read(session_bars.CONTRACT, stored).dropna(subset="close").sort_values("ended_at")
    return {str(name): float(close) for name, close in bars.groupby("underlying")["close"].last().items()}


class EarlierVolumes:
    """How volume grew over stored sessions, each read once: it serves one run, which looks back from each session.

    Args:
        workspace: The home folder.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._known: dict[date, dict[str, tuple[bool, NDArray[np.float64]]]] = {}

    def of(self, day: date) -> dict[str, tuple[bool, NDArray[np.float64]]]:
        """Return `session_volumes` of a stored session."""
        if day not in self._known:
            legs = self._workspace.store.read(market_snapshots.CONTRACT, [day], _VOLUMES)
            self._known[day] = session_volumes(legs)
        return self._known[day]


def usual_volumes(
    workspace: Workspace, day: date, underlyings: Iterable[str], earlier: EarlierVolumes | None = None
) -> dict[str, VolumeProfile]:
    """Return the usual volume of the stored sessions before a day that are of its kind: expiry days, or others.

    Args:
        workspace: The home folder.
        day: The day that is judged.
        underlyings: Indices.
        earlier: What the run has read already.

    Returns:
        By underlying; those with fewer than 5 such sessions are left out.
    """
    earlier = earlier or EarlierVolumes(workspace)
    found = {}
    for underlying in underlyings:
        kind = _expires(workspace, underlying, day)
        before = _sessions_before(workspace, day, _LOOKED_THROUGH)
        alike = [one for one in before if _expires(workspace, underlying, one) == kind]
        # the newest first: in a bucket each look costs a request
        stored = islice((one for one in reversed(alike) if _has_snapshots(workspace, one)), COMPARED_SESSIONS)
        volumes = [earlier.of(one) for one in reversed([*stored])]
        profile = volume_profile([of_day[underlying][1] for of_day in volumes if underlying in of_day])
        if profile is not None:
            found[underlying] = profile
    return found


def _sessions_before(workspace: Workspace, day: date, count: int) -> list[date]:
    try:
        return sessions_before(workspace.market.calendar, day)[-count:]
    except CalendarError:
        return []


def _expires(workspace: Workspace, underlying: str, day: date) -> bool | None:
    try:
        return workspace.market.reference.is_expiry(underlying, day)
    except ReferenceDataError:
        return None


def _has_snapshots(workspace: Workspace, day: date) -> bool:
    return workspace.store.has(market_snapshots.CONTRACT, day)
