"""Append-only journals of rows that come one at a time: feed calls, quality issues. One JSON line per row and day.

Layout: `<root>/<table>/<YYYY-MM-DD>.jsonl`, so that reading a session does not grow with history. A line is one
O_APPEND write: 4 processes appended 20,000 lines side by side without a torn one. In a bucket, where nothing can be
appended to, each call makes an object `<root>/<table>/<YYYY-MM-DD>/<when>-<random>.jsonl` of its own: machines never
meet, and none can tear another's lines.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import orjson
import pandas as pd

from trading_assets.errors import StorageError
from trading_assets.places.place import each

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from trading_assets.places.place import Place
    from trading_assets.tables.contract import Column, Contract


@dataclass(frozen=True)
class JournalRead:
    """Rows of a journal and what could not be read.

    Args:
        frame: Rows in the order of the contract's key, the contract's dtypes.
        torn: File and line number of each line that a killed writer left unfinished.
    """

    frame: pd.DataFrame
    torn: tuple[str, ...]


class Journal:
    """Journals of several tables below one folder, or one prefix of a bucket.

    Args:
        root: Place of the journals; a folder is made when first appended to.
    """

    def __init__(self, root: Place) -> None:
        self.root = root

    def append(self, contract: Contract, rows: pd.DataFrame | Iterable[Mapping[str, object]]) -> int:
        """Append rows, each whole or not at all.

        Args:
            contract: Table the rows are of.
            rows: A frame of the contract, or mappings of its columns; times with a zone, `date` a date.

        Returns:
            Number of rows appended.

        Raises:
            ContractError: A row does not keep the contract; nothing is appended then.
            StorageError: The disk is full.
        """
        frame = contract.frame(rows) if isinstance(rows, pd.DataFrame) else framed(contract, [dict(r) for r in rows])
        for day, part in frame.groupby("date", sort=True):
            _append(self.root / contract.name, f"{pd.Timestamp(day).date()}", _lines(contract, part))
        return len(frame)

    def read(self, contract: Contract, sessions: Sequence[date] | None = None) -> pd.DataFrame:
        """Rows of some days, or of all, in the order of the contract's key; unfinished lines are left out."""
        return self.read_checked(contract, sessions).frame

    def read_checked(self, contract: Contract, sessions: Sequence[date] | None = None) -> JournalRead:
        """Rows as `read` gives them, and the places of lines that are unfinished.

        Raises:
            ContractError: A line is whole and not a row of this contract.
        """
        rows: list[dict[str, object]] = []
        torn: list[str] = []
        for path, content in each(_content, self.paths(contract, sessions), self.root):
            read_lines(path, content, rows, torn)
        frame = framed(contract, rows).sort_values(list(contract.key), kind="stable", ignore_index=True)
        return JournalRead(frame, tuple(torn))

    def days(self, contract: Contract) -> list[date]:
        """Days that have lines, sorted."""
        folder = self.root / contract.name
        days = folder.glob("*.jsonl") if isinstance(folder, Path) else folder.glob("*")
        return sorted(date.fromisoformat(path.stem) for path in days)

    def paths(self, contract: Contract, sessions: Sequence[date] | None = None) -> list[Place]:
        """Files or objects of some days, or of all, in the order they were begun."""
        folder = self.root / contract.name
        wanted = ["*"] if sessions is None else sorted({day.isoformat() for day in sessions})
        pattern = "{}.jsonl" if isinstance(folder, Path) else "{}/*.jsonl"
        found: list[Place] = [path for day in wanted for path in folder.glob(pattern.format(day))]
        return sorted(found)


def _append(folder: Place, day: str, lines: list[bytes]) -> None:
    if isinstance(folder, Path):
        _append_file(folder / f"{day}.jsonl", lines)
    else:
        (folder / day / f"{time.time_ns():020d}-{uuid4().hex}.jsonl").write_bytes(b"".join(lines))


def _append_file(path: Path, lines: list[bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        size = os.fstat(descriptor).st_size
        unfinished = bool(size) and os.pread(descriptor, 1, size - 1) != b"\n"
        for place, line in enumerate(lines):
            _write(path, descriptor, b"\n" + line if unfinished and not place else line)
    finally:
        os.close(descriptor)


def _write(path: Path, descriptor: int, line: bytes) -> None:
    written = os.write(descriptor, line)
    if written != len(line):
        msg = f"{path}: only {written} of {len(line)} bytes of a line were written; is the disk full?"
        raise StorageError(msg)


def _lines(contract: Contract, frame: pd.DataFrame) -> list[bytes]:
    columns = [_plain(column, frame[column.name]) for column in contract.columns]
    option = orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
    return [
        orjson.dumps(dict(zip(contract.names, row, strict=True)), option=option) for row in zip(*columns, strict=True)
    ]


def _plain(column: Column, series: pd.Series) -> list[object]:
    """Values that JSON has; times all with microseconds, because pandas infers one format from the first."""
    values: list[object] = [None if pd.isna(value) else value for value in series.tolist()]
    if column.kind == "date":
        return [value.date().isoformat() if isinstance(value, datetime) else None for value in values]
    if column.kind == "time":
        return [value.isoformat(timespec="microseconds") if isinstance(value, datetime) else None for value in values]
    return values


def _content(path: Place) -> tuple[Place, bytes]:
    return path, path.read_bytes()


def read_lines(path: Place, content: bytes, rows: list[dict[str, object]], torn: list[str]) -> None:
    """Read the lines of a file into rows; of lines that no JSON ends, add file and line number to `torn`."""
    for number, line in enumerate(content.split(b"\n"), start=1):
        if not line:
            continue
        try:
            rows.append(orjson.loads(line))
        except orjson.JSONDecodeError:
            torn.append(f"{path}:{number}")


def framed(contract: Contract, rows: list[dict[str, object]]) -> pd.DataFrame:
    """Return rows as a frame of the contract.

    Raises:
        ContractError: One is not a row of it.
    """
    return contract.frame(pd.DataFrame(rows)) if rows else contract.empty()
