"""Exported tables as rows, CSV or XLSX: a preamble above the header is passed over, and a header that comes again.

Fields are parted by commas, semicolons or tabs, whichever makes a header; text is UTF-8, or UTF-16 with its mark.
"""

from __future__ import annotations

import codecs
import csv
import io
from typing import TYPE_CHECKING

from trading_assets.errors import BrokerFileError
from trading_assets.trades.imports.source_row import SourceRow
from trading_assets.trades.imports.xlsx_rows import xlsx_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: A header below this many lines is not looked for.
PREAMBLE = 50


_DELIMITERS = ",;\t"
_ZIP, _OLD_WORKBOOK = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


def exported_rows(content: bytes, name: str, columns: Sequence[str]) -> list[SourceRow]:
    """Split an XLSX workbook or a CSV file into rows; arguments and errors as `table_rows`."""
    if content.startswith(_ZIP):
        return table_rows(xlsx_lines(content, name), name, columns)
    if content.startswith(_OLD_WORKBOOK):
        msg = f"{name}: a workbook of Excel 97 to 2003. Save it as XLSX or CSV."
        raise BrokerFileError(msg)
    return csv_rows(content, name, columns)


def decoded(content: bytes, name: str) -> str:
    """Return the text of a file, its lines ended alike.

    Raises:
        BrokerFileError: It is no text in UTF-8, nor in UTF-16 with a byte order mark.
    """
    marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = content.decode("utf-16" if marked else "utf-8-sig")
    except UnicodeDecodeError as error:
        msg = f"{name}: byte {error.start} is not UTF-8 text. Export it again as CSV in UTF-8."
        raise BrokerFileError(msg) from error
    if "\0" in text:
        msg = f"{name}: holds a zero byte, which no text does. Export it again as CSV in UTF-8."
        raise BrokerFileError(msg)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def csv_rows(content: bytes, name: str, columns: Sequence[str]) -> list[SourceRow]:
    """Split a CSV file into rows by its header.

    Raises:
        BrokerFileError: No line has all of `columns`, a row has another number of fields, or it is no CSV.
    """
    text = decoded(content, name)
    reader = csv.reader(io.StringIO(text), delimiter=_delimiter(text, columns), strict=True)
    try:
        lines = [(reader.line_num, fields) for fields in reader]
    except csv.Error as error:
        msg = f"{name} line {reader.line_num}: {error}; expected comma-separated text. Export the file again."
        raise BrokerFileError(msg) from error
    return table_rows(lines, name, columns)


def _delimiter(text: str, columns: Sequence[str]) -> str:
    """Return what parts the fields of the header; a comma when there is no header."""
    first = text.split("\n", PREAMBLE)[:PREAMBLE]
    return next(
        (mark for mark in _DELIMITERS for line in first if set(columns) <= {*_named(line.split(mark))}), _DELIMITERS[0]
    )


def _named(fields: Iterable[str]) -> list[str]:
    return ["_".join(text.strip().strip('"').lower().split()) for text in fields]


def table_rows(lines: Iterable[tuple[int, list[str]]], name: str, columns: Sequence[str]) -> list[SourceRow]:
    """Find the header among the first lines and name the fields below it.

    Args:
        lines: Line number and fields.
        name: File, for messages.
        columns: Columns that must be there, lower case with underscores; so are the names that come back.

    Raises:
        BrokerFileError: As `csv_rows`, or a column stands twice.
    """
    header: list[str] | None = None
    rows = []
    for position, (line, fields) in enumerate(lines):
        names = _named(fields)
        if header is None and set(columns) <= set(names):
            header = _unique(line, names, name)
        elif names == header:  # of another file that was put below
            continue
        elif header is None and position >= PREAMBLE:
            break
        elif header is not None and any(text.strip() for text in fields):
            rows.append(_row(line, header, fields, name))
    if header is None:
        msg = f"{name}: no header in its first {PREAMBLE} lines; expected the columns {', '.join(columns)}."
        raise BrokerFileError(msg)
    return rows


def _unique(line: int, header: list[str], name: str) -> list[str]:
    twice = sorted({column for column in header if column and header.count(column) > 1})
    if twice:
        msg = (
            f"{name} line {line}: the header has {', '.join(twice)} more than once. Remove the columns that are not it."
        )
        raise BrokerFileError(msg)
    return header


def _row(line: int, header: Sequence[str], fields: list[str], name: str) -> SourceRow:
    if any(text.strip() for text in fields[len(header) :]) or len(fields) < len(header):
        msg = f"{name} line {line}: {len(fields)} fields, expected {len(header)} as in the header. Export it again."
        raise BrokerFileError(msg)
    return SourceRow(line, {column: text for column, text in zip(header, fields, strict=False) if column})
