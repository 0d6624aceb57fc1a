"""A partition as its file will hold it: made anywhere, also beside other work, and stored by `storage.tables`."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trading_assets.errors import StorageError
from trading_assets.storage import arrow, parquet

if TYPE_CHECKING:
    from datetime import date

    import pandas as pd
    import pyarrow as pa

    from trading_assets.tables.contract import Contract


@dataclass(frozen=True)
class Written:
    """What a write left in the store.

    Args:
        rows: Rows of the partition.
        bytes: Size of its file.
        content_sha256: SHA-256 of its values, 64 hex; the same whatever the file layout.
    """

    rows: int
    bytes: int
    content_sha256: str


@dataclass(frozen=True)
class Packed:
    """A partition that is not stored yet.

    Args:
        contract: Table it is of.
        session: Partition; None for an unpartitioned table.
        encoded: Bytes of the file.
        written: What storing it leaves.
    """

    contract: Contract
    session: date | None
    encoded: bytes
    written: Written


def pack(contract: Contract, frame: pd.DataFrame, session: date | None) -> Packed:
    """Make the file of a partition, its rows in the order of the contract's key.

    Args:
        contract: Table.
        frame: Exactly the contract's columns and dtypes, n ≥ 0 rows, all of `session`.
        session: Partition; None for an unpartitioned table.

    Raises:
        StorageError: The frame does not keep the contract, or holds another date.
    """
    if session is not None:
        _require_session(contract, frame, session)
    table = parquet.in_key_order(contract, arrow.to_table(contract, frame))
    encoded, content = _encoded(contract, table)
    return Packed(contract, session, encoded, Written(table.num_rows, len(encoded), content))


def _encoded(contract: Contract, table: pa.Table) -> tuple[bytes, str]:
    """File of a table and hash of its values; of many rows both are made at once."""
    if table.num_rows < parquet.MANY_ROWS:
        content = arrow.content_sha256(contract, table)
        return arrow.to_parquet(table, lambda: content), content
    with ThreadPoolExecutor(1) as beside:  # neither needs the interpreter
        told = beside.submit(arrow.content_sha256, contract, table)
        return arrow.to_parquet(table, told.result), told.result()


def _require_session(contract: Contract, frame: pd.DataFrame, session: date) -> None:
    if "date" not in frame or not len(frame):
        return
    dates = frame["date"].to_numpy()
    other = np.flatnonzero(dates != np.datetime64(session, "s"))
    if len(other):
        msg = (
            f"{contract.name} {session}: {len(other)} of {len(frame)} rows are dated otherwise "
            f"(first: row {other[0]}, {frame['date'].iloc[other[0]]}). "
            "Split the frame by date and write each session."
        )
        raise StorageError(msg)
