"""MLflow: one run, one logged model and one model version per trained model, for people to look at.

Nothing is ever loaded from here: MLflow's own loading runs code that a file names. Every call imports mlflow (1.6 s).
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import orjson

from trading_assets.errors import ModelError
from trading_assets.models.scoring import snapshot_texts
from trading_assets.tracking.bundles import MANIFEST_FILE, MODEL_FILE
from trading_assets.tracking.ledger import RegistryEntry, serving, waiting
from trading_assets.tracking.mlflow_store import MODEL_NAME, MlflowStore
from trading_assets.tracking.model_card import model_card
from trading_assets.tracking.pictures import calibration_picture, importance_picture

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from mlflow.entities import LoggedModel, Metric
    from mlflow.entities.model_registry import ModelVersion
    from mlflow.tracking import MlflowClient

    from trading_assets.models.training import TrainedModel
    from trading_assets.places.place import Place

#: Aliases of the version that serves the newest sessions and of the one that waits; they only mean "now".
CHAMPION, CHALLENGER = "champion", "challenger"
#: Names of the files that document a model, beside those of its bundle.
CARD_FILE, EXAMPLE_FILE = "model_card.md", "input_example.json"
CALIBRATION_FILE, IMPORTANCE_FILE = "calibration.svg", "importance.svg"
#: What a run's page shows as its description and its source.
_NOTE = "mlflow.note.content"
_SOURCE = {"mlflow.source.name": "trading_assets, asset signal_model", "mlflow.source.type": "JOB"}
#: What MLflow's tables hold of either.
_DIGEST_LENGTH, _DESCRIPTION_LENGTH = 36, 5_000


def log_model(
    store: MlflowStore, bundle: Place, trained: TrainedModel, tags: Mapping[str, str], recorded_at: datetime
) -> str:
    """Document a trained model in MLflow; the caller holds the registry's lock.

    Args:
        store: Where; made when it is not there.
        bundle: Folder with the model file and its manifest, both become artifacts.
        trained: The model.
        tags: Put on the run, the logged model and the model version; `sha256` and `semantic_version` among them.
        recorded_at: Time of the run.

    Returns:
        The run's id; that of the earlier run when this file and version are documented already (a crash came between
        MLflow and the ledger).
    """
    client = store.client()
    experiment = store.initialised(client)
    for version in _versions(client, trained.sha256):
        if version.tags.get("semantic_version") == tags["semantic_version"]:
            return str(version.run_id)
    milliseconds = int(recorded_at.timestamp() * 1000)
    card = model_card(trained, tags["semantic_version"], tags)
    run = client.create_run(
        experiment.experiment_id,
        start_time=milliseconds,
        tags={**tags, _NOTE: card[:_DESCRIPTION_LENGTH], **_SOURCE},
        run_name=tags["semantic_version"],
    )
    run_id = str(run.info.run_id)
    _log_run(client, run_id, trained, milliseconds)
    model = client.create_logged_model(
        experiment.experiment_id, name=MODEL_NAME, source_run_id=run_id, tags=dict(tags), model_type="skops"
    )
    with TemporaryDirectory() as folder:
        _write_documents(Path(folder), bundle, trained, card)
        _write_signature(Path(folder), model, trained, recorded_at)
        client.log_artifacts(run_id, folder)
        client.log_model_artifacts(model.model_id, folder)
    _register(client, client.finalize_logged_model(model.model_id, "READY"), tags, card)
    client.set_terminated(run_id, end_time=milliseconds)
    return run_id


def point_aliases(store: MlflowStore, entries: Sequence[RegistryEntry]) -> None:
    """Let the aliases say which version serves the newest sessions and which waits to.

    Args:
        store: Where both are documented.
        entries: All entries of the ledger, in the order they were written; at least one.
    """
    champion = serving(entries, max(entry.valid_from for entry in entries))
    if champion is not None:
        waits = waiting(entries, champion)
        set_aliases(store, {CHAMPION: champion.sha256, CHALLENGER: None if waits is None else waits.sha256})


def set_aliases(store: MlflowStore, hashes: Mapping[str, str | None]) -> None:
    """Point each alias at the model of a hash, or at none.

    Raises:
        ModelError: MLflow does not know a model.
    """
    client = store.client()
    for alias, sha256 in hashes.items():
        if sha256 is None:
            client.delete_registered_model_alias(MODEL_NAME, alias)
            continue
        versions = _versions(client, sha256)
        if not versions:
            msg = f"MLflow in {store.folder} has no model version tagged {sha256[:12]}; register the model again."
            raise ModelError(msg)
        client.set_registered_model_alias(MODEL_NAME, alias, versions[0].version)


def check_tags(store: MlflowStore, sha256: str, semantic_version: str) -> None:
    """Compare MLflow's tags of a model with what is pinned.

    Raises:
        ModelError: MLflow does not know the hash, or knows it under another version.
    """
    versions = _versions(store.client(), sha256) if store.is_there else []
    found = [version.tags.get("semantic_version") for version in versions]
    if semantic_version not in found:
        msg = (
            f"MLflow in {store.folder} knows {sha256[:12]} as {', '.join(map(str, found)) or 'no version'}, the ledger "
            f"as {semantic_version}; the MLflow registry was changed or lost."
        )
        raise ModelError(msg)


def _versions(client: MlflowClient, sha256: str) -> list[ModelVersion]:
    return list(client.search_model_versions(f"name='{MODEL_NAME}' and tags.sha256='{sha256}'"))


def _log_run(client: MlflowClient, run_id: str, trained: TrainedModel, milliseconds: int) -> None:
    from mlflow.entities import Dataset, DatasetInput, InputTag, Param

    parameters = [Param(name, value) for name, value in sorted(trained.parameters.items())]
    client.log_batch(run_id, metrics=_metrics(trained, milliseconds), params=parameters)
    source = orjson.dumps(
        {"tables": ["scored_signals", "market_snapshots"], "sessions": [day.isoformat() for day in trained.sessions]}
    )
    dataset = Dataset(
        name="labelled_signals",
        digest=trained.data_sha256[:_DIGEST_LENGTH],
        source_type="trading_assets",
        source=source.decode(),
        profile=orjson.dumps({"rows": trained.rows, "rows_sha256": trained.data_sha256}).decode(),
    )
    client.log_inputs(run_id, [DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])])


def _metrics(trained: TrainedModel, milliseconds: int) -> list[Metric]:
    from mlflow.entities import Metric

    series = [(name, value, 0) for name, value in trained.metrics.items()]
    for candidate in trained.candidates:
        for step, fold in enumerate(candidate.folds, start=1):
            series += [(f"{candidate.kind}.{name}", value, step) for name, value in fold.items()]
    return [Metric(name, value, milliseconds, step) for name, value, step in series if value is not None]


def _write_documents(folder: Path, bundle: Place, trained: TrainedModel, card: str) -> None:
    for name in (MODEL_FILE, MANIFEST_FILE):
        (folder / name).write_bytes((bundle / name).read_bytes())
    texts = {
        CARD_FILE: card,
        CALIBRATION_FILE: calibration_picture(trained.kept.curve),
        IMPORTANCE_FILE: importance_picture(trained.kept.importance),
        EXAMPLE_FILE: "[" + ",\n".join(snapshot_texts(trained.example, trained.feature_names)) + "]\n",
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


def _write_signature(folder: Path, model: LoggedModel, trained: TrainedModel, recorded_at: datetime) -> None:
    """Say what goes in and comes out, for MLflow's pages; without a flavour there is nothing MLflow could load."""
    from mlflow.models import Model
    from mlflow.models.signature import ModelSignature
    from mlflow.types.schema import ColSpec, Schema

    inputs = Schema([ColSpec("double", name, required=False) for name in trained.feature_names])
    described = Model(
        artifact_path=model.artifact_location,
        run_id=model.source_run_id,
        model_id=model.model_id,
        model_uuid=trained.sha256[:32],
        utc_time_created=recorded_at,
        signature=ModelSignature(inputs=inputs, outputs=Schema([ColSpec("double", "ml_score")])),
        saved_input_example_info={"artifact_path": EXAMPLE_FILE, "type": "json_object"},
    )
    described.save(str(folder / "MLmodel"))


def _register(client: MlflowClient, model: LoggedModel, tags: Mapping[str, str], card: str) -> None:
    from mlflow.entities import LoggedModelOutput

    # without the output the run shows no model
    client.log_outputs(model.source_run_id, [LoggedModelOutput(model.model_id, 0)])
    client.create_model_version(
        MODEL_NAME,
        source=model.artifact_location,
        run_id=model.source_run_id,
        model_id=model.model_id,
        tags=dict(tags),
        description=card[:_DESCRIPTION_LENGTH],
    )
