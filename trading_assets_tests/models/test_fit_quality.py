"""The measures equal scikit-learn's, and say None where they are undefined."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.metrics import log_loss as sklearn_log_loss

from trading_assets.models.fit_quality import brier, judge, log_loss, precision_at, roc_auc

pairs = st.lists(
    st.tuples(st.sampled_from([0.0, 1.0]), st.integers(1, 99).map(lambda n: n / 100.0)), min_size=1, max_size=60
)


@given(pairs)
def test_they_equal_scikit_learn(rows: list[tuple[float, float]]) -> None:
    labels, scores = np.array(rows).T
    assert log_loss(labels, scores) == pytest.approx(sklearn_log_loss(labels, scores, labels=[0, 1]))
    assert brier(labels, scores) == pytest.approx(brier_score_loss(labels, scores, labels=[0, 1]))
    if len(set(labels)) > 1:
        assert roc_auc(labels, scores) == pytest.approx(roc_auc_score(labels, scores))
    else:
        assert roc_auc(labels, scores) is None


def test_a_sure_and_wrong_probability_costs_much_but_is_finite() -> None:
    assert log_loss(np.array([1.0]), np.array([0.0])) == pytest.approx(27.6, abs=0.1)


def test_nothing_is_undefined_not_zero() -> None:
    none = np.empty(0)
    assert judge(none, none, 0.4) == {
        "rows": 0.0,
        "log_loss": None,
        "brier": None,
        "roc_auc": None,
        "precision_at_threshold": None,
        "taken": None,
    }


def test_precision_counts_the_threshold_itself_as_taken() -> None:
    labels, scores = np.array([1.0, 0.0, 1.0]), np.array([0.4, 0.5, 0.39])
    assert precision_at(labels, scores, 0.4) == 0.5
    assert precision_at(labels, scores, 0.6) is None
    assert judge(labels, scores, 0.4)["taken"] == pytest.approx(2 / 3)
