"""Answers as text: what a person, a spreadsheet and a program each get."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.storage.sql import QueryResult
from trading_assets.storage.sql_format import format_rows

RESULT = QueryResult(
    columns=("date", "at", "net_pnl", "ratio", "n", "won", "name", "features"),
    types=("DATE", "TIMESTAMP WITH TIME ZONE", "DECIMAL(18,2)", "DOUBLE", "HUGEINT", "BOOLEAN", "VARCHAR", "JSON"),
    rows=[
        (
            date(2025, 10, 13),
            datetime(2025, 10, 13, 3, 45, tzinfo=UTC),
            Decimal("1250.50"),
            0.1,
            2**70,
            True,
            'a "b", c',
            '{"pcr":1.62}',
        ),
        (date(2025, 10, 14), None, Decimal("-0.05"), float("nan"), 1, False, None, None),
    ],
)
EMPTY = QueryResult(columns=("date", "n"), types=("DATE", "BIGINT"), rows=[])


def test_a_table_is_aligned_with_numbers_to_the_right() -> None:
    shown = format_rows(
        QueryResult(
            ("name", "net_pnl"), ("VARCHAR", "DECIMAL(18,2)"), [("pcr", Decimal("5.10")), (None, Decimal("-1000.00"))]
        ),
        "table",
    )
    assert shown.splitlines() == [
        "name   net_pnl",
        "----  --------",
        "pcr       5.10",
        "NULL  -1000.00",
        "(2 rows)",
    ]


def test_a_table_says_when_there_is_nothing_or_one_row() -> None:
    assert format_rows(EMPTY, "table").splitlines() == ["date  n", "----  -", "(0 rows)"]
    one = QueryResult(("n",), ("INTEGER",), [(1,)])
    assert format_rows(one, "table").splitlines()[-1] == "(1 row)"


def test_json_keeps_money_digits_large_numbers_and_json_columns() -> None:
    text = format_rows(RESULT, "json")
    assert '"net_pnl": 1250.50' in text
    assert f'"n": {2**70}' in text
    first, second = orjson.loads(text.replace(str(2**70), "0"))
    assert first["features"] == {"pcr": 1.62}
    assert (first["date"], first["at"]) == ("2025-10-13", "2025-10-13T03:45:00+00:00")
    assert (first["won"], first["ratio"]) == (True, 0.1)
    assert (second["at"], second["ratio"], second["name"], second["features"]) == (None, None, None, None)
    assert text.endswith("\n")
    assert orjson.loads(format_rows(EMPTY, "json")) == []


def test_a_repeated_column_name_is_not_lost_in_json() -> None:
    result = QueryResult(("a", "a", "a_2"), ("INTEGER",) * 3, [(1, 2, 3)])
    assert orjson.loads(format_rows(result, "json")) == [{"a": 1, "a_2": 2, "a_2_2": 3}]


def test_csv_is_what_a_spreadsheet_reads() -> None:
    header, first, second = csv.reader(io.StringIO(format_rows(RESULT, "csv"), newline=""))
    assert header == list(RESULT.columns)
    assert first == [
        "2025-10-13",
        "2025-10-13 03:45:00+00:00",
        "1250.50",
        "0.1",
        str(2**70),
        "true",
        'a "b", c',
        '{"pcr":1.62}',
    ]
    assert second[1] == second[3] == second[6] == ""


def test_nested_values_are_json_too() -> None:
    result = QueryResult(
        ("pair",), ("STRUCT(a DECIMAL(3,2), b DATE)",), [({"a": Decimal("1.50"), "b": date(2025, 1, 1)},)]
    )
    assert orjson.loads(format_rows(result, "json")) == [{"pair": {"a": "1.50", "b": "2025-01-01"}}]


@pytest.mark.parametrize("form", ["table", "csv", "json"])
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_any_text_can_be_written(form: str, text: str) -> None:
    result = QueryResult(("x",), ("VARCHAR",), [(text,)])
    written = format_rows(result, form)  # type: ignore[arg-type] - parametrised
    if form == "json":
        assert orjson.loads(written) == [{"x": text}]
    if form == "csv":
        assert list(csv.reader(io.StringIO(written, newline="")))[1:] == [[text]] or not text
