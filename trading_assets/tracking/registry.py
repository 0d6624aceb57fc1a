"""The model registry: registers, resolves, promotes, loads and verifies models.

Truth is the ledger and the content-addressed bundles in `models`, below the home or where machines share; MLflow in
`home/mlflow` documents each model and is imported only to register, promote or verify, never to score.
"""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from trading_assets.errors import ModelError
from trading_assets.places.postgres import exclusive_everywhere
from trading_assets.tracking import mlflow_runs
from trading_assets.tracking.bundles import load_bundle, write_bundle
from trading_assets.tracking.decisions import Promotion, proposed, refuse_unfounded
from trading_assets.tracking.files import exclusive
from trading_assets.tracking.ledger import RegistryEntry, append_entry, read_ledger, serving
from trading_assets.tracking.mlflow_store import MlflowStore

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date, datetime
    from pathlib import Path

    from trading_assets.models.identity import LoadedModel
    from trading_assets.models.promotion import Evidence
    from trading_assets.models.training import TrainedModel
    from trading_assets.places.place import Place


@dataclass(frozen=True)
class ModelRegistry:
    """All models of one home; safe from several processes at once.

    Args:
        home: The folder of the settings; `models` and `mlflow` are made in it.
        mlflow_postgres_url: Where MLflow keeps its runs; None for SQLite in the home.
        mlflow_artifacts: Where MLflow keeps its files; None for a folder in the home.
        shared: Where the bundles and the ledger are, for several machines; None for the home.
        lock_url: PostgreSQL database whose lock lets one machine decide at a time; None for one machine.
        s3_endpoint: Server of an S3-compatible store for them; None for AWS.
    """

    home: Path
    mlflow_postgres_url: str | None = field(default=None, repr=False)
    mlflow_artifacts: str | None = None
    shared: Place | None = None
    lock_url: str | None = field(default=None, repr=False)
    s3_endpoint: str | None = None

    @property
    def bundles(self) -> Place:
        """Folder of the bundles and the ledger."""
        return (self.shared or self.home) / "models"

    @property
    def mlflow(self) -> MlflowStore:
        """Where MLflow documents the models."""
        return MlflowStore(self.home / "mlflow", self.mlflow_postgres_url, self.mlflow_artifacts, self.s3_endpoint)

    @property
    def ledger(self) -> Place:
        """The append-only ledger."""
        return self.bundles / "ledger.jsonl"

    def entries(self) -> tuple[RegistryEntry, ...]:
        """All decisions in the order they were written; none in an empty home.

        Raises:
            ModelError: The ledger is damaged or was changed.
        """
        return read_ledger(self.ledger)

    def register(
        self, trained: TrainedModel, lineage: Mapping[str, str], recorded_at: datetime, *, waits: bool = False
    ) -> RegistryEntry:
        """Give a trained model its version and let it serve from its cut-off on.

        The same file is registered once: again it returns the entry in force. Another file for a cut-off that has a
        champion becomes a candidate, which serves only after `promote`: what was live in the past does not change
        by training again.

        Args:
            trained: The model.
            lineage: Where its data came from (tables, sessions, Dagster run, code version), as text by name.
            recorded_at: Now, tz-aware.
            waits: Whether it becomes a candidate also for a new cut-off, where an earlier champion serves on.

        Returns:
            The entry.

        Raises:
            ModelError: The ledger is damaged, or `recorded_at` has no zone.
        """
        with self._locked():
            entries = self.entries()
            known = [entry for entry in entries if entry.sha256 == trained.sha256]
            if known:
                return known[-1]
            entry = self._documented(trained, lineage, proposed(trained, entries, recorded_at, waits=waits))
            append_entry(self.ledger, entry)
            mlflow_runs.point_aliases(self.mlflow, self.entries())
        return entry

    def promote(self, version: str, act: Promotion, evidence: Evidence) -> RegistryEntry:
        """Let a registered model serve, as an act on the record.

        Args:
            version: Its semantic version.
            act: Who decided it, why and when, and the first session it shall serve.
            evidence: What was known of it, against the version that serves that session now.

        Returns:
            The new entry, which holds all of that.

        Raises:
            ModelError: Unknown version, no reason or name, a first session it has learnt from, or evidence against
                another version than the one that serves.
            CheckFailedError: The evidence stands against it and the act is not forced.
        """
        with self._locked():
            known = self.entry(version)
            entry = replace(
                known,
                role="champion",
                recorded_at=act.recorded_at,
                reason=act.reason.strip(),
                valid_from=act.valid_from or known.valid_from,
                decided_by=act.decided_by.strip(),
                evidence=evidence.found,
                forced=act.forced and bool(evidence.refusals),
            )
            refuse_unfounded(entry, evidence, self.rival(version, entry.valid_from))
            load_bundle(self.bundles, entry)
            append_entry(self.ledger, entry)
            mlflow_runs.point_aliases(self.mlflow, self.entries())
        return entry

    def rival(self, version: str, valid_from: date) -> RegistryEntry | None:
        """Return the entry of another version that serves a session now; None when none or this one does."""
        found = self.resolve(valid_from)
        return None if found is None or found.version == version else found

    def entry(self, version: str) -> RegistryEntry:
        """Return the newest entry of a version.

        Raises:
            ModelError: No such version.
        """
        entries = self.entries()
        known = [entry for entry in entries if entry.version == version]
        if not known:
            names = ", ".join(dict.fromkeys(entry.version for entry in entries)) or "none"
            msg = f"model version {version} is not in {self.ledger}; registered are: {names}."
            raise ModelError(msg)
        return known[-1]

    def resolve(self, session: date, known_at: datetime | None = None) -> RegistryEntry | None:
        """Return the entry of the model that serves a session, as known at a time.

        Args:
            session: The session to be scored.
            known_at: Look only at what had been recorded by then, tz-aware; None for now.

        Returns:
            The entry, whose model learnt from earlier sessions only; None when there is no model for it.

        Raises:
            ModelError: The ledger is damaged or was changed.
        """
        return serving(self.entries(), session, known_at)

    def live(self, session: date, opens_at: datetime) -> RegistryEntry | None:
        """Return the entry of the model that scores a session, today as in a backfill years later.

        Args:
            session: The session to be scored.
            opens_at: When it opens, tz-aware; later decisions do not change what was live in it.

        Returns:
            What serves it by the decisions before its open; where there was none, as for recordings that are older
            than the registry, by those until now. None when there is no model for it.

        Raises:
            ModelError: The ledger is damaged or was changed.
        """
        entries = self.entries()
        return serving(entries, session, opens_at) or serving(entries, session)

    def load(self, entry: RegistryEntry, loaded_at: datetime | None = None) -> LoadedModel:
        """Load a model after the ledger, its manifest and the hash of its file agree.

        Args:
            entry: From `resolve`, `entry` or `entries`.
            loaded_at: Now, for the record.

        Raises:
            ModelError: The entry is not in the ledger, or any of them does not agree.
        """
        if entry not in self.entries():
            msg = f"{entry.version} ({entry.sha256[:12]}) is not pinned in {self.ledger}; it was not loaded."
            raise ModelError(msg)
        return load_bundle(self.bundles, entry, loaded_at)

    def verify(self, entry: RegistryEntry) -> LoadedModel:
        """Load a model and compare MLflow's registry with the ledger besides.

        Args:
            entry: From `resolve`, `entry` or `entries`.

        Raises:
            ModelError: Ledger, manifest, file and MLflow do not agree; the message names the two that differ.
        """
        model = self.load(entry)
        mlflow_runs.check_tags(self.mlflow, entry.sha256, entry.version)
        return model

    def open_records(self) -> MlflowStore:
        """Return MLflow's store, made when it is not there yet."""
        with self._locked():
            self.mlflow.initialised(self.mlflow.client())
        return self.mlflow

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One process at a time on this machine, whose MLflow may be files; one of all where machines share a lock."""
        everywhere = exclusive_everywhere(self.lock_url, "models") if self.lock_url else nullcontext()
        with exclusive(self.home / "models" / ".lock"), everywhere:
            yield

    def _documented(self, trained: TrainedModel, lineage: Mapping[str, str], entry: RegistryEntry) -> RegistryEntry:
        """Store the bundle and the MLflow run; the ledger comes last, so that a crash leaves no half entry."""
        bundle = write_bundle(self.bundles, trained, entry.version, lineage)
        own = {
            "semantic_version": entry.version,
            "sha256": entry.sha256,
            "kind": entry.kind,
            "valid_from": entry.valid_from.isoformat(),
            "trained_from": entry.trained_from.isoformat(),
            "trained_until": entry.trained_until.isoformat(),
            "data_sha256": trained.data_sha256,
        }
        # its own first, as pages list them, and not to be overwritten by what the lineage calls the same
        tags = own | dict(lineage) | own
        run_id = mlflow_runs.log_model(self.mlflow, bundle, trained, tags, entry.recorded_at)
        return replace(entry, mlflow_run_id=run_id)
