"""The funnel from signals to trades, and why signals were rejected."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trading_assets.report.numbers import count, percent, shortened
from trading_assets.report.reasons import stored_counts

if TYPE_CHECKING:
    import pandas as pd

_MOST_REASONS = 8
_REASON_LIMIT = 80


@dataclass(frozen=True)
class Stage:
    """One stage: its name, signals in it, and their share of all signals as text and as a bar in percent."""

    name: str
    signals: str
    of_all: str
    width: float


@dataclass(frozen=True)
class Funnel:
    """Stages from all signals down to trades, and the reasons of those that were rejected."""

    stages: tuple[Stage, ...]
    rejections: tuple[Stage, ...]


def funnel(by_strategy: pd.DataFrame) -> Funnel | None:
    """Sum the funnel of `strategy_performance`; None when the range has no signal.

    Several signal legs may make one trade and one leg at most one; imported trades have no signal, so the stage
    counts signals that were not rejected rather than trades.
    """
    generated = int(by_strategy["signals_generated"].sum())
    if not generated:
        return None
    scored, rejected = int(by_strategy["signals_scored"].sum()), int(by_strategy["signals_rejected"].sum())
    stages = (
        ("fired by strategies", generated),
        ("scored by a model", scored),
        ("taken as trades", generated - rejected),
        ("rejected", rejected),
    )
    return Funnel(
        tuple(_stage(name, size, generated) for name, size in stages),
        tuple(_stage(shortened(name, _REASON_LIMIT), size, generated) for name, size in _reasons(by_strategy)),
    )


def _reasons(by_strategy: pd.DataFrame) -> list[tuple[str, int]]:
    counted: Counter[str] = Counter()
    for text, rows in by_strategy.groupby("rejections", sort=True).size().items():
        counted.update({name: size * int(rows) for name, size in stored_counts(text).items()})
    ranked = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
    others = sum(size for _, size in ranked[_MOST_REASONS:])
    return [*ranked[:_MOST_REASONS], *([("other reasons", others)] if others else [])]


def _stage(name: str, size: int, of: int) -> Stage:
    return Stage(name, count(size), percent(size / of, 1), round(100 * max(0, size) / of, 1))
