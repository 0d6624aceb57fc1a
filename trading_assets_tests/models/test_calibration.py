"""A calibration corrects sure models, and is kept only when it helps on rows it has not seen."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from trading_assets.models.calibration import Calibration, calibration_if_better, fit_calibration
from trading_assets.models.fit_quality import brier
from trading_assets.models.log_odds import logit, sigmoid


def outcomes(sharpening: float, rows: int = 2000) -> tuple[np.ndarray, np.ndarray]:
    """Labels drawn from true probabilities, and what a model says that is `sharpening` times too sure."""
    random = np.random.default_rng(3)
    odds = random.normal(size=rows)
    labels = (random.random(rows) < sigmoid(odds)).astype(float)
    return labels, sigmoid(sharpening * odds)


def test_the_line_equals_scikit_learns_unpenalised_fit() -> None:
    labels, said = outcomes(3.0)
    found = fit_calibration(labels, said)
    reference = LogisticRegression(C=np.inf, tol=1e-10).fit(logit(said)[:, None], labels)
    assert found is not None
    assert found.slope == pytest.approx(reference.coef_[0][0], rel=1e-4)
    assert found.offset == pytest.approx(reference.intercept_[0], abs=1e-4)


def test_a_model_three_times_too_sure_is_pulled_back() -> None:
    labels, said = outcomes(3.0)
    last = np.arange(len(labels)) >= 1600
    kept = calibration_if_better(labels, said, last)
    assert kept is not None
    assert kept.slope == pytest.approx(1 / 3, abs=0.05)
    after, before = brier(labels, kept.apply(said)), brier(labels, said)
    assert after is not None
    assert before is not None
    assert after < before


def test_it_is_not_kept_when_it_hurts_out_of_time() -> None:
    labels, said = outcomes(3.0)
    last = np.arange(len(labels)) >= 1600
    labels[last] = (said[last] > 0.5).astype(float)  # the model became right to be sure
    assert calibration_if_better(labels, said, last) is None


def test_it_is_not_tried_on_few_rows() -> None:
    labels, said = outcomes(3.0, rows=240)
    assert calibration_if_better(labels, said, np.arange(240) >= 199) is None
    assert calibration_if_better(labels, said, np.zeros(240, dtype=bool)) is None


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ([1.0, 1.0, 1.0], [0.2, 0.4, 0.6]),
        ([0.0, 1.0, 1.0], [0.4, 0.4, 0.4]),
        ([1.0, 1.0, 0.0, 0.0], [0.2, 0.3, 0.7, 0.6]),
    ],
    ids=["one class", "one probability", "upside down"],
)
def test_there_is_none_where_it_means_nothing(labels: list[float], said: list[float]) -> None:
    assert fit_calibration(np.array(labels), np.array(said)) is None


def test_perfectly_separated_rows_do_not_overflow() -> None:
    found = fit_calibration(np.array([0.0, 0.0, 1.0, 1.0]), np.array([0.1, 0.2, 0.8, 0.9]))
    assert found is None or np.isfinite([found.slope, found.offset]).all()


def test_it_keeps_the_order_and_the_bounds() -> None:
    said = np.linspace(0.0, 1.0, 101)
    after = Calibration(0.5, -0.2).apply(said)
    assert (np.diff(after) >= 0.0).all()
    assert after.min() >= 0.0
    assert after.max() <= 1.0
