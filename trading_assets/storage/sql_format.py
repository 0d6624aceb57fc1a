"""Answers of the SQL layer as text: an aligned table, CSV or JSON. No file is touched here."""

from __future__ import annotations

import csv
import io
import math
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

import orjson

if TYPE_CHECKING:
    from trading_assets.storage.sql import QueryResult

Format = Literal["table", "csv", "json"]
_NUMERIC = (int, float, Decimal)


def format_rows(result: QueryResult, form: Format) -> str:
    """Write an answer for people or machines.

    Args:
        result: Answer of one statement, n ≥ 0 rows.
        form: `table`: aligned columns and a row count, NULL spelled out. `csv`: RFC 4180 with a header, NULL empty.
            `json`: a list of objects; decimals are numbers with their own digits, JSON columns stay JSON, dates and
            times are ISO 8601 text, NaN and infinity are null; a repeated column name gets its number appended.

    Returns:
        Text that ends with a newline.
    """
    if form == "json":
        return _as_json(result)
    return _as_csv(result) if form == "csv" else _as_table(result)


def _as_table(result: QueryResult) -> str:
    cells = [[_text(value, missing="NULL") for value in row] for row in result.rows]
    widths = [max(map(len, column)) for column in zip(result.columns, *cells, strict=True)]
    right = [any(_is_number(row[place]) for row in result.rows) for place in range(len(widths))]
    lines = [_line(result.columns, widths, right), "  ".join("-" * width for width in widths)]
    lines += [_line(row, widths, right) for row in cells]
    return "\n".join([*lines, f"({len(cells)} row{'' if len(cells) == 1 else 's'})", ""])


def _line(cells: list[str] | tuple[str, ...], widths: list[int], right: list[bool]) -> str:
    aligned = (c.rjust(w) if r else c.ljust(w) for c, w, r in zip(cells, widths, right, strict=True))
    return "  ".join(aligned).rstrip()


def _is_number(value: object) -> bool:
    return isinstance(value, _NUMERIC) and not isinstance(value, bool)


def _as_csv(result: QueryResult) -> str:
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\r\n")
    writer.writerow(result.columns)
    writer.writerows([_text(value, missing="") for value in row] for row in result.rows)
    return sink.getvalue()


def _as_json(result: QueryResult) -> str:
    names = _distinct(result.columns)
    rows = [
        {name: _json(value, kind) for name, value, kind in zip(names, row, result.types, strict=True)}
        for row in result.rows
    ]
    return orjson.dumps(rows, default=str, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def _distinct(columns: tuple[str, ...]) -> list[str]:
    names: list[str] = []
    for column in columns:
        number, name = 2, column
        while name in names:
            number, name = number + 1, f"{column}_{number}"
        names.append(name)
    return names


def _json(value: object, kind: str) -> object:
    if isinstance(value, str) and kind == "JSON":
        return orjson.Fragment(value)
    if isinstance(value, Decimal):
        return orjson.Fragment(f"{value:f}")
    if isinstance(value, int) and not isinstance(value, bool):
        return orjson.Fragment(str(value))  # of any size
    return value.isoformat() if isinstance(value, date) else value


def _text(value: object, missing: str) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return missing
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat(sep=" ") if isinstance(value, datetime) else value.isoformat()
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
