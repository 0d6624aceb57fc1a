"""Upstox's executions: facts for the contract of imports; JSON of both calls, and CSV with the same names."""

from __future__ import annotations

import csv
import io

import orjson
import pytest

from trading_assets.errors import BrokerFileError
from trading_assets.trades.imports.broker_import import import_file
from trading_assets.trades.imports.discovery import import_named
from trading_assets_tests.contracts.broker_import_contract import BrokerImportContract
from trading_assets_tests.trades.stage import market

Trade = dict[str, object]
OF_DAY: list[Trade] = [
    {
        "exchange": "NFO",
        "product": "D",
        "trading_symbol": "BANKNIFTY 55000 CE 29 SEP 26",
        "transaction_type": side,
        "quantity": 60,
        "order_id": order,
        "exchange_timestamp": f"15-Sep-2026 {clock}",
        "average_price": price,
        "trade_id": trade,
    }
    for side, order, clock, price, trade in (
        ("BUY", "o1", "10:05:09", 412.35, "801"),
        ("SELL", "o2", "15:01:40", 390.0, "802"),
    )
]
HISTORY: list[Trade] = [
    {
        "exchange": "NSE",
        "segment": "FO",
        "option_type": "CE",
        "quantity": 60,
        "trade_id": trade,
        "trade_date": "2026-09-15",
        "transaction_type": side,
        "scrip_name": "BANKNIFTY",
        "strike_price": "55000.0",
        "expiry": "2026-09-29",
        "price": price,
    }
    for side, price, trade in (("BUY", 412.35, "801"), ("SELL", 390.0, "802"))
]


def answer(trades: list[Trade]) -> bytes:
    return orjson.dumps({"status": "success", "data": trades})


def as_csv(trades: list[Trade]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(trades[0]))
    writer.writeheader()
    writer.writerows(trades)
    return text.getvalue().encode()


def spoil(trades: list[Trade]) -> list[Trade]:
    return [trades[0], trades[1] | {"quantity": "many"}]


class Facts(BrokerImportContract):
    name = "upstox"
    contract = ("BANKNIFTY", "2026-09-29", 55_000.0, "CE")
    quantity = 60
    prices = (412.35, 390.0)
    times = ("2026-09-15T10:05:09", "2026-09-15T15:01:40")
    trade_ids = ("801", "802")


class TestTradesOfTheDay(Facts):
    def export(self) -> bytes:
        return answer(OF_DAY)

    def spoiled(self) -> tuple[bytes, str]:
        return answer(spoil(OF_DAY)), "line 2"

    def with_another_instrument(self) -> bytes:
        return answer([*OF_DAY, OF_DAY[0] | {"trading_symbol": "RELIANCE FUT 29 SEP 26"}])


class TestTradesOfTheDayAsCsv(Facts):
    def export(self) -> bytes:
        return as_csv(OF_DAY)

    def spoiled(self) -> tuple[bytes, str]:
        return as_csv(spoil(OF_DAY)), "line 3"

    def with_another_instrument(self) -> bytes:
        return as_csv([*OF_DAY, OF_DAY[0] | {"trading_symbol": "RELIANCE FUT 29 SEP 26"}])


class TestHistory(Facts):
    times = ("2026-09-15T15:40:00", "2026-09-15T15:40:00")  # the history states no time: the close stands in
    time_known = False

    def export(self) -> bytes:
        return answer(HISTORY)

    def spoiled(self) -> tuple[bytes, str]:
        return answer(spoil(HISTORY)), "line 2"

    def with_another_instrument(self) -> bytes:
        return answer([*HISTORY, HISTORY[0] | {"option_type": "", "scrip_name": "RELIANCE"}])


def test_an_answer_without_a_list_of_trades_is_refused() -> None:
    with pytest.raises(BrokerFileError, match="no list of trades under `data`"):
        import_file(import_named("upstox"), b'{"status": "error", "data": null}', "export", "A1", market())


@pytest.mark.parametrize("data", ["[1, 2]", '["BUY"]', "{}", "7"])
def test_trades_that_are_no_objects_are_refused(data: str) -> None:
    with pytest.raises(BrokerFileError, match="no list of trades under `data`"):
        import_file(import_named("upstox"), f'{{"data": {data}}}'.encode(), "export", "A1", market())


def test_options_of_shares_and_futures_of_indices_are_passed_over() -> None:
    others = [HISTORY[0] | {"scrip_name": "RELIANCE"}, HISTORY[0] | {"option_type": "FUT"}]
    found = import_file(import_named("upstox"), answer([*HISTORY, *others]), "export", "A1", market())
    assert (len(found.frame), found.skipped) == (2, 2)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"strike_price": "ATM"}, "line 1: strike_price is 'ATM', expected a number"),
        ({"trade_id": ""}, "line 1: trade_id is '', expected a text"),
    ],
)
def test_a_wrong_value_of_the_history_is_named(change: Trade, told: str) -> None:
    with pytest.raises(BrokerFileError, match=told):
        import_file(import_named("upstox"), answer([HISTORY[0] | change]), "export", "A1", market())


def test_the_tag_of_an_order_is_kept() -> None:
    content = answer([OF_DAY[0] | {"tag": "SIG_1"}, OF_DAY[1]])
    tags = import_file(import_named("upstox"), content, "export", "A1", market()).frame.set_index("side")["tag"]
    assert (tags["BUY"], tags.isna()["SELL"]) == ("SIG_1", True)


def test_an_unknown_exchange_is_refused() -> None:
    content = answer([OF_DAY[0] | {"exchange": "MCX"}])
    with pytest.raises(BrokerFileError, match="exchange is 'MCX', expected one of"):
        import_file(import_named("upstox"), content, "export", "A1", market())
