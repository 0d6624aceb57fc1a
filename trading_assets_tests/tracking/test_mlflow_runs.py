"""What MLflow shows of a model: one run with parameters, metrics per fold, lineage, documents and the file itself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import numpy as np
import orjson
import pytest

from trading_assets.errors import ModelError
from trading_assets.models.features import FEATURE_NAMES
from trading_assets.models.identity import load_model, sha256_hex
from trading_assets.models.scoring import snapshot_matrix
from trading_assets.tracking.bundles import MANIFEST_FILE, MODEL_FILE, write_bundle
from trading_assets.tracking.mlflow_runs import (
    CALIBRATION_FILE,
    CARD_FILE,
    CHALLENGER,
    CHAMPION,
    EXAMPLE_FILE,
    IMPORTANCE_FILE,
    check_tags,
    log_model,
    set_aliases,
)
from trading_assets.tracking.mlflow_store import MlflowStore
from trading_assets_tests.models.labelled import trained_model
from trading_assets_tests.tracking.stores import KINDS, mlflow_store

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2024, 3, 1, 12, 30, tzinfo=UTC)
TRAINED = trained_model()
TAGS = {"sha256": TRAINED.sha256, "semantic_version": "v1.0.0", "dagster_run_id": "run-1", "code_version": "0.1.0"}
DOCUMENTS = {MODEL_FILE, MANIFEST_FILE, CARD_FILE, CALIBRATION_FILE, IMPORTANCE_FILE, EXAMPLE_FILE, "MLmodel"}
Logged = tuple[MlflowStore, str]


@pytest.fixture(scope="module", params=KINDS)
def logged(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Logged:
    """An MLflow store with one model, and its run's id."""
    home = tmp_path_factory.mktemp("mlflow")
    store = mlflow_store(request.param, request, home)
    bundle = write_bundle(home / "models", TRAINED, "v1.0.0", {})
    return store, log_model(store, bundle, TRAINED, TAGS, NOW)


def places_of(store: MlflowStore, run_id: str) -> tuple[str, str]:
    """URIs of the run's and of the logged model's files."""
    run = store.client().get_run(run_id)
    model = store.client().get_logged_model(run.outputs.model_outputs[0].model_id)
    return run.info.artifact_uri, model.artifact_location


def files_of(store: MlflowStore, run_id: str) -> tuple[Path, Path]:
    """Folders of the run's and of the logged model's files, fetched by MLflow where they are elsewhere."""
    from pathlib import Path

    from mlflow.artifacts import download_artifacts

    run_files, model_files = (Path(download_artifacts(place)) for place in places_of(store, run_id))
    return run_files, model_files


def test_the_run_says_what_was_trained_from_what(logged: Logged) -> None:
    store, run_id = logged
    run = store.client().get_run(run_id)
    assert run.info.status == "FINISHED"
    assert run.info.start_time == run.info.end_time == int(NOW.timestamp() * 1000)
    assert run.data.params == dict(TRAINED.parameters)
    assert run.data.tags.items() >= TAGS.items()
    assert run.data.metrics["log_loss"] == TRAINED.metrics["log_loss"]
    (dataset,) = run.inputs.dataset_inputs
    assert dataset.dataset.digest == TRAINED.data_sha256[:36]
    assert orjson.loads(dataset.dataset.profile) == {"rows": 160, "rows_sha256": TRAINED.data_sha256}
    source = orjson.loads(dataset.dataset.source)
    assert source["sessions"] == [day.isoformat() for day in TRAINED.sessions]
    assert len(source["sessions"]) == 8
    assert len(run.outputs.model_outputs) == 1
    experiment = store.client().get_experiment(run.info.experiment_id)
    assert experiment.tags["mlflow.experimentKind"] == "custom_model_development", "not one of language models"
    assert experiment.tags["mlflow.note.content"]


def test_every_fold_of_every_candidate_is_a_point_of_every_metric(logged: Logged) -> None:
    store, run_id = logged
    named = {"log_loss", "brier", "roc_auc", "precision_at_threshold", "net_pnl_lift", "calibration_error"}
    for candidate in TRAINED.candidates:
        assert named <= set(candidate.folds[0])
        for name in named:
            history = store.client().get_metric_history(run_id, f"{candidate.kind}.{name}")
            found = {point.step: point.value for point in history}
            folds = enumerate(candidate.folds, start=1)
            assert found == {step: fold[name] for step, fold in folds if fold[name] is not None}, name


def test_run_and_model_hold_the_bundle_and_all_documents(logged: Logged) -> None:
    for folder in files_of(*logged):
        assert {path.name for path in folder.iterdir()} == DOCUMENTS
        assert sha256_hex((folder / MODEL_FILE).read_bytes()) == TRAINED.sha256


def test_the_files_lie_where_the_settings_say(logged: Logged) -> None:
    store, run_id = logged
    for place in places_of(store, run_id):
        assert place.startswith(store.artifact_location)
    assert (store.folder / "artifacts").exists() == (store.artifacts is None)
    assert store.artifact_location.startswith("file" if store.artifacts is None else "s3")


def test_the_signature_names_what_goes_in_and_comes_out_and_nothing_can_be_loaded(logged: Logged) -> None:
    from mlflow.models import Model

    _, folder = files_of(*logged)
    described = Model.load(str(folder / "MLmodel"))
    assert described.signature.inputs.input_names() == list(FEATURE_NAMES)
    assert not any(column.required for column in described.signature.inputs.inputs), "a feature may be missing"
    assert described.signature.outputs.input_names() == ["ml_score"]
    assert described.saved_input_example_info["artifact_path"] == EXAMPLE_FILE
    assert described.flavors == {}, "without a flavour MLflow has no code to load it with"


def test_the_input_example_can_be_scored(logged: Logged) -> None:
    _, folder = files_of(*logged)
    rows = orjson.loads((folder / EXAMPLE_FILE).read_bytes())
    matrix = snapshot_matrix([orjson.dumps(row).decode() for row in rows], FEATURE_NAMES)
    assert np.array_equal(matrix, TRAINED.example, equal_nan=True)
    model = load_model((folder / MODEL_FILE).read_bytes(), TRAINED.sha256)
    assert model.predict(matrix).shape == (5,)


def test_pictures_are_images_and_the_card_describes_the_version(logged: Logged) -> None:
    store, run_id = logged
    _, folder = files_of(store, run_id)
    for name in (CALIBRATION_FILE, IMPORTANCE_FILE):
        assert ET.fromstring((folder / name).read_text(encoding="utf-8")).tag.endswith("}svg")  # noqa: S314
    card = (folder / CARD_FILE).read_text(encoding="utf-8")
    (version,) = store.client().search_model_versions("name='signal_model'")
    run = store.client().get_run(run_id)
    assert version.description == run.data.tags["mlflow.note.content"] == card[:5_000]
    assert run.data.tags["mlflow.source.name"].endswith("signal_model")
    assert card.startswith("# signal_model v1.0.0\n")


def test_documenting_the_same_version_again_makes_no_second_run(logged: Logged) -> None:
    store, run_id = logged
    assert log_model(store, store.folder.parent / "models" / TRAINED.sha256, TRAINED, TAGS, NOW) == run_id


def test_an_alias_points_at_the_model_or_at_none(logged: Logged) -> None:
    store, run_id = logged
    set_aliases(store, {CHAMPION: TRAINED.sha256, CHALLENGER: TRAINED.sha256})
    for alias in (CHAMPION, CHALLENGER):
        assert store.client().get_model_version_by_alias("signal_model", alias).run_id == run_id
    for _ in range(2):
        set_aliases(store, {CHALLENGER: None})
    (version,) = store.client().search_model_versions("name='signal_model'")
    assert store.client().get_model_version("signal_model", version.version).aliases == [CHAMPION]


def test_a_model_that_mlflow_does_not_know_is_named(logged: Logged) -> None:
    store, _ = logged
    with pytest.raises(ModelError, match="no model version tagged 000000000000"):
        set_aliases(store, {CHAMPION: "0" * 64})
    with pytest.raises(ModelError, match="as no version"):
        check_tags(store, "0" * 64, "v1.0.0")
    with pytest.raises(ModelError, match=r"as v1\.0\.0, the ledger as v2\.0\.0"):
        check_tags(store, TRAINED.sha256, "v2.0.0")


def test_checking_makes_no_store(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="as no version"):
        check_tags(MlflowStore(tmp_path / "mlflow"), TRAINED.sha256, "v1.0.0")
    assert not (tmp_path / "mlflow" / "mlflow.db").exists()
