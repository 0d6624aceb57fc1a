"""Earlier versions: kept when content changes, bounded, and never in the way of a read."""

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from trading_assets.places.place import Place
from trading_assets.storage import packing
from trading_assets.storage.history import KEPT_VERSIONS, History
from trading_assets.storage.tables import TableStore
from trading_assets.tables import market_snapshots
from trading_assets_tests.storage.contract_frames import SESSION, snapshots

CONTRACT = market_snapshots.CONTRACT


@pytest.fixture
def store(place: Place) -> TableStore:
    return TableStore(place / "tables")


def versions(store: TableStore) -> list[Place]:
    return History(store.root).versions(store.path(CONTRACT, SESSION))


def test_the_same_content_again_keeps_nothing(store: TableStore) -> None:
    for _ in range(3):
        store.write(CONTRACT, snapshots(10, seed=1), SESSION)
    assert versions(store) == []


def test_other_content_keeps_the_previous_file_whole_and_readable(store: TableStore) -> None:
    first = store.write(CONTRACT, snapshots(10, seed=1), SESSION)
    before = store.path(CONTRACT, SESSION).read_bytes()
    store.write(CONTRACT, snapshots(10, seed=2), SESSION)
    [kept] = versions(store)
    assert kept.read_bytes() == before
    assert kept.stem.endswith(first.content_sha256[:12])
    assert pq.read_metadata(pa.BufferReader(kept.read_bytes())).num_rows == 10


def test_the_last_few_versions_are_kept_oldest_first(store: TableStore) -> None:
    written = [store.write(CONTRACT, snapshots(10, seed=seed), SESSION) for seed in range(KEPT_VERSIONS + 4)]
    expected = [one.content_sha256[:12] for one in written[-KEPT_VERSIONS - 1 : -1]]
    assert [path.stem.split("-")[1] for path in versions(store)] == expected


def test_history_is_no_partition(store: TableStore) -> None:
    for seed in (1, 2):
        store.write(CONTRACT, snapshots(10, seed=seed), SESSION)
    assert store.sessions(CONTRACT) == [SESSION]
    pd.testing.assert_frame_equal(store.read(CONTRACT), snapshots(10, seed=2))


def test_nothing_stored_keeps_nothing(place: Place) -> None:
    history = History(place)
    history.keep(place / "fills" / "fills.parquet", content=None)
    assert history.versions(place / "fills" / "fills.parquet") == []


def test_the_same_values_in_another_layout_are_no_earlier_version(
    store: TableStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(packing, "_ZSTD_LEVEL", 9)
        first = store.write(CONTRACT, snapshots(2_000, seed=1), SESSION)
    second = store.write(CONTRACT, snapshots(2_000, seed=1), SESSION)
    assert first.content_sha256 == second.content_sha256
    assert first.bytes != second.bytes
    assert store.path(CONTRACT, SESSION).stat().st_size == second.bytes
    assert versions(store) == []
