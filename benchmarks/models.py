"""Scoring with snapshots, a live signal, replay, loading, the weight of a stored snapshot; seconds of CPU, one thread.

Features are random. Peers are the figures of the system this one replaces (1 ms and 1 KB a signal), stock scikit-learn
and stock skops.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import skops.io
from threadpoolctl import threadpool_limits

from benchmarks._timing import cpu_seconds
from trading_assets.models.estimators import KINDS, Kind, fit
from trading_assets.models.features import FEATURE_NAMES
from trading_assets.models.identity import LoadedModel, ModelContent, load_model, model_bytes, sha256_hex
from trading_assets.models.live_scoring import score_one
from trading_assets.models.scoring import replay, score
from trading_assets.storage.tables import TableStore
from trading_assets.tables import scored_signals, signals

Result = dict[str, object]
SESSION = date(2026, 1, 28)
BATCH, REPLAYED, LEARNT = 10_000, 100_000, 2_000
CENTRES = np.array([0.6, 100.0, 25_200.0, 1.0, 100_000.0, 0.0, 14.5, 50.0, 0.0, 0.3])
SPREADS = np.array([0.2, 40.0, 120.0, 0.3, 8_000.0, 9_000.0, 1.0, 12.0, 0.05, 0.1])
RECORD_MS, RECORD_BYTES = 1.0, 1_024.0
#: Values of the columns that no measurement depends on.
_FILL: dict[str, object] = {
    "date": pd.Timestamp(SESSION),
    "time": pd.Timestamp("2026-01-28T04:00:00Z"),
    "text": "as in every other row",
    "json": "{}",
    "integer": 1,
    "number": 0.5,
    "money": 0.5,
    "flag": True,
}


def _result(name: str, value: float, unit: str, target: float, peer: tuple[str, float]) -> Result:
    return {"name": name, "value": value, "unit": unit, "target": target, "peer": peer[0], "ratio": peer[1] / value}


def _matrix(rows: int) -> np.ndarray:
    return np.round(CENTRES + SPREADS * np.random.default_rng(5).normal(size=(rows, len(CENTRES))), 6)


def _model(kind: Kind) -> tuple[LoadedModel, bytes]:
    matrix = _matrix(LEARNT)
    wins = matrix[:, 0] - 0.6 + 0.2 * np.random.default_rng(6).normal(size=LEARNT) > 0.0
    estimator = fit(kind, matrix, wins.astype(float), 1)
    raw = model_bytes(ModelContent(kind, FEATURE_NAMES, date(2025, 10, 1), date(2025, 12, 31), None, estimator))
    return load_model(raw, sha256_hex(raw), "v1.0.0"), raw


def _signals(rows: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    ids = [f"{number:016x}" for number in range(rows)]
    decided = pd.Timestamp("2026-01-28T04:00:00Z") + pd.to_timedelta(np.arange(rows) % 20_000, unit="s")
    told = {"signal_id": ids, "snapshot_id": ids, "timestamp": decided, "available_at": decided}
    frame = signals.CONTRACT.frame({column.name: _FILL[column.kind] for column in signals.CONTRACT.columns} | told)
    features = pd.DataFrame(_matrix(rows), columns=list(FEATURE_NAMES))
    features.insert(0, "signal_id", pd.Series(ids, dtype="str"))
    return frame, features


def _stock(model: LoadedModel, matrix: np.ndarray) -> list[str]:
    model.content.estimator.predict_proba(matrix)
    return [json.dumps(dict(zip(FEATURE_NAMES, row, strict=True))) for row in matrix.tolist()]


def _speed(kind: Kind) -> list[Result]:
    model, raw = _model(kind)
    frame, features = _signals(BATCH)
    matrix = features[list(FEATURE_NAMES)].to_numpy()
    batch = cpu_seconds(lambda: score(frame, features, model, 0.4), 5) / BATCH
    stock = cpu_seconds(lambda: _stock(model, matrix), 3) / BATCH
    row = dict(zip(FEATURE_NAMES, matrix[0].tolist(), strict=True))
    live = cpu_seconds(lambda: score_one(row, SESSION, model, 0.4), 200)
    alone = cpu_seconds(lambda: _stock(model, pd.DataFrame([row]).to_numpy()), 200)
    many, seen = _signals(REPLAYED)
    stored = score(many, seen, model, 0.4)
    again = cpu_seconds(lambda: replay(stored, model), 2)
    if len(replay(stored, model)):
        msg = "a stored score was not reproduced"
        raise RuntimeError(msg)
    loaded = cpu_seconds(lambda: load_model(raw, model.sha256), 5)
    plain = cpu_seconds(lambda: skops.io.loads(raw, trusted=skops.io.get_untrusted_types(data=raw)), 5)
    return [
        _result(f"{kind}: scored with snapshot, batch of 10,000", 1e6 * batch, "µs", 10.0, ("1 ms", 1e3 * RECORD_MS)),
        _result(f"{kind}: the same", 1e6 * batch, "µs", 10.0, ("scikit-learn and json, no checks", 1e6 * stock)),
        _result(f"{kind}: one live signal", 1e3 * live, "ms", 3.0, ("scikit-learn and json", 1e3 * alone)),
        _result(f"{kind}: 100,000 scores replayed to the bit", again, "s", 2.0, ("the 2 s allowed", 2.0)),
        _result(f"{kind}: loaded, hash and types checked", 1e3 * loaded, "ms", 100.0, ("stock skops", 1e3 * plain)),
    ]


def _weight() -> Result:
    model, _ = _model("hist_gradient_boosting")
    stored = score(*_signals(BATCH), model, 0.4)
    with TemporaryDirectory() as folder:
        store = TableStore(Path(folder))
        store.write(scored_signals.CONTRACT, stored, SESSION)
        [path] = store.paths(scored_signals.CONTRACT)
        facts = pq.ParquetFile(path).metadata
        column = facts.schema.names.index("features_snapshot")
        groups = [facts.row_group(number).column(column) for number in range(facts.num_row_groups)]
    size = sum(group.total_compressed_size for group in groups) / BATCH
    return _result("a stored features_snapshot", size, "bytes", 200.0, ("1 KB", RECORD_BYTES))


def measure() -> list[Result]:
    """Both estimators' speed, and the weight of a snapshot."""
    with threadpool_limits(1):
        return [*(result for kind in KINDS for result in _speed(kind)), _weight()]
