"""Imported executions as trades: money to the paisa, charges once an order, overnight positions, settlement."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from trading_assets.tables import fills, trades
from trading_assets.tables.money import paise
from trading_assets.tables.schema import violations
from trading_assets.tables.trades import CHARGE_COMPONENTS
from trading_assets.trades.broker_charges import BrokerRules
from trading_assets.trades.broker_trades import Known, broker_trades
from trading_assets.trades.charge_table import load_charges
from trading_assets.trades.imports.broker_import import import_file
from trading_assets.trades.imports.discovery import import_named
from trading_assets.trades.imports.template import COLUMNS, OPTIONAL
from trading_assets_tests.trades.stage import market

DAY, EXPIRY = date(2024, 2, 6), date(2024, 2, 8)
Built = tuple[pd.DataFrame, pd.DataFrame]


def executed(*rows: str) -> pd.DataFrame:
    """Executions of `date time side quantity price trade order [tag [charges]]`, all of one NIFTY call."""
    lines = [",".join((*COLUMNS, *OPTIONAL))]
    for row in rows:
        day, clock, side, quantity, price, trade, order, *rest = row.split()
        tag, *charges = rest or [""]
        optional = [order, tag.strip("-"), *(charges or [""] * len(CHARGE_COMPONENTS))]
        lines.append(
            f"{day},{clock}:00,NSE,NIFTY,{EXPIRY},21700,CE,{side},{quantity},{price},{trade},{','.join(optional)}"
        )
    return import_file(import_named("template"), "\n".join(lines).encode(), "export", "A1", market()).frame


def built(frame: pd.DataFrame, day: date = DAY, level: float | None = None) -> Built:
    known = Known({} if level is None else {("NIFTY", EXPIRY): level}, {"SIG_7": "pcr_analysis"})
    whole = broker_trades(frame, known, BrokerRules(market().reference, load_charges(), "zerodha"))
    found = tuple(rows[rows["date"] == pd.Timestamp(day)].reset_index(drop=True) for rows in whole)
    for contract, table in zip((trades.CONTRACT, fills.CONTRACT), found, strict=True):
        assert not violations(contract, table)
    return found[0], found[1]


def test_a_trade_carries_its_prices_money_and_tag() -> None:
    found, executions = built(
        executed("2024-02-06 09:31 BUY 100 120.5 t1 o1 SIG_7", "2024-02-06 10:02 SELL 100 131 t2 o2")
    )
    row = found.iloc[0]
    assert (row["side"], row["entry_price"], row["exit_price"], row["gross_pnl"]) == ("BUY", 120.5, 131.0, 1050.0)
    assert (row["strategy_name"], row["signal_id"], row["source"], row["lots"]) == (
        "pcr_analysis",
        "SIG_7",
        "template",
        2,
    )
    assert row["charges_estimated"]
    assert paise(row["gross_pnl"]) - paise(row["charges"]) == paise(row["net_pnl"])
    assert sum(paise(row[name]) for name in CHARGE_COMPONENTS) == paise(row["charges"])
    assert sorted(executions["role"]) == ["entry", "exit"]
    assert set(executions["trade_id"]) == {row["trade_id"]}


def test_partial_fills_of_an_order_are_one_trade_that_pays_its_brokerage_once() -> None:
    whole, _ = built(executed("2024-02-06 09:31 BUY 100 120 t1 o1", "2024-02-06 10:02 SELL 100 131 t2 o2"))
    parts, executions = built(
        executed(
            "2024-02-06 09:31 BUY 50 120 t1 o1",
            "2024-02-06 09:31 BUY 50 120 t3 o1",
            "2024-02-06 10:02 SELL 100 131 t2 o2",
        )
    )
    assert whole["brokerage"].tolist() == parts["brokerage"].tolist() == [40.0]
    assert parts["charges"].tolist() == whole["charges"].tolist()
    assert executions["quantity"].tolist().count(50) == 2


def test_scaling_out_shares_the_entry_order_between_the_trades() -> None:
    found, _ = built(
        executed(
            "2024-02-06 09:31 SELL 150 120 t1 o1",
            "2024-02-06 10:02 BUY 50 110 t2 o2",
            "2024-02-06 10:30 BUY 100 130 t3 o3",
        )
    )
    assert found["side"].tolist() == ["SELL", "SELL"]
    assert sorted(found["gross_pnl"]) == [-1000.0, 500.0]
    assert paise(found["brokerage"]).sum() == 6_000


def test_stated_charges_are_taken_as_they_are() -> None:
    found, _ = built(
        executed(
            "2024-02-06 09:31 BUY 50 120 t1 o1 - 20 0 3 0.01 0.01 0.18 4.14",
            "2024-02-06 10:02 SELL 50 131 t2 o2 - 20 4.09 3.28 0.01 0.01 0 4.19",
        )
    )
    row = found.iloc[0]
    assert (row["charges"], row["charges_version"], row["charges_estimated"]) == (58.92, "stated", False)
    assert row["strategy_name"] == "imported"


def test_a_position_held_overnight_is_a_trade_of_the_session_it_was_closed_on() -> None:
    frame = executed("2024-02-06 15:01 BUY 50 120 t1 o1", "2024-02-07 09:20 SELL 50 140 t2 o2")
    assert built(frame)[0].empty
    found, executions = built(frame, date(2024, 2, 7))
    assert found["date"].tolist() == [pd.Timestamp("2024-02-07")]
    assert set(executions["date"]) == {pd.Timestamp("2024-02-07")}


@pytest.mark.parametrize(("level", "worth"), [(21_800.25, 100.25), (21_600.0, 0.0)])
def test_what_is_open_at_expiry_is_settled_at_intrinsic_value(level: float, worth: float) -> None:
    found, executions = built(executed("2024-02-06 15:01 BUY 50 120 t1 o1"), EXPIRY, level)
    row = found.iloc[0]
    assert (row["exit_reason"], row["exit_price"], row["brokerage"]) == ("expiry", worth, 20.0)
    assert row["stt"] == pytest.approx(round(worth * 50 * 0.00125, 2), abs=0.011)
    assert row["exit_time"].tz_convert("Asia/Kolkata").strftime("%H:%M") == "15:30"
    assert executions["basis"].tolist().count("intrinsic") == 1


def test_without_the_level_of_its_index_nothing_is_settled() -> None:
    assert built(executed("2024-02-06 15:01 BUY 50 120 t1 o1"), EXPIRY)[0].empty


def test_the_order_of_the_executions_does_not_matter_and_none_give_none() -> None:
    frame = executed(
        "2024-02-06 09:31 BUY 100 120.5 t1 o1",
        "2024-02-06 09:31 SELL 50 131 t2 o2",
        "2024-02-06 10:02 SELL 150 130 t3 o3",
    )
    for one, other in zip(built(frame), built(frame.iloc[::-1]), strict=True):
        pd.testing.assert_frame_equal(one, other)
    assert all(table.empty for table in built(frame.iloc[:0]))
