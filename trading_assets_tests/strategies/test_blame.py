"""Whatever a strategy's code raises is named; what is not its fault passes through."""

import pytest

from trading_assets.errors import StrategyError
from trading_assets.strategies.blame import blame


def test_any_exception_becomes_a_named_one_with_its_traceback() -> None:
    with (
        pytest.raises(StrategyError, match=r"strategy mine\.py failed: KeyError\('level'\)") as caught,
        blame("mine.py"),
    ):
        raise KeyError("level")  # noqa: EM101 - what a user's file raises
    assert "Traceback (most recent call last)" in str(caught.value)
    assert isinstance(caught.value.__cause__, KeyError)


def test_a_strategy_error_is_left_as_it_is() -> None:
    original = StrategyError("already said")
    with pytest.raises(StrategyError) as caught, blame("mine.py"):
        raise original
    assert caught.value is original


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_an_interrupt_passes_through(kind: type[BaseException]) -> None:
    with pytest.raises(kind), blame("mine.py"):
        raise kind


def test_nothing_raised_is_nothing_said() -> None:
    with blame("mine.py"):
        pass
