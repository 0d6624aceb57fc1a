"""The first sheet of an XLSX workbook as rows of text: only what a broker's export uses, within limits, no formulas."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from trading_assets.errors import BrokerFileError

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_BYTES = 64 << 20
_MOST_COLUMNS = 256
#: A workbook keeps 15 digits of a number.
_MOST_DIGITS = 1e15
_SHEET = re.compile(r"xl/worksheets/sheet(\d+)\.xml")
_CELL = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_STRINGS, _WORKBOOK = "xl/sharedStrings.xml", "xl/workbook.xml"


def xlsx_lines(content: bytes, name: str) -> list[tuple[int, list[str]]]:
    """Read the first sheet, every row as wide as the widest.

    Returns:
        Row number and the texts of its cells, "" for an empty one.

    Raises:
        BrokerFileError: It is no workbook, is damaged, too large, or declares entities.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            _refuse_1904(book, name)
            strings = _strings(book, name)
            rows = list(_rows(_tree(book, _first_sheet(book, name), name), strings))
    except (zipfile.BadZipFile, zlib.error, ET.ParseError, EOFError, IndexError, ValueError, KeyError) as error:
        msg = f"{name}: not a readable XLSX workbook ({error}). Export it again, or export it as CSV."
        raise BrokerFileError(msg) from error
    width = max((len(cells) for _, cells in rows), default=0)
    return [(row, cells + [""] * (width - len(cells))) for row, cells in rows]


def _refuse_1904(book: zipfile.ZipFile, name: str) -> None:
    """Refuse a workbook that counts days from 1904: its dates, read as others are, would be four years early."""
    if _WORKBOOK in book.namelist() and any(
        part.get("date1904", "0") in ("1", "true") for part in _tree(book, _WORKBOOK, name).iter()
    ):
        msg = f"{name}: the workbook counts its days from 1904. Export it as CSV."
        raise BrokerFileError(msg)


def _first_sheet(book: zipfile.ZipFile, name: str) -> str:
    sheets = [(int(found[1]), member) for member in book.namelist() if (found := _SHEET.fullmatch(member))]
    if not sheets:
        msg = f"{name}: the workbook has no sheet. Export it again."
        raise BrokerFileError(msg)
    return min(sheets)[1]


def _tree(book: zipfile.ZipFile, member: str, name: str) -> ET.Element:
    with book.open(member) as stream:
        text = stream.read(_MOST_BYTES + 1)
    if len(text) > _MOST_BYTES:
        msg = f"{name}: {member} unfolds to more than {_MOST_BYTES >> 20} MiB. Export a shorter range."
        raise BrokerFileError(msg)
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        msg = f"{name}: {member} declares entities, which no export does. Export it again."
        raise BrokerFileError(msg)
    return ET.fromstring(text)  # noqa: S314 - bounded above, and entities are refused


def _local(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _text(element: ET.Element) -> str:
    return "".join(part.text or "" for part in element.iter() if _local(part) == "t")


def _strings(book: zipfile.ZipFile, name: str) -> list[str]:
    if _STRINGS not in book.namelist():
        return []
    return [_text(item) for item in _tree(book, _STRINGS, name) if _local(item) == "si"]


def _rows(sheet: ET.Element, strings: list[str]) -> Iterator[tuple[int, list[str]]]:
    for number, row in enumerate((part for part in sheet.iter() if _local(part) == "row"), start=1):
        cells: list[str] = []
        for cell in row:
            column = _column(cell, len(cells))
            cells += [""] * (column - len(cells))
            cells.append(_value(cell, strings))
        yield int(row.get("r", number)), cells


def _column(cell: ET.Element, following: int) -> int:
    found = _CELL.fullmatch(cell.get("r", ""))
    if found is None:
        return following
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    if not following < column <= _MOST_COLUMNS:
        msg = f"cell {found.group()} is out of order or beyond column {_MOST_COLUMNS}"
        raise ValueError(msg)
    return column - 1


def _value(cell: ET.Element, strings: list[str]) -> str:
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        return _text(cell)
    value = next((part.text or "" for part in cell if _local(part) == "v"), "")
    if kind == "s" and value:
        return strings[int(value)]
    return _in_digits(value) if kind == "n" else value


def _in_digits(number: str) -> str:
    """Write a whole number that has an exponent with its digits, where the workbook still has all of them."""
    if "E" not in number.upper():
        return number
    value = float(number)
    return str(int(value)) if value == int(value) and abs(value) < _MOST_DIGITS else number
