"""Leaks: where a strategy said something else than it should, found by comparing surfaces and signals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pandas as pd

from trading_assets.regression.differing import differs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trading_assets.market.option_chain import OptionChain
    from trading_assets.strategies.strategy import Surface

Proof = Literal["truncated_future", "poisoned_future", "streaming", "row_order", "warm_up"]

#: Parts of a surface that are compared.
FIELDS = ("long", "short", "confidence", "out_long", "out_short")


@dataclass(frozen=True)
class Leak:
    """The first snapshot at which a strategy said something else than it should.

    Args:
        proof: Which proof failed.
        strategy_id: The strategy.
        underlying: The chain it spoke on.
        at: observed_at of that snapshot, UTC.
        field: Part of the surface that differs, or "signals".
        detail: What it said with and without what it must not know.
        feature: The function whose values first differed; empty where that was not looked for.
    """

    proof: Proof
    strategy_id: str
    underlying: str
    at: pd.Timestamp
    field: str
    detail: str
    feature: str = ""

    def __str__(self) -> str:
        through = f", first seen in {self.feature}" if self.feature else ""
        return (
            f"{self.proof}: {self.strategy_id} on {self.underlying} at {self.at}: {self.field} {self.detail}{through}"
        )


def surface_leaks(
    proof: Proof, key: tuple[str, str], whole: tuple[OptionChain, Surface], said: Surface, n: int
) -> list[Leak]:
    """Where two surfaces of a strategy differ in their first n snapshots: the first of each part.

    Args:
        proof: Which proof compares.
        key: strategy_id and underlying.
        whole: The chain of the whole session and what was said on it.
        said: What was said without the future.
        n: How many snapshots both know.
    """
    chain, expected = whole
    leaks = []
    for name in FIELDS:
        batch, other = expected.part(name)[:n], said.part(name)[:n]
        unequal = differs(batch, other)
        if unequal.any():
            at = int(unequal.argmax())
            detail = f"is {batch[at]} knowing the whole session and {other[at]} without its future"
            leaks.append(Leak(proof, *key, stamp(chain, at), name, detail))
    return leaks


def signal_leaks(proof: Proof, batch: pd.DataFrame, other: pd.DataFrame) -> list[Leak]:
    """Signals that only one of two frames of the `signals` table has, prices, exit and market conditions included."""
    old, new = _lines(batch), _lines(other)
    return [
        Leak(proof, record[1], record[2], record[0], "signals", "is there in only one of batch and variant")
        for record in sorted(old ^ new, key=lambda line: line[:4])
    ]


def _lines(frame: pd.DataFrame) -> set[tuple[pd.Timestamp, str, str, str, str, str, str]]:
    columns = ("timestamp", "strategy_id", "underlying", "signal_id", "content_hash", "market_conditions")
    return set(zip(*(frame[name] for name in columns), frame["exit_at"].astype(str), strict=True))


def stamp(chain: OptionChain, at: int) -> pd.Timestamp:
    """observed_at of a snapshot, UTC."""
    return pd.Timestamp(chain.observed_at[at], tz="UTC")


def first_leaks(leaks: Sequence[Leak]) -> list[Leak]:
    """The earliest leak of each proof, strategy, chain and field."""
    earliest: dict[tuple[str, str, str, str], Leak] = {}
    for leak in sorted(leaks, key=lambda one: (one.at, one.proof, one.strategy_id, one.field)):
        earliest.setdefault((leak.proof, leak.strategy_id, leak.underlying, leak.field), leak)
    return list(earliest.values())
