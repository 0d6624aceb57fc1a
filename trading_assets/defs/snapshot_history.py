"""What earlier sessions say about the snapshots of a day: where spot was left, and how much is usually traded."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from trading_assets.defs.earlier_sessions import sessions_before
from trading_assets.defs.workspace import Workspace
from trading_assets.errors import CalendarError, ReferenceDataError
from trading_assets.quality import volume_profile as profiles
from trading_assets.quality.volume_profile import MINUTES_A_DAY, VolumeProfile, session_volumes, volume_profile
from trading_assets.storage.kept_columns import Keeping, kept_of
from trading_assets.tables import market_snapshots, session_bars

#: Sessions of the same kind that volume is compared with.
COMPARED_SESSIONS = 8
#: Sessions that are looked through for them.
_LOOKED_THROUGH = 60
_VOLUMES = ("date", "underlying", "observed_at", "expiry", "volume_units")
_NONE = pa.table({"date": pa.array([], pa.date32()), "volume_units": pa.array([], pa.float64())})


def previous_spots(workspace: Workspace, day: date) -> dict[str, float]:
    """Return the last spot of the session before a day, by underlying; nothing when that session is not stored."""
    before = _sessions_before(workspace, day, 1)
    stored = [one for one in before if workspace.store.has(session_bars.CONTRACT, one)]
    if not stored:
        return {}
    bars = workspace.store.read(session_bars.CONTRACT, stored, ["underlying", "close"]).dropna()
    return dict(zip(bars["underlying"], bars["close"].tolist(), strict=True))  # stored by time: the last one stays


class EarlierVolumes:
    """How volume grew over stored sessions, each read once: it serves one run, which looks back from each session.

    Between runs it is kept beside the tables of a folder: to work it out takes 6 ms a session, to look it up 1 in all.

    Args:
        workspace: The home folder.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._read: dict[date, dict[str, tuple[bool, NDArray[np.float64]]]] = {}
        self._known: dict[tuple[str, date], NDArray[np.float64] | None] = {}

    def of(self, underlying: str, days: Sequence[date], reader: str) -> list[NDArray[np.float64]]:
        """Return how an underlying's volume grew in each of some stored sessions that has it, see `session_volumes`.

        Args:
            underlying: Index.
            days: The sessions, rising.
            reader: Who asks: what is kept for each are the sessions it asked for last.
        """
        fresh = [day for day in days if (underlying, day) not in self._known]
        # the first look back is on up to eight sessions, the next ones are on what the run has just stored
        if len(fresh) > 1 and isinstance(self._workspace.store.root, Path):
            self._known |= self._kept(underlying, days, reader)
        else:
            self._known |= {(underlying, day): self._grown(underlying, day) for day in fresh}
        found = (self._known[underlying, day] for day in days)
        return [volume for volume in found if volume is not None]

    def _kept(
        self, underlying: str, days: Sequence[date], reader: str
    ) -> dict[tuple[str, date], NDArray[np.float64] | None]:
        def made(day: date) -> pa.Table:
            grown = self._grown(underlying, day)
            return _NONE if grown is None else pa.table({"date": pa.repeat(day, len(grown)), "volume_units": grown})

        name = f"usual_volume/{underlying}/{reader}"
        code = hashlib.sha256(Path(profiles.__file__).read_bytes()).hexdigest()
        kept = kept_of(self._workspace.store, market_snapshots.CONTRACT, Keeping(made, _NONE, name, code), days)
        grown = kept["volume_units"].to_numpy().reshape(-1, MINUTES_A_DAY)
        known = kept["date"].take(np.arange(0, len(kept), MINUTES_A_DAY)).to_pylist()
        of_days = dict(zip(known, grown, strict=True))
        return {(underlying, day): of_days.get(day) for day in days}

    def _grown(self, underlying: str, day: date) -> NDArray[np.float64] | None:
        if day not in self._read:
            legs = self._workspace.store.read(market_snapshots.CONTRACT, [day], _VOLUMES)
            self._read[day] = session_volumes(legs)
        return self._read[day].get(underlying, (False, None))[1]


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
        reader = {True: "expiry_days", False: "other_days", None: "days"}[kind]
        profile = volume_profile(earlier.of(underlying, sorted(stored), reader))
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
