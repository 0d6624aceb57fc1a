"""Where MLflow keeps its records: by settings, absolute, and said without a password when it is not there."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from trading_assets.defs.workspace import open_workspace
from trading_assets.errors import ModelError, SettingsError
from trading_assets.setting_sections import StorageSettings
from trading_assets.settings import Settings, load_settings
from trading_assets.tracking.mlflow_store import MODEL_NAME, MlflowStore
from trading_assets.tracking.registry import ModelRegistry

if TYPE_CHECKING:
    from pathlib import Path

URL = "postgresql://reader:hunter2@127.0.0.1:1/mlflow"


def test_by_default_everything_lies_below_the_home(tmp_path: Path) -> None:
    store = open_workspace(Settings(home=tmp_path / "a home")).registry.mlflow
    assert store.uri == f"sqlite:///{tmp_path}/a home/mlflow/mlflow.db"
    assert store.artifact_location == f"{tmp_path.as_uri()}/a%20home/mlflow/artifacts"
    assert not store.is_there
    assert store.variables == {}
    assert not (tmp_path / "a home").exists(), "asking makes nothing"


def test_the_settings_name_another_database_and_place(tmp_path: Path) -> None:
    settings = Settings(
        home=tmp_path,
        mlflow_postgres_url=SecretStr(URL),
        mlflow_artifacts="s3://bucket/models/",
        storage=StorageSettings(endpoint="http://minio.example:9000"),
    )
    store = open_workspace(settings).registry.mlflow
    assert store.uri == "postgresql+psycopg2://reader:hunter2@127.0.0.1:1/mlflow"
    assert store.artifact_location == "s3://bucket/models"
    assert store.is_there
    assert store.variables == {"MLFLOW_S3_ENDPOINT_URL": "http://minio.example:9000"}
    assert "hunter2" not in repr(open_workspace(settings).registry)


@pytest.mark.parametrize(
    ("given", "found"),
    [("shared", "{home}/shared"), ("../beside", "{parent}/beside"), ("/srv/models", "/srv/models")],
    ids=["below", "beside", "absolute"],
)
def test_a_folder_is_absolute_and_one_without_a_root_follows_the_home(tmp_path: Path, given: str, found: str) -> None:
    home = tmp_path / "home"
    store = MlflowStore(home / "mlflow", artifacts=given)
    assert store.artifact_location == f"file://{found.format(home=home, parent=tmp_path)}"


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg2"])
def test_the_driver_is_named_whatever_the_scheme(tmp_path: Path, scheme: str) -> None:
    assert MlflowStore(tmp_path, f"{scheme}://h/postgres://d").uri == "postgresql+psycopg2://h/postgres://d"


@pytest.mark.parametrize("url", ["mysql://u:hunter2@h/d", "hunter2", "postgresql+asyncpg://u:hunter2@h/d", ""])
def test_another_database_is_refused_without_showing_the_password(tmp_path: Path, url: str) -> None:
    with pytest.raises(SettingsError, match="mlflow_postgres_url must look like") as caught:
        assert MlflowStore(tmp_path, url).uri
    assert "hunter2" not in str(caught.value)


def test_a_database_that_does_not_answer_is_said_at_once_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"at 127\.0\.0\.1:1 does not answer; start it, or correct") as caught:
        MlflowStore(tmp_path / "mlflow", URL).client()
    assert "hunter2" not in str(caught.value)


def test_an_object_store_without_its_library_is_said_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(SettingsError, match="mlflow_artifacts s3://bucket/models needs boto3"):
        MlflowStore(tmp_path / "mlflow", artifacts="s3://bucket/models").client()
    assert not (tmp_path / "mlflow").exists()


def test_dagsters_database_is_refused_for_mlflow(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("POSTGRES_URL", "MLFLOW_POSTGRES_URL"):
        monkeypatch.setenv(f"TRADING_ASSETS_{name}", URL)
    with pytest.raises(SettingsError, match="mlflow_postgres_url is the database of postgres_url") as caught:
        load_settings()
    assert "hunter2" not in str(caught.value)
    monkeypatch.setenv("TRADING_ASSETS_POSTGRES_URL", f"{URL}-dagster")
    assert load_settings().mlflow_postgres_url is not None


def test_opening_the_records_twice_makes_one_experiment_and_one_model(tmp_path: Path) -> None:
    registry = ModelRegistry(tmp_path / "home")
    stores = [registry.open_records() for _ in range(2)]
    client = stores[0].client()
    assert [found.name for found in client.search_registered_models()] == [MODEL_NAME]
    named = [found for found in client.search_experiments() if found.name == MODEL_NAME]
    assert [found.artifact_location for found in named] == [stores[1].artifact_location]


def test_an_experiment_that_was_deleted_is_not_written_to_again(tmp_path: Path) -> None:
    store = ModelRegistry(tmp_path / "home").open_records()
    client = store.client()
    first = store.initialised(client)
    client.delete_experiment(first.experiment_id)
    second = store.initialised(client)
    assert second.experiment_id != first.experiment_id
    assert second.name.startswith(f"{MODEL_NAME} ")
    assert second.lifecycle_stage == "active"
