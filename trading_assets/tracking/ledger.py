"""The ledger: which model serves from which session on, since when that is known, and why. It only grows.

One JSON line per decision, each sealed with a hash over itself and the seal before it, so that a changed, swapped,
inserted or removed line is noticed by whoever reads it. The ledger, not an alias, is the truth about the past.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal, get_args

import orjson

from trading_assets.errors import ModelError
from trading_assets.models.identity import version_numbers
from trading_assets.tracking.files import append_line, whole_lines

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from trading_assets.places.place import Place

Role = Literal["champion", "candidate"]

_NO_SEAL = "0" * 64


@dataclass(frozen=True, slots=True)
class RegistryEntry:
    """One line of the ledger.

    Args:
        version: Semantic version of the model.
        sha256: Pinned hash of its file, 64 hex.
        valid_from: First session it may serve.
        trained_from: First session it learnt from.
        trained_until: Last session it learnt from, before `valid_from`.
        role: "champion" serves; "candidate" waits for a promotion.
        recorded_at: When this was decided, tz-aware.
        reason: Why.
        kind: Which estimator.
        rows: How many labelled signals it learnt from.
        features_sha256: SHA-256 over its feature names and the format of its file.
        mlflow_run_id: Run in MLflow that documents it.
        decided_by: Who decided; empty for a registration, which follows the rules by itself.
        evidence: What was known of it then, in words; empty for a registration.
        forced: Whether it was promoted against that.
    """

    version: str
    sha256: str
    valid_from: date
    trained_from: date
    trained_until: date
    role: Role
    recorded_at: datetime
    reason: str
    kind: str
    rows: int
    features_sha256: str
    mlflow_run_id: str
    decided_by: str = ""
    evidence: str = ""
    forced: bool = False


def read_ledger(path: Place) -> tuple[RegistryEntry, ...]:
    """Read all entries in the order they were written; none when there is no ledger.

    Raises:
        ModelError: A line is unreadable, or its seal is not that of its content and the line before.
    """
    return tuple(entry for entry, _ in _sealed(path))


def append_entry(path: Place, entry: RegistryEntry) -> None:
    """Append an entry; the caller holds the registry's lock.

    Raises:
        ModelError: The ledger so far is damaged, the entry could look ahead, or another machine decided meanwhile.
    """
    _refuse_lookahead(entry, path)
    lines = _sealed(path)
    previous = lines[-1][1] if lines else _NO_SEAL
    fields = _fields(entry)
    line = orjson.dumps(fields | {"seal": _seal(fields, previous)}, option=orjson.OPT_SORT_KEYS)
    if not append_line(path, line, len(lines) + 1):
        msg = f"another machine wrote to {path} meanwhile; {entry.version} is not in it. Run again."
        raise ModelError(msg)


def serving(entries: Sequence[RegistryEntry], session: date, known_at: datetime | None = None) -> RegistryEntry | None:
    """Return the entry that serves a session.

    Args:
        entries: In the order they were written.
        session: The session to be scored.
        known_at: Look only at what had been recorded by then; None for everything.

    Returns:
        Of the champions valid from that session or an earlier one, the one with the latest first session; of several,
        the one written last. None when no model may serve it.
    """
    eligible = [
        (entry.valid_from, number, entry)
        for number, entry in enumerate(entries)
        if entry.role == "champion"
        and entry.valid_from <= session
        and (known_at is None or entry.recorded_at <= known_at)
    ]
    return max(eligible, key=lambda item: item[:2])[2] if eligible else None


def waiting(entries: Sequence[RegistryEntry], champion: RegistryEntry) -> RegistryEntry | None:
    """Return the newest candidate that was never promoted and knows no less than a champion; None when none waits."""
    promoted = {entry.version for entry in entries if entry.role == "champion"}
    waits = (e for e in entries if e.version not in promoted and e.trained_until >= champion.trained_until)
    return max(waits, key=lambda entry: entry.recorded_at, default=None)


def latest_version(entries: Sequence[RegistryEntry]) -> str | None:
    """Return the highest version; None for no entries."""
    return max((entry.version for entry in entries), key=version_numbers, default=None)


def _sealed(path: Place) -> list[tuple[RegistryEntry, str]]:
    previous, found = _NO_SEAL, []
    for number, line in enumerate(whole_lines(path).splitlines(), start=1):
        where = f"{path.name} line {number}"
        stored, seal = _stored(line, where)
        entry = _parse(stored, where)
        # over what is stored, so that a field that came later does not break the seals from before it
        if seal != _seal(stored, previous):
            msg = (
                f"{where} ({entry.version}, {entry.sha256[:12]}) was changed after it was written: "
                f"its seal does not fit. No model is loaded from {path}; restore it from a backup."
            )
            raise ModelError(msg)
        _refuse_lookahead(entry, path)
        found.append((entry, seal))
        previous = seal
    return found


def _stored(line: bytes, where: str) -> tuple[dict[str, object], str]:
    try:
        stored = orjson.loads(line)
        seal = str(stored.pop("seal"))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        msg = f"{where} is not an entry of the model ledger: {error}. Restore the ledger from a backup."
        raise ModelError(msg) from error
    return stored, seal


def _parse(stored: Mapping[str, object], where: str) -> RegistryEntry:
    try:
        values: dict[str, Any] = dict(stored)
        for name in ("valid_from", "trained_from", "trained_until"):
            values[name] = date.fromisoformat(values[name])
        values["recorded_at"] = datetime.fromisoformat(values["recorded_at"])
        entry = RegistryEntry(**values)
        version_numbers(entry.version)
    except (ValueError, TypeError, KeyError) as error:
        msg = f"{where} is not an entry of the model ledger: {error}. Restore the ledger from a backup."
        raise ModelError(msg) from error
    if entry.role not in get_args(Role):
        msg = f"{where} has role {entry.role!r}, expected {' or '.join(get_args(Role))}."
        raise ModelError(msg)
    return entry


def _fields(entry: RegistryEntry) -> dict[str, object]:
    fields: dict[str, Any] = {name: getattr(entry, name) for name in RegistryEntry.__slots__}
    for name in ("valid_from", "trained_from", "trained_until", "recorded_at"):
        fields[name] = fields[name].isoformat()
    return fields


def _seal(fields: Mapping[str, object], previous: str) -> str:
    return hashlib.sha256(previous.encode() + orjson.dumps(dict(fields), option=orjson.OPT_SORT_KEYS)).hexdigest()


def _refuse_lookahead(entry: RegistryEntry, path: Place) -> None:
    if entry.recorded_at.tzinfo is None or entry.trained_until >= entry.valid_from:
        msg = (
            f"{path.name}: {entry.version} learnt until {entry.trained_until}, serves from {entry.valid_from}, "
            f"recorded at {entry.recorded_at.isoformat()}; expected later sessions only and a time with its zone."
        )
        raise ModelError(msg)
