"""One live signal gets what the batch would give it, to the bit, and within its time."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from trading_assets.errors import ModelError
from trading_assets.models.features import FEATURE_NAMES
from trading_assets.models.live_scoring import score_one
from trading_assets.models.scoring import score
from trading_assets_tests.models.test_scoring import FEATURES, SIGNALS, model

SESSION = SIGNALS["date"].iloc[0].date()
ROWS = [dict(zip(FEATURE_NAMES, row, strict=True)) for row in FEATURES[list(FEATURE_NAMES)].to_numpy().tolist()]
#: A live signal may take 3 ms; a busy machine gets ten times that before the test complains.


@pytest.mark.parametrize("rows", [160, 600], ids=["boosting", "logistic"])
def test_one_signal_is_scored_as_in_its_batch(rows: int) -> None:
    batch = score(SIGNALS, FEATURES, model(rows), 0.4)
    for position in range(0, len(batch), max(1, len(batch) // 20)):
        alone, stored = score_one(ROWS[position], SESSION, model(rows), 0.4), batch.iloc[position]
        for name in ("ml_score", "model_version", "model_hash", "features_snapshot", "decision_threshold"):
            assert getattr(alone, name) == stored[name], name
        assert alone.ml_score_reason is None


def test_infinite_values_are_missing_as_in_a_batch() -> None:
    changed = FEATURES.assign(vix=np.inf)
    stored = score(SIGNALS, changed, model(), 0.4).iloc[0]
    alone = score_one(ROWS[0] | {"vix": np.inf}, SESSION, model(), 0.4)
    assert (alone.ml_score, alone.features_snapshot) == (stored["ml_score"], stored["features_snapshot"])
    assert '"vix":null' in alone.features_snapshot


def test_without_a_model_there_is_a_reason_and_a_snapshot() -> None:
    found = score_one(ROWS[0], SESSION, None, 0.4)
    assert (found.ml_score, found.ml_score_reason) == (None, "no_model_for_session")
    assert (found.model_version, found.model_hash) == (None, None)
    assert found.features_snapshot == score(SIGNALS, FEATURES, None, 0.4)["features_snapshot"].iloc[0]


def test_other_features_give_no_score_but_the_reason() -> None:
    reordered = dict(reversed(ROWS[0].items()))
    found = score_one(reordered, SESSION, model(), 0.4)
    assert (found.ml_score, found.ml_score_reason) == (None, "feature_schema_mismatch: another order")
    assert found.model_version is None


def test_a_model_never_scores_a_session_it_learnt_from() -> None:
    with pytest.raises(ModelError, match="look-ahead"):
        score_one(ROWS[0], SESSION, model(until=SESSION), 0.4)
    with pytest.raises(ModelError, match="look-ahead"):
        score_one(ROWS[0], date(2020, 1, 1), model(), 0.4)
