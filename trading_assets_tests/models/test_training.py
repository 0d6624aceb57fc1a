"""Training: no future, no leak, no model where there is nothing to learn, and the same bytes in any process."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from trading_assets.errors import ModelError
from trading_assets.models.features import FEATURE_NAMES
from trading_assets.models.identity import load_model
from trading_assets.models.training import TrainedModel, TrainingRefused, train
from trading_assets.setting_sections import ScoringSettings
from trading_assets_tests.models.labelled import CUTOFF, SETTINGS, labelled_signals, trained_model

if TYPE_CHECKING:
    import pandas as pd

ROOT = Path(__file__).resolve().parents[2]
#: So many rows that each estimator is the better one once.
ROWS = (160, 600)
IN_A_FRESH_PROCESS = (
    "from trading_assets_tests.models.labelled import trained_model; "
    f"print(*[trained_model(rows).sha256 for rows in {ROWS}])"
)


def shuffled(examples: pd.DataFrame, seed: int) -> pd.DataFrame:
    return examples.assign(label=np.random.default_rng(seed).permutation(examples["label"].to_numpy()))


def test_the_model_is_complete_and_loads_under_its_hash() -> None:
    trained = trained_model()
    model = load_model(trained.content, trained.sha256)
    assert model.feature_names == trained.feature_names == FEATURE_NAMES
    assert (model.content.kind, model.trained_until) == (trained.kind, date(2024, 2, 29))
    assert (trained.trained_until, trained.rows, trained.cutoff) == (date(2024, 2, 29), 160, CUTOFF)
    assert [candidate.kind for candidate in trained.candidates] == ["hist_gradient_boosting", "logistic_regression"]
    assert all(len(candidate.folds) == 5 for candidate in trained.candidates)
    assert trained.parameters["scoring.seed"] == "20240101"
    assert (trained.sessions[0], trained.sessions[-1]) == (trained.trained_from, trained.trained_until)
    assert len(trained.sessions) == 8
    assert trained.example.shape == (5, 10)
    assert sum(b.rows for b in trained.kept.curve) == trained.kept.overall["rows"]


def test_the_candidate_with_the_smaller_log_loss_out_of_sample_is_kept() -> None:
    for rows in (160, 600):
        trained = trained_model(rows)
        losses = {candidate.kind: candidate.overall["log_loss"] for candidate in trained.candidates}
        assert losses[trained.kind] == min(losses.values(), key=float)  # type: ignore[arg-type]
        assert trained.metrics["log_loss"] == losses[trained.kind]


@pytest.mark.parametrize(("seed", "threads"), [("0", "1"), ("4242", "2")])
def test_training_in_a_fresh_process_of_any_hash_seed_and_threads_gives_the_same_bytes(seed: str, threads: str) -> None:
    here = [trained_model(rows) for rows in ROWS]
    assert [trained.kind for trained in here] == ["hist_gradient_boosting", "logistic_regression"]
    environment = os.environ | {"PYTHONHASHSEED": seed, "OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads}
    done = subprocess.run(
        [sys.executable, "-c", IN_A_FRESH_PROCESS],
        cwd=ROOT,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == [trained.sha256 for trained in here]


def test_the_order_of_the_rows_changes_nothing() -> None:
    examples = labelled_signals()
    again = train(examples.sample(frac=1.0, random_state=3), SETTINGS, CUTOFF)
    assert isinstance(again, TrainedModel)
    assert again.sha256 == trained_model().sha256


def test_another_label_changes_the_model() -> None:
    examples = labelled_signals()
    examples.loc[80:, "label"] = 1.0 - examples.loc[80:, "label"]
    again = train(examples, SETTINGS, CUTOFF)
    assert isinstance(again, TrainedModel)
    assert again.sha256 != trained_model().sha256
    assert again.data_sha256 != trained_model().data_sha256


def test_the_future_is_refused() -> None:
    with pytest.raises(ModelError, match="look-ahead"):
        train(labelled_signals(), SETTINGS, date(2024, 2, 29))


def test_a_real_edge_is_found_out_of_sample_and_shuffled_labels_have_none() -> None:
    found = trained_model(600).metrics
    assert (found["roc_auc"] or 0.0) > 0.8
    assert (found["log_loss"] or 9.0) < (found["base_rate_log_loss"] or 0.0)
    areas = []
    for seed in range(3):
        nothing = train(shuffled(labelled_signals(900, sessions=12), seed), SETTINGS, CUTOFF)
        assert isinstance(nothing, TrainedModel)
        areas += [candidate.overall["roc_auc"] for candidate in nothing.candidates]
    assert np.mean(np.array(areas, dtype=float)) == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize(
    ("examples", "settings", "reason"),
    [
        (labelled_signals(rows=0), SETTINGS, "0 labelled signals before 2024-03-01, 30 are needed"),
        (labelled_signals(rows=29), SETTINGS, "29 labelled signals"),
        (labelled_signals().assign(label=1.0), SETTINGS, "all 160 labelled signals .* have the label 1"),
        (labelled_signals(sessions=1), SETTINGS, "1 sessions .* leave no walk-forward split"),
        (labelled_signals(sessions=2), ScoringSettings(embargo_sessions=2), "0 labelled signals"),
    ],
    ids=["none", "few", "one class", "one session", "embargo takes all"],
)
def test_without_enough_to_learn_from_there_is_no_model_and_a_reason(
    examples: pd.DataFrame, settings: ScoringSettings, reason: str
) -> None:
    refused = train(examples, settings, CUTOFF)
    assert isinstance(refused, TrainingRefused)
    assert re.search(reason, refused.reason)
    assert refused.cutoff == CUTOFF


def test_features_nobody_recorded_are_no_obstacle() -> None:
    trained = train(labelled_signals().assign(vix=np.nan, macd=np.nan), SETTINGS, CUTOFF)
    assert isinstance(trained, TrainedModel)


def test_two_sessions_are_enough_to_be_judged_once() -> None:
    trained = train(labelled_signals(rows=80, sessions=2), SETTINGS, CUTOFF)
    assert isinstance(trained, TrainedModel)
    assert [len(candidate.folds) for candidate in trained.candidates] == [1, 1]


def test_a_split_that_saw_one_label_only_is_passed_over() -> None:
    examples = labelled_signals()
    examples.loc[examples["date"] == examples["date"].min(), "label"] = 0.0
    trained = train(examples, SETTINGS, CUTOFF)
    assert isinstance(trained, TrainedModel)
    sessions = sorted(examples["date"].dt.date.unique())
    # eight sessions make blocks of 2, 2, 1, 1, 1, 1: the first split learns from two sessions and stays
    assert len(trained.candidates[0].folds) == 5
    examples.loc[examples["date"].dt.date <= sessions[1], "label"] = 0.0
    fewer = train(examples, SETTINGS, CUTOFF)
    assert isinstance(fewer, TrainedModel)
    assert [candidate.first_tests[0] for candidate in fewer.candidates] == [str(sessions[4])] * 2
    assert [len(candidate.folds) for candidate in fewer.candidates] == [4, 4]
