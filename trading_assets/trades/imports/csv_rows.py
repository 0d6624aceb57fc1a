"""CSV exports as rows: a preamble above the header is passed over, quotes and a byte order mark are understood."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from trading_assets.errors import BrokerFileError
from trading_assets.trades.imports.broker_import import SourceRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: A header below this many lines is not looked for.
PREAMBLE = 50


def decoded(content: bytes, name: str) -> str:
    """Return the text of a file.

    Raises:
        BrokerFileError: It is not UTF-8.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        msg = f"{name}: byte {error.start} is not UTF-8 text. Export it again as CSV in UTF-8."
        raise BrokerFileError(msg) from error


def csv_rows(content: bytes, name: str, columns: Sequence[str]) -> list[SourceRow]:
    """Split a CSV file into rows by its header.

    Raises:
        BrokerFileError: No line has all of `columns`, a row has another number of fields, or it is no CSV.
    """
    reader = csv.reader(io.StringIO(decoded(content, name)), strict=True)
    try:
        lines = [(reader.line_num, fields) for fields in reader]
    except csv.Error as error:
        msg = f"{name} line {reader.line_num}: {error}; expected comma-separated text. Export the file again."
        raise BrokerFileError(msg) from error
    return table_rows(lines, name, columns)


def table_rows(lines: Iterable[tuple[int, list[str]]], name: str, columns: Sequence[str]) -> list[SourceRow]:
    """Find the header among the first lines and name the fields below it.

    Args:
        lines: Line number and fields.
        name: File, for messages.
        columns: Columns that must be there, lower case with underscores; so are the names that come back.

    Raises:
        BrokerFileError: As `csv_rows`.
    """
    header: list[str] | None = None
    rows = []
    for position, (line, fields) in enumerate(lines):
        names = ["_".join(text.strip().lower().split()) for text in fields]
        if header is None and set(columns) <= set(names):
            header = names
        elif header is None and position >= PREAMBLE:
            break
        elif header is not None and any(text.strip() for text in fields):
            rows.append(_row(line, header, fields, name))
    if header is None:
        msg = f"{name}: no header in its first {PREAMBLE} lines; expected the columns {', '.join(columns)}."
        raise BrokerFileError(msg)
    return rows


def _row(line: int, header: Sequence[str], fields: list[str], name: str) -> SourceRow:
    if len(fields) != len(header):
        msg = f"{name} line {line}: {len(fields)} fields, expected {len(header)} as in the header. Export it again."
        raise BrokerFileError(msg)
    return SourceRow(line, {column: text for column, text in zip(header, fields, strict=True) if column})
