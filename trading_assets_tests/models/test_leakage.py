"""Leaks that a careless split would reward are worth nothing here."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from trading_assets.errors import ModelError
from trading_assets.models.training import TrainedModel, TrainingRefused, train
from trading_assets.setting_sections import ScoringSettings
from trading_assets_tests.models.labelled import CUTOFF, SETTINGS, labelled_signals

SESSIONS, PER_SESSION, EVENTS = 24, 40, 8


def overlapping(*, stated_late: bool) -> pd.DataFrame:
    """Signals whose label is decided by the event they fall into, an event spanning three sessions,
    which straddles the blocks of four that are tested.

    `pcr` names the event and nothing else, so only a model that saw labels of the same event does better than chance.
    """
    random = np.random.default_rng(17)
    examples = labelled_signals(SESSIONS * PER_SESSION, SESSIONS, edge=0.0)
    session = np.arange(len(examples)) // PER_SESSION
    event = session // (SESSIONS // EVENTS)
    examples["pcr"] = random.permutation(EVENTS)[event].astype(float)
    for name in ("signal_strength", "entry_price", "spot_price", "total_oi", "oi_change_1h", "rsi", "macd"):
        examples[name] = 0.0
    share = np.where(np.arange(EVENTS) % 2 == 0, 0.85, 0.15)
    examples["label"] = (random.random(len(examples)) < share[event]).astype(float)
    if stated_late:
        ends = examples.groupby(event)["available_at"].transform("max")
        examples["label_time"] = ends + pd.Timedelta(minutes=30)
    return examples


def areas(examples: pd.DataFrame) -> dict[str, float | None]:
    trained = train(examples, SETTINGS, CUTOFF)
    assert isinstance(trained, TrainedModel)
    return {candidate.kind: candidate.overall["roc_auc"] for candidate in trained.candidates}


def area(examples: pd.DataFrame) -> float:
    return areas(examples)["hist_gradient_boosting"] or 0.0


@pytest.mark.parametrize("seed", range(2))
def test_shuffled_labels_cannot_be_told_apart_out_of_sample(seed: int) -> None:
    # 4,000 rows: the standard error of the area is 0.01 over those that the folds judge
    examples = labelled_signals(4_000, SESSIONS, seed=seed)
    shuffled = examples.assign(label=np.random.default_rng(seed).permutation(examples["label"].to_numpy()))
    told, chance = areas(examples), areas(shuffled)
    assert set(told) == set(chance) == {"logistic_regression", "hist_gradient_boosting"}
    assert all(area is not None and area > 0.8 for area in told.values())  # there is something to learn
    assert all(area == pytest.approx(0.5, abs=0.05) for area in chance.values())


def test_a_label_that_was_not_known_yet_teaches_nothing() -> None:
    honest, careless = area(overlapping(stated_late=True)), area(overlapping(stated_late=False))
    assert careless - honest > 0.05


def test_the_label_as_a_feature_is_perfect_unless_its_time_gives_it_away() -> None:
    planted = labelled_signals()
    planted["rsi"] = planted["label"]
    assert area(planted) > 0.95  # nothing but its time can tell a feature from a label
    planted["available_at"] = planted["label_time"]
    with pytest.raises(ModelError, match="have a label that is not later than their features"):
        train(planted, SETTINGS, CUTOFF)


def test_labels_of_the_last_sessions_do_not_count_under_an_embargo() -> None:
    examples = labelled_signals(400, sessions=20)
    settings = ScoringSettings(embargo_sessions=3)
    kept = train(examples, settings, CUTOFF)
    assert isinstance(kept, TrainedModel)
    days = sorted(examples["date"].dt.date.unique())
    assert kept.trained_until == days[-4]
    changed = examples.copy()
    late = changed["date"].dt.date > days[-4]
    changed.loc[late, "label"] = 1.0 - changed.loc[late, "label"]
    again = train(changed, settings, CUTOFF)
    assert isinstance(again, TrainedModel)
    assert again.sha256 == kept.sha256


@pytest.mark.parametrize("day", range(8))
def test_whatever_the_cutoff_all_that_was_learnt_is_older(day: int) -> None:
    examples = labelled_signals(320, sessions=8)
    cutoff = sorted(examples["date"].dt.date.unique())[day]
    earlier = examples[examples["date"].dt.date < cutoff]
    with pytest.raises(ModelError, match="look-ahead"):
        train(examples, SETTINGS, cutoff)
    found = train(earlier, SETTINGS, cutoff)
    if isinstance(found, TrainingRefused):
        assert day <= 1
    else:
        assert found.trained_until < cutoff
