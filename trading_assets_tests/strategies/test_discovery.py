"""Strategies are found by their files; a broken one is named, with its own traceback."""

from textwrap import dedent

import pytest

from trading_assets.errors import StrategyError
from trading_assets.strategies.discovery import load_strategies

MINE = dedent(
    """
    from __future__ import annotations
    from dataclasses import dataclass
    import numpy as np
    from trading_assets.strategies.strategy import ExitPlan, Parameters, Strategy, Surface, parameter

    @dataclass(frozen=True)
    class MyParameters(Parameters):
        level: float = parameter(25000.0, "index points", "Spot above it fires.")

    def evaluate(chain, params):
        above = chain.spot > params.level
        return Surface(above, ~above, np.full(len(above), 0.6))

    STRATEGY = Strategy("mine", "0.1.0", "own", "Spot against a level.", MyParameters(),
                        ExitPlan(None, None, None), ("09:30", "15:00"), evaluate)
    """
)


def test_the_packaged_strategies_are_there_sorted() -> None:
    found = load_strategies()
    assert {"pcr_analysis", "oi_change_patterns"} <= set(found)
    assert list(found) == sorted(found)
    assert all(name == strategy.strategy_id for name, strategy in found.items())


def test_a_users_file_is_loaded_beside_them() -> None:
    found = load_strategies({"mine.py": MINE, "notes.txt": "not a strategy", "README.md": "# text"})
    assert set(found) - set(load_strategies()) == {"mine"}
    assert found["mine"].parameters.with_overrides({"level": 3.0}, "mine") != found["mine"].parameters


def test_one_is_loaded_whatever_is_wrong_with_the_others() -> None:
    broken = {"mine.py": MINE, "other.py": "def broken(:"}
    assert list(load_strategies(broken, "mine")) == ["mine"]
    assert list(load_strategies(broken, "pcr_analysis")) == ["pcr_analysis"]
    assert load_strategies(broken, "nobody") == {}
    with pytest.raises(StrategyError, match=r"other\.py"):
        load_strategies(broken, "other")
    with pytest.raises(StrategyError, match=r"other\.py"):
        load_strategies(broken)


def test_loading_again_reads_the_text_again() -> None:
    first = load_strategies({"mine.py": MINE})["mine"]
    second = load_strategies({"mine.py": MINE.replace("0.1.0", "0.2.0")})["mine"]
    assert (first.version, second.version) == ("0.1.0", "0.2.0")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import does_not_exist_anywhere", ["ModuleNotFoundError", "does_not_exist_anywhere", "line 1"]),
        ("x = 1\ny = x / 0", ["ZeroDivisionError", "line 2", "y = x / 0"]),
        ("def broken(:", ["SyntaxError", "line 1"]),
        ("STRATEGY = 3", ["defines no STRATEGY"]),
        ("", ["defines no STRATEGY"]),
        (MINE.replace('"mine"', '"other"'), ["defines strategy 'other'"]),
    ],
)
def test_a_broken_file_is_named_with_its_own_traceback(text: str, words: list[str]) -> None:
    with pytest.raises(StrategyError) as caught:
        load_strategies({"mine.py": text})
    message = str(caught.value)
    assert "mine.py" in message
    assert all(word in message for word in words), message


def test_the_original_exception_stays_attached() -> None:
    with pytest.raises(StrategyError) as caught:
        load_strategies({"mine.py": "raise KeyError('level')"})
    assert isinstance(caught.value.__cause__, KeyError)


def test_an_interrupt_is_not_a_broken_strategy() -> None:
    with pytest.raises(KeyboardInterrupt):
        load_strategies({"mine.py": "raise KeyboardInterrupt"})


def test_a_users_file_cannot_silently_replace_a_packaged_strategy() -> None:
    twin = MINE.replace('"mine"', '"pcr_analysis"')
    with pytest.raises(StrategyError, match="pcr_analysis is defined twice"):
        load_strategies({"pcr_analysis.py": twin})
