"""Reference tables as CSV text: typed fields that say where they are wrong, and rows laid over rows.

An overlay is CSV text with the same header. Its rows replace every packaged row of the same key (for `holidays` the
key is date and exchange). An extra column `action` may say `remove` to take that key out; empty or `add` replaces.
An `exchange` of `NSE+BSE` stands for one row of each. What the rows mean is said by the tables of `market.packaged`.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date, time
from typing import TYPE_CHECKING, Generic, NoReturn, TypeVar

from trading_assets.errors import ReferenceDataError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

Row = TypeVar("Row")
ACTIONS = ("add", "remove")


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of one CSV row, read by column with the type a column has.

    Args:
        file: Name of the file, for messages.
        line: Line in it, counted from 1 with the header.
        values: Text by column name.
    """

    file: str
    line: int
    values: Mapping[str, str]

    def reject(self, column: str, expected: str) -> NoReturn:
        """Refuse the value of `column`.

        Raises:
            ReferenceDataError: Always; names file, line, column, what was found and what was expected.
        """
        found = self.values.get(column, "")
        msg = f"{self.file} line {self.line}, column {column}: found {found!r}, expected {expected}. Correct the row."
        raise ReferenceDataError(msg)

    def text(self, column: str) -> str:
        """Return a text that is not empty."""
        return self.values[column] or self.reject(column, "a text")

    def choice(self, column: str, choices: tuple[str, ...]) -> str:
        """Return one of `choices`."""
        value = self.values[column]
        return value if value in choices else self.reject(column, f"one of {', '.join(choices)}")

    def day(self, column: str) -> date:
        """Return an ISO date."""
        try:
            return date.fromisoformat(self.values[column])
        except ValueError:
            self.reject(column, "a date like 2026-01-26")

    def optional_day(self, column: str) -> date | None:
        """Return an ISO date, or None where the field is empty."""
        return self.day(column) if self.values[column] else None

    def optional_clock(self, column: str) -> time | None:
        """Return a time of day in IST, or None where the field is empty."""
        return self.clock(column) if self.values[column] else None

    def clock(self, column: str) -> time:
        """Return a time of day in IST."""
        try:
            return time.fromisoformat(self.values[column])
        except ValueError:
            self.reject(column, "a time like 09:15")

    def integer(self, column: str, low: int) -> int:
        """Return a whole number of at least `low`."""
        value = self.values[column]
        if not value.isdecimal() or int(value) < low:
            self.reject(column, f"a whole number of at least {low}")
        return int(value)

    def positive(self, column: str) -> float:
        """Return a number above 0."""
        try:
            value = float(self.values[column])
        except ValueError:
            value = 0.0
        return value if 0 < value < float("inf") else self.reject(column, "a number above 0")


@dataclass(frozen=True, slots=True)
class CsvTable(Generic[Row]):
    """How one file is read.

    Args:
        file: Name of the file.
        columns: Columns that must be there; more are ignored.
        parse: Makes a row of its fields.
        key: What rows of an overlay replace: every packaged row with the same key.
    """

    file: str
    columns: tuple[str, ...]
    parse: Callable[[Fields], Row]
    key: Callable[[Row], tuple[object, ...]]

    def rows(self, packaged: str, overlay: str | None = None) -> list[Row]:
        """Read the packaged text and lay the overlay over it.

        Args:
            packaged: CSV text that comes with the project.
            overlay: The user's CSV text, None for none.

        Returns:
            Rows that hold, in the order of the files.

        Raises:
            ReferenceDataError: A column is missing or a field does not parse; names file, line, column and expectation.
        """
        kept = [row for _, row in self._read(packaged, self.file)]
        if overlay is None:
            return kept
        laid = list(self._read(overlay, f"overlay {self.file}"))
        replaced = {self.key(row) for _, row in laid}
        added = [row for action, row in laid if action == "add"]
        return [row for row in kept if self.key(row) not in replaced] + added

    def _read(self, text: str, source: str) -> Iterator[tuple[str, Row]]:
        reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), skipinitialspace=True, strict=True)
        try:
            self._check_header(reader.fieldnames or (), source)
            for values in reader:
                if any(values.values()):
                    yield from self._parse(Fields(source, reader.line_num, values))
        except csv.Error as error:
            msg = f"{source} line {reader.line_num}: {error}; expected comma-separated text. Correct the file."
            raise ReferenceDataError(msg) from error

    def _check_header(self, found: Sequence[str], source: str) -> None:
        missing = [column for column in self.columns if column not in found]
        if missing:
            msg = (
                f"{source} line 1: no column {', '.join(missing)}; expected the header {','.join(self.columns)}. "
                f"Copy the header of the packaged file."
            )
            raise ReferenceDataError(msg)

    def _parse(self, fields: Fields) -> Iterator[tuple[str, Row]]:
        if None in fields.values or None in fields.values.values():
            msg = f"{fields.file} line {fields.line}: not as many fields as the header. Quote texts with commas."
            raise ReferenceDataError(msg)
        action = fields.values.get("action") or "add"
        if action not in ACTIONS:
            fields.reject("action", "add or remove")
        for exchange in fields.values.get("exchange", "").split("+"):
            narrowed = {**fields.values, "exchange": exchange} if "exchange" in fields.values else fields.values
            yield action, self.parse(Fields(fields.file, fields.line, narrowed))
