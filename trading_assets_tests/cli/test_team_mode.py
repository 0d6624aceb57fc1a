"""The same commands on an object store and PostgreSQL, and what they say of them."""

import json
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest

from trading_assets.storage.tables import TableStore
from trading_assets.tables.catalog import contract
from trading_assets_tests import object_faults as faults
from trading_assets_tests.commands import Answer, trading_assets
from trading_assets_tests.object_store import Bucket
from trading_assets_tests.tracking.stores import new_database

DAY = date(2026, 1, 28)


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
