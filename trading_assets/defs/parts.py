"""A range made in parts, several at once: the market in order, everything else of a part once its market is there.

What a session's snapshots are judged by comes from the sessions before it, and the signals look back too: made in any
other order, the tables would tell who was first.
"""

import math
import time
from collections.abc import Callable, Collection, Sequence
from datetime import date
from typing import Protocol

import numpy as np

from trading_assets.defs.runner import RunOutcome

POLL_SECONDS = 0.2


class Part(Protocol):
    """A run of some assets of some sessions that is under way."""

    def ended(self) -> RunOutcome | None:
        """Return what became of it, or None while it goes on."""

    def stop(self) -> None:
        """End it early."""


Start = Callable[[Sequence[date], Sequence[str]], Part]


def spans(days: Sequence[date], at_once: int, longest: int) -> list[list[date]]:
    """Cut a range into parts of nearly the same length, no longer than asked for and enough to keep all workers busy.

    Args:
        days: Sessions in order, n ≥ 0.
        at_once: Parts that can be made at the same time.
        longest: Sessions of a part, at most.
    """
    count = min(len(days), max(at_once, math.ceil(len(days) / longest)))
    return [list(part) for part in np.array_split(np.array(days, dtype=object), count)] if count else []


def make_parts(
    parts: Sequence[Sequence[date]], ordered: Sequence[str], free: Sequence[str], start: Start, at_once: int
) -> list[RunOutcome]:
    """Make the assets of every part; after a failure no further part is begun.

    Args:
        parts: Sessions of each part, in order.
        ordered: Assets of a part that are made after those of the part before.
        free: Assets of a part that are made after its ordered ones.
        start: Starts the run of a part.
        at_once: Runs at the same time.

    Returns:
        What became of each run, in the order of the parts, the ordered assets first.
    """
    waiting = [(number, kind) for number in range(len(parts)) for kind, names in enumerate((ordered, free)) if names]
    running: dict[tuple[int, int], Part] = {}
    ended: dict[tuple[int, int], RunOutcome] = {}
    try:
        while running or waiting:
            for key in _ready(waiting, running)[: at_once - len(running)]:
                waiting.remove(key)
                running[key] = start(parts[key[0]], (ordered, free)[key[1]])
            for key, part in list(running.items()):
                if (found := part.ended()) is not None:
                    ended[key] = found
                    del running[key]
                    waiting = waiting if found.success else []
            time.sleep(POLL_SECONDS)
    finally:
        for part in running.values():
            part.stop()
    return [ended[key] for key in sorted(ended)]


def _ready(waiting: Sequence[tuple[int, int]], running: Collection[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return what may begin: ordered assets when those of no earlier part are left, others when their own are made."""
    left = {number for number, kind in (*waiting, *running) if kind == 0}
    return [
        (number, kind)
        for number, kind in waiting
        if (not any(before < number for before in left) if kind == 0 else number not in left)
    ]
