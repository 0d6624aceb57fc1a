"""Our own CSV: facts for the contract of imports, stated charges and tags."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from trading_assets.errors import BrokerFileError, UsageError
from trading_assets.tables.trades import CHARGE_COMPONENTS
from trading_assets.trades.imports.broker_import import Execution, execution_id, import_file
from trading_assets.trades.imports.discovery import import_named, load_imports
from trading_assets.trades.imports.symbols import OptionContract
from trading_assets.trades.imports.template import COLUMNS, OPTIONAL
from trading_assets_tests.contracts.broker_import_contract import BrokerImportContract
from trading_assets_tests.trades.stage import market

BOUGHT = "2024-02-06,09:31:00,NSE,NIFTY,2024-02-08,21700,CE,BUY,100,120.5,t1"
SOLD = "2024-02-06,10:02:30,NSE,NIFTY,2024-02-08,21700,CE,SELL,100,131,t2"
STATED = ",o1,SIG_1,20,0,5.3,0.01,0.1,0.36,4.58"


def csv(*rows: str, columns: tuple[str, ...] = COLUMNS) -> bytes:
    return "\n".join((",".join(columns), *rows)).encode()


class TestTemplate(BrokerImportContract):
    name = "template"
    contract = ("NIFTY", "2024-02-08", 21_700.0, "CE")
    quantity = 100
    prices = (120.5, 131.0)
    times = ("2024-02-06T09:31:00", "2024-02-06T10:02:30")
    trade_ids = ("t1", "t2")

    def export(self) -> bytes:
        return csv(BOUGHT, SOLD)

    def spoiled(self) -> tuple[bytes, str]:
        return csv(BOUGHT, SOLD.replace("100", "many")), "line 3"

    def with_another_instrument(self) -> None:
        return None


def test_stated_charges_and_tags_are_kept() -> None:
    content = csv(BOUGHT + STATED, columns=(*COLUMNS, *OPTIONAL))
    row = import_file(import_named("template"), content, "export", "A1", market()).frame.iloc[0]
    assert [row[name] for name in CHARGE_COMPONENTS] == [20.0, 0.0, 5.3, 0.01, 0.1, 0.36, 4.58]
    assert (row["order_id"], row["tag"]) == ("o1", "SIG_1")


def test_stated_charges_are_whole_paise() -> None:
    content = csv(BOUGHT + STATED.replace("5.3,", "5.3049,"), columns=(*COLUMNS, *OPTIONAL))
    assert import_file(import_named("template"), content, "export", "A1", market()).frame["exchange_txn"].item() == 5.3


def test_an_execution_is_known_by_broker_account_exchange_number_and_day() -> None:
    contract = OptionContract("NIFTY", date(2024, 2, 8), 21_700.0, "CE")
    one = Execution("NSE", contract, "s", "BUY", 50, 1.0, date(2024, 2, 6), None, "12")
    others = (replace(one, exchange="BSE"), replace(one, trade_id="13"), replace(one, day=date(2024, 2, 7)))
    keys = [execution_id("template", "1", found) for found in (one, *others)]
    keys += [execution_id("upstox", "1", one), execution_id("template", "2", one), execution_id("template1", "", one)]
    assert len(set(keys)) == 7
    assert execution_id("template", "1", replace(one, price=2.0, order_id="9")) == keys[0]


def test_charges_stated_by_half_are_refused() -> None:
    content = csv(BOUGHT + ",o1,,20,0,5.3,,0.1,0.36,4.58", columns=(*COLUMNS, *OPTIONAL))
    with pytest.raises(BrokerFileError, match="line 2: ipft is '', expected all charges or none"):
        import_file(import_named("template"), content, "export", "A1", market())


def test_an_unknown_underlying_or_contract_is_refused_with_every_line_named() -> None:
    unknown, unlisted = BOUGHT.replace("NIFTY", "NIFTEE"), SOLD.replace("2024-02-08", "2024-02-09")
    with pytest.raises(
        BrokerFileError, match=r"2 rows.*line 2: underlying 'NIFTEE' is not known.*line 3: NIFTY has no"
    ):
        import_file(import_named("template"), csv(unknown, unlisted), "export", "A1", market())


def test_the_imports_are_found_by_name() -> None:
    assert list(load_imports()) == ["template", "upstox", "zerodha"]
    with pytest.raises(UsageError, match="there is no import of broker 'nobody'; there are template, upstox, zerodha"):
        import_named("nobody")
