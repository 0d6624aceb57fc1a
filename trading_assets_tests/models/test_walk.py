"""The walk: every figure is that of an estimator fitted on what was known before, and asked once about each row."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from trading_assets.models.estimators import KINDS, Kind, fit, probabilities
from trading_assets.models.features import FEATURE_NAMES
from trading_assets.models.fit_quality import judge, log_loss
from trading_assets.models.importance import shuffled_losses
from trading_assets.models.learning_set import learning_set
from trading_assets.models.splits import walk_forward
from trading_assets.models.walk import Walk, best_of, walk
from trading_assets_tests.models.labelled import CUTOFF, SETTINGS, labelled_signals

KNOWN = learning_set(labelled_signals(240, sessions=9), SETTINGS, CUTOFF)
SPLITS = walk_forward(KNOWN.sessions, KNOWN.decided, KNOWN.labelled, 4)
WALKS = {kind: walk(kind, KNOWN, SPLITS, SETTINGS) for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_each_row_is_asked_once_of_an_estimator_that_knew_earlier_rows_only(kind: Kind) -> None:
    expected = np.full(len(KNOWN), np.nan)
    for split in SPLITS:
        assert np.isnan(expected[split.test]).all()
        estimator = fit(kind, KNOWN.matrix[split.train], KNOWN.labels[split.train], SETTINGS.seed)
        expected[split.test] = probabilities(estimator, KNOWN.matrix[split.test])
    assert np.array_equal(WALKS[kind].probabilities, expected, equal_nan=True)
    first_block = KNOWN.sessions < SPLITS[0].first_test
    assert np.array_equal(np.isnan(WALKS[kind].probabilities), first_block), "only the first block is never asked about"


@pytest.mark.parametrize("kind", KINDS)
def test_folds_and_the_whole_are_judged_on_their_own_rows(kind: Kind) -> None:
    found = WALKS[kind]
    threshold = SETTINGS.decision_threshold
    for split, fold in zip(SPLITS, found.candidate.folds, strict=True):
        own = judge(KNOWN.labels[split.test], found.probabilities[split.test], threshold, KNOWN.net_pnl[split.test])
        share = np.full(len(split.test), KNOWN.labels[split.train].mean())
        assert fold == own | {"base_rate_log_loss": log_loss(KNOWN.labels[split.test], share)}
    tested = np.isfinite(found.probabilities)
    whole = judge(KNOWN.labels[tested], found.probabilities[tested], threshold, KNOWN.net_pnl[tested])
    assert {name: found.candidate.overall[name] for name in whole} == whole


def test_the_base_rate_of_the_whole_weighs_each_fold_by_its_rows() -> None:
    candidate = WALKS["logistic_regression"].candidate
    rows = [fold["rows"] or 0.0 for fold in candidate.folds]
    losses = [fold["base_rate_log_loss"] or 0.0 for fold in candidate.folds]
    by_hand = sum(r * loss for r, loss in zip(rows, losses, strict=True)) / sum(rows)
    assert candidate.overall["base_rate_log_loss"] == pytest.approx(by_hand)
    assert len(set(rows)) > 1, "an unweighted mean would be another"


def test_importance_weighs_each_fold_by_its_rows() -> None:
    total = np.zeros(len(FEATURE_NAMES))
    for split in SPLITS:
        estimator = fit("hist_gradient_boosting", KNOWN.matrix[split.train], KNOWN.labels[split.train], SETTINGS.seed)
        rises = shuffled_losses(estimator, KNOWN.matrix[split.test], KNOWN.labels[split.test], SETTINGS.seed)
        total += rises * len(split.test)
    expected = total / sum(len(split.test) for split in SPLITS)
    found = WALKS["hist_gradient_boosting"].candidate.importance
    assert list(found) == list(FEATURE_NAMES)
    assert list(found.values()) == pytest.approx(expected.tolist())


def test_the_last_block_is_marked_and_the_blocks_are_dated() -> None:
    found = WALKS["logistic_regression"]
    assert np.array_equal(np.flatnonzero(found.last_fold), SPLITS[-1].test)
    assert list(found.candidate.first_tests) == [str(split.first_test) for split in SPLITS]
    assert sum(b.rows for b in found.candidate.curve) == np.isfinite(found.probabilities).sum()


def with_loss(kind: Kind, loss: float) -> Walk:
    candidate = WALKS[kind].candidate
    return replace(WALKS[kind], candidate=replace(candidate, overall=candidate.overall | {"log_loss": loss}))


@pytest.mark.parametrize(
    ("losses", "best"),
    [((0.6, 0.5), 1), ((0.5, 0.6), 0), ((0.5, 0.5), 0), ((0.5, 0.5 - 1e-12), 0), ((0.5, 0.5 - 1e-6), 1)],
    ids=["second", "first", "tie", "next to a tie", "a little"],
)
def test_the_smaller_log_loss_wins_and_a_tie_goes_to_the_first(losses: tuple[float, float], best: int) -> None:
    walks = [with_loss(kind, loss) for kind, loss in zip(KINDS, losses, strict=True)]
    assert best_of(walks) is walks[best]
