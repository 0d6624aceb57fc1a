"""What a snapshot weighs on disk, and that a score survives being stored: the same bits come back and replay."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from trading_assets.models.features import FEATURE_NAMES
from trading_assets.models.scoring import replay, score
from trading_assets.storage.tables import TableStore
from trading_assets.tables.scored_signals import CONTRACT
from trading_assets_tests.models.labelled import CENTRES, SPREADS
from trading_assets_tests.models.test_scoring import SIGNALS, model

ROWS = 3_000
ALLOWED_BYTES = 200
SESSION = SIGNALS["date"].iloc[0].date()


@pytest.fixture(scope="module", params=[160, 600], ids=["boosting", "logistic"])
def stored(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[TableStore, int]:
    """A session of signals whose features are noise, which compresses worst; and the rows of the model's training."""
    ids = [f"{number:016x}" for number in range(ROWS)]
    signals = SIGNALS.iloc[np.zeros(ROWS, dtype=int)].reset_index(drop=True).assign(signal_id=ids)
    matrix = np.round(CENTRES + SPREADS * np.random.default_rng(2).normal(size=(ROWS, len(CENTRES))), 6)
    matrix[::5, 6] = np.nan
    features = pd.DataFrame(matrix, columns=list(FEATURE_NAMES)).assign(signal_id=ids)[["signal_id", *FEATURE_NAMES]]
    store = TableStore(tmp_path_factory.mktemp("stored"))
    store.write(CONTRACT, score(signals, features, model(request.param), 0.4), SESSION)
    return store, request.param


def test_a_stored_snapshot_takes_far_less_than_allowed(stored: tuple[TableStore, int]) -> None:
    [path] = stored[0].paths(CONTRACT)
    facts = pq.ParquetFile(path).metadata
    column = facts.schema.names.index("features_snapshot")
    groups = [facts.row_group(number).column(column) for number in range(facts.num_row_groups)]
    assert sum(group.num_values for group in groups) == ROWS
    assert sum(group.total_compressed_size for group in groups) / ROWS < ALLOWED_BYTES / 2  # measured: 65


def test_what_was_stored_replays_to_the_bit_after_the_disk(stored: tuple[TableStore, int]) -> None:
    store, rows = stored
    back = store.read(CONTRACT, [SESSION])
    assert back["ml_score"].notna().sum() == ROWS
    assert replay(back, model(rows)).empty


def test_one_bit_of_one_stored_score_is_found_among_all(stored: tuple[TableStore, int]) -> None:
    store, rows = stored
    back = store.read(CONTRACT, [SESSION])
    bits = back["ml_score"].to_numpy(dtype=np.float64).copy()
    bits.view(np.uint64)[1_234] ^= 1
    found = replay(back.assign(ml_score=bits), model(rows))
    assert found["signal_id"].tolist() == [back["signal_id"].iloc[1_234]]
    assert found["reason"].tolist() == ["score_differs"]
