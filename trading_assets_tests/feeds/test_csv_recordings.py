from __future__ import annotations

import contextlib
from datetime import date, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.errors import FeedError
from trading_assets.feeds import csv_recordings
from trading_assets.market.calendar import IST

DAYS = st.dates(date(1970, 1, 1), date(2200, 1, 1))
FORMS = ("%Y-%m-%d", "%d-%m-%Y", "%d/%m/%Y", "%d-%b-%Y", "%d%b%Y", "%d %B %Y")


@given(DAYS, st.sampled_from(FORMS[:5]))
def test_a_day_in_any_known_form_is_that_day(day: date, form: str) -> None:
    assert csv_recordings.parse_day(day.strftime(form)) == day
    assert csv_recordings.parse_day(day.strftime(form).upper()) == day


@given(DAYS, st.times())
def test_a_time_of_the_clock_is_in_ist(day: date, clock: object) -> None:
    at = datetime.combine(day, clock, IST).replace(microsecond=0)
    assert csv_recordings.parse_ist(at.strftime("%Y-%m-%d %H:%M:%S")) == at
    assert csv_recordings.parse_ist(at.strftime("%d-%m-%Y %H:%M")) == at.replace(second=0)


@given(st.text(max_size=24))
def test_any_text_is_a_day_and_a_time_or_a_value_error(text: str) -> None:
    for parse in (csv_recordings.parse_day, csv_recordings.parse_ist):
        with contextlib.suppress(ValueError):
            assert isinstance(parse(text), date)


@pytest.mark.parametrize("text", ["", "2026-1-5", "20260105", "05-13-2026", "5-Foo-2026", "2026-01-05 ", "45JAN2026"])
def test_other_texts_are_no_day(text: str) -> None:
    with pytest.raises(ValueError, match=r"date|day|month"):
        csv_recordings.parse_day(text)


def test_the_header_is_the_first_line_whatever_ends_it() -> None:
    expected = ("a", "", "b c")
    for content in (b"a,,b c\n1\n", b"a,,b c\r\n1\r\n", b"\xef\xbb\xbfa,,b c\n"):
        assert csv_recordings.header_of(content, "f") == expected


@pytest.mark.parametrize("content", [b"", b"a,b", b"\n1,2\n", b"\xff\xfea\n", b"x" * 5000 + b"\n"])
def test_no_header_is_an_error_that_names_the_file(content: bytes) -> None:
    with pytest.raises(FeedError, match=r"some\.csv"):
        csv_recordings.header_of(content, "some.csv")


def test_a_long_unknown_header_is_shown_shortened() -> None:
    with pytest.raises(FeedError) as caught:
        csv_recordings.require_header(("column",) * 200, [("a",)], "some.csv", "feed")
    assert "some.csv" in str(caught.value)
    assert len(str(caught.value)) < 300


def test_lines_are_grouped_in_order_of_appearance_with_every_byte() -> None:
    content = b"h\nb,1\r\na,2\nb,3\nx,4\n"
    keys = {b"a": "A", b"b": "B"}
    groups = dict(csv_recordings.grouped_lines(content, lambda line: keys.get(line[:1]), "f"))
    assert groups == {"B": [b"b,1\r\n", b"b,3\n"], "A": [b"a,2\n"]}
    assert list(groups) == ["B", "A"]


@pytest.mark.parametrize("raised", [ValueError("what"), IndexError("what"), OverflowError("what")])
def test_a_line_that_has_no_key_is_named(raised: Exception) -> None:
    def key_of(line: bytes) -> str:
        if line.startswith(b"bad"):
            raise raised
        return "k"

    with pytest.raises(FeedError, match=r"some\.csv line 3: what.*bad,2"):
        list(csv_recordings.grouped_lines(b"h\ngood,1\nbad,2\n", key_of, "some.csv"))


def test_cells_without_a_number_are_missing() -> None:
    cells = ["", "-", "NA", "nan", "None", "1", "-2.5", "1e3"]
    content = b"n,t\n" + b"".join(f"{cell},x\n".encode() for cell in cells)
    table = csv_recordings.read_columns(content, "f", ["t"], ["n"])
    np.testing.assert_array_equal(csv_recordings.floats(table, "n"), [np.nan] * 5 + [1, -2.5, 1000])


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_numbers_are_read_to_the_last_bit(values: list[float]) -> None:
    content = b"n\n" + b"".join(f"{value!r}\n".encode() for value in values)
    table = csv_recordings.read_columns(content, "f", [], ["n"])
    assert csv_recordings.floats(table, "n").tolist() == values


@pytest.mark.parametrize("content", [b"n\n1", b"n\nx\n", b"n\n1,2\n", b'n\n"1\n', b"m\n1\n", b"n\n\xff\n"])
def test_content_that_is_not_of_the_columns_is_named(content: bytes) -> None:
    with pytest.raises(FeedError, match=r"some\.csv"):
        csv_recordings.read_columns(content, "some.csv", [], ["n"])


def test_no_rows_are_read_as_none() -> None:
    table = csv_recordings.read_columns(b"n,t\n", "f", ["t"], ["n"])
    assert csv_recordings.floats(table, "n").shape == (0,)
    assert csv_recordings.days(table, "t", "f").shape == (0,)
    assert csv_recordings.times(table, "t", csv_recordings.parse_ist, "f").shape == (0,)


def test_dates_and_times_are_columns_of_their_kind() -> None:
    content = b"d,t\n2026-01-27,2026-01-27 09:15\n27-Jan-2026,27-01-2026 09:15:30\n2026-01-27,2026-01-27 09:15\n"
    table = csv_recordings.read_columns(content, "f", ["d", "t"], [])
    found = csv_recordings.days(table, "d", "f")
    assert (found == np.datetime64("2026-01-27", "s")).all()
    at = csv_recordings.times(table, "t", csv_recordings.parse_ist, "f")
    assert str(at.dtype) == "datetime64[us]"
    assert at.tolist() == [datetime(2026, 1, 27, 3, 45, second) for second in (0, 30, 0)]  # noqa: DTZ001 - numpy's UTC


@pytest.mark.parametrize("cell", [b"", b"-", b"soon", b"0001-01-01 00:00", b"2026-01-27"])
def test_a_cell_without_a_time_names_its_column(cell: bytes) -> None:
    table = csv_recordings.read_columns(b"t,n\n" + cell + b",1\n", "some.csv", ["t"], ["n"])
    with pytest.raises(FeedError, match=r"some\.csv: column t"):
        csv_recordings.times(table, "t", csv_recordings.parse_ist, "some.csv")


def test_a_missing_strike_is_counted() -> None:
    table = csv_recordings.read_columns(b"k,n\n1,1\n-,2\n,3\n", "some.csv", [], ["k"])
    with pytest.raises(FeedError, match=r"some\.csv: 2 of 3 rows have no k"):
        csv_recordings.strikes(table, "k", "some.csv")


KNOWN = (("a", "b"), ("a", "b", "c"))


@pytest.mark.parametrize("content", [b"a,b\n1,2\n", b"a,b\r\n1,2\r\n", "\ufeffa,b\n1,2\n".encode()])
def test_a_known_header_is_returned_as_names(content: bytes) -> None:
    assert csv_recordings.known_header(content, KNOWN, "there", "mine") == ("a", "b")


@pytest.mark.parametrize("content", [b"a\n", b"b,a\n", b"a,b,c,d\n", b"a;b\n", b"A,B\n"])
def test_an_unknown_header_is_named_with_its_file_and_feed(content: bytes) -> None:
    said = rf"there has the header '{content.decode().strip()}', which feed mine does not know"
    with pytest.raises(FeedError, match=said):
        csv_recordings.known_header(content, KNOWN, "there", "mine")


@given(st.binary(max_size=30), st.binary(max_size=30))
def test_header_line_and_the_rest_are_the_content(first: bytes, rest: bytes) -> None:
    line = first.replace(b"\n", b"") + b"\n"
    assert csv_recordings.header_line(line + rest) == line


def test_lines_are_counted_from_the_first_of_the_file_with_and_without_header() -> None:
    def refusing(line: bytes) -> int:
        if line.startswith(b"x"):
            msg = "strange"
            raise ValueError(msg)
        return 0

    for above, number in ((1, 3), (0, 3)):
        with pytest.raises(FeedError, match=f"there line {number}: strange"):
            list(csv_recordings.grouped_lines(b"h\n1\nx\n", refusing, "there", above))
    (group,) = csv_recordings.grouped_lines(b"h\n1\n", refusing, "there", above=0)
    assert group == (0, [b"h\n", b"1\n"])
