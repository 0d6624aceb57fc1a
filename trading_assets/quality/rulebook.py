"""Which rules guard which table. A table's rules are the tuple `RULES` of the file of its name in this room."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.quality.hours import hours

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

    import pandas as pd
    from numpy.typing import NDArray

    from trading_assets.quality.facts import SessionHours
    from trading_assets.quality.rule import Rule


def rules(table: str) -> tuple[Rule, ...]:
    """Return the rules of a table; none when no file of this room has its name."""
    module = _module(table)
    return () if module is None else tuple(module.RULES)


def evidence(table: str, frame: pd.DataFrame, session: SessionHours | None) -> Mapping[str, NDArray[np.generic]]:
    """Return what the rules of a table other than `market_snapshots` read.

    Args:
        table: Table name.
        frame: Its rows, n ≥ 0.
        session: Hours of the session; None where they are not known.

    Returns:
        Every column that a rule names as an array of shape (n,) (times in UTC, text as objects), `opens` and `closes`
        of the session, and what the function `derived` of the table's file makes of the frame.
    """
    read = {name for rule in rules(table) for name in rule.columns}
    arrays = {name: _array(frame[name]) for name in read if name in frame}
    opens, closes = hours(session)
    if session is None:
        opens = closes = np.array(["NaT"], dtype="datetime64[us]")
    module = _module(table)
    derived = getattr(module, "derived", None)
    return {**arrays, "opens": opens, "closes": closes, **(derived(frame) if derived else {})}


def session_keys(table: str, frame: pd.DataFrame) -> tuple[str, ...]:
    """Return what the values of the table's session rules are of: the feeds of `feed_calls`, else the session."""
    named = getattr(_module(table), "session_keys", None)
    return tuple(named(frame)) if named else ("session",)


def _module(table: str) -> ModuleType | None:
    name = f"trading_assets.quality.{table}"
    # asked eleven times a table and session: looking for a file each time took a tenth of an audit
    return sys.modules[name] if name in sys.modules else import_module(name) if find_spec(name) is not None else None


def _array(series: pd.Series) -> NDArray[np.generic]:
    if series.dtype.kind == "M":
        return np.asarray(series.to_numpy(dtype="datetime64[us]"))
    if series.dtype.kind in "fib":
        return np.asarray(series.to_numpy())
    return np.asarray(series.to_numpy(dtype=object, na_value=None))
