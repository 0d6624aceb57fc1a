"""The live gate: one snapshot at a time, as it arrives, by the very rules that judge a whole session. numpy only."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC
from itertools import repeat
from struct import Struct, error
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.quality.examine import Examiner
from trading_assets.quality.extremes import NUMBERS, Columns, room_for
from trading_assets.quality.leg_layout import CALL, NEITHER, PUT, LegLayout
from trading_assets.quality.memory import SessionMemory
from trading_assets.quality.rule import CRITICAL
from trading_assets.quality.snapshot_rows import SnapshotRows
from trading_assets.tables.bounds import Bound, bounds
from trading_assets.tables.market_snapshots import CONTRACT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from numpy.typing import ArrayLike, NDArray

    from trading_assets.quality.facts import SnapshotFacts
    from trading_assets.quality.rule import Finding
    from trading_assets.settings import QualitySettings

_ARRAYS = {np.ndarray}
_SIDES = {"CE": CALL, "PE": PUT}


def _lowest_allowed(name: str) -> float:
    low = CONTRACT.column(name).low
    return np.finfo(np.float64).min if low is None else float(low)


_BOUNDS: tuple[Bound, ...] = tuple(bound for bound in bounds(CONTRACT) if bound.column.name in NUMBERS)
_LOWEST = tuple(_lowest_allowed(name) for name in NUMBERS)
_REQUIRED = tuple(NUMBERS.index(bound.column.name) for bound in _BOUNDS if bound.name == "present")
_STRIKE = NUMBERS.index("strike")
_NEVER_ACCEPTED = (("missing_chain", CRITICAL, 1.0),)


@dataclass(frozen=True)
class LiveSnapshot:
    """One snapshot as a collector holds it.

    Args:
        underlying: Index.
        snapshot_id: Its id.
        observed_at: Exchange time, tz-aware; None where the feed has none.
        received_at: When it arrived, tz-aware.
        expiry: ISO dates per leg, length n.
        option_type: CE or PE per leg, length n.
        numbers: Columns of numbers by name, each of length n; absent ones are missing.
    """

    underlying: str
    snapshot_id: str
    observed_at: datetime | None
    received_at: datetime
    expiry: Sequence[str] | NDArray[np.datetime64]
    option_type: Sequence[str]
    numbers: Mapping[str, ArrayLike]


@dataclass(frozen=True)
class GateVerdict:
    """What the gate says of one snapshot.

    Args:
        accepted: Whether anything of it may be used.
        kept: Legs that may be used, shape (n,); all False when it is not accepted.
        findings: Everything that broke a limit, in the order of the rules: rule, severity 1 to 3, worst value.
    """

    accepted: bool
    kept: NDArray[np.bool_]
    findings: tuple[tuple[str, int, float], ...]


@dataclass
class Gate:
    """Judges the snapshots of one session as they arrive.

    Args:
        facts: The session.
        settings: Limits and bands.
        memory: What was accepted so far.
    """

    facts: SnapshotFacts
    settings: QualitySettings
    memory: SessionMemory = field(default_factory=SessionMemory)
    _examiner: Examiner = field(init=False, repr=False)
    _last: dict[str, tuple[object, object, bytes, LegLayout]] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._examiner = Examiner(self.facts, self.settings)

    def check(self, snapshot: LiveSnapshot) -> GateVerdict:
        """Judge a snapshot and remember it when it is accepted; one without legs is refused."""
        if not len(snapshot.option_type):
            return GateVerdict(accepted=False, kept=np.zeros(0, dtype=np.bool_), findings=_NEVER_ACCEPTED)
        rows = self._rows(snapshot)
        found = self._examiner.examine(rows, self.memory)
        layout, within = rows.layouts[0], rows.extremes.within(_LOWEST, _REQUIRED)
        if within and layout.all_named and not found.snapshots and not found.legs:
            return GateVerdict(accepted=True, kept=layout.named.copy(), findings=())
        kept = layout.named & found.accepted
        if not within:
            for bound in _BOUNDS:
                kept &= ~bound.broken_numbers(rows.number(bound.column.name))
        for finding in found.legs:
            kept &= finding.severity < CRITICAL
        told = tuple([_told(finding) for finding in (*found.snapshots, *found.legs)])
        return GateVerdict(accepted=np.True_ in kept, kept=kept, findings=told)

    def _rows(self, snapshot: LiveSnapshot) -> SnapshotRows:
        legs = len(snapshot.option_type)
        flat = room_for(legs)
        matrix = flat[: len(NUMBERS) * legs].reshape(len(NUMBERS), legs)
        _fill(flat, matrix, snapshot.numbers)
        return SnapshotRows(
            layouts=(self._layout(snapshot, matrix[_STRIKE]),),
            underlying=(snapshot.underlying,),
            snapshot_id=(snapshot.snapshot_id,),
            observed=_plain(snapshot.observed_at),
            received=_plain(snapshot.received_at),
            numbers=Columns(matrix),
            flat=flat,
        )

    def _layout(self, snapshot: LiveSnapshot, strike: NDArray[np.float64]) -> LegLayout:
        """Return the layout of the snapshot before it of its underlying where it has the same legs."""
        expiry = snapshot.expiry.tobytes() if isinstance(snapshot.expiry, np.ndarray) else list(snapshot.expiry)
        side, strikes = list(snapshot.option_type), strike.tobytes()
        last = self._last.get(snapshot.underlying)
        if last is not None and last[:3] == (expiry, side, strikes):
            return last[3]
        layout = LegLayout(
            expiry=np.array(snapshot.expiry, dtype="datetime64[D]"),
            strike=strike,
            side=np.array([_SIDES.get(name, NEITHER) for name in side], dtype=np.int8),
        )
        self._last[snapshot.underlying] = (expiry, side, strikes, layout)
        return layout


def _fill(flat: NDArray[np.float64], matrix: NDArray[np.float64], numbers: Mapping[str, ArrayLike]) -> None:
    """Write the columns into the matrix, which is the beginning of `flat`; absent ones are missing.

    Columns that are arrays alike are joined into it at once. Lists of plain numbers are packed into it, which takes a
    quarter of the time of making an array of each.
    """
    legs = matrix.shape[1]
    columns = list(map(numbers.get, NUMBERS, repeat(np.full(legs, np.nan))))
    if set(map(type, columns)) == _ARRAYS and set(map(np.shape, columns)) == {(legs,)}:
        np.concatenate(columns, out=flat[: matrix.size])
        return
    pack, room = Struct(f"{legs}d").pack_into, memoryview(flat.data)
    for at, given in enumerate(columns):
        if isinstance(given, list) and len(given) == legs:
            try:
                pack(room, 8 * at * legs, *given)
            except error:
                matrix[at] = np.array(given, dtype=np.float64)
        else:
            matrix[at] = given


def _told(finding: Finding) -> tuple[str, int, float]:
    worst = int(np.nanargmax(finding.measured))
    return finding.rule.name, int(finding.severity[worst]), float(finding.measured[worst])


def _plain(at: datetime | None) -> datetime | None:
    return None if at is None else at.astimezone(UTC).replace(tzinfo=None)
