"""Where tables live: one parquet file per table and session, replaced whole, readable while it is written.

Layout: `<root>/<table>/date=YYYY-MM-DD/<table>.parquet`, and `<root>/<table>/<table>.parquet` for a table that is not
partitioned. The file holds the column `date` too, so it says what it is when it is copied away; DuckDB reads both as
the same DATE. Earlier versions are kept below `<root>/_history`.
"""

from __future__ import annotations

from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from trading_assets.errors import StorageError
from trading_assets.places.place import each
from trading_assets.storage import arrow, atomic, parquet
from trading_assets.storage.history import History
from trading_assets.storage.packing import pack
from trading_assets.storage.partitions import PARTITION, stored_days

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    import pandas as pd

    from trading_assets.places.place import Place
    from trading_assets.storage.mirror import Mirror
    from trading_assets.storage.packing import Packed, Written
    from trading_assets.tables.contract import Contract


class TableStore:
    """All tables below one folder, or one prefix of a bucket, where one request puts a partition whole.

    Args:
        root: Place of the tables; a folder is made when first written to.
        mirror: Where the small tables are copied to after each write; None for nowhere.
    """

    def __init__(self, root: Place, mirror: Mirror | None = None) -> None:
        self.root = root
        self.mirror = mirror
        self._history = History(root)

    def path(self, contract: Contract, session: date | None = None) -> Place:
        """Where a partition is stored, or the whole of an unpartitioned table.

        Raises:
            StorageError: A session is given for an unpartitioned table, or none for a partitioned one.
        """
        if contract.partitioned == (session is None):
            expected = "needs a session" if contract.partitioned else "is one file in all, without sessions"
            msg = f"table {contract.name} {expected}; got session {session}."
            raise StorageError(msg)
        folder = self.root / contract.name
        return (folder / f"{PARTITION}{session}" if session else folder) / f"{contract.name}.parquet"

    def write(self, contract: Contract, frame: pd.DataFrame, session: date | None) -> Written:
        """Replace a partition by a frame, whole: a reader sees the old rows or the new ones.

        Rows are stored in the order of the contract's key. The same rows leave the file untouched; other rows keep the
        previous file in the history.

        Args:
            contract: Table to write.
            frame: Exactly the contract's columns and dtypes, n ≥ 0 rows, all of `session`.
            session: Partition; None for an unpartitioned table.

        Raises:
            StorageError: The frame does not keep the contract, or holds another date; nothing is written then. Or the
                mirror was not reached, after the partition was written whole.
        """
        return self.put(pack(contract, frame, session))

    def put(self, packed: Packed) -> Written:
        """Replace a partition by what was packed of it; see `write`."""
        path = self.path(packed.contract, packed.session)
        if not parquet.holds(path, packed.encoded):
            self._history.keep(path, packed.written.content_sha256)
            atomic.replace_file(path, packed.encoded)
        self._mirrored(packed.contract, packed.session)
        return packed.written

    def read(
        self, contract: Contract, sessions: Sequence[date] | None = None, columns: Sequence[str] | None = None
    ) -> pd.DataFrame:
        """Read rows, session by session, each in the order of the contract's key.

        Args:
            contract: Table to read.
            sessions: Partitions to read; one that is not stored reads as empty. None for all.
            columns: Columns to read, in the order wanted; None for all.

        Returns:
            A frame with the contract's dtypes, shape (n, k), n ≥ 0.

        Raises:
            StorageError: A file is damaged, or lacks a column that cannot be missing.
        """
        names = list(columns) if columns is not None else contract.names
        wanted = sorted(set(sessions)) if sessions is not None else None
        if not contract.partitioned:
            return self._read_whole(contract, wanted, names)
        days = self.sessions(contract) if wanted is None else wanted
        return arrow.to_frame(contract, _one_table(self._parts(contract, days, names), contract, names))

    def read_each(
        self, contract: Contract, sessions: Sequence[date], columns: Sequence[str] | None = None
    ) -> dict[date, pd.DataFrame]:
        """Read sessions of a partitioned table as `read` does, each as a frame of its own.

        Arrow becomes pandas once for all of them: of a table with few rows that is most of the time.
        """
        names = list(columns) if columns is not None else contract.names
        parts = self._parts(contract, sessions, names)
        whole = arrow.to_frame(contract, _one_table(parts, contract, names))
        if len(sessions) == 1:
            return {sessions[0]: whole}
        ends = np.cumsum([part.num_rows for part in parts], dtype=np.intp).tolist()
        starts = [0, *ends[:-1]]
        return {
            session: whole.iloc[start:end].reset_index(drop=True)
            for session, start, end in zip(sessions, starts, ends, strict=True)
        }

    def _parts(self, contract: Contract, sessions: Sequence[date], names: list[str]) -> list[pa.Table]:
        """What is stored of each session; one that is not stored is empty."""
        paths = [self.path(contract, session) for session in sessions]
        found = each(lambda path: parquet.read(contract, path, names), paths, self.root)
        return [parquet.empty(contract, names) if part is None else part for part in found]

    def has(self, contract: Contract, session: date | None = None) -> bool:
        """Whether a partition, or an unpartitioned table, is stored; it may hold no rows."""
        return self.path(contract, session).is_file()

    def holds(self, contract: Contract) -> bool:
        """Whether anything of a table is stored."""
        return any((self.root / contract.name).rglob(f"{contract.name}.parquet"))

    def sessions(self, contract: Contract) -> list[date]:
        """Sessions that are stored, sorted; of an unpartitioned table, the dates it holds."""
        if not contract.partitioned:
            dates = self.read(contract, columns=["date"])["date"]
            return [value.date() for value in dates.drop_duplicates().sort_values()]
        folder = self.root / contract.name
        if isinstance(folder, Path):
            return [date.fromisoformat(day) for day in stored_days(folder)]
        return [date.fromisoformat(path.parent.name.removeprefix(PARTITION)) for path in self.paths(contract)]

    def paths(self, contract: Contract) -> list[Place]:
        """Files of a table that are stored, by session."""
        folder = self.root / contract.name
        if not contract.partitioned:
            return [path for path in (self.path(contract),) if path.is_file()]
        if isinstance(folder, Path):
            return [self.path(contract, date.fromisoformat(day)) for day in stored_days(folder)]
        # one request for a thousand sessions, not one for each
        pattern = f"{PARTITION}????-??-??/{contract.name}.parquet"
        objects = folder.rglob(f"{contract.name}.parquet")
        return sorted(path for path in objects if fnmatchcase(str(path.relative_to(folder)), pattern))

    def delete(self, contract: Contract, session: date | None = None) -> bool:
        """Remove a partition, kept in the history.

        Returns:
            False when it was not stored.
        """
        path = self.path(contract, session)
        self._history.keep(path, content=None)
        try:
            path.unlink()
        except FileNotFoundError:
            return False
        self._mirrored(contract, session)
        return True

    def content_sha256(self, contract: Contract, session: date | None = None) -> str | None:
        """SHA-256 of a partition's values, 64 hex, as its writer computed it; None when it is not stored.

        Raises:
            StorageError: The file is damaged.
        """
        return parquet.content_sha256(self.path(contract, session))

    def rows(self, contract: Contract, sessions: Sequence[date]) -> int:
        """Rows that are stored of some sessions together; their files' footers tell.

        Raises:
            StorageError: A file is damaged.
        """
        return sum(each(parquet.rows, [self.path(contract, session) for session in sessions], self.root))

    def sweep(self, age: timedelta) -> int:
        """Remove temporary files that killed writers left at least `age` ago; returns how many."""
        return atomic.sweep(self.root, age)

    def _mirrored(self, contract: Contract, session: date | None) -> None:
        if self.mirror is not None:
            self.mirror.follow(self, contract, session)

    def _read_whole(self, contract: Contract, wanted: list[date] | None, names: list[str]) -> pd.DataFrame:
        needed = names if wanted is None or "date" in names else [*names, "date"]
        table = parquet.read(contract, self.path(contract), needed)
        frame = arrow.to_frame(contract, table if table is not None else parquet.empty(contract, needed))
        if wanted is not None:
            chosen = np.array(wanted, dtype="datetime64[s]")
            frame = frame[frame["date"].isin(chosen)].reset_index(drop=True)
        return frame[names]


def _one_table(parts: list[pa.Table], contract: Contract, names: list[str]) -> pa.Table:
    return parts[0] if len(parts) == 1 else pa.concat_tables(parts or [parquet.empty(contract, names)])
