"""Between the frame of a contract and its parquet file: types at rest, exact money, bytes that repeat.

No paths here: `storage.tables` decides where the bytes go.
"""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa

from trading_assets.errors import ContractError, StorageError
from trading_assets.tables.contract import SECONDS_OF_A_DAY, dtype_name
from trading_assets.tables.frames import keeps_layout, of_arrays
from trading_assets.tables.money import paise, rupees

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from numpy.typing import NDArray
    from pandas.api.extensions import ExtensionArray

    from trading_assets.tables.contract import Column, Contract, Kind

MONEY = pa.decimal128(18, 2)
ARROW_TYPES: Mapping[Kind, pa.DataType] = {
    "date": pa.date32(),
    "time": pa.timestamp("us", tz="UTC"),
    "text": pa.string(),
    "json": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "money": MONEY,
    "flag": pa.bool_(),
}
#: From here on two cores are quicker than one: reading takes 12 ms for 76,500 rows, and hashing as long as packing.
MANY_ROWS = 10_000
CONTENT_KEY, SCHEMA_KEY = b"content_sha256", b"schema_sha256"
Made = TypeVar("Made")


def schema(contract: Contract) -> pa.Schema:
    """Return the arrow schema of a contract at rest; every column may hold NULL, rules judge whether it should."""
    return pa.schema([pa.field(column.name, ARROW_TYPES[column.kind]) for column in contract.columns])


def to_table(contract: Contract, frame: pd.DataFrame) -> pa.Table:
    """Convert a frame of a contract to arrow; NaN and NaT become NULL, infinity stays.

    Args:
        contract: Table the frame is of.
        frame: Exactly the contract's columns, order and dtypes, shape (n, k), n ≥ 0.

    Returns:
        One chunk per column; text and JSON dictionary-encoded, so that equal values give equal bytes.

    Raises:
        StorageError: Another column, order or dtype; a date that is not midnight; money that is not whole paise.
    """
    _require_contract(contract, frame)
    series = [one for _, one in frame.items()]  # to ask for each by name takes twice as long
    return pa.table(of_each(len(frame), partial(_encode, contract), contract.columns, series), contract.names)


def to_frame(contract: Contract, table: pa.Table) -> pd.DataFrame:
    """Convert an arrow table back to a frame.

    Args:
        contract: Table it is of.
        table: Any of the contract's columns; types that cast without loss to `schema`.

    Returns:
        The table's columns in its order with the contract's dtypes and a fresh index.

    Raises:
        StorageError: A column cannot be cast without loss.
    """
    known = {column.name: column for column in contract.columns}
    columns = [known.get(name) or contract.column(name) for name in table.column_names]
    arrays = of_each(table.num_rows, partial(_decode, contract), columns, table.columns)
    return of_arrays(dict(zip(table.column_names, arrays, strict=True)), table.num_rows)


def of_each(rows: int, make: Callable[..., Made], *columns: Iterable[object]) -> list[Made]:
    """Make something of each column of a table, in their order; of many rows on two cores."""
    if rows < MANY_ROWS:
        return list(map(make, *columns))
    with ThreadPoolExecutor(2) as both:
        return list(both.map(make, *columns))


def content_sha256(contract: Contract, table: pa.Table) -> str:
    """SHA-256 over names, kinds and values of a table made by `to_table`, 64 hex; the same for every file layout."""
    digest = hashlib.sha256(f"{contract.name}:{table.num_rows}".encode())
    for column in contract.columns:
        digest.update(f"\0{column.name}:{column.kind}\0".encode())
        for part in _canonical(column, table.column(column.name)):
            digest.update(part)
    return digest.hexdigest()


def schema_sha256(found: pa.Schema) -> str:
    """SHA-256 over names and types at rest, 64 hex: pages have checksums, names in a footer have this."""
    types = [kind.value_type if isinstance(kind, pa.DictionaryType) else kind for kind in found.types]
    return hashlib.sha256("\n".join(f"{n} {t}" for n, t in zip(found.names, types, strict=True)).encode()).hexdigest()


def _require_contract(contract: Contract, frame: pd.DataFrame) -> None:
    if keeps_layout(contract, frame):
        return
    found = {str(name): dtype_name(dtype) for name, dtype in frame.dtypes.items()}
    dtypes = contract.dtypes
    wrong = [f"{n} is {found[n]}, not {d}" for n, d in dtypes.items() if n in found and found[n] != d]
    wrong += [f"{name} is absent" for name in dtypes if name not in found]
    wrong += [f"{name} is unknown" for name in found if name not in dtypes]
    msg = (
        f"a frame for table {contract.name} does not keep its contract: "
        f"{'; '.join(wrong) or 'columns are repeated or out of order'}. Build it with CONTRACT.frame(...)."
    )
    raise StorageError(msg)


def _encode(contract: Contract, column: Column, series: pd.Series) -> pa.Array:
    if column.kind in ("text", "json"):
        return _one_chunk(pa.array(series.array)).cast(pa.string()).dictionary_encode()
    if column.kind == "date":
        return _encode_dates(contract, column, series.to_numpy())
    if column.kind == "time":
        return pa.array(series.to_numpy(dtype="datetime64[us]"), type=ARROW_TYPES["time"])
    if column.kind == "money":
        return _encode_money(contract, column, series.to_numpy())
    if column.kind == "number":
        numbers = series.to_numpy() + 0.0  # -0.0 is 0.0: equal values, equal bytes
        return _with_nulls(numbers, np.isnan(numbers))
    return pa.array(series.to_numpy(), type=ARROW_TYPES[column.kind])


def _encode_dates(contract: Contract, column: Column, seconds: NDArray[np.datetime64]) -> pa.Array:
    since, missing = seconds.view(np.int64), np.isnat(seconds)
    days = (since // SECONDS_OF_A_DAY).astype(np.int32)  # numpy's own conversion takes six times as long
    if not np.all((np.multiply(days, SECONDS_OF_A_DAY, dtype=np.int64) == since) | missing):
        msg = f"{contract.name}.{column.name} holds a time of day; a date is a naive midnight."
        raise StorageError(msg)
    return _with_nulls(days, missing).view(pa.date32())


def _with_nulls(values: NDArray[np.generic], missing: NDArray[np.bool_]) -> pa.Array:
    return pa.array(values, mask=missing if missing.any() else None)  # without a mask nothing is copied


def _encode_money(contract: Contract, column: Column, amounts: NDArray[np.float64]) -> pa.Array:
    missing = np.isnan(amounts)
    try:
        whole = paise(np.where(missing, 0.0, amounts))
    except ContractError as error:
        msg = f"{contract.name}.{column.name}: {error}"
        raise StorageError(msg) from error
    # a decimal128 is its paise as a 128-bit little-endian integer: low word, then the sign
    words = np.column_stack((whole, whole >> 63)).astype("<i8")
    valid = pa.array(~missing).buffers()[1] if missing.any() else None
    return pa.Array.from_buffers(MONEY, len(whole), [valid, pa.py_buffer(words)])


def _decode(contract: Contract, column: Column, chunks: pa.ChunkedArray) -> ExtensionArray | NDArray[np.generic]:
    """Values without an index: a frame of 45 series takes twice as long as one of 45 arrays."""
    try:
        if column.kind in ("text", "json"):
            text = chunks.cast(pa.large_string())
            return pd.StringDtype(na_value=np.nan).__from_arrow__(text)
        wanted = ARROW_TYPES[column.kind]
        values = _one_chunk(chunks if chunks.type == wanted else chunks.cast(wanted))
    except pa.ArrowInvalid as error:
        msg = f"{contract.name}.{column.name} is stored as {chunks.type} and does not fit {column.kind}: {error}"
        raise StorageError(msg) from error
    if column.kind == "money":
        return _decode_money(values)
    plain: NDArray[np.generic] = values.to_numpy(zero_copy_only=False)
    if column.kind == "date":
        return plain.astype("datetime64[s]")
    return pd.array(plain, copy=False).tz_localize("UTC") if column.kind == "time" else plain


def _decode_money(values: pa.Array) -> NDArray[np.float64]:
    amounts = rupees(_paise_words(values))
    if values.null_count:
        amounts[values.is_null().to_numpy(zero_copy_only=False)] = np.nan
    return amounts


def _paise_words(values: pa.Array) -> NDArray[np.int64]:
    """Low words of the 128-bit paise; `MONEY` has 18 digits, so the high word is the sign alone."""
    words = np.frombuffer(values.buffers()[1], dtype="<i8")
    return words[2 * values.offset : 2 * (values.offset + len(values)) : 2]


def _one_chunk(chunks: pa.Array | pa.ChunkedArray) -> pa.Array:
    if not isinstance(chunks, pa.ChunkedArray):
        return chunks
    if chunks.num_chunks == 1:
        return chunks.chunk(0)
    combined = chunks.combine_chunks()
    return combined if isinstance(combined, pa.Array) else pa.concat_arrays(combined.chunks)


def _canonical(column: Column, chunks: pa.ChunkedArray) -> list[memoryview | bytes]:
    """Bytes of the values alone: what stands in a buffer under a NULL is set to zero."""
    values = _one_chunk(chunks)
    if column.kind in ("text", "json"):
        words = [word.encode() for word in values.dictionary.to_pylist()]
        codes = values.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        lengths = np.array([len(word) for word in words], dtype="<i8")
        return [codes.astype("<i4", copy=False).data, lengths.data, b"".join(words)]
    some_missing = values.null_count > 0  # as a rule none is, and to ask each takes as long as the rest
    present = values.is_valid().to_numpy(zero_copy_only=False) if some_missing else np.ones(len(values), dtype=np.bool_)
    return [present.data, np.ascontiguousarray(_plain(column, values, present)).data]


def _plain(column: Column, values: pa.Array, present: NDArray[np.bool_]) -> NDArray[np.generic]:
    if column.kind == "money":
        return np.where(present, _paise_words(values), 0)
    if column.kind == "date":
        values = values.cast(pa.int32())
    if column.kind == "time":
        values = values.cast(pa.int64())
    plain: NDArray[np.generic] = (values.fill_null(0) if values.null_count else values).to_numpy(zero_copy_only=False)
    return plain
