"""Which materialization a session's check judged, however many sessions and materializations there are."""

from datetime import date, timedelta

import dagster as dg
import pytest

from trading_assets.defs import checks
from trading_assets.tables import trades

KEYS = [str(date(2020, 1, 1) + timedelta(days=number)) for number in range(1_603)]


@pytest.fixture
def instance() -> dg.DagsterInstance:
    """Three sessions: one made once, one twice, one seven times."""
    made = dg.DagsterInstance.ephemeral()
    for turn in range(7):
        for key, times in zip(KEYS[:3], (1, 2, 7), strict=True):
            if turn < times:
                made.report_runless_asset_event(dg.AssetMaterialization(trades.CONTRACT.name, partition=key))
    return made


def newest(instance: dg.DagsterInstance, key: str) -> int:
    wanted = dg.AssetRecordsFilter(asset_key=dg.AssetKey(trades.CONTRACT.name), asset_partitions=[key])
    return instance.fetch_materializations(wanted, limit=1).records[0].storage_id


@pytest.mark.parametrize("at_once", [1, 2, 3, checks._EVENTS])
def test_each_session_has_its_newest_materialization(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(checks, "_EVENTS", at_once)
    found = checks._latest_materializations(instance, trades.CONTRACT, KEYS[:4])
    assert {key: target.storage_id for key, target in found.items()} == {key: newest(instance, key) for key in KEYS[:3]}


def test_six_years_of_sessions_are_not_too_many_for_one_run(instance: dg.DagsterInstance) -> None:
    assert list(checks._latest_materializations(instance, trades.CONTRACT, KEYS)) == sorted(
        KEYS[:3], key=lambda key: -newest(instance, key)
    )
