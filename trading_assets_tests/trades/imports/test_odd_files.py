"""Exports as they arrive after a spreadsheet, a mail program or another computer had them."""

from __future__ import annotations

import io
import zipfile
from functools import partial

import pandas as pd
import pytest

from trading_assets.errors import BrokerFileError
from trading_assets.trades.imports import xlsx_rows
from trading_assets.trades.imports.broker_import import import_file
from trading_assets.trades.imports.discovery import import_named
from trading_assets.trades.imports.template import COLUMNS
from trading_assets_tests.trades.stage import market

HEADER = ",".join(COLUMNS)
BOUGHT = "2024-02-06,10:00:00,NSE,NIFTY,2024-02-08,21700,CE,BUY,50,100.05,t1"
SOLD = "2024-02-06,10:30:00,NSE,NIFTY,2024-02-08,21700,CE,SELL,50,110,t2"
PLAIN = f"{HEADER}\n{BOUGHT}\n{SOLD}"
BOOK = (
    "Symbol,Trade Date,Exchange,Trade Type,Quantity,Price,Trade ID,Order ID,Order Execution Time,Expiry Date",
    "NIFTY2420821700CE,2024-02-06,NFO,buy,50.000000,100.050000,t1,t1,2024-02-06T10:00:00,2024-02-08",
    "NIFTY2420821700CE,2024-02-06,NFO,sell,50.000000,110.000000,t2,t2,2024-02-06T10:30:00,2024-02-08",
)
HISTORY = (
    "exchange,option_type,quantity,trade_id,trade_date,transaction_type,scrip_name,strike_price,expiry,price,symbol",
    "NSE,CE,50,t1,2024-02-06,BUY,NIFTY,21700.0,2024-02-08,100.05,",
)


def read(content: str | bytes, broker: str = "template") -> pd.DataFrame:
    whole = content.encode() if isinstance(content, str) else content
    return import_file(import_named(broker), whole, "odd", "A1", market()).frame.drop(columns="original")


def workbook(rows: list[list[str | float]], settings: str = "") -> bytes:
    """A workbook whose numbers are numbers, as a spreadsheet saves them."""
    cells = (
        "<row>"
        + "".join(
            f'<c t="inlineStr"><is><t>{value}</t></is></c>' if isinstance(value, str) else f"<c><v>{value!r}</v></c>"
            for value in row
        )
        + "</row>"
        for row in rows
    )
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as book:
        book.writestr("xl/workbook.xml", f"<workbook><workbookPr {settings}/></workbook>")
        book.writestr("xl/worksheets/sheet1.xml", f"<worksheet><sheetData>{''.join(cells)}</sheetData></worksheet>")
    return target.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.replace("\n", "\r\n").encode("utf-8-sig"),
        PLAIN.replace("\n", "\r").encode(),
        PLAIN.replace(",", ";").encode("utf-8-sig"),
        PLAIN.replace(",", "\t").encode("utf-16"),
        PLAIN.replace("2024-02-06", "06-02-2024").replace("2024-02-08", "08-Feb-2024").encode(),
        PLAIN.replace(":00,NSE", ",NSE").encode(),
        PLAIN.replace(":00,NSE", ":00 AM,NSE").encode(),
        PLAIN.replace("10:00:00", "0.4166666667").replace("10:30:00", ".4374999999").encode(),
        PLAIN.replace("100.05", "100.05000000000001").encode(),
        PLAIN.replace(",CE,", ",ce,").replace("NSE,NIFTY", "nfo,nifty").encode(),
        f"{PLAIN}\n,,,,,,,,,,\n\n   \n,,\n".encode(),
        "\n".join((HEADER, BOUGHT + ",,", SOLD)).encode(),
        f"{HEADER}\n{BOUGHT}\n{HEADER}\n{SOLD}".encode(),
        f"{HEADER}\n{BOUGHT}\n{BOUGHT}\n{SOLD}".encode(),
    ],
)
def test_what_can_be_read_in_one_way_is_read_as_the_plain_file(content: bytes) -> None:
    pd.testing.assert_frame_equal(read(content), read(PLAIN))


def test_digits_in_groups_are_one_number() -> None:
    found = read("\n".join((HEADER, BOUGHT.replace("50,100.05", '"1,500","1,00,100.05"'))))
    assert (found["quantity"].tolist(), found["price"].tolist()) == ([1_500], [100_100.05])


@pytest.mark.parametrize(
    ("found", "instead", "told"),
    [
        ("100.05", '"100,05"', "line 2: price is '100,05', expected a number of at least 0, such as 1,25,000.50"),
        ("100.05", '"1,2,3"', "line 2: price is '1,2,3', expected a number"),
        ("100.05", "1e400", "line 2: price is '1e400', expected a finite number"),
        ("2024-02-06", "06/02/2024", "date is '06/02/2024', expected a time written 2024-02-26 or 26-02-2024"),
        ("10:00:00", "10h00", "time is '10h00', expected a time written 10:15:00 or 10:15"),
        ("BUY,50", "BUY,0", "line 2: quantity is '0', expected a whole number of units above 0"),
        ("BUY,50", "BUY,0.5", "line 2: quantity is '0.5', expected a whole number of units above 0"),
        ("t1", "7.00011E+12", "trade_id is '7.00011E\\+12', expected all its digits"),
        ("NSE", "MCX", "exchange is 'MCX', expected one of NSE, NFO, BSE, BFO"),
        ("t1", "t1,x", "line 2: 12 fields, expected 11 as in the header"),
        ("t1", "t1\0", "holds a zero byte"),
        ("t1", "", "line 2: trade_id is '', expected a text"),
        (",t1", "", "line 2: 10 fields, expected 11 as in the header"),
        ("100.05", '"100.05', "expected comma-separated text"),
        ("CE", "FUT", "option_type is 'FUT', expected CE or PE"),
        ("BUY,50", "BUY,10000001", "quantity is '10000001', expected a whole number of units above 0"),
        ("2024-02-06", "19327", "date is '19327', expected a time written"),  # a serial of 1952
        ("2024-02-06", "2024-02-09", "date is '2024-02-09', expected a day not after the expiry 2024-02-08"),
        ("2024-02-06", "2051-02-06", "line 2: .*2051-02-06"),  # beyond the calendar
    ],
)
def test_what_can_be_read_in_two_ways_is_named_and_nothing_is_imported(found: str, instead: str, told: str) -> None:
    with pytest.raises(BrokerFileError, match=told):
        read("\n".join((HEADER, BOUGHT.replace(found, instead, 1), SOLD)))


def test_a_column_that_stands_twice_is_refused_rather_than_read_from_the_last() -> None:
    with pytest.raises(BrokerFileError, match="odd line 1: the header has price more than once"):
        read("\n".join((f"{HEADER},price", f"{BOUGHT},1", f"{SOLD},2")))


def test_an_option_trades_to_the_end_of_its_expiry() -> None:
    assert len(read("\n".join((HEADER, BOUGHT.replace("2024-02-06", "2024-02-08"))))) == 1


def test_of_many_wrong_rows_the_first_are_named_and_the_rest_counted() -> None:
    wrong = [BOUGHT.replace("100.05", "much") for _ in range(23)]
    with pytest.raises(BrokerFileError, match=r"23 rows cannot.*line 21: price is 'much'[^;]*; and 3 more\. Correct"):
        read("\n".join((HEADER, *wrong)))


def test_text_in_an_older_encoding_is_refused_by_its_byte() -> None:
    with pytest.raises(BrokerFileError, match="byte 4 is not UTF-8 text"):
        read("sym\n\xe9".encode("latin-1"))


def test_a_header_is_looked_for_in_the_first_lines_only() -> None:
    assert len(read("note\n" * 50 + PLAIN)) == 2
    with pytest.raises(BrokerFileError, match="no header in its first 50 lines"):
        read("note\n" * 51 + PLAIN)


def test_what_an_export_leaves_open_is_missing_and_an_order_is_then_its_trade() -> None:
    found = read("\n".join((f"{HEADER},tag", f"{BOUGHT},"))).iloc[0]
    assert found["order_id"] == "t1"
    assert pd.isna(found["tag"])


def test_a_workbook_of_old_is_told_from_damage() -> None:
    with pytest.raises(BrokerFileError, match="Excel 97 to 2003\\. Save it as XLSX or CSV"):
        read(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(64))


def test_a_trade_book_that_a_spreadsheet_saved_again_is_read_as_the_broker_wrote_it() -> None:
    again = [line.replace("2024-02-06T", "06-02-2024 ").replace("2024-02-06", "06-02-2024") for line in BOOK]
    again = [line.replace("2024-02-08", "08-Feb-2024") for line in again]
    assert again[1].endswith("06-02-2024 10:00:00,08-Feb-2024")
    from_broker = partial(read, broker="zerodha")
    pd.testing.assert_frame_equal(from_broker("\n".join(again)), from_broker("\n".join(BOOK)))
    pd.testing.assert_frame_equal(from_broker("\n".join(BOOK).replace(",", ";")), from_broker("\n".join(BOOK)))


def test_days_and_times_of_a_workbook_may_be_numbers() -> None:
    preamble: list[list[str | float]] = [["", "Client ID", "AB1"], [], ["Trade book"]]
    rows: list[list[str | float]] = [
        [
            "NIFTY2420821700CE",
            45_328,
            "NFO",
            "buy",
            50,
            100.05000000000001,
            7_000.11e2,
            1.3e9,
            45_328 + 10 / 24,
            45_330,
        ],
        ["NIFTY2420821700CE", 45_328, "NFO", "sell", 50, 110, 700_012, 1.4e9, 45_328.4375, 45_330],
    ]
    header: list[str | float] = [*BOOK[0].split(",")]
    found = read(workbook([*preamble, header, *rows]), "zerodha").sort_values("time")
    assert found["time"].tolist() == [pd.Timestamp(f"2024-02-06T{clock}", tz="UTC") for clock in ("04:30", "05:00")]
    assert found["price"].tolist() == [100.05, 110.0]
    assert found["expiry"].tolist() == [pd.Timestamp("2024-02-08")] * 2
    with pytest.raises(BrokerFileError, match="counts its days from 1904"):
        read(workbook([header, *rows], 'date1904="1"'), "zerodha")
    with pytest.raises(BrokerFileError, match="counts its days from 1904"):
        read(workbook([header, *rows], 'date1904="true"'), "zerodha")


def zipped(**members: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as book:
        for name, text in members.items():
            book.writestr(f"xl/{name.replace('__', '/')}.xml", text)
    return target.getvalue()


def sheet(*cells: str) -> str:
    """A header of our own and a row of these cells."""
    header = "".join(f'<c t="inlineStr"><is><t>{name}</t></is></c>' for name in COLUMNS)
    return f"<worksheet><sheetData><row>{header}</row><row>{''.join(cells)}</row></sheetData></worksheet>"


def test_the_first_sheet_of_a_workbook_is_read() -> None:
    row = "".join(f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in BOUGHT.split(","))
    pages = {"worksheets__sheet2": sheet(row.replace("t1", "t9")), "worksheets__sheet1": sheet(row)}
    assert read(zipped(**pages))["broker_trade_id"].tolist() == ["t1"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (zipped(workbook="<workbook/>"), "the workbook has no sheet"),
        (zipped(worksheets__sheet1="<worksheet><sheetData>"), "not a readable XLSX workbook"),
        (
            zipped(worksheets__sheet1=sheet('<c r="B2"><v>1</v></c>', '<c r="A2"><v>2</v></c>')),
            "cell A2 is out of order",
        ),
        (zipped(worksheets__sheet1=sheet('<c r="IW2"><v>1</v></c>')), "beyond column 256"),
    ],
)
def test_a_workbook_that_is_none_is_refused(content: bytes, told: str) -> None:
    with pytest.raises(BrokerFileError, match=told):
        read(content)


def test_a_sheet_that_unfolds_beyond_the_limit_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_rows, "_MOST_BYTES", 100)
    with pytest.raises(BrokerFileError, match="unfolds to more than"):
        read(zipped(worksheets__sheet1=sheet()))


class Written(float):
    """A number as a workbook spells it."""

    def __repr__(self) -> str:
        return f"{float(self):.4E}"


def test_numbers_of_trades_keep_their_digits_in_a_workbook_or_are_refused() -> None:
    def numbered(number: float) -> bytes:
        return workbook([[*COLUMNS], [*BOUGHT.split(",")[:-1], Written(number)]])

    assert read(numbered(7.0001e14))["broker_trade_id"].tolist() == ["700010000000000"]
    with pytest.raises(BrokerFileError, match="a spreadsheet has rounded it"):
        read(numbered(1.3e21))


def test_an_index_is_known_however_it_is_capitalised() -> None:
    lower = "\n".join(HISTORY).replace("NIFTY", "Nifty").replace("2024-02-06", "06-02-2024")
    found, plain = (read(text, "upstox").drop(columns="symbol") for text in (lower, "\n".join(HISTORY)))
    pd.testing.assert_frame_equal(found, plain)
    assert len(read("\n".join(BOOK).replace("NIFTY24", "nifty24"), "zerodha")) == 2


def test_an_answer_of_the_api_may_begin_with_a_byte_order_mark() -> None:
    answer = (
        '{"data":[{"exchange":"NFO","trading_symbol":"NIFTY 21700 CE 08 FEB 24","transaction_type":"BUY","quantity":50,'
        '"order_id":"2","exchange_timestamp":"06-Feb-2024 10:00:00","average_price":100.05,"trade_id":"11"}]}'
    )
    pd.testing.assert_frame_equal(read(answer.encode("utf-8-sig"), "upstox"), read(answer, "upstox"))
