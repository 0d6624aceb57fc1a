"""Transactions on a real server: what it loses is done again, what it refuses is said at once."""

import time

import pytest
from psycopg2.extensions import cursor

from trading_assets.errors import StorageError
from trading_assets.places import postgres
from trading_assets.places.postgres import in_transaction

LOSE_IT = "SELECT pg_terminate_backend(pg_backend_pid())"


def test_work_whose_server_is_lost_is_done_again_whole(postgres_url: str) -> None:
    seen: list[int] = []

    def work(rows: cursor) -> int:
        rows.execute("CREATE TABLE IF NOT EXISTS counted (number integer)")
        rows.execute("INSERT INTO counted VALUES (1)")
        seen.append(len(seen))
        if len(seen) <= 2:
            rows.execute(LOSE_IT)
        rows.execute("SELECT count(*) FROM counted")
        [found] = rows.fetchone()
        rows.execute("DROP TABLE counted")
        return int(found)

    assert in_transaction(postgres_url, work) == 1, "what was begun before is not there"
    assert seen == [0, 1, 2]


def test_what_is_refused_is_not_asked_again(postgres_url: str) -> None:
    asked: list[str] = []

    def work(rows: cursor) -> None:
        asked.append("it")
        rows.execute("SELECT 1 / 0")

    with pytest.raises(StorageError, match="division by zero"):
        in_transaction(postgres_url, work)
    assert asked == ["it"]


def test_a_server_that_stays_away_is_waited_for_so_long_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "PATIENCE_SECONDS", 0.3)
    monkeypatch.setattr(postgres, "AGAIN_SECONDS", 0.1)
    begun = time.monotonic()
    with pytest.raises(StorageError, match=r"127\.0\.0\.1:1 failed"):
        in_transaction("postgresql://desk:secret@127.0.0.1:1/none", lambda _: None)
    assert time.monotonic() - begun >= 0.3
