"""MLflow: one run, one logged model and one model version per trained model, for people to look at.

Nothing is ever loaded from here: MLflow's own loading runs code that a file names. Every call imports mlflow (1.6 s).
"""

from __future__ import annotations

import logging
import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import orjson

from trading_assets.errors import ModelError
from trading_assets.tracking.bundles import MANIFEST_FILE, MODEL_FILE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from mlflow.entities import Experiment, Metric
    from mlflow.entities.model_registry import ModelVersion
    from mlflow.tracking import MlflowClient

    from trading_assets.models.training import TrainedModel

MODEL_NAME = "signal_model"
CHAMPION = "champion"
_DATABASE = "mlflow.db"
_DIGEST_LENGTH = 36


def log_model(home: Path, bundle: Path, trained: TrainedModel, tags: Mapping[str, str], recorded_at: datetime) -> str:
    """Document a trained model in MLflow; the caller holds the registry's lock.

    Args:
        home: Folder of the MLflow store; made when it is not there.
        bundle: Folder with the model file and its manifest, both become artifacts.
        trained: The model.
        tags: Put on the run, the logged model and the model version; `sha256` and `semantic_version` among them.
        recorded_at: Time of the run.

    Returns:
        The run's id; that of the earlier run when this file and version are documented already (a crash came between
        MLflow and the ledger).
    """
    client = _client(home)
    experiment = _initialised(client, home)
    for version in _versions(client, trained.sha256):
        if version.tags.get("semantic_version") == tags["semantic_version"]:
            return str(version.run_id)
    milliseconds = int(recorded_at.timestamp() * 1000)
    run = client.create_run(
        experiment.experiment_id, start_time=milliseconds, tags=dict(tags), run_name=tags["semantic_version"]
    )
    run_id = str(run.info.run_id)
    _log_run(client, run_id, trained, milliseconds)
    _log_files(client, run_id, bundle, experiment, tags)
    client.set_terminated(run_id, end_time=milliseconds)
    return run_id


def set_champion(home: Path, sha256: str) -> None:
    """Point the alias `champion` at a model, which only says what serves now.

    Raises:
        ModelError: MLflow does not know the model.
    """
    client = _client(home)
    versions = _versions(client, sha256)
    if not versions:
        msg = f"MLflow in {home} has no model version tagged {sha256[:12]}; register the model again."
        raise ModelError(msg)
    client.set_registered_model_alias(MODEL_NAME, CHAMPION, versions[0].version)


def check_tags(home: Path, sha256: str, semantic_version: str) -> None:
    """Compare MLflow's tags of a model with what is pinned.

    Raises:
        ModelError: MLflow does not know the hash, or knows it under another version.
    """
    database = home / _DATABASE
    found = (
        [version.tags.get("semantic_version") for version in _versions(_client(home), sha256)]
        if database.exists()
        else []
    )
    if semantic_version not in found:
        msg = (
            f"MLflow in {home} knows {sha256[:12]} as {', '.join(map(str, found)) or 'no version'}, the ledger as "
            f"{semantic_version}; the MLflow registry was changed or lost."
        )
        raise ModelError(msg)


def _client(home: Path) -> MlflowClient:
    # read by mlflow when it is imported; the user's own choice stands
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    from mlflow.tracking import MlflowClient

    # two lines about database tables on every first use say nothing to a user
    logging.getLogger("mlflow.store.db.utils").setLevel(logging.WARNING)
    home.mkdir(parents=True, exist_ok=True)
    if not (home / _DATABASE).exists():
        with closing(sqlite3.connect(home / _DATABASE)) as connection:
            # readers and one writer at once; set before mlflow's tables, which are then made in half the time
            connection.execute("PRAGMA journal_mode=WAL")
    uri = f"sqlite:///{home.resolve() / _DATABASE}"
    return MlflowClient(tracking_uri=uri, registry_uri=uri)


def _initialised(client: MlflowClient, home: Path) -> Experiment:
    """Make what the store needs once; a fresh SQLite store dies when processes do this at the same time."""
    from mlflow.entities import ViewType
    from mlflow.exceptions import MlflowException

    # an absolute location: a relative one follows the folder a command happens to run in
    artifacts = (home.resolve() / "artifacts").as_uri()
    known = list(client.search_experiments(view_type=ViewType.ALL))
    for experiment in known:
        if experiment.artifact_location == artifacts and experiment.lifecycle_stage == "active":
            return experiment
    # a home that was moved gets another experiment: MLflow would go on writing to where the home was
    taken = {experiment.name for experiment in known}
    name = MODEL_NAME if MODEL_NAME not in taken else f"{MODEL_NAME} {len(known)}"
    experiment_id = client.create_experiment(name, artifact_location=artifacts)
    try:
        client.create_registered_model(MODEL_NAME, description="Probability that a signal's trade wins.")
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    return client.get_experiment(experiment_id)


def _versions(client: MlflowClient, sha256: str) -> list[ModelVersion]:
    return list(client.search_model_versions(f"name='{MODEL_NAME}' and tags.sha256='{sha256}'"))


def _log_run(client: MlflowClient, run_id: str, trained: TrainedModel, milliseconds: int) -> None:
    from mlflow.entities import Dataset, DatasetInput, InputTag, Param

    parameters = [Param(name, value) for name, value in sorted(trained.parameters.items())]
    client.log_batch(run_id, metrics=_metrics(trained, milliseconds), params=parameters)
    source = orjson.dumps({"first_session": str(trained.trained_from), "last_session": str(trained.trained_until)})
    dataset = Dataset(
        name="labelled_signals",
        digest=trained.data_sha256[:_DIGEST_LENGTH],
        source_type="trading_assets",
        source=source.decode(),
        profile=orjson.dumps({"rows": trained.rows}).decode(),
    )
    client.log_inputs(run_id, [DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])])


def _metrics(trained: TrainedModel, milliseconds: int) -> list[Metric]:
    from mlflow.entities import Metric

    series = [(name, value, 0) for name, value in trained.metrics.items()]
    for candidate in trained.candidates:
        for step, fold in enumerate(candidate.folds, start=1):
            series += [(f"{candidate.kind}.{name}", value, step) for name, value in fold.items()]
    return [Metric(name, value, milliseconds, step) for name, value, step in series if value is not None]


def _log_files(
    client: MlflowClient, run_id: str, bundle: Path, experiment: Experiment, tags: Mapping[str, str]
) -> None:
    from mlflow.entities import LoggedModelOutput

    model = client.create_logged_model(
        experiment.experiment_id, name=MODEL_NAME, source_run_id=run_id, tags=dict(tags), model_type="skops"
    )
    for name in (MODEL_FILE, MANIFEST_FILE):
        client.log_model_artifact(model.model_id, str(bundle / name))
        client.log_artifact(run_id, str(bundle / name))
    model = client.finalize_logged_model(model.model_id, "READY")
    # without the output the run shows no model
    client.log_outputs(run_id, [LoggedModelOutput(model.model_id, 0)])
    client.create_model_version(
        MODEL_NAME, source=model.artifact_location, run_id=run_id, model_id=model.model_id, tags=dict(tags)
    )
