"""Reading and ordering the parquet files of the store; which file is whose is decided by `storage.tables`."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from functools import cache, partial
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from trading_assets.errors import StorageError
from trading_assets.places.object_path import ObjectPath
from trading_assets.storage.arrow import CONTENT_KEY, MANY_ROWS, SCHEMA_KEY, of_each, schema, schema_sha256
from trading_assets.tables.bounds import row_order

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from trading_assets.places.place import Place
    from trading_assets.tables.contract import Contract


#: Footers take 2 to 6 kB; one that is larger costs the whole object.
_FOOTER_BYTES = 32_768
#: In a file of more bytes pyarrow takes 1.2 ms for each column of text, and 0.5 ms where it need not spell it out.
_MANY_BYTES = 200_000


def read(contract: Contract, path: Place, columns: Sequence[str]) -> pa.Table | None:
    """Read columns of one file, cast to the contract's types at rest.

    Args:
        contract: Table the file is of.
        path: The file; opened once, so a replacement meanwhile does not matter.
        columns: Columns wanted. A nullable one that an older file lacks reads as NULL.

    Returns:
        The columns in the order wanted, or None when there is no file.

    Raises:
        ContractError: The contract has no such column.
        StorageError: The file is damaged, or lacks a column that cannot be missing.
    """
    wanted = schema_of(contract, tuple(columns))
    with _opened(path, texts=[field.name for field in wanted if pa.types.is_string(field.type)]) as file:
        if file is None:
            return None
        held = set(file.schema_arrow.names)  # made anew each time it is asked for
        # of few rows threads take a tenth more of a core
        named = [name for name in wanted.names if name in held]
        stored = file.read(named, use_threads=file.metadata.num_rows >= MANY_ROWS)
    if stored.schema.equals(wanted):  # it is in short files of today's contract
        return stored.replace_schema_metadata(None)
    return pa.table(of_each(stored.num_rows, partial(_column, contract, path, stored), wanted), schema=wanted)


def empty(contract: Contract, columns: Sequence[str]) -> pa.Table:
    """Return a table of some of a contract's columns, in that order, without rows.

    Raises:
        ContractError: The contract has no such column.
    """
    return schema_of(contract, tuple(columns)).empty_table()


@cache
def schema_of(contract: Contract, columns: tuple[str, ...]) -> pa.Schema:
    """Return the schema at rest of some of a contract's columns, in that order.

    Raises:
        ContractError: The contract has no such column.
    """
    whole = schema(contract)
    return pa.schema([whole.field(contract.column(name).name) for name in columns])


def content_sha256(path: Place) -> str | None:
    """SHA-256 of the values of a file, 64 hex, from its footer; None when there is no file.

    Raises:
        StorageError: The file is damaged, or was not written by this store.
    """
    with _opened(path, footer_only=True) as file:
        return None if file is None else str(file.metadata.metadata[CONTENT_KEY].decode())


def rows(path: Place) -> int:
    """Rows of a file from its footer, 0 when there is no file.

    Raises:
        StorageError: The file is damaged, or was not written by this store.
    """
    with _opened(path, footer_only=True) as file:
        return 0 if file is None else int(file.metadata.num_rows)


def holds(path: Place, content: bytes) -> bool:
    """Whether the file at `path` is there and is exactly these bytes; of an object its hash tells."""
    try:
        if isinstance(path, ObjectPath):
            return path.stat().etag == hashlib.md5(content, usedforsecurity=False).hexdigest()
        return path.stat().st_size == len(content) and path.read_bytes() == content
    except FileNotFoundError:
        return False


def in_key_order(contract: Contract, table: pa.Table) -> pa.Table:
    """Order the rows of a table of `arrow.to_table` by the contract's key, missing values last, ties as they stood."""
    codes = [_rank(table.column(name).combine_chunks()) for name in contract.key]
    order = row_order(codes)
    if order is None:
        return table
    ordered = table.take(pa.array(order))
    return pa.table({name: _encoded_anew(ordered.column(name)) for name in ordered.column_names})


@contextmanager
def _opened(path: Place, *, footer_only: bool = False, texts: Sequence[str] = ()) -> Iterator[pq.ParquetFile | None]:
    """The file, its footer checked; None when there is none; whatever fails on damage becomes StorageError.

    Columns of `texts` are read as the dictionaries they are stored as where the file is long.
    """
    try:
        with (
            _source(path, footer_only=footer_only) as source,
            pq.ParquetFile(
                source,
                page_checksum_verification=True,
                read_dictionary=texts if source.size() > _MANY_BYTES else None,
            ) as file,
        ):
            footer = file.metadata.metadata or {}
            if CONTENT_KEY not in footer or footer.get(SCHEMA_KEY) != schema_sha256(file.schema_arrow).encode():
                msg = "its footer is altered, or this store did not write it"
                raise pa.ArrowInvalid(msg)
            yield file
    except FileNotFoundError:
        yield None
    except (OSError, UnicodeDecodeError, pa.ArrowException) as error:
        reason = " ".join(str(error).split())
        msg = (
            f"{path} cannot be read as parquet: {reason}. Materialize this session again, or put back an earlier "
            "version from the folder _history beside the tables."
        )
        raise StorageError(msg) from error


def _source(path: Place, *, footer_only: bool) -> pa.NativeFile:
    """The file itself, or the object, or of the object the end that holds its footer."""
    if not isinstance(path, ObjectPath):
        return pa.OSFile(str(path))
    if footer_only:
        end = path.read_end(_FOOTER_BYTES)
        if int.from_bytes(end[-8:-4], "little") + 8 <= len(end):
            return pa.BufferReader(end)
    return pa.BufferReader(path.read_bytes())


def _encoded_anew(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """List the words of a dictionary in the order rows use them, so that equal rows give equal bytes."""
    if not pa.types.is_dictionary(values.type):
        return values
    return values.cast(values.type.value_type).dictionary_encode()


def _rank(values: pa.Array) -> NDArray[np.int64] | NDArray[np.float64]:
    """Numbers that sort as the values do."""
    if not values.null_count and (pa.types.is_timestamp(values.type) or pa.types.is_date32(values.type)):
        return np.asarray(values.view(f"int{values.type.bit_width}"), dtype=np.int64)  # the values themselves
    if not values.null_count and pa.types.is_floating(values.type):
        return np.asarray(values)
    if not pa.types.is_dictionary(values.type):
        values = values.dictionary_encode()
    order = pc.array_sort_indices(values.dictionary).to_numpy(zero_copy_only=False)
    place = np.empty(len(order) + 1, dtype=np.int64)
    place[order] = np.arange(len(order))
    place[-1] = len(order)
    rank: NDArray[np.int64] = place[values.indices.fill_null(len(order)).to_numpy(zero_copy_only=False)]
    return rank


def _column(contract: Contract, path: Place, stored: pa.Table, field: pa.Field) -> pa.ChunkedArray:
    at = stored.schema.get_field_index(field.name)
    if at >= 0:
        column = stored.column(at)
        if column.type == field.type:  # most are: casting 45 columns takes 2 ms more
            return column
        try:
            return column.cast(field.type)
        except pa.ArrowException as error:
            msg = (
                f"{path}: column {field.name} is {stored.schema.field(field.name).type}, not {field.type} ({error}). "
                "It was written under an older contract; materialize it again."
            )
            raise StorageError(msg) from error
    if not contract.column(field.name).nullable:
        msg = f"{path} lacks column {field.name} of {contract.name}; materialize it again under today's contract."
        raise StorageError(msg)
    return pa.chunked_array([pa.nulls(stored.num_rows, field.type)])
