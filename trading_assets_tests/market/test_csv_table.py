"""Reading reference CSV: every wrong field is refused with its place, and overlays replace by key."""

from datetime import date, time

import pytest

from trading_assets.errors import ReferenceDataError
from trading_assets.market.csv_table import CsvTable, Fields

HEADER = "date,exchange,size,clock\n"


def parse(fields: Fields) -> tuple[date, str, int, time | None]:
    return (
        fields.day("date"),
        fields.choice("exchange", ("NSE", "BSE")),
        fields.integer("size", 1),
        fields.optional_clock("clock"),
    )


TABLE = CsvTable("things.csv", ("date", "exchange", "size", "clock"), parse, lambda row: row[:2])
ONE = HEADER + "2026-01-26,NSE,5,09:15\n"


def test_rows_come_typed_and_in_order() -> None:
    rows = TABLE.rows(ONE + "2026-01-27,BSE,6,\n")
    assert rows == [(date(2026, 1, 26), "NSE", 5, time(9, 15)), (date(2026, 1, 27), "BSE", 6, None)]


def test_plus_stands_for_one_row_of_each_exchange() -> None:
    assert [row[1] for row in TABLE.rows(HEADER + "2026-01-26,NSE+BSE,5,\n")] == ["NSE", "BSE"]


def test_columns_may_be_more_and_in_any_order() -> None:
    assert TABLE.rows("note,clock,size,exchange,date\nx,,5,NSE,2026-01-26\n") == TABLE.rows(
        HEADER + "2026-01-26,NSE,5,\n"
    )


def test_spreadsheet_habits_are_read() -> None:
    text = "\ufeff" + HEADER.strip() + "\r\n2026-01-26, NSE, 5, 09:15\r\n,,,\r\n\r\n"
    assert TABLE.rows(text) == TABLE.rows(ONE)


@pytest.mark.parametrize(
    ("row", "column", "expected"),
    [
        ("26-01-2026,NSE,5,", "date", "a date like 2026-01-26"),
        (",NSE,5,", "date", "a date like"),
        ("2026-01-26,NYSE,5,", "exchange", "one of NSE, BSE"),
        ("2026-01-26,NSE,0,", "size", "a whole number of at least 1"),
        ("2026-01-26,NSE,-5,", "size", "a whole number"),
        ("2026-01-26,NSE,5.5,", "size", "a whole number"),
        ("2026-01-26,NSE,5,9am", "clock", "a time like 09:15"),
    ],
)
def test_a_wrong_field_is_refused_with_its_place(row: str, column: str, expected: str) -> None:
    with pytest.raises(ReferenceDataError, match=rf"^overlay things.csv line 3, column {column}: .*{expected}"):
        TABLE.rows(ONE, ONE + row + "\n")


@pytest.mark.parametrize("row", ["2026-01-26,NSE,5", "2026-01-26,NSE,5,,,"])
def test_a_row_of_another_length_is_refused(row: str) -> None:
    with pytest.raises(ReferenceDataError, match=r"things.csv line 2: not as many fields"):
        TABLE.rows(HEADER + row + "\n")


def test_a_missing_column_is_named_with_the_header_expected() -> None:
    with pytest.raises(ReferenceDataError, match=r"no column exchange, clock; expected the header date,exchange,size"):
        TABLE.rows("date,size\n2026-01-26,5\n")
    with pytest.raises(ReferenceDataError, match="no column date"):
        TABLE.rows("")


def test_text_that_is_no_csv_is_refused_with_its_line() -> None:
    with pytest.raises(ReferenceDataError, match=r"things.csv line \d"):
        TABLE.rows(HEADER + '2026-01-26,"NSE,5,\n')


def test_an_overlay_adds_replaces_and_removes_by_key() -> None:
    packaged = ONE + "2026-01-27,NSE,6,\n2026-01-28,NSE,7,\n"
    overlay = "date,exchange,size,clock,action\n2026-01-27,NSE,60,,\n2026-01-28,NSE,1,,remove\n2026-01-29,NSE,8,,add\n"
    rows = TABLE.rows(packaged, overlay)
    assert [(row[0].day, row[2]) for row in rows] == [(26, 5), (27, 60), (29, 8)]


def test_rows_of_one_key_replace_all_rows_of_it() -> None:
    packaged = ONE + "2026-01-26,NSE,6,11:30\n"
    assert [row[2] for row in TABLE.rows(packaged, HEADER + "2026-01-26,NSE,9,\n")] == [9]
    assert [row[2] for row in TABLE.rows(ONE, HEADER + "2026-01-26,NSE,8,\n2026-01-26,NSE,9,\n")] == [8, 9]


def test_an_unknown_action_is_refused() -> None:
    with pytest.raises(ReferenceDataError, match="column action: found 'drop', expected add or remove"):
        TABLE.rows(ONE, "date,exchange,size,clock,action\n2026-01-26,NSE,5,,drop\n")


def test_numbers_and_texts() -> None:
    fields = Fields("x.csv", 2, {"tick": "0.05", "zero": "0", "nan": "nan", "inf": "inf", "word": "a lot", "empty": ""})
    assert fields.positive("tick") == 0.05
    assert fields.text("word") == "a lot"
    assert fields.optional_day("empty") is None
    for column in ("zero", "nan", "inf", "word"):
        with pytest.raises(ReferenceDataError, match=f"x.csv line 2, column {column}.*above 0"):
            fields.positive(column)
    with pytest.raises(ReferenceDataError, match="expected a text"):
        fields.text("empty")
