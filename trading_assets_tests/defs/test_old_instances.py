"""An instance that an older Dagster left: it is brought to the new schema, with everything it knew."""

from contextlib import closing
from pathlib import Path

import dagster as dg
import psycopg2
import pytest

from trading_assets.defs.runner import open_instance
from trading_assets_tests.test_backup import new_database

#: The schema before October 2024, when backfills got a job's name and tags, which the pages ask for.
BEFORE = "1aca709bba64"


@dg.asset
def kept() -> int:
    return 1


def test_migrate_brings_an_old_database_to_the_new_schema_and_loses_nothing(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    url = new_database(postgres_url)
    monkeypatch.setenv("TRADING_ASSETS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TRADING_ASSETS_POSTGRES_URL", url)
    with open_instance() as instance:
        made = dg.materialize([kept], instance=instance)
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("DROP TABLE backfill_tags")
        cursor.execute("ALTER TABLE bulk_actions DROP COLUMN job_name")
        cursor.execute("UPDATE alembic_version SET version_num = %s", [BEFORE])
    with open_instance() as instance:
        instance.upgrade()
        assert instance.get_backfills() == []
        assert instance.get_run_by_id(made.run_id) is not None
        assert instance.get_latest_materialization_event(dg.AssetKey("kept")) is not None
        assert dg.materialize([kept], instance=instance).success
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM backfill_tags JOIN bulk_actions ON bulk_actions.job_name = backfill_tags.key"
        )
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT version_num FROM alembic_version")
        assert cursor.fetchone() != (BEFORE,)
