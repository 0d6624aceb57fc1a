"""The model registry: registers, resolves, promotes, loads and verifies models.

Truth is the ledger and the content-addressed bundles in `home/models`; MLflow in `home/mlflow` documents each model
and is imported only to register, promote or verify, never to score.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from trading_assets.errors import ModelError
from trading_assets.models.identity import Change, LoadedModel, next_version
from trading_assets.tracking import mlflow_runs
from trading_assets.tracking.bundles import load_bundle, write_bundle
from trading_assets.tracking.files import exclusive
from trading_assets.tracking.ledger import RegistryEntry, append_entry, latest_version, read_ledger, serving

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import date, datetime
    from pathlib import Path

    from trading_assets.models.training import TrainedModel


@dataclass(frozen=True)
class ModelRegistry:
    """All models of one home; safe from several processes at once.

    Args:
        home: The folder of the settings; `models` and `mlflow` are made in it.
    """

    home: Path

    @property
    def bundles(self) -> Path:
        """Folder of the bundles and the ledger."""
        return self.home / "models"

    @property
    def mlflow(self) -> Path:
        """Folder of the MLflow store."""
        return self.home / "mlflow"

    @property
    def ledger(self) -> Path:
        """The append-only ledger."""
        return self.bundles / "ledger.jsonl"

    def entries(self) -> tuple[RegistryEntry, ...]:
        """All decisions in the order they were written; none in an empty home.

        Raises:
            ModelError: The ledger is damaged or was changed.
        """
        return read_ledger(self.ledger)

    def register(self, trained: TrainedModel, lineage: Mapping[str, str], recorded_at: datetime) -> RegistryEntry:
        """Give a trained model its version and let it serve from its cut-off on.

        The same file is registered once: again it returns the entry in force. Another file for a cut-off that has a
        champion becomes a candidate, which serves only after `promote`: what was live in the past does not change
        by training again.

        Args:
            trained: The model.
            lineage: Where its data came from (tables, sessions, Dagster run, code version), as text by name.
            recorded_at: Now, tz-aware.

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
            entry = self._documented(trained, lineage, _proposed(trained, entries, recorded_at))
            append_entry(self.ledger, entry)
            self._point_alias(entry)
        return entry

    def promote(
        self, version: str, recorded_at: datetime, reason: str, valid_from: date | None = None
    ) -> RegistryEntry:
        """Let a registered model serve, as an act on the record.

        Args:
            version: Its semantic version.
            recorded_at: Now, tz-aware.
            reason: Why, for whoever asks later; not empty.
            valid_from: First session it shall serve; None for its cut-off. After its `trained_until`.

        Returns:
            The new entry.

        Raises:
            ModelError: Unknown version, no reason, or a first session it has learnt from.
        """
        with self._locked():
            known = self.entry(version)
            if not reason.strip():
                msg = f"promoting {version} needs a reason; it stays in the ledger."
                raise ModelError(msg)
            entry = replace(
                known,
                role="champion",
                recorded_at=recorded_at,
                reason=reason.strip(),
                valid_from=valid_from or known.valid_from,
            )
            load_bundle(self.bundles, entry)
            append_entry(self.ledger, entry)
            self._point_alias(entry)
        return entry

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

    def _locked(self) -> AbstractContextManager[None]:
        return exclusive(self.bundles / ".lock")

    def _documented(self, trained: TrainedModel, lineage: Mapping[str, str], entry: RegistryEntry) -> RegistryEntry:
        """Store the bundle and the MLflow run; the ledger comes last, so that a crash leaves no half entry."""
        bundle = write_bundle(self.bundles, trained, entry.version, lineage)
        tags = {
            **lineage,
            "sha256": entry.sha256,
            "semantic_version": entry.version,
            "kind": entry.kind,
            "valid_from": entry.valid_from.isoformat(),
            "trained_from": entry.trained_from.isoformat(),
            "trained_until": entry.trained_until.isoformat(),
            "data_sha256": trained.data_sha256,
        }
        run_id = mlflow_runs.log_model(self.mlflow, bundle, trained, tags, entry.recorded_at)
        return replace(entry, mlflow_run_id=run_id)

    def _point_alias(self, entry: RegistryEntry) -> None:
        """Move MLflow's alias when the entry is what serves the newest sessions."""
        newest = max(e.valid_from for e in self.entries())
        if self.resolve(newest) == entry:
            mlflow_runs.set_champion(self.mlflow, entry.sha256)


def _proposed(trained: TrainedModel, entries: Sequence[RegistryEntry], recorded_at: datetime) -> RegistryEntry:
    taken = [e.version for e in entries if e.role == "champion" and e.valid_from == trained.cutoff]
    change: Change = "retrain"
    if entries and entries[-1].features_sha256 != trained.features_sha256:
        change = "features"
    return RegistryEntry(
        version=next_version(latest_version(entries), change),
        sha256=trained.sha256,
        valid_from=trained.cutoff,
        trained_from=trained.trained_from,
        trained_until=trained.trained_until,
        role="candidate" if taken else "champion",
        recorded_at=recorded_at,
        reason=f"trained again for a cut-off that {taken[-1]} serves" if taken else "first model for its cut-off",
        kind=trained.kind,
        rows=trained.rows,
        features_sha256=trained.features_sha256,
        mlflow_run_id="",
    )
