"""Log-odds and probabilities are inverse to each other and never overflow."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.models.log_odds import logit, sigmoid


@given(st.floats(1e-5, 1 - 1e-5))
def test_they_are_inverse(probability: float) -> None:
    assert float(sigmoid(logit(np.array([probability])))[0]) == pytest.approx(probability, rel=1e-9)


def test_the_ends_are_finite() -> None:
    assert np.isfinite(logit(np.array([0.0, 1.0]))).all()
    assert sigmoid(np.array([-1e9, 0.0, 1e9])).tolist() == pytest.approx([0.0, 0.5, 1.0])
