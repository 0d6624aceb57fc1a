"""Fingerprints of signals by session and strategy: what runs in other processes and orders are held against."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from trading_assets.tables.signals import CONTRACT

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd


def fingerprints(signals: pd.DataFrame) -> dict[str, str]:
    """First 16 hex of SHA-256 over every stored value of the signals, by "session strategy_id".

    Args:
        signals: Rows of `signals` of any sessions, any order, n ≥ 0. Floats count to their last bit.
    """
    ordered = signals.sort_values(list(CONTRACT.key), ignore_index=True)
    days = ordered["date"].dt.strftime("%Y-%m-%d")
    lines: dict[str, list[str]] = {}
    for day, row in zip(days, ordered[CONTRACT.names].itertuples(index=False, name=None), strict=True):
        lines.setdefault(f"{day} {row[CONTRACT.names.index('strategy_id')]}", []).append(repr(tuple(map(str, row))))
    return {name: hashlib.sha256("\n".join(told).encode()).hexdigest()[:16] for name, told in sorted(lines.items())}


def deviations(expected: Mapping[str, str], found: Mapping[str, str]) -> list[str]:
    """Session and strategy of every fingerprint that is not the same on both sides, sorted."""
    return sorted(name for name in {*expected, *found} if expected.get(name) != found.get(name))
