"""What imported executions become, whatever they are: no unit and no paisa is lost, and nothing later changes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_assets.tables import fills as fills_table
from trading_assets.tables import trades as trades_table
from trading_assets.tables.executions import CONTRACT
from trading_assets.tables.money import paise
from trading_assets.tables.schema import violations
from trading_assets.tables.trades import CHARGE_COMPONENTS
from trading_assets.trades.broker_charges import BrokerRules, execution_charges, value_paise
from trading_assets.trades.broker_trades import Known, broker_trades, open_at_expiry
from trading_assets.trades.charge_table import load_charges
from trading_assets.trades.round_trips import Method
from trading_assets_tests.trades.stage import market

DAYS = [date(2024, 2, 5), date(2024, 2, 6), date(2024, 2, 7)]
EXPIRY = date(2024, 2, 8)
CHARGES = load_charges()
METHODS = st.sampled_from(Method)
NOTHING = Known({}, {})


@dataclass(frozen=True)
class Order:
    """One execution: its day, minute of the day from 09:15, contract, whether bought, lots and paise a unit."""

    day: int
    minute: int
    strike: int
    bought: bool
    lots: int
    price: int
    order: int = 0


ORDERS = st.lists(
    st.builds(
        Order,
        st.integers(0, 2),
        st.integers(0, 3),
        st.sampled_from([21_700, 21_800]),
        st.booleans(),
        st.integers(1, 4),
        st.integers(5, 50_000).map(lambda price: price - price % 5),
        st.integers(0, 3),
    ),
    max_size=14,
)


def executions(orders: list[Order]) -> pd.DataFrame:
    """Rows of `executions`, ids ascending with the position."""
    if not orders:
        return CONTRACT.empty()
    rows = [
        {
            "date": pd.Timestamp(DAYS[order.day]),
            "execution_id": f"{number:016x}",
            "broker": "zerodha",
            "account": "A1",
            "exchange": "NSE",
            "broker_trade_id": str(number),
            "order_id": f"o{order.order}",
            "time": pd.Timestamp(f"{DAYS[order.day]} 09:15", tz="Asia/Kolkata") + pd.Timedelta(minutes=order.minute),
            "time_known": True,
            "symbol": f"NIFTY {order.strike} CE",
            "underlying": "NIFTY",
            "expiry": pd.Timestamp(EXPIRY),
            "strike": float(order.strike),
            "option_type": "CE",
            "side": "BUY" if order.bought else "SELL",
            "quantity": order.lots * 50,
            "price": order.price / 100,
            "tag": f"s{order.order}",
            "original": "{}",
        }
        for number, order in enumerate(orders)
    ]
    return CONTRACT.frame(pd.DataFrame(rows).assign(time=lambda frame: frame["time"].dt.tz_convert("UTC")))


def flat(orders: list[Order]) -> list[Order]:
    """The orders, and those that close what they leave open, at the end of the last session."""
    closing = []
    for strike in (21_700, 21_800):
        held = sum((1 if order.bought else -1) * order.lots for order in orders if order.strike == strike)
        if held:
            closing.append(Order(2, 370, strike, held < 0, abs(held), 10_000, 9))
    return [*orders, *closing]


def built(
    frame: pd.DataFrame, method: Method = Method.FIFO, known: Known = NOTHING
) -> tuple[pd.DataFrame, pd.DataFrame]:
    return broker_trades(frame, known, rules(method))


def rules(method: Method = Method.FIFO) -> BrokerRules:
    return BrokerRules(market().reference, CHARGES, "zerodha", method)


@given(ORDERS, METHODS)
@settings(max_examples=15)
def test_cash_of_a_flat_book_is_its_gross_and_every_charge_is_carried(orders: list[Order], method: Method) -> None:
    frame = executions(flat(orders))
    found, _ = built(frame, method)
    value = value_paise(frame)
    assert paise(found["gross_pnl"]).sum() == np.where(frame["side"] == "SELL", value, -value).sum()
    charged = execution_charges(frame, rules()).sum(axis=0)
    np.testing.assert_array_equal(paise(found[list(CHARGE_COMPONENTS)]).sum(axis=0), charged)
    assert (paise(found["gross_pnl"]) - paise(found["charges"]) == paise(found["net_pnl"])).all()
    assert (paise(found[list(CHARGE_COMPONENTS)]).sum(axis=1) == paise(found["charges"])).all()


@given(ORDERS, METHODS)
@settings(max_examples=15)
def test_units_of_a_flat_book_are_all_traded_and_every_trade_has_its_fills(orders: list[Order], method: Method) -> None:
    frame = executions(flat(orders))
    found, filled = built(frame, method)
    assert not violations(trades_table.CONTRACT, found)
    assert not violations(fills_table.CONTRACT, filled)
    assert 2 * found["quantity"].sum() == frame["quantity"].sum()
    assert (found["quantity"] == found["lots"] * found["lot_size"]).all()
    whole = dict(zip(found["trade_id"], found["quantity"], strict=True))
    for _, own in filled.groupby("role"):
        assert dict(own.groupby("trade_id")["quantity"].sum()) == whole


@given(ORDERS, METHODS, st.integers(0, 2))
@settings(max_examples=12)
def test_later_executions_change_nothing_of_earlier_sessions(orders: list[Order], method: Method, last: int) -> None:
    day = pd.Timestamp(DAYS[last])
    frame = executions(orders)
    until = frame[frame["date"] <= day]
    for whole, early in zip(built(frame, method), built(until, method), strict=True):
        known = whole[whole["date"] <= day].reset_index(drop=True)
        pd.testing.assert_frame_equal(known, early[early["date"] <= day].reset_index(drop=True))


@given(ORDERS, METHODS, st.randoms(use_true_random=False))
@settings(max_examples=8)
def test_the_order_of_the_rows_does_not_matter_also_at_the_same_time(
    orders: list[Order], method: Method, chance: object
) -> None:
    frame = executions(orders)
    order = list(range(len(frame)))
    chance.shuffle(order)  # type: ignore[attr-defined]
    for one, other in zip(built(frame, method), built(frame.iloc[order], method), strict=True):
        pd.testing.assert_frame_equal(one, other)


def test_of_two_executions_of_the_same_time_the_lower_key_comes_first() -> None:
    frame = executions(case((0, "B", 1, 100), (0, "B", 1, 120), (1, "S", 1, 130)))
    for rows in (frame, frame.iloc[[1, 0, 2]], frame.iloc[[2, 1, 0]]):
        assert built(rows)[0]["entry_price"].tolist() == [100.0]
        assert built(rows, Method.LIFO)[0]["entry_price"].tolist() == [120.0]


@given(ORDERS, st.sampled_from([21_500.0, 21_750.05, 22_000.0]))
@settings(max_examples=10)
def test_what_is_held_to_expiry_is_settled_when_its_level_is_known_and_open_until_then(
    orders: list[Order], level: float
) -> None:
    frame = executions(orders)
    held = {
        strike: sum((1 if o.bought else -1) * o.lots * 50 for o in orders if o.strike == strike)
        for strike in (21_700, 21_800)
    }
    expected = {("NIFTY", EXPIRY)} if any(held.values()) else set()
    assert open_at_expiry(frame, rules()) == expected
    found, filled = built(frame, known=Known({("NIFTY", EXPIRY): level}, {}))
    settled = found[found["exit_reason"] == "expiry"]
    sign = np.where(settled["side"] == "BUY", 1, -1)
    assert dict((sign * settled["quantity"]).groupby(settled["strike"]).sum()) == {
        strike: units for strike, units in held.items() if units
    }
    assert (settled["exit_price"] == np.maximum(level - settled["strike"], 0.0).round(2)).all()
    assert (settled["date"] == pd.Timestamp(EXPIRY)).all()
    assert (filled["basis"] == "intrinsic").sum() == len(settled)
    open_still, _ = built(frame)
    assert not (open_still["exit_reason"] == "expiry").any()
    pd.testing.assert_frame_equal(open_still, found[found["exit_reason"] != "expiry"].reset_index(drop=True))


def case(*orders: tuple[int, str, int, int]) -> list[Order]:
    """Orders of (minute, B or S, lots, ₹), each of an order of its own, all of the first session."""
    return [
        Order(0, minute, 21_700, side == "B", lots, price * 100, number)
        for number, (minute, side, lots, price) in enumerate(orders)
    ]


SCALED_IN = case((0, "B", 1, 100), (1, "B", 1, 120), (2, "S", 1, 130), (3, "S", 1, 90))
REVERSED = case((0, "B", 1, 100), (1, "B", 1, 140), (2, "S", 3, 150), (3, "B", 1, 110))
SHORT = case((0, "S", 2, 100), (1, "S", 2, 160), (2, "B", 1, 90))
#: Units, entry, exit and gross of each trade, worked out by hand.
WORKED: dict[str, tuple[list[Order], dict[Method, list[tuple[int, float, float, float]]]]] = {
    "scaled in and out": (
        SCALED_IN,
        {
            Method.FIFO: [(50, 100, 130, 1_500), (50, 120, 90, -1_500)],
            Method.LIFO: [(50, 120, 130, 500), (50, 100, 90, -500)],
            Method.AVERAGE: [(50, 110, 130, 1_000), (50, 110, 90, -1_000)],
        },
    ),
    "reversed": (
        REVERSED,
        {
            Method.FIFO: [(50, 100, 150, 2_500), (50, 140, 150, 500), (50, 150, 110, 2_000)],
            Method.LIFO: [(50, 140, 150, 500), (50, 100, 150, 2_500), (50, 150, 110, 2_000)],
            Method.AVERAGE: [(100, 120, 150, 3_000), (50, 150, 110, 2_000)],
        },
    ),
    "short, closed in part": (
        SHORT,
        {
            Method.FIFO: [(50, 100, 90, 500)],
            Method.LIFO: [(50, 160, 90, 3_500)],
            Method.AVERAGE: [(50, 130, 90, 2_000)],
        },
    ),
}


@pytest.mark.parametrize("method", Method)
@pytest.mark.parametrize("name", WORKED)
def test_the_worked_cases_of_every_method(name: str, method: Method) -> None:
    orders, expected = WORKED[name]
    found, _ = built(executions(orders), method)
    columns = ["quantity", "entry_price", "exit_price", "gross_pnl"]
    assert sorted(found[columns].itertuples(index=False, name=None)) == sorted(expected[method])


def test_every_method_gains_the_same_once_the_book_is_flat() -> None:
    for orders in (SCALED_IN, REVERSED, flat(SHORT)):
        gross = {method: paise(built(executions(orders), method)[0]["gross_pnl"]).sum() for method in Method}
        assert len(set(gross.values())) == 1, gross


def test_a_change_of_the_lot_leaves_the_units_of_an_open_position_as_they_are() -> None:
    # the quarterly contract of March 2025: lots of 25 until 26 December 2024, of 75 from the 27th
    held = executions([Order(0, 0, 21_700, bought=True, lots=1, price=10_000)])
    expiry = pd.Timestamp("2025-03-27")
    bought = held.assign(date=pd.Timestamp("2024-12-24"), time=pd.Timestamp("2024-12-24 05:00Z"), quantity=75)
    sold = bought.assign(
        date=pd.Timestamp("2024-12-30"), time=pd.Timestamp("2024-12-30 05:00Z"), side="SELL", execution_id="f" * 16
    )
    after = bought.assign(date=pd.Timestamp("2024-12-27"), time=pd.Timestamp("2024-12-27 05:00Z"))
    for entered, lots in ((bought, (25, 3)), (after, (75, 1))):
        whole = CONTRACT.frame(pd.concat([entered, sold], ignore_index=True).assign(expiry=expiry))
        found = built(whole)[0].iloc[0]
        assert (found["lot_size"], found["lots"]) == lots, "lots are those of the entry"
        assert (found["quantity"], found["gross_pnl"]) == (75, 0.0)


def test_units_that_are_no_whole_lots_are_told_in_their_common_divisor() -> None:
    # 75 of an expiry whose lot is 50: 3 of 25
    frame = executions(flat([Order(0, 0, 21_700, bought=True, lots=1, price=10_000)])).assign(quantity=75)
    row = built(CONTRACT.frame(frame))[0].iloc[0]
    assert (row["quantity"], row["lot_size"], row["lots"]) == (75, 25, 3)
