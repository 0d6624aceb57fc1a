"""What a registration or a promotion becomes in the ledger, and which promotions are refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from trading_assets.errors import CheckFailedError, ModelError
from trading_assets.models.identity import Change, next_version
from trading_assets.tracking.ledger import RegistryEntry, latest_version, serving

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from trading_assets.models.promotion import Evidence
    from trading_assets.models.training import TrainedModel


@dataclass(frozen=True, slots=True)
class Promotion:
    """A decision to let a version serve.

    Args:
        decided_by: Who decides, for whoever asks later; not empty.
        reason: Why; not empty.
        recorded_at: Now, tz-aware.
        valid_from: First session it shall serve, after its `trained_until`; None for its cut-off.
        forced: Whether it holds against the evidence.
    """

    decided_by: str
    reason: str
    recorded_at: datetime
    valid_from: date | None = None
    forced: bool = False


def proposed(
    trained: TrainedModel, entries: Sequence[RegistryEntry], recorded_at: datetime, *, waits: bool
) -> RegistryEntry:
    """Return the entry that a trained model gets, with the next version and no MLflow run yet.

    Args:
        trained: The model.
        entries: All entries so far, in the order they were written.
        recorded_at: Now, tz-aware.
        waits: Whether it becomes a candidate where an earlier champion serves its cut-off.
    """
    taken = [e.version for e in entries if e.role == "champion" and e.valid_from == trained.cutoff]
    before = serving(entries, trained.cutoff) if waits else None
    change: Change = "retrain"
    if entries and entries[-1].features_sha256 != trained.features_sha256:
        change = "features"
    reason = "first model for its cut-off"
    if taken:
        reason = f"trained again for a cut-off that {taken[-1]} serves"
    elif before is not None:
        reason = f"waits for its promotion while {before.version} serves"
    return RegistryEntry(
        version=next_version(latest_version(entries), change),
        sha256=trained.sha256,
        valid_from=trained.cutoff,
        trained_from=trained.trained_from,
        trained_until=trained.trained_until,
        role="candidate" if taken or before is not None else "champion",
        recorded_at=recorded_at,
        reason=reason,
        kind=trained.kind,
        rows=trained.rows,
        features_sha256=trained.features_sha256,
        mlflow_run_id="",
    )


def refuse_unfounded(entry: RegistryEntry, evidence: Evidence, rival: RegistryEntry | None) -> None:
    """Refuse a promotion that nobody answers for, or that the evidence does not carry.

    Args:
        entry: What would be written.
        evidence: What was known of the version when it was asked for.
        rival: The other version that serves now, if any.

    Raises:
        ModelError: No reason, no name, or evidence against another version than the one that serves.
        CheckFailedError: The evidence stands against it and it is not forced.
    """
    if not entry.reason or not entry.decided_by:
        absent = "a reason" if not entry.reason else "the name of who decides it"
        msg = f"promoting {entry.version} needs {absent}; it stays in the ledger."
        raise ModelError(msg)
    serves = None if rival is None else rival.version
    if evidence.rival != serves:
        msg = (
            f"{entry.version} was compared with {evidence.rival or 'no version'}, but {serves or 'no other'} serves "
            f"{entry.valid_from} by now; nothing was promoted. Ask again."
        )
        raise ModelError(msg)
    if evidence.refusals and not entry.forced:
        msg = f"{entry.version} is not promoted: {'; '.join(evidence.refusals)}. Wait, or force it with a reason."
        raise CheckFailedError(msg)
