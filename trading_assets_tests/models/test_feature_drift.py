"""Drift of stored snapshots: which sessions are compared, what is judged, and why the rest is not."""

from __future__ import annotations

import numpy as np
import orjson
import pandas as pd
import pytest

from trading_assets.errors import ModelError
from trading_assets.models.feature_drift import LEVELS, feature_drift
from trading_assets.models.features import FEATURE_NAMES
from trading_assets.tables.feature_drift import CONTRACT
from trading_assets.tables.schema import violations


def stored(sessions: int, shift: float = 0.0, per_session: int = 12) -> pd.DataFrame:
    """Snapshots of some sessions in any order; the last five are `shift` away in every feature but vix."""
    random = np.random.default_rng(11)
    days = np.repeat(pd.bdate_range("2025-01-01", periods=sessions).to_numpy("datetime64[s]"), per_session)
    matrix = random.normal(size=(len(days), len(FEATURE_NAMES)))
    newest = days >= np.unique(days)[-5:][0]
    matrix[newest] += shift * (np.array(FEATURE_NAMES) != "vix")
    texts = [orjson.dumps(dict(zip(FEATURE_NAMES, row, strict=True))).decode() for row in matrix.tolist()]
    frame = pd.DataFrame({"date": days, "features_snapshot": pd.Series(texts, dtype="str")})
    return frame.sample(frac=1.0, random_state=3)


def test_one_row_per_feature_in_order_and_by_contract() -> None:
    found = feature_drift(stored(70))
    assert found["feature"].tolist() == sorted(FEATURE_NAMES)
    assert not violations(CONTRACT, found)
    first = found.iloc[0]
    assert (first["window_sessions"], first["reference_sessions"]) == (5, 65)
    assert (first["values"], first["reference_values"]) == (60, 780)
    assert first["reference_last"] < first["window_first"] <= first["window_last"]


def test_the_shifted_features_are_critical_and_the_one_left_alone_is_not() -> None:
    found = feature_drift(stored(70, shift=4.0)).set_index("feature")["status"]
    judged = found.drop(sorted(LEVELS))
    assert judged.drop("vix").eq("critical").all()
    assert judged["vix"] != "critical"


def test_levels_are_shown_and_never_judged() -> None:
    found = feature_drift(stored(70, shift=40.0)).set_index("feature").loc[sorted(LEVELS)]
    assert found["status"].eq("info").all()
    assert (found["psi"] > found["critical_limit"]).all()
    assert found["reason"].str.contains("level").all()


@pytest.mark.parametrize("sessions", [1, 5, 64])
def test_a_short_history_is_information(sessions: int) -> None:
    found = feature_drift(stored(sessions, shift=40.0))
    assert found["status"].eq("info").all()
    assert not violations(CONTRACT, found)
    judged = found[~found["feature"].isin(sorted(LEVELS))]
    assert judged["reason"].str.startswith(f"short history: {max(0, sessions - 5)} sessions").all()


def test_a_feature_that_old_snapshots_lack_is_missing_there() -> None:
    frame = stored(70)
    frame["features_snapshot"] = frame["features_snapshot"].str.replace('"vix"', '"india_vix"')
    found = feature_drift(frame).set_index("feature")
    assert found.loc["vix", "missing_share"] == 1.0
    assert found.loc["pcr", "missing_share"] == 0.0


def test_signals_without_a_snapshot_are_passed_over() -> None:
    frame = stored(70)
    later = pd.DataFrame({"date": [pd.Timestamp("2027-01-01")], "features_snapshot": pd.Series([None], dtype="str")})
    pd.testing.assert_frame_equal(feature_drift(pd.concat([frame, later])), feature_drift(frame))
    assert feature_drift(frame.iloc[:0]).empty


def test_a_snapshot_that_is_not_json_is_named() -> None:
    frame = stored(6)
    frame["features_snapshot"] = "no json"
    with pytest.raises(ModelError, match="not a JSON object"):
        feature_drift(frame)
