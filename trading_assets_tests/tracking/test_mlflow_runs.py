"""What MLflow shows of a model: one run with parameters, metrics per fold, lineage and the file itself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from trading_assets.errors import ModelError
from trading_assets.models.identity import sha256_hex
from trading_assets.tracking.bundles import write_bundle
from trading_assets.tracking.mlflow_runs import check_tags, log_model, set_champion
from trading_assets_tests.models.labelled import trained_model

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2024, 3, 1, 12, 30, tzinfo=UTC)
TRAINED = trained_model()
TAGS = {"sha256": TRAINED.sha256, "semantic_version": "v1.0.0", "dagster_run_id": "run-1"}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """An MLflow store with one model and its run's id."""
    home = tmp_path_factory.mktemp("mlflow")
    bundle = write_bundle(home / "models", TRAINED, "v1.0.0", {})
    return home / "mlflow", log_model(home / "mlflow", bundle, TRAINED, TAGS, NOW)


def client(home: Path) -> object:
    from mlflow.tracking import MlflowClient

    uri = f"sqlite:///{home / 'mlflow.db'}"
    return MlflowClient(tracking_uri=uri, registry_uri=uri)


def test_the_run_says_what_was_trained_from_what(store: tuple[Path, str]) -> None:
    home, run_id = store
    run = client(home).get_run(run_id)  # type: ignore[attr-defined]
    assert run.info.status == "FINISHED"
    assert run.info.start_time == run.info.end_time == int(NOW.timestamp() * 1000)
    assert run.data.params == dict(TRAINED.parameters)
    assert run.data.tags.items() >= TAGS.items()
    assert run.data.metrics["log_loss"] == TRAINED.metrics["log_loss"]
    (dataset,) = run.inputs.dataset_inputs
    assert dataset.dataset.digest == TRAINED.data_sha256[:36]
    assert len(run.outputs.model_outputs) == 1


def test_every_fold_of_every_candidate_is_a_point_of_a_metric(store: tuple[Path, str]) -> None:
    home, run_id = store
    for candidate in TRAINED.candidates:
        history = client(home).get_metric_history(run_id, f"{candidate.kind}.log_loss")  # type: ignore[attr-defined]
        found = {point.step: point.value for point in history}
        assert found == {step: fold["log_loss"] for step, fold in enumerate(candidate.folds, start=1)}


def test_the_registered_files_are_the_bundles(store: tuple[Path, str]) -> None:
    home, _ = store
    files = sorted((home / "artifacts").rglob("model.skops"))
    assert len(files) == 2  # the run's and the logged model's
    assert {sha256_hex(path.read_bytes()) for path in files} == {TRAINED.sha256}
    assert len(list((home / "artifacts").rglob("manifest.json"))) == 2


def test_documenting_the_same_version_again_makes_no_second_run(store: tuple[Path, str]) -> None:
    home, run_id = store
    assert log_model(home, home.parent / "models" / TRAINED.sha256, TRAINED, TAGS, NOW) == run_id


def test_the_alias_points_at_the_model(store: tuple[Path, str]) -> None:
    home, run_id = store
    set_champion(home, TRAINED.sha256)
    version = client(home).get_model_version_by_alias("signal_model", "champion")  # type: ignore[attr-defined]
    assert version.run_id == run_id


def test_a_model_that_mlflow_does_not_know_is_named(store: tuple[Path, str]) -> None:
    home, _ = store
    with pytest.raises(ModelError, match="no model version tagged 000000000000"):
        set_champion(home, "0" * 64)
    with pytest.raises(ModelError, match="as no version"):
        check_tags(home, "0" * 64, "v1.0.0")
    with pytest.raises(ModelError, match=r"as v1\.0\.0, the ledger as v2\.0\.0"):
        check_tags(home, TRAINED.sha256, "v2.0.0")


def test_checking_makes_no_store(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="as no version"):
        check_tags(tmp_path / "mlflow", TRAINED.sha256, "v1.0.0")
    assert not (tmp_path / "mlflow" / "mlflow.db").exists()
