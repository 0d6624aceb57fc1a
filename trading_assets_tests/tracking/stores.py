"""The places MLflow may keep its records, for tests that must hold on each."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg2
import pytest

from trading_assets.tracking.mlflow_store import MlflowStore
from trading_assets_tests.object_store import CREDENTIALS, new_bucket

if TYPE_CHECKING:
    from pathlib import Path

KINDS = ("sqlite", "postgres")


def new_database(server: str, name: str) -> str:
    """Make a database on a PostgreSQL server and return its URL."""
    with closing(psycopg2.connect(server)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "{name}"')
    before, separator, after = server.partition("?")
    return f"{before.rsplit('/', 1)[0]}/{name}{separator}{after}"


def mlflow_store(kind: str, request: pytest.FixtureRequest, home: Path) -> MlflowStore:
    """A fresh store of a kind; with PostgreSQL its files lie on an object store."""
    if kind == "sqlite":
        return MlflowStore(home / "mlflow")
    database = new_database(request.getfixturevalue("postgres_url"), f"mlflow-{uuid4().hex}")
    patch = pytest.MonkeyPatch()
    request.addfinalizer(patch.undo)
    for name, value in CREDENTIALS.items():
        patch.setenv(name, value)
    bucket = new_bucket(request.getfixturevalue("object_store_server"), f"models-{uuid4().hex}")
    store = MlflowStore(home / "mlflow", database, f"s3://{bucket.name}/files", bucket.server.endpoint)
    for name, value in store.variables.items():
        patch.setenv(name, value)  # what the store sets itself, so that it is gone afterwards
    return store
