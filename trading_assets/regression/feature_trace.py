"""Which function first saw the future: what each one returned with it and without it."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.regression.differing import differs
from trading_assets.strategies.evaluation import evaluated

if TYPE_CHECKING:
    from types import FrameType

    from numpy.typing import NDArray

    from trading_assets.market.option_chain import OptionChain
    from trading_assets.strategies.strategy import Parameters, Strategy

_MARKET = "trading_assets.market."
#: What is at fault when no function that was called is: the rule itself.
RULE = "evaluate"


def leaking_feature(
    strategy: Strategy[Parameters], params: Parameters, chains: tuple[OptionChain, OptionChain], known: int
) -> str:
    """Name of the first function whose values differ in the snapshots both chains know; a called one before its caller.

    Args:
        strategy: The rule that leaks.
        params: Its parameters in force.
        chains: The whole session, and the same without its future or with another one.
        known: How many snapshots both know, from the first on.
    """
    whole, without = (traced(strategy, params, chain) for chain in chains)
    for key, values in whole.items():
        other = without.get(key)
        if other is None or other[:known].shape != values[:known].shape:
            continue
        if differs(values[:known], other[:known]).any():
            return key[0]
    return RULE


def traced(
    strategy: Strategy[Parameters], params: Parameters, chain: OptionChain
) -> dict[tuple[str, int], NDArray[np.generic]]:
    """Every array with one entry per snapshot that a function returned, by its name and how often it had been called.

    Looked at are functions of the market room and of the module of the rule. The order is that of the returns.
    """
    fresh = chain.select(slice(None))  # what is cached on the chain is computed again, so that it is seen
    count, calls = len(fresh.observed_at), Counter[str]()
    found: dict[tuple[str, int], NDArray[np.generic]] = {}

    def note(frame: FrameType, event: str, value: object) -> None:
        if event != "return" or not isinstance(value, np.ndarray):
            return
        module = str(frame.f_globals.get("__name__", ""))
        if not module.startswith(_MARKET) and module != strategy.evaluate.__module__:
            return
        name = frame.f_code.co_name
        calls[name] += 1
        if value.shape[:1] == (count,) and value.dtype.kind in "bf":
            found[name, calls[name]] = value

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        evaluated(strategy, fresh, params)
    finally:
        sys.setprofile(before)
    return found
