"""The same commands on an object store and PostgreSQL: the same tables, nothing beside them, and errors on the way."""

import json
from contextlib import closing
from datetime import date
from pathlib import Path
from uuid import uuid4

import psycopg2
import pytest

from trading_assets.defs.jobs import DAILY
from trading_assets.storage.tables import TableStore
from trading_assets.tables.catalog import contract
from trading_assets_tests import object_faults as faults
from trading_assets_tests.commands import Answer, trading_assets
from trading_assets_tests.object_store import Bucket
from trading_assets_tests.tracking.stores import new_database

DAY = date(2026, 1, 28)
RECORDED = Path(__file__).resolve().parents[2] / "trading_assets" / "feeds" / "data" / "simulated"


@pytest.fixture
def team(bucket: Bucket, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """One machine of a team, with nothing of its own; returns the URL of its PostgreSQL."""
    url = new_database(postgres_url, f"team-{uuid4().hex}")
    for name, value in bucket.variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TRADING_ASSETS_HOME", str(tmp_path / "machine"))
    monkeypatch.setenv("TRADING_ASSETS_POSTGRES_URL", url)
    return url


def done(*arguments: str) -> Answer:
    answer = trading_assets(*arguments)
    assert answer.code == 0, answer.out + answer.err
    return answer


def test_a_session_in_team_mode_is_the_same_to_the_byte_while_one_request_in_twenty_fails(
    team: str, bucket: Bucket, demo: tuple[Path, Answer], tmp_path: Path
) -> None:
    done("ingest", str(RECORDED / f"NIFTY_{DAY}.parquet"), "--feed", "simulated")
    bucket.server.fault = faults.errors(0.05, seed=11)
    done("materialize", "--from", str(DAY), "--to", str(DAY))
    bucket.server.fault = None
    embedded, shared = TableStore(demo[0] / "tables"), TableStore(bucket.place / "tables")
    hashes = {name: embedded.content_sha256(contract(name), DAY) for name in DAILY if contract(name).partitioned}
    assert {name: shared.content_sha256(contract(name), DAY) for name in hashes} == hashes
    assert None not in hashes.values()
    path = embedded.path(contract("trades"), DAY)
    assert shared.path(contract("trades"), DAY).read_bytes() == path.read_bytes()
    beside = {path.name for path in (tmp_path / "machine").iterdir()}
    assert beside & {"tables", "landing", "journal", "levels"} == set()
    with closing(psycopg2.connect(team)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*), sum(net_pnl) FROM trades WHERE date = %s", [DAY])
        trades = embedded.read(contract("trades"), [DAY])
        count, net = cursor.fetchone()
        assert (count, float(net)) == (len(trades), round(trades["net_pnl"].sum(), 2))
    found = json.loads(done("doctor", "--json").out)
    assert found["storage"] == {"place": bucket.url, "mirror": "0 partitions behind"}


def test_doctor_status_and_mirror_say_what_is_behind_and_make_up_for_it(
    team: str, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert done("mirror").out == "mirrored 0 partitions.\n"
    trades = contract("trades")
    TableStore(bucket.place / "tables").write(trades, trades.empty(), DAY)
    late = "the mirror in PostgreSQL lacks 1 partitions (trades 2026-01-28); run `trading-assets mirror`."
    for command in ("doctor", "status"):
        answer = trading_assets(command)
        assert (answer.code, late in answer.out) == (1, True), answer.out
    assert json.loads(done("mirror", "--json").out) == {"mirrored": ["trades 2026-01-28"]}
    assert late not in trading_assets("doctor").out
    bucket.server.fault = lambda _: faults.hung_up
    monkeypatch.setenv("TRADING_ASSETS_STORAGE__ATTEMPTS", "1")
    answer = trading_assets("doctor")
    assert answer.code == 1
    assert f"problem: cannot list {bucket.url}/ at {bucket.server.endpoint}" in answer.out
    assert team not in answer.out


def test_without_a_mirror_the_command_says_which_setting_makes_one() -> None:
    answer = trading_assets("mirror")
    assert (answer.code, "set TRADING_ASSETS_POSTGRES_URL" in answer.err) == (2, True)
