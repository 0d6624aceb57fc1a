"""1,000 random return series against what empyrical-reloaded answered; `make_empyrical_answers` asks it again."""

from __future__ import annotations

import functools
import json

import numpy as np
import pytest

from trading_assets.metrics import RETURN_METRICS
from trading_assets.return_series import ReturnSeries
from trading_assets_tests.make_empyrical_answers import ANSWERS, THEIRS
from trading_assets_tests.random_returns import RATES, SERIES, digest, random_series

METRICS = {metric.name: metric for metric in RETURN_METRICS}
#: Compared to this: largest difference measured 3e-14.
TOLERANCE = 1e-10
#: empyrical gives a drawdown below 0.
SIGNS = {"max_drawdown_fraction": -1.0}
#: Where it divides by nothing it answers infinity or NaN, and we say why.
REASONS = {"calmar": "no_drawdown", "tail_ratio": "fifth_percentile_is_zero", "omega": "no_losing_session"}


@functools.cache
def told() -> dict[str, object]:
    found: dict[str, object] = json.loads(ANSWERS.read_text(encoding="utf-8"))
    return found


def answers() -> dict[str, list[float | None]]:
    found = told()["answers"]
    assert isinstance(found, dict)
    return found


def test_the_answers_are_of_these_series() -> None:
    assert told()["series"] == digest()
    assert answers().keys() == THEIRS.keys()
    assert {len(values) for values in answers().values()} == {SERIES}


@pytest.mark.parametrize("name", THEIRS)
def test_a_metric_is_what_empyrical_says_where_it_has_an_answer_and_null_where_not(name: str) -> None:
    theirs = answers()[name]
    ours = [
        METRICS[name].function(ReturnSeries(np.array(returns), RATES[number % 2]))
        for number, returns in enumerate(random_series())
    ]
    assert [measured.value is None for measured in ours] == [value is None for value in theirs]
    defined = [(measured.value, value) for measured, value in zip(ours, theirs, strict=True) if value is not None]
    assert len(defined) > SERIES / 2
    mine, expected = np.array(defined, dtype=np.float64).T
    np.testing.assert_allclose(mine, SIGNS.get(name, 1.0) * expected, rtol=TOLERANCE, atol=TOLERANCE)
    reasons = {measured.reason for measured in ours if measured.value is None}
    assert reasons <= {REASONS.get(name), "no_downside"}
