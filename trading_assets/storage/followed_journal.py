"""A journal that one process reads again and again: of a file that grew, what was appended is read and nothing else.

A service that read a day's journal whole every second spent half of its time on rows it had read before.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from trading_assets.places.place import each
from trading_assets.storage.journal import Journal, framed, read_lines

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from trading_assets.places.place import Place
    from trading_assets.tables.contract import Contract


class FollowedJournal(Journal):
    """Journals below one root, read as `Journal` reads them. One thread at a time may read a table.

    Args:
        root: Place of the journals.
    """

    def __init__(self, root: Place) -> None:
        super().__init__(root)
        self._held: dict[str, _Held] = {}

    def read(self, contract: Contract, sessions: Sequence[date] | None = None) -> pd.DataFrame:
        """Rows of some days, or of all, in the order of the contract's key; unfinished lines are left out.

        Raises:
            ContractError: A line is whole and not a row of this contract.
        """
        held = self._held.get(contract.name)
        if held is None or any(_size(path) < end for path, end in held.ends.items()):
            held = _Held(contract.empty())  # something was taken away or written anew
        paths = self.paths(contract, sessions)
        fresh = [(path, held.ends.get(path, 0)) for path in paths if isinstance(path, Path) or path not in held.ends]
        unfinished: list[dict[str, object]] = []
        for path, begin, content in each(_appended, fresh, self.root):
            unfinished += held.take(path, begin, content)
        held.settle(contract)
        self._held[contract.name] = held
        frame = held.frame if sessions is None else held.frame[held.frame["date"].isin(pd.to_datetime(list(sessions)))]
        ordered = _joined([frame, framed(contract, unfinished)], contract).sort_values(
            list(contract.key), kind="stable"
        )
        return ordered.reset_index(drop=True)


@dataclass
class _Held:
    """What was read of one table.

    Args:
        frame: Rows of whole lines.
        ends: How much of each file they are, bytes.
        new: Rows that are not in the frame yet.
    """

    frame: pd.DataFrame
    ends: dict[Place, int] = field(default_factory=dict)
    new: list[dict[str, object]] = field(default_factory=list)

    def take(self, path: Place, begin: int, content: bytes) -> list[dict[str, object]]:
        """Keep the whole lines of what was appended; return the row of a last line that lacks its end.

        Whoever appends next may go on with that line, so it is not kept.
        """
        whole = content.rfind(b"\n") + 1 if isinstance(path, Path) else len(content)
        unfinished: list[dict[str, object]] = []
        read_lines(path, content[:whole], self.new, [])
        read_lines(path, content[whole:], unfinished, [])
        self.ends[path] = begin + whole
        return unfinished

    def settle(self, contract: Contract) -> None:
        """Put the new rows into the frame."""
        if self.new:
            self.frame, self.new = _joined([self.frame, framed(contract, self.new)], contract), []


def _joined(parts: list[pd.DataFrame], contract: Contract) -> pd.DataFrame:
    """Join frames; empty ones are left out, as their dtypes of no rows would be mixed in."""
    present = [part for part in parts if len(part)]
    return present[0] if len(present) == 1 else pd.concat(present, ignore_index=True) if present else contract.empty()


def _appended(wanted: tuple[Place, int]) -> tuple[Place, int, bytes]:
    path, begin = wanted
    if not isinstance(path, Path):
        return path, begin, path.read_bytes()[begin:]
    with path.open("rb") as file:
        file.seek(begin)
        return path, begin, file.read()


def _size(path: Place) -> int:
    """Size of a file; an object never changes and 0 is less than anything held of one that is gone."""
    if not isinstance(path, Path):
        return 2**63
    return path.stat().st_size if path.exists() else -1
