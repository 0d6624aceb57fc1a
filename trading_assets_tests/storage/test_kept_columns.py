"""Columns kept together: the same as reading every session's file, whatever was written, replaced or damaged since."""

from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_assets.storage import parquet
from trading_assets.storage.kept_columns import FOLDER, read_kept
from trading_assets.storage.tables import TableStore
from trading_assets_tests.storage.test_tables import OUTCOMES, outcomes

COLUMNS = ["date", "reason", "signal_id"]
DAYS = [date(2025, 10, 13) + timedelta(days=number) for number in range(5)]
KEPT = Path(FOLDER) / f"{OUTCOMES.name}.parquet"


def same(store: TableStore, days: list[date] | None = None) -> None:
    kept = read_kept(store, OUTCOMES, COLUMNS, days)
    pd.testing.assert_frame_equal(kept, store.read(OUTCOMES, days, COLUMNS))


@settings(max_examples=10)
@given(
    changes=st.lists(
        st.tuples(st.sampled_from(DAYS), st.integers(0, 3), st.sampled_from(["a", "b"]), st.booleans()), max_size=8
    )
)
def test_what_is_kept_is_what_is_stored(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[date, int, str, bool]]
) -> None:
    store = TableStore(tmp_path_factory.mktemp("home") / "tables")
    for day, rows, reason, gone in changes:
        if gone:
            store.delete(OUTCOMES, day)
        else:
            store.write(OUTCOMES, outcomes(rows, day, reason), day)
        same(store)
    same(store, DAYS[1:3])
    same(store)


def test_only_files_that_are_new_are_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = TableStore(tmp_path / "tables")
    for day in DAYS:
        store.write(OUTCOMES, outcomes(2, day), day)
    read_kept(store, OUTCOMES, COLUMNS)
    store.write(OUTCOMES, outcomes(3, DAYS[1]), DAYS[1])
    opened: list[Path] = []
    reading = parquet.read

    def watched(contract: object, path: Path, columns: list[str]) -> object:
        opened.append(path)
        return reading(contract, path, columns)

    monkeypatch.setattr(parquet, "read", watched)
    assert len(read_kept(store, OUTCOMES, COLUMNS)) == 11
    assert opened == [store.path(OUTCOMES, DAYS[1])]


@pytest.mark.parametrize("damage", [b"", b"not parquet", None])
def test_what_is_kept_may_be_lost_or_damaged(tmp_path: Path, damage: bytes | None) -> None:
    store = TableStore(tmp_path / "tables")
    store.write(OUTCOMES, outcomes(2, DAYS[0]), DAYS[0])
    same(store)
    kept = tmp_path / KEPT
    if damage is None:
        whole = bytearray(kept.read_bytes())
        whole[12] ^= 0xFF
        kept.write_bytes(whole)
    else:
        kept.write_bytes(damage)
    same(store)
    pd.testing.assert_frame_equal(read_kept(store, OUTCOMES, ["signal_id"]), store.read(OUTCOMES, None, ["signal_id"]))
    same(store)
