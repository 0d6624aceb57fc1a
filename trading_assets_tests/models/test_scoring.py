"""Scores carry version, hash and exactly what the model saw; without a model they are NULL with a reason, never 0."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import orjson
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.errors import ModelError
from trading_assets.models.features import FEATURE_NAMES, feature_frame
from trading_assets.models.identity import LoadedModel, load_model
from trading_assets.models.scoring import NO_FEATURES, replay, score, snapshot_matrix, snapshot_texts
from trading_assets.tables.scored_signals import CONTRACT
from trading_assets_tests.models.chains import chain, signals_at
from trading_assets_tests.models.labelled import trained_model

CHAIN = chain()
SIGNALS = signals_at(CHAIN.available_at)
FEATURES = feature_frame({"NIFTY": CHAIN}, SIGNALS)


def model(rows: int = 160, until: date = date(2024, 1, 12)) -> LoadedModel:
    trained = trained_model(rows)
    loaded = load_model(trained.content, trained.sha256, "v1.2.0")
    return replace(loaded, content=replace(loaded.content, trained_until=until))


@pytest.mark.parametrize("rows", [160, 600], ids=["boosting", "logistic"])
def test_every_row_carries_score_version_hash_threshold_and_snapshot(rows: int) -> None:
    scored = score(SIGNALS, FEATURES, model(rows), 0.4)
    assert list(scored.columns) == CONTRACT.names
    assert scored["ml_score"].between(0.0, 1.0).all()
    assert scored["ml_score"].nunique() > 5
    assert scored["ml_score_reason"].isna().all()
    assert set(scored["model_version"]) == {"v1.2.0"}
    assert set(scored["model_hash"]) == {trained_model(rows).sha256}
    assert set(scored["decision_threshold"]) == {0.4}
    assert scored["signal_id"].tolist() == SIGNALS["signal_id"].tolist()


def test_the_snapshot_is_ordered_json_of_what_the_model_saw_with_null_for_missing() -> None:
    first = score(SIGNALS, FEATURES, model(), 0.4)["features_snapshot"].iloc[0]
    seen = orjson.loads(first)
    assert tuple(seen) == FEATURE_NAMES
    assert seen["rsi"] is None
    assert seen["vix"] == 14.5
    assert seen["spot_price"] == FEATURES["spot_price"].iloc[0]


def test_without_a_model_the_score_is_null_with_a_reason_and_the_snapshot_is_kept() -> None:
    scored = score(SIGNALS, FEATURES, None, 0.4, "no_model_for_session: 12 labelled signals")
    assert scored["ml_score"].isna().all()
    assert set(scored["ml_score_reason"]) == {"no_model_for_session: 12 labelled signals"}
    assert scored["model_version"].isna().all()
    assert scored["model_hash"].isna().all()
    assert scored["features_snapshot"].tolist() == score(SIGNALS, FEATURES, model(), 0.4)["features_snapshot"].tolist()
    assert set(score(SIGNALS, FEATURES, None, 0.4)["ml_score_reason"]) == {"no_model_for_session"}


@pytest.mark.parametrize(
    ("features", "found"),
    [
        (FEATURES.drop(columns=["vix"]), "feature_schema_mismatch: lacks vix"),
        (FEATURES.rename(columns={"vix": "india_vix"}), "feature_schema_mismatch: lacks vix; has unknown india_vix"),
        (FEATURES[["signal_id", *reversed(FEATURE_NAMES)]], "feature_schema_mismatch: another order"),
    ],
    ids=["lacks", "renamed", "reordered"],
)
def test_another_feature_schema_gives_null_with_the_reason(features: pd.DataFrame, found: str) -> None:
    scored = score(SIGNALS, features, model(), 0.4)
    assert scored["ml_score"].isna().all()
    assert set(scored["ml_score_reason"]) == {found}
    assert scored["model_hash"].isna().all()


def test_a_signal_without_features_is_null_and_the_others_are_scored() -> None:
    scored = score(SIGNALS, FEATURES.iloc[1:], model(), 0.4)
    assert scored["ml_score_reason"].iloc[0] == NO_FEATURES
    assert pd.isna(scored["features_snapshot"].iloc[0])
    assert np.isnan(scored["ml_score"].iloc[0])
    assert pd.isna(scored["model_version"].iloc[0])
    assert scored["ml_score"].iloc[1:].notna().all()


def test_features_are_matched_by_id_not_by_place() -> None:
    mixed = FEATURES.sample(frac=1.0, random_state=4)
    assert score(SIGNALS, mixed, model(), 0.4).equals(score(SIGNALS, FEATURES, model(), 0.4))


def test_two_feature_rows_for_one_signal_are_refused() -> None:
    with pytest.raises(ModelError, match="more than once"):
        score(SIGNALS, pd.concat([FEATURES, FEATURES.iloc[:1]]), model(), 0.4)


@pytest.mark.parametrize("until", [date(2024, 1, 15), date(2024, 2, 29)])
def test_a_model_never_scores_a_session_it_learnt_from_or_an_earlier_one(until: date) -> None:
    with pytest.raises(ModelError, match=f"look-ahead: .* until {until} and was asked to score 2024-01-15"):
        score(SIGNALS, FEATURES, model(until=until), 0.4)
    assert len(score(SIGNALS, FEATURES, model(until=date(2024, 1, 14)), 0.4)) == len(SIGNALS)


def test_a_model_without_a_version_does_not_score() -> None:
    with pytest.raises(ModelError, match="not registered"):
        score(SIGNALS, FEATURES, replace(model(), version=None), 0.4)


@pytest.mark.parametrize("given", [None, model()], ids=["no model", "model"])
def test_no_signals_are_an_empty_table(given: LoadedModel | None) -> None:
    scored = score(SIGNALS.iloc[:0], FEATURES.iloc[:0], given, 0.4)
    assert (len(scored), list(scored.columns)) == (0, CONTRACT.names)


@pytest.mark.parametrize("rows", [160, 600], ids=["boosting", "logistic"])
def test_replay_is_bit_equal_in_any_batch(rows: int) -> None:
    scored = score(SIGNALS, FEATURES, model(rows), 0.4)
    assert replay(scored, model(rows)).empty
    assert all(replay(scored.iloc[[i]], model(rows)).empty for i in range(0, len(scored), 9))
    assert replay(scored.iloc[::-1], model(rows)).empty


def test_replay_names_what_does_not_agree() -> None:
    scored = score(SIGNALS, FEATURES, model(), 0.4)
    scored.loc[2, "ml_score"] = np.nextafter(scored.loc[2, "ml_score"], 1.0)
    scored.loc[4, "features_snapshot"] = '{"pcr": 1.0}'
    scored.loc[5, "features_snapshot"] = "not json"
    scored.loc[6, "model_hash"] = "0" * 64
    scored.loc[7, "ml_score"] = np.nan
    found = replay(scored, model())
    ids = scored["signal_id"]
    assert dict(zip(found["signal_id"], found["reason"], strict=True)) == {
        ids[2]: "score_differs",
        ids[4]: "snapshot_unreadable",
        ids[5]: "snapshot_unreadable",
        ids[6]: "other_model",
    }


def test_replay_notices_a_changed_feature() -> None:
    scored = score(SIGNALS, FEATURES, model(600), 0.4)
    text = scored.loc[3, "features_snapshot"].replace('"signal_strength":0.', '"signal_strength":1.')
    scored.loc[3, "features_snapshot"] = text
    assert replay(scored, model(600))["signal_id"].tolist() == [scored.loc[3, "signal_id"]]


@given(st.lists(st.floats(allow_infinity=False), min_size=3, max_size=3))
def test_a_snapshot_gives_the_same_bits_back(row: list[float]) -> None:
    matrix = np.array([row])
    (text,) = snapshot_texts(matrix, ("a", "b", "c"))
    assert (
        snapshot_matrix([text], ("a", "b", "c")).view("i8").tolist()
        == np.where(np.isnan(matrix), np.nan, matrix).view("i8").tolist()
    )


@pytest.mark.parametrize("text", ["[1]", "{", '{"a": "x"}', None])
def test_what_is_not_a_snapshot_is_refused(text: str | None) -> None:
    with pytest.raises(ModelError, match="not a JSON object of numbers"):
        snapshot_matrix([text], ("a",))  # type: ignore[list-item]


def test_ten_thousand_signals_are_scored_at_once_and_replayed() -> None:
    signals = pd.concat([SIGNALS] * 134, ignore_index=True).assign(signal_id=[f"{n:016x}" for n in range(75 * 134)])
    features = pd.concat([FEATURES] * 134, ignore_index=True).assign(signal_id=signals["signal_id"])
    loaded = model()
    scored = score(signals, features, loaded, 0.4)
    assert replay(scored, loaded).empty
