"""Zerodha's trade book: facts for the contract of imports, and what only this format has."""

from __future__ import annotations

import io
import zipfile
from typing import ClassVar

import pytest

from trading_assets.errors import BrokerFileError
from trading_assets.trades.imports.broker_import import import_file
from trading_assets.trades.imports.discovery import import_named
from trading_assets_tests.contracts.broker_import_contract import BrokerImportContract
from trading_assets_tests.trades.stage import market

HEADER = (
    "symbol,isin,trade_date,exchange,segment,series,trade_type,auction,quantity,price,trade_id,order_id,"
    "order_execution_time,expiry_date"
)
BOUGHT = "NIFTY2692222500PE,,2026-09-15,NSE,FO,,buy,false,130.000000,88.450000,700011,91,2026-09-15T09:48:30,2026-09-22"
SOLD = "NIFTY2692222500PE,,2026-09-15,NSE,FO,,sell,false,130.000000,97.050000,700029,92,2026-09-15T14:01:02,2026-09-22"
SHARE = "RELIANCE,INE002A01018,2026-09-15,NSE,EQ,EQ,buy,false,10.000000,2900.000000,700030,93,2026-09-15T14:02:00,"


def csv(*rows: str) -> bytes:
    return "\n".join((HEADER, *rows)).encode()


def workbook(rows: list[list[str]], extra: str = "") -> bytes:
    """An XLSX of our own making: shared strings, one sheet, empty cells left out."""
    strings = sorted({text for row in rows for text in row if text})
    sheet = "".join(
        f'<row r="{number}">'
        + "".join(
            f'<c r="{chr(65 + column)}{number}" t="s"><v>{strings.index(text)}</v></c>'
            for column, text in enumerate(row)
            if text
        )
        + "</row>"
        for number, row in enumerate(rows, start=1)
    )
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    items = "".join(f"<si><t>{text}</t></si>" for text in strings)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as book:
        book.writestr("xl/sharedStrings.xml", f"{extra}<sst {space}>{items}</sst>")
        book.writestr("xl/worksheets/sheet1.xml", f"<worksheet {space}><sheetData>{sheet}</sheetData></worksheet>")
    return target.getvalue()


class Facts(BrokerImportContract):
    name = "zerodha"
    contract = ("NIFTY", "2026-09-22", 22_500.0, "PE")
    quantity = 130
    prices = (88.45, 97.05)
    times = ("2026-09-15T09:48:30", "2026-09-15T14:01:02")
    trade_ids = ("700011", "700029")


class TestTradeBook(Facts):
    def export(self) -> bytes:
        return csv(BOUGHT, SOLD)

    def spoiled(self) -> tuple[bytes, str]:
        return csv(BOUGHT, SOLD.replace("130.000000", "many")), "line 3"

    def with_another_instrument(self) -> bytes:
        return csv(BOUGHT, SHARE, SOLD)


class TestWorkbook(Facts):
    PREAMBLE: ClassVar = [["", "Client ID", "AB1234"], [], ["", "Tradebook for F&amp;O from 2026-09-15 to 2026-09-15"]]

    def book(self, *rows: str) -> bytes:
        lines = [HEADER.replace("_", " ").title(), *rows]
        return workbook([*self.PREAMBLE, *(["", *line.split(",")] for line in lines)])

    def export(self) -> bytes:
        return self.book(BOUGHT, SOLD)

    def spoiled(self) -> tuple[bytes, str]:
        return self.book(BOUGHT, SOLD.replace("130.000000", "many")), "line 6"

    def with_another_instrument(self) -> bytes:
        return self.book(BOUGHT, SOLD, SHARE)


@pytest.mark.parametrize(
    ("symbol", "expiry"),
    [
        ("NIFTY26SEP24000CE", "2026-09-29"),  # monthly: the last Tuesday
        ("NIFTY2692924000CE", "2026-09-29"),
        ("NIFTY25N2024000CE", "2025-11-20"),
        ("BANKNIFTY24JAN48000PE", "2024-01-25"),
    ],
)
def test_symbols_name_their_expiry(symbol: str, expiry: str) -> None:
    day = "2025-11-19" if expiry < "2026" else "2026-09-15"
    day = "2024-01-24" if expiry < "2025" else day
    row = BOUGHT.replace("NIFTY2692222500PE", symbol).replace("2026-09-15", day).replace(",2026-09-22", ",")
    if symbol == "NIFTY25N2024000CE":  # NIFTY expires on Tuesdays by then: the calendar knows no such contract
        with pytest.raises(BrokerFileError, match="NIFTY has no expiry on 2025-11-20"):
            import_file(import_named("zerodha"), csv(row), "export", "A1", market())
        return
    frame = import_file(import_named("zerodha"), csv(row), "export", "A1", market()).frame
    assert str(frame["expiry"].iloc[0].date()) == expiry


@pytest.mark.parametrize(
    ("was", "becomes", "message"),
    [
        (",2026-09-22", ",2026-09-29", "expiry_date is '2026-09-29', expected 2026-09-22, which the symbol names"),
        ("2026-09-15", "2026-09-13", "date is '2026-09-13', expected a session [(]Sunday[)]"),
        ("T09:48:30", " 9h48", "order_execution_time is '2026-09-15 9h48', expected a time written"),
        ("88.450000", "0", "price is '0', expected a price above 0"),
        ("88.450000", "nan", "price is 'nan', expected a number of at least 0"),
        ("130.000000", "130.5", "quantity is '130.5', expected a whole number of units above 0"),
        (",buy,", ",bought,", "trade_type is 'BOUGHT', expected BUY or SELL"),
        (",NSE,", ",BSE,", "exchange is 'BSE', expected the exchange of NIFTY"),
        ("2692222500PE", "2699222500PE", "names no day of the calendar"),
        (",700011,", ",,", "trade_id is '', expected a text"),
        ("15T09:48:30", "16T09:48:30", "time is '2026-09-16T09:48:30[^']*', expected a time on 2026-09-15"),
        ("NIFTY2692222500PE", "NIFTY49SEP22500PE", "no monthly expiry of NIFTY is known in September 2049"),
    ],
)
def test_what_is_wrong_with_a_row_is_said(was: str, becomes: str, message: str) -> None:
    with pytest.raises(BrokerFileError, match=message):
        import_file(import_named("zerodha"), csv(BOUGHT.replace(was, becomes), SOLD), "export", "A1", market())


def test_a_row_that_is_there_twice_counts_once_and_a_second_one_of_its_number_is_refused() -> None:
    broker = import_named("zerodha")
    assert len(import_file(broker, csv(BOUGHT, BOUGHT, SOLD), "export", "A1", market()).frame) == 2
    other = BOUGHT.replace("88.45", "88.50")
    with pytest.raises(
        BrokerFileError, match="line 3: trade_id is '700011', expected one execution; line 2 has another"
    ):
        import_file(broker, csv(BOUGHT, other), "export", "A1", market())


def test_an_option_of_a_share_is_passed_over() -> None:
    share = BOUGHT.replace("NIFTY2692222500PE", "RELIANCE26SEP2900CE").replace(",2026-09-22", ",")
    found = import_file(import_named("zerodha"), csv(BOUGHT, share), "export", "A1", market())
    assert (len(found.frame), found.skipped) == (1, 1)


def test_a_workbook_that_declares_entities_is_refused() -> None:
    content = workbook([[HEADER]], extra='<!DOCTYPE x [<!ENTITY a "b">]>')
    with pytest.raises(BrokerFileError, match="declares entities"):
        import_file(import_named("zerodha"), content, "export", "A1", market())


def test_an_export_without_executions_is_empty() -> None:
    assert import_file(import_named("zerodha"), csv(), "export", "A1", market()).frame.empty
