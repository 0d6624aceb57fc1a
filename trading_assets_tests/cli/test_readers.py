"""Fifty readers while a process writes: SQL, reports and the HTTP service answer, and never from a part of a session.

`TRADING_ASSETS_TEST_READS` sets how often each reader asks.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from multiprocessing.connection import Connection
from pathlib import Path

import httpx
import orjson
import pytest

from trading_assets.defs.monitoring_steps import tear_sheet_data
from trading_assets.defs.workspace import open_workspace
from trading_assets.settings import Settings
from trading_assets.storage.sql import query
from trading_assets.storage.tables import TableStore
from trading_assets.tables import daily_performance, signal_outcomes, strategy_performance, trades
from trading_assets_tests.cli.served import Served, served
from trading_assets_tests.storage.desk import MONDAY, TUESDAY, fill
from trading_assets_tests.storage.test_tables import outcomes
from trading_assets_tests.storage.writers import running

READERS = 50
READS = int(os.environ.get("TRADING_ASSETS_TEST_READS", "1"))
OUTCOMES = signal_outcomes.CONTRACT
#: Rows and reason of the versions that are written by turns: a mixture of both is torn.
VERSIONS = ((40, "a"), (70, "b"))
#: Net P&L of the sessions of the desk, ₹, and of those of its other version.
DESK = {MONDAY: ("940.15", "941.15"), TUESDAY: ("89.90", "90.90")}


def write_by_turns(told: Connection, root: Path) -> None:
    """Replace sessions by other versions of theirs until killed."""
    store = TableStore(root)
    tables = [module.CONTRACT for module in (trades, strategy_performance, daily_performance)]
    stored = {(table, day): store.read(table, [day]) for table in tables for day in DESK}
    turn = 0
    while True:
        turn += 1
        for day in DESK:
            rows, reason = VERSIONS[turn % 2]
            store.write(OUTCOMES, outcomes(rows, day, reason), day)
            for table in tables:
                frame = stored[table, day].copy()
                if table is daily_performance.CONTRACT and turn % 2:
                    frame["net_pnl"] += 1.0
                store.write(table, frame, day)
        if turn == 1:
            told.send(turn)


def ask_sql(store: TableStore) -> None:
    found = query(
        store,
        "SELECT date, count(*), min(reason), max(reason), count(DISTINCT signal_id) FROM signal_outcomes GROUP BY date",
    ).rows
    assert len(found) == len(DESK)
    assert {row[1:] for row in found} <= {(rows, reason, reason, rows) for rows, reason in VERSIONS}


def ask_report(settings: Settings) -> None:
    data = tear_sheet_data(open_workspace(settings), [MONDAY, TUESDAY])
    assert len(data.trades) == 4
    assert sorted(data.daily_performance["date"].dt.date) == [MONDAY, TUESDAY]


def ask_service(service: Served) -> None:
    answer = httpx.get(f"http://127.0.0.1:{service.port}/api/performance/daily", timeout=120)
    assert answer.status_code == 200
    rows = orjson.loads(answer.content)
    assert [row["date"] for row in rows] == [day.isoformat() for day in DESK]
    for row, versions in zip(rows, DESK.values(), strict=True):
        assert f"{Decimal(str(row['net_pnl'])):.2f}" in versions


@pytest.fixture
def home_settings(tmp_path: Path) -> Settings:
    settings = Settings(home=tmp_path / "home")
    fill(open_workspace(settings).store)
    return settings


def test_fifty_readers_see_whole_sessions_while_a_process_replaces_them(home_settings: Settings) -> None:
    workspace = open_workspace(home_settings)
    with running(write_by_turns, workspace.store.root) as (writer, told), served(home_settings) as service:
        assert told.recv() == 1

        def read(number: int) -> None:
            for _ in range(READS):
                if number % 5 == 0:
                    ask_report(home_settings)
                elif number % 2:
                    ask_sql(workspace.store)
                else:
                    ask_service(service)

        with ThreadPoolExecutor(READERS) as readers:
            done = list(readers.map(read, range(READERS)))
        assert writer.is_alive()
    assert len(done) == READERS
