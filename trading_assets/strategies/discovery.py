"""Which strategies there are: the files of this folder, and a user's own files handed in as text."""

from __future__ import annotations

import importlib
import linecache
import pkgutil
import sys
from importlib.abc import ExecutionLoader
from importlib.util import module_from_spec, spec_from_loader
from typing import TYPE_CHECKING

import trading_assets.strategies as folder
from trading_assets.errors import StrategyError
from trading_assets.strategies.blame import blame
from trading_assets.strategies.strategy import Parameters, Strategy

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

#: Files of this folder that are not strategies; any other file must define one.
MACHINERY = frozenset(
    {
        "blame",
        "discovery",
        "entries",
        "evaluation",
        "identity",
        "levels",
        "pacing",
        "signal_rows",
        "signals",
        "strategy",
    }
)


def load_strategies(extra: Mapping[str, str] | None = None, only: str | None = None) -> dict[str, Strategy[Parameters]]:
    """Load every strategy, or one.

    Args:
        extra: A user's own strategies: source text by file name, as read from their folder.
        only: The one to load, so that the broken file of another does not matter; None for all.

    Returns:
        Strategies by strategy_id, sorted.

    Raises:
        StrategyError: A file does not load (its own traceback is in the message), defines no `STRATEGY`, or two
            define the same strategy.
    """
    packaged = [name for _, name, _ in pkgutil.iter_modules(folder.__path__) if name not in MACHINERY]
    own = {name: text for name, text in sorted((extra or {}).items()) if name.endswith(".py")}
    found = [_packaged(name) for name in packaged if only in (None, name)]
    found += [load_text(name, text) for name, text in own.items() if only in (None, name.removesuffix(".py"))]
    strategies: dict[str, Strategy[Parameters]] = {}
    for strategy in found:
        if strategy.strategy_id in strategies:
            msg = f"strategy {strategy.strategy_id} is defined twice; rename your file and its strategy_id."
            raise StrategyError(msg)
        strategies[strategy.strategy_id] = strategy
    return dict(sorted(strategies.items()))


def _packaged(name: str) -> Strategy[Parameters]:
    with blame(f"strategies/{name}.py"):
        return _strategy(importlib.import_module(f"{folder.__name__}.{name}"), name)


def load_text(file_name: str, text: str) -> Strategy[Parameters]:
    """Load one strategy from its source text, whether or not another of its name is known.

    Raises:
        StrategyError: It does not load or defines no `STRATEGY` of the file's name.
    """
    stem = file_name.removesuffix(".py")
    name = f"trading_assets_user_strategies.{stem}"
    with blame(file_name):
        spec = spec_from_loader(name, _TextLoader(file_name, text))
        if spec is None or spec.loader is None:  # pragma: no cover - a loader was given
            msg = f"{file_name} cannot be loaded."
            raise StrategyError(msg)
        module = module_from_spec(spec)
        sys.modules[name] = module  # dataclasses look their module up there
        linecache.clearcache()  # tracebacks show the lines of this text, not of an earlier one of the same name
        spec.loader.exec_module(module)
        return _strategy(module, stem)


def _strategy(module: ModuleType, name: str) -> Strategy[Parameters]:
    strategy = getattr(module, "STRATEGY", None)
    if not isinstance(strategy, Strategy):
        msg = f"{name}.py defines no STRATEGY; end it with `STRATEGY = Strategy(...)`."
        raise StrategyError(msg)
    if strategy.strategy_id != name:
        msg = f"{name}.py defines strategy {strategy.strategy_id!r}; its strategy_id must be the file's name."
        raise StrategyError(msg)
    return strategy


class _TextLoader(ExecutionLoader):
    """Runs source text as a module, so that tracebacks show its file name and lines."""

    def __init__(self, file_name: str, text: str) -> None:
        self.file_name, self.text = file_name, text

    def get_filename(self, fullname: str) -> str:
        """Name shown in tracebacks."""
        del fullname
        return self.file_name

    def get_source(self, fullname: str) -> str:
        """Return the text."""
        del fullname
        return self.text
