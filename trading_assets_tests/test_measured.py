import numpy as np
import pytest

from trading_assets.errors import MetricInputError
from trading_assets.measured import Measured, defined, finite, undefined


def test_a_metric_has_a_value_or_a_reason() -> None:
    assert defined(2) == Measured(2.0)
    assert undefined("no_trades") == Measured(None, "no_trades")
    for broken in ((None, None), (1.0, "no_trades")):
        with pytest.raises(MetricInputError, match="a value or a reason"):
            Measured(*broken)


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_a_metric_is_never_infinite(value: float) -> None:
    with pytest.raises(MetricInputError, match="carries a reason instead"):
        defined(value)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_missing_input_is_refused_with_its_place(bad: float) -> None:
    with pytest.raises(MetricInputError, match=r"net_pnl holds 1 .* of 3 values \(first: position 1"):
        finite([1.0, bad, 2.0], "net_pnl")


def test_input_is_one_series() -> None:
    with pytest.raises(MetricInputError, match=r"one-dimensional, got shape \(1, 2\)"):
        finite([[1.0, 2.0]], "returns")
    assert len(finite([], "returns")) == 0
