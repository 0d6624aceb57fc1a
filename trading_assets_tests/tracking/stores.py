"""The places MLflow may keep its records, for tests that must hold on each."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg2

from trading_assets.tracking.mlflow_store import MlflowStore

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

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
    """A fresh store of a kind; on PostgreSQL its files lie outside the home."""
    if kind == "sqlite":
        return MlflowStore(home / "mlflow")
    server = request.getfixturevalue("postgres_url")
    elsewhere = home.parent / f"{home.name}-files"
    return MlflowStore(home / "mlflow", new_database(server, f"mlflow-{uuid4().hex}"), str(elsewhere))
